"""Machines that fail by their load: what they do at a crash is the textbook's, when they crash is the rule's."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, repeat

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.dataflow.costs import Costs
from simulator.errors import ScenarioError
from simulator.failures.load import TICKS, Busy, ByJob, ByLoad, ByPower, Exposure, with_outages
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.network.together import run_together
from simulator.seeds import Streams
from simulator.topology.serving import Serving
from tests.network.test_fuzz_against_textbook import draws_of, with_delays
from tests.network.test_machines_against_textbook import KINDS, any_kind, from_the_start, policies
from tests.network.test_zero_delay import plans, snapshot_deliveries
from tests.oracles.textbook_plans import network, wire
from tests.support import small_plans

US = 1_000
LOADS = (Busy(kind="busy"), Busy(kind="busy", idle=0.3), ByJob(kind="jobs", adds=0.3),
         ByPower(kind="power", capacity=8, exponent=1.5))
LINE = small_plans.graph([("s", "c")])


def exposed(plan: Plan, draws: Draws, rng: np.random.Generator) -> tuple[Plan, Draws]:
    """Return the plan with two of its nodes failing by load and by nothing else, fast enough to see it."""
    names = [node.name for node in plan.topology.nodes]
    chosen = set(rng.permutation(names)[:2].tolist())
    nodes = tuple(replace(node, forwards_when_down=node.forwards_when_down or node.name in chosen)
                  for node in plan.topology.nodes)
    keep = [name not in chosen for name in draws.timeline.components]
    timeline = replace(
        draws.timeline,
        crash_ns=tuple(t if k else t[:0] for t, k in zip(draws.timeline.crash_ns, keep, strict=True)),
        repair_ns=tuple(t if k else t[:0] for t, k in zip(draws.timeline.repair_ns, keep, strict=True)))
    process = ByLoad(tuple(chosen), 150 * US, 40.0 * US, LOADS[int(rng.integers(len(LOADS)))])
    loads = process.exposures(Streams(int(rng.integers(1000))))
    return replace(plan, topology=replace(plan.topology, nodes=nodes)), replace(draws, timeline=timeline, loads=loads)


def check(plan, policy, servings, seed, requests):
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    nodes = tuple(replace(node, serving=servings[place % len(servings)])
                  for place, node in enumerate(plan.topology.nodes))
    plan = replace(plan, topology=replace(plan.topology, nodes=nodes))
    draws = draws_of(plan, rng, requests)
    plan, draws = exposed(plan, replace(draws, timeline=from_the_start(draws.timeline)), rng)
    log = engine.run(plan, draws, has_meters=True)
    made = replace(draws, timeline=with_outages(draws.timeline, log.outages), loads={})
    book = textbook_dag.run(textbook_plan(plan, made))
    assert log.delivery == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)
    again = engine.run(plan, made)  # the ordinary machines, with crashes that are known before
    assert again.delivery == log.delivery
    np.testing.assert_array_equal(again.end_ns, log.end_ns)
    np.testing.assert_array_equal(again.blame, log.blame)
    return sum(map(len, log.outages.values()))


@settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), servings=st.lists(any_kind, min_size=3, max_size=3), seed=st.integers(0, 2**16))
def test_with_the_crashes_that_a_run_made_the_textbook_ends_every_request_alike(plan, policy, servings, seed):
    check(plan, policy, servings, seed, requests=30)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), servings=st.lists(any_kind, min_size=3, max_size=3), seed=st.integers(0, 2**16))
def test_with_the_crashes_that_many_runs_made_the_textbook_ends_every_request_alike(plan, policy, servings, seed):
    check(plan, policy, servings, seed, requests=50)


def single(serving, policy, rng, requests):
    """Return a plan of one part on one machine that fails by its load, where a job is present from birth to end."""
    topology = network("om", wire("o-m"))
    nodes = tuple(replace(node, serving=serving) if node.name == "m" else node for node in topology.nodes)
    plan = Plan(LINE, {"s": "o", "c": "m"}, replace(topology, nodes=nodes), Costs({}, {}), policy)
    work = {"s": np.zeros(requests, dtype=np.int64), "c": rng.integers(1, 30 * US, requests)}
    return plan, Draws(np.cumsum(rng.integers(1, 40 * US, requests)), work)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.kind)
def test_a_machine_crashes_at_the_first_instant_at_which_its_exposure_reaches_the_draw(kind, load):
    @settings(max_examples=6, deadline=None, derandomize=True, phases=(Phase.generate,))
    @given(serving=KINDS[kind], policy=policies(), seed=st.integers(0, 2**16))
    def compare(serving, policy, seed):
        rng = np.random.default_rng(seed)
        policy = policy.model_copy(update={"wait": Policy().wait})
        plan, draws = single(serving, policy, rng, 60)
        process = ByLoad(("m",), 150 * US, 30.0 * US, load)
        log = engine.run(plan, replace(draws, loads=process.exposures(Streams(seed))))
        expected = outages_by_hand(process, serving, Streams(seed), (draws.arrivals_ns, log.end_ns))
        assert list(log.outages["m"]) == expected

    compare()


def outages_by_hand(process, serving, streams, lives):
    """Return the outages up to the last end: exposure summed up between all instants at which the load changes."""
    births, ends = (times.tolist() for times in lives)
    exposure = process.exposures(streams)["m"]
    thresholds, repairs = exposure.thresholds(), exposure.repairs()
    last = max(ends)
    found, since = [], 0
    while True:
        rest = next(thresholds)
        for until in sorted({*(t for t in (*births, *ends) if t > since), last + 1}):
            jobs = sum(birth <= since < end for birth, end in zip(births, ends, strict=True))
            rate = round(TICKS * process.load.factor(jobs) / process.mtbf_ns)
            needed = -(-rest // rate) if rate else None
            if needed is not None and since + needed <= until:
                since += needed
                break
            rest, since = rest - rate * (until - since), until
        if since > last:
            return found
        repair = next(repairs)
        found.append((since, since + repair))
        since += repair + serving.cold_start_ns


def fixed(rate, thresholds, repairs):
    return Exposure(rate, lambda: chain(thresholds, repeat(10**9)), lambda: chain(repairs, repeat(5)))


def hand(births, work, exposure, **policy):
    plan, draws = single(Serving(), Policy.model_validate(policy), np.random.default_rng(0), len(births))
    works = {"s": np.zeros(len(births), dtype=np.int64), "c": np.full(len(births), work)}
    return engine.run(plan, replace(draws, arrivals_ns=np.array(births), work_ns=works, loads={"m": exposure}))


def test_by_hand_two_jobs_wear_the_machine_out_twice_as_fast():
    """Exposure 30: 10 ns with one job, then 10 ns with two: at 20 it crashes, and both are lost."""
    log = hand([0, 10], 100, fixed(lambda jobs: jobs, [30], [7]))
    assert log.outages["m"] == ((20, 27),)
    assert log.end_ns.tolist() == [20, 20]


def test_by_hand_a_job_done_at_the_crash_counts_and_the_crash_comes_all_the_same():
    log = hand([0], 20, fixed(lambda jobs: jobs, [20], [7]))
    assert log.outages["m"] == ((20, 27),)
    assert [bool(delivery) for delivery in log.delivery] == [True]


def test_by_hand_a_queue_that_is_kept_is_a_high_load_after_the_repair():
    """Three jobs of 10 ns each; the first crash at 5; from 12 on three jobs expose it: 12 more at 16, then at 26."""
    policy = {"crash": {"queue": "keep", "in_service": "resume"}}
    log = hand([0, 6, 7], 10, fixed(lambda jobs: jobs, [5, 12], [7, 10]), **policy)
    assert log.outages["m"] == ((5, 12), (16, 26))
    assert log.end_ns.tolist() == [27, 37, 47]


def test_by_hand_an_idle_machine_crashes_unseen_until_somebody_comes():
    log = hand([0, 60, 90], 10, fixed(lambda jobs: 1, [50], [20]))
    assert log.outages["m"] == ((50, 70),)
    assert [bool(delivery) for delivery in log.delivery] == [True, False, True]


def test_the_fast_path_does_not_run_it():
    plan, draws = single(Serving(), Policy(), np.random.default_rng(0), 3)
    with pytest.raises(vectorised.Unqualified, match="fail by their load"):
        vectorised.run(plan, replace(draws, loads={"m": fixed(lambda jobs: 1, [5], [5])}))


def test_a_machine_that_never_gets_a_job_done_is_told():
    always = Exposure(lambda jobs: jobs, lambda: repeat(20), lambda: repeat(5))
    with pytest.raises(ScenarioError, match=r"1 jobs crashed 10,000 times in a row without ending one"):
        hand([0], 100, always, crash={"queue": "keep", "in_service": "restart"})


def test_jobs_of_all_models_are_the_load():
    plan, draws = single(Serving(), Policy(), np.random.default_rng(0), 1)
    works = {"s": np.zeros(1, dtype=np.int64), "c": np.full(1, 100)}
    first = replace(draws, arrivals_ns=np.array([0]), work_ns=works, loads={"m": fixed(lambda jobs: jobs, [30], [7])})
    logs = run_together([plan, plan], [first, replace(first, arrivals_ns=np.array([10]))])
    assert [log.end_ns.tolist() for log in logs] == [[20], [20]]
    assert logs[0].outages["m"] == ((20, 27),)


@settings(max_examples=30, deadline=None, derandomize=True, phases=(Phase.generate,))
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_without_delays_each_request_has_the_delivery_of_the_pattern_that_the_run_has_made(plan, seed):
    rng = np.random.default_rng(seed)
    draws = draws_of(plan, rng, 40)
    work = {part: np.zeros_like(column) for part, column in draws.work_ns.items()}
    plan, draws = exposed(plan, replace(draws, work_ns=work, lost={}), rng)
    draws = replace(draws, loads={name: replace(one, rate=lambda jobs: TICKS // (50 * US))
                                  for name, one in draws.loads.items()})
    log = engine.run(plan, draws)
    assert list(log.delivery) == snapshot_deliveries(plan, with_outages(draws.timeline, log.outages), draws.arrivals_ns)
