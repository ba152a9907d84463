"""Links: loss in bursts, laws of jitter, shared transmitters, scripted spikes and losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import stats
from scipy.optimize import brentq

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.dataflow.costs import Costs
from simulator.durations import Service
from simulator.network import engine
from simulator.network.bursts import lost_in_bursts
from simulator.network.disturbances import Disturbance, added_by_link
from simulator.network.draws import draws
from simulator.network.plan import Draws, Plan
from simulator.network.vectorised import Unqualified
from simulator.network.vectorised import run as fast_run
from simulator.network.waits import path_ns
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from tests.network.test_fuzz_against_textbook import draws_of, policies, with_delays
from tests.network.test_vectorised import alone, nodes, only, same
from tests.network.test_zero_delay import plans
from tests.support.small_plans import graph, run
from tests.support.statistics import assert_mean

SURE = 1e-3  # 99.9 % intervals, with fixed seeds
STRICT = settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
trouble = TypeAdapter(Disturbance).validate_python
law = TypeAdapter(Service).validate_python


def one_link(**link) -> Plan:
    """Return a source, a link and an exit."""
    topology = Topology("", (Node("s"), Node("c")), (Link("s-c", ("s", "c"), **link),))
    return Plan(graph([("s", "c")]), {"s": "s", "c": "c"}, topology, Costs({}, {"s->c": 1}))


def lost_of(plan: Plan, requests: int, seed: int) -> np.ndarray:
    return draws(plan, np.arange(requests), Streams(seed)).lost["s->c", "s-c"]


@pytest.mark.parametrize(("loss", "burst"), [(0.1, 5.0), (0.3, 2.0), (0.02, 20.0), (0.6, 1.5)])
def test_bursts_have_the_stated_share_length_and_correlation(loss, burst):
    stays, begins = 1 - 1 / burst, loss / (burst * (1 - loss))
    shares, lengths, products = [], [], []
    for seed in range(30):
        lost = lost_of(one_link(loss=loss, burst=burst), 200_000, seed)
        edges = np.flatnonzero(np.diff(lost.astype(int), prepend=0, append=0))
        runs = (edges[1::2] - edges[::2])[1:-1]  # those at the ends are cut off
        shares.append(lost.mean())
        lengths.append(runs.mean())
        products.append(((lost[1:] - loss) * (lost[:-1] - loss)).mean() / (loss * (1 - loss)))
    assert_mean(shares, loss, SURE, precision=0.05)
    assert_mean(lengths, burst, SURE, precision=0.05)
    assert_mean(products, stays - begins, SURE)  # 1 - p_GB - p_BG


def test_the_first_message_of_a_bursty_link_is_lost_as_often_as_any():
    firsts = [lost_of(one_link(loss=0.3, burst=4.0), 1, seed)[0] for seed in range(2000)]
    assert_mean(np.array(firsts, dtype=float), 0.3, SURE)


def test_bursts_are_the_chain_walked_message_by_message():
    for loss, burst in [(0.1, 5.0), (0.6, 1.5), (0.5, 1.0)]:
        coins = np.random.default_rng(3).random(500)
        stays, begins = 1 - 1 / burst, loss / (burst * (1 - loss))
        walked = [coins[0] < loss]
        for coin in coins[1:]:
            walked.append(coin < (stays if walked[-1] else begins))
        assert lost_in_bursts(coins, loss, burst).tolist() == walked


def test_the_shortest_bursts_are_independent_losses_coin_by_coin():
    bursty, plain = one_link(loss=0.2, burst=1.25), one_link(loss=0.2)
    np.testing.assert_array_equal(lost_of(bursty, 5000, 1), lost_of(plain, 5000, 1))


@pytest.mark.parametrize("law_of", [
    {"law": "exponential", "mean": "4 ms"}, {"law": "gamma", "mean": "4 ms", "cv": 0.5},
    {"law": "lognormal", "mean": "4 ms", "cv": 1.5}, {"law": "normal", "mean": "4 ms", "cv": 0.3},
    {"law": "normal", "mean": "4 ms", "cv": 0.9}, {"law": "uniform", "low": "2 ms", "high": "6 ms"},
    {"law": "empirical", "times": ["1 ms", "1 ms", "10 ms"]}])
def test_jitter_has_the_mean_the_variation_and_the_quantile_of_its_law(law_of):
    drawn = draws(one_link(jitter_law=law(law_of)), np.arange(40_000), Streams(2)).jitter_ns["s->c", "s-c"]
    assert drawn.min() >= 0
    assert_mean(drawn, 4e6, SURE, precision=0.01)
    if "cv" in law_of:
        assert_mean((drawn - 4e6) ** 2, (law_of["cv"] * 4e6) ** 2, SURE, precision=0.2)
    most = law(law_of).quantile_ns(0.999)
    if law_of["law"] in {"uniform", "empirical"}:
        assert drawn.max() <= most
    else:
        assert_mean((drawn > most).astype(float), 0.001, SURE)


def variation(of):
    return of.std() / of.mean()


def test_a_cut_normal_has_the_quantiles_of_scipys():
    for cv in (0.2, 0.6, 0.95):
        found = law({"law": "normal", "mean": "1 s", "cv": cv})
        cut = brentq(lambda a, cv: variation(stats.truncnorm(a, np.inf, loc=-a)) - cv, -1 / cv - 1, 6, args=(cv,))
        same_law = stats.truncnorm(cut, np.inf, loc=-cut)
        quantiles = [found.quantile_ns(chance) for chance in (0.1, 0.5, 0.9, 0.999)]
        expected = same_law.ppf([0.1, 0.5, 0.9, 0.999]) / same_law.mean() * 1e9
        np.testing.assert_allclose(quantiles, expected, rtol=1e-6)


def test_nominal_paths_count_the_most_jitter_or_what_nearly_all_do_not_exceed():
    assert path_ns(one_link(latency_ns=10, jitter_ns=7))["s->c"] == 17
    exponential = path_ns(one_link(latency_ns=10, jitter_law=law({"law": "exponential", "mean": "1 ms"})))["s->c"]
    assert exponential == 10 + round(np.log(1000) * 1e6)


def test_a_half_duplex_link_sends_one_message_at_a_time_whatever_its_direction():
    # s -> m over the link, m -> c (on s's node) back over it: 8 Mbps, 1 B: 1 us each; births at 0 and 1000 ns
    parts = graph([("s", "m"), ("m", "c")])
    made = {"births": [0, 1000], "placement": {"c": "s"}, "payload": {"s->m": 1, "m->c": 1}}
    full = run(parts, links=(Link("s-m", ("s", "m"), bandwidth_bps=8e6),), **made)
    half = run(parts, links=(Link("s-m", ("s", "m"), bandwidth_bps=8e6, duplex="half"),), **made)
    assert full.end_ns.tolist() == [2000, 3000]
    # at 1000 request 0 is sent back and request 1 is born: 0 has the air to 2000, 1 to 3000 and, back, to 4000
    assert half.end_ns.tolist() == [2000, 4000]


def test_links_of_one_medium_share_its_air():
    # two sensors hand over 1 B at 0, over links of 8 Mbps and 4 Mbps: the second waits for the first
    parts = graph([("a", "c"), ("b", "c")])
    made = {"births": [0], "payload": {"a->c": 1, "b->c": 1}}
    ends = {}
    for medium in (None, "wifi"):
        links = (Link("a-c", ("a", "c"), 5, bandwidth_bps=8e6, medium=medium),
                 Link("b-c", ("b", "c"), 7, bandwidth_bps=4e6, medium=medium))
        ends[medium] = run(parts, links=links, **made).end_ns.tolist()
    assert ends == {None: [2007], "wifi": [3007]}


def test_a_message_takes_a_shared_transmitter_when_it_comes_not_when_its_fate_is_known():
    # a is done at 5000 ns, b at 1000: b's message has the air first, though a's machine took its job first
    parts = graph([("s", "a"), ("s", "b"), ("a", "c"), ("b", "c")])
    links = (Link("s-a", ("s", "a")), Link("s-b", ("s", "b")), Link("a-c", ("a", "c"), bandwidth_bps=8e6, medium="air"),
             Link("b-c", ("b", "c"), bandwidth_bps=2e6, medium="air"))
    log = run(parts, [0], work={"a": 5000, "b": 1000}, links=links, payload={"a->c": 1, "b->c": 1})
    assert log.end_ns.tolist() == [6000]  # b from 1000 to 5000, then a


def test_a_link_that_dies_frees_the_air_that_it_shares():
    # a's message of 8000 ns begins at 0 and dies with its link at 3000; b's of 1000 ns waits until then
    parts = graph([("a", "c"), ("b", "c")])
    links = (Link("a-c", ("a", "c"), bandwidth_bps=1e6, medium="air"),
             Link("b-c", ("b", "c"), bandwidth_bps=8e6, medium="air"))
    made = {"links": links, "payload": {"a->c": 1, "b->c": 1}}
    assert run(parts, [0], **made).end_ns.tolist() == [9000]
    assert run(parts, [0], down={"a-c": [(3000, 99_000)]}, **made).end_ns.tolist() == [4000]


def sharing(plan: Plan, rng: np.random.Generator) -> Plan:
    """Return the plan with each link full or half duplex or on one of two media."""
    ways = [{}, {"duplex": "half"}, {"medium": "wifi"}, {"medium": "cell", "duplex": "half"}]
    links = tuple(replace(link, **ways[int(rng.integers(0, 4))]) for link in plan.topology.links)
    return replace(plan, topology=replace(plan.topology, links=links))


def check_sharing(plan, policy, seed, requests):
    """Compare engine and textbook on links of all kinds: shared or not, with jitter and spikes or without."""
    rng = np.random.default_rng(seed)
    plan = sharing(with_delays(plan, policy, rng), rng)
    given_draws = draws_of(plan, rng, requests)
    if seed % 2:
        jitter = {key: rng.integers(0, 20_000, requests) for key in given_draws.lost if rng.random() < 0.5}
        plan, given_draws = troubled(plan, rng), replace(given_draws, jitter_ns=jitter)
    if seed % 3 == 0:  # without rerouting, so that queues may be entered early
        given_draws = replace(given_draws, timeline=only(given_draws.timeline, nodes(plan)))
    book, log = textbook_dag.run(textbook_plan(plan, given_draws)), engine.run(plan, given_draws)
    assert log.delivery == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)


@STRICT
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_with_shared_transmitters_and_spikes_has_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check_sharing(plan, policy, seed, 40)
    check_sharing(alone(plan), policy, 3 * seed, 40)


@pytest.mark.slow
@settings(max_examples=800, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_many_plans_with_shared_transmitters_and_spikes_have_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check_sharing(plan, policy, seed, 60)
    check_sharing(alone(plan), policy, 3 * seed, 60)


def test_the_fast_path_leaves_shared_transmitters_to_the_engine():
    with pytest.raises(Unqualified, match="s-c shares its transmitter"):
        fast_run(one_link(bandwidth_bps=8e6, medium="wifi"), draws(one_link(), np.arange(3), Streams(1)))


def test_a_spike_adds_to_the_latency_of_what_is_handed_over_while_it_lasts():
    spikes = (trouble({"kind": "spikes", "link": "s-c", "from": "10 ns", "to": "20 ns", "adds": "100 ns"}),
              trouble({"kind": "spikes", "link": "s-c", "from": "15 ns", "to": "30 ns", "adds": "7 ns"}))
    plan = replace(one_link(latency_ns=5), disturbances=spikes)
    births = np.array([9, 10, 14, 15, 19, 20, 29, 30])
    zero = {name: np.zeros(8, dtype=np.int64) for name in "sc"}
    for run_ in (engine.run, fast_run):
        late = run_(plan, Draws(births, zero)).end_ns - births - 5
        assert late.tolist() == [0, 100, 100, 107, 107, 7, 7, 0]


def test_spikes_that_come_again_and_again():
    block = trouble({"kind": "spikes", "link": "s-c", "from": "10 s", "to": "25 s", "every": "10 s", "lasts": "2 s",
                     "adds": "1 s"})
    added = added_by_link([block])["s-c"]
    instants = np.array([9, 10, 11, 12, 19, 20, 22, 30]) * 10**9
    assert [added.at(now) // 10**9 for now in instants.tolist()] == [0, 1, 1, 0, 0, 1, 0, 0]
    np.testing.assert_array_equal(added.column(instants), [added.at(now) for now in instants.tolist()])


def test_the_first_messages_are_lost_for_certain_and_the_coins_of_the_others_stay():
    loses = (trouble({"kind": "loses", "link": "s-c", "first": 2}),
             trouble({"kind": "loses", "link": "s-c", "messages": [4, 99], "edge": "s->c"}),
             trouble({"kind": "loses", "link": "s-c", "first": 50, "edge": "other"}))
    sure = lost_of(replace(one_link(), disturbances=loses), 8, 1)
    assert np.flatnonzero(sure).tolist() == [0, 1, 4]
    both = lost_of(replace(one_link(loss=0.5), disturbances=loses), 200, 1)
    np.testing.assert_array_equal(both[100:], lost_of(one_link(loss=0.5), 200, 1)[100:])


@pytest.mark.parametrize(("block", "said"), [
    ({"kind": "loses", "link": "a"}, "exactly one of 'first' and 'messages'"),
    ({"kind": "spikes", "link": "a", "from": "5 s", "to": "3 s", "adds": "1 s"}, "not before 'to'"),
    ({"kind": "spikes", "link": "a", "from": 0, "to": "3 s", "adds": "1 s", "every": "1 s"}, "go together"),
])
def test_trouble_that_says_too_little_is_refused(block, said):
    with pytest.raises(ValidationError, match=said):
        trouble(block)


def troubled(plan: Plan, rng: np.random.Generator) -> Plan:
    """Return the plan with spikes on every link."""
    spikes = tuple(trouble({"kind": "spikes", "link": link.name, "from": "0 ns", "to": "10 ms", "lasts": "37 us",
                            "every": f"{int(rng.integers(40, 200))} us", "adds": f"{int(rng.integers(1, 90))} us"})
                   for link in plan.topology.links)
    return replace(plan, disturbances=spikes)


@STRICT
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_with_spikes_jitter_and_loss_has_the_same_rows_on_the_fast_path(plan, policy, seed):
    rng = np.random.default_rng(seed)
    plan = troubled(with_delays(alone(plan), policy, rng), rng)
    given_draws = draws_of(plan, rng, 40)
    jitter = {key: rng.integers(0, 20_000, 40) for key in given_draws.lost}
    timeline = only(given_draws.timeline, nodes(plan))
    QUALIFIED[same(plan, replace(given_draws, jitter_ns=jitter, timeline=timeline))] += 1


QUALIFIED = {True: 0, False: 0}


def test_most_plans_with_spikes_qualified():
    assert QUALIFIED[True] > QUALIFIED[False], QUALIFIED
