"""Bursts state the law of what past bursts keep down; it is found again by integration, by brute force and by draws."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from simulator.errors import ScenarioError
from simulator.failures.burst_law import hits_among, lasting_together, union_law
from simulator.failures.bursts import Alone, Bursts, BurstsBlock
from simulator.failures.outage_laws import ExponentialOutage, LognormalOutage, RebootsOutage, WeibullOutage
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.seeds import Streams
from simulator.topology.graph import Node, Topology
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_mean

S = SECOND_NS
NAMES = ("edge", "fog", "wire")
TOPOLOGY = Topology("three", tuple(Node(name) for name in NAMES), ())
PATTERNS = np.array(list(itertools.product((True, False), repeat=3)))
EXPONENTIAL = ExponentialOutage(law="exponential", mean="10 s")
LAWS = {"exponential": EXPONENTIAL, "weibull": WeibullOutage(law="weibull", mean="10 s", shape=0.5),
        "lognormal": LognormalOutage(law="lognormal", mean="10 s", sigma=1.5),
        "reboots": RebootsOutage(law="reboots", mean="10 s", short=0.8, short_mean="2 s", short_sigma=0.1,
                                 long_sigma=1.2)}
SIZES = ((1, 2.0), (2, 1.0), (3, 1.0), (5, 0.5))
ALONE = Alone(50 * S, ExponentialOutage(law="exponential", mean="5 s"))
PROCESSES = {f"{law}, {share} repaired together": Bursts(NAMES, 20 * S, SIZES, 6, LAWS[law], share, ALONE)
             for law, share in [*itertools.product(("exponential", "lognormal"), (0.0, 1.0)), ("reboots", 0.4),
                                ("weibull", 0.4), ("lognormal", 0.4)]}
PROCESSES["each by its own"] = Bursts(NAMES, 20 * S, SIZES, 6, LAWS["lognormal"], 0.4, ALONE, together=False)
PROCESSES["never alone"] = Bursts(NAMES, 20 * S, SIZES, 6, LAWS["weibull"], 0.4)
each_process = pytest.mark.parametrize("process", PROCESSES.values(), ids=PROCESSES)
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
RUNS = 150


def pattern_counts(up):
    return np.bincount((~up) @ np.array([4, 2, 1]), minlength=8)


@each_law
def test_what_is_drawn_survivor_and_mean_of_a_law_agree(law):
    drawn = np.sort(law.quantiles((np.arange(20_000) + 0.5) / 20_000))
    np.testing.assert_allclose(1 - law.survivor(drawn), (np.arange(20_000) + 0.5) / 20_000, atol=1e-4)
    mean = integrate.quad(lambda log: np.exp(log) * law.survivor(np.array([np.exp(log)]))[0], 0, 50, limit=500,
                          points=[21, 21.5, 23])[0]
    assert mean == pytest.approx(law.mean_ns, rel=1e-6)


@each_law
def test_a_length_biased_quantile_is_that_of_durations_weighted_by_themselves(law):
    shares = np.array([0.1, 0.5, 0.9])
    uniform = (np.arange(2_000_000) + 0.5) / 2_000_000
    lasting = law.quantiles(uniform)
    met = np.sort(law.length_biased((np.arange(20_000) + 0.5) / 20_000))
    below = [lasting[lasting <= limit].sum() / lasting.sum() for limit in np.quantile(met, shares)]
    np.testing.assert_allclose(below, shares, atol=2e-3)


def test_two_exponential_outages_last_together_for_half_the_mean_and_one_alone_for_the_mean():
    """The first of two ends after mean / 2, what is left of the other lasts the mean."""
    np.testing.assert_allclose(lasting_together(EXPONENTIAL, 2), [0, 10 * S, 5 * S], rtol=1e-9)


def test_hits_among_our_machines_are_hypergeometric():
    np.testing.assert_allclose(hits_among({2: 1.0}, 4, 2), [1 / 6, 4 / 6, 1 / 6])
    mixed = 0.75 * stats.hypergeom.pmf(range(4), 10, 3, 4) + 0.25 * stats.hypergeom.pmf(range(4), 10, 3, 10)
    np.testing.assert_allclose(hits_among({4: 3.0, 10: 1.0}, 10, 3), mixed)


def test_a_union_of_poisson_many_sets_has_the_law_of_all_its_sets():
    """Each of the seven sets is there or not: gone through one by one."""
    covers = np.array([0.0, 0.3, 0.6, 0.1])
    sets = [frozenset(s) for k in (1, 2, 3) for s in itertools.combinations(range(3), k)]
    there = [1 - np.exp(-covers[len(s)] / [1, 3, 3, 1][len(s)]) for s in sets]
    law = np.zeros(4)
    for chosen in itertools.product((True, False), repeat=len(sets)):
        union = frozenset().union(*(s for s, is_in in zip(sets, chosen, strict=True) if is_in))
        law[len(union)] += np.prod([p if is_in else 1 - p for p, is_in in zip(there, chosen, strict=True)])
    np.testing.assert_allclose(union_law(covers), law, rtol=1e-12)


@each_process
def test_pattern_probabilities_marginals_and_pairs_agree(process):
    """The marginal is exp(-rate mean) by M/G/infinity, worked out apart from the patterns."""
    probability = np.exp(process.log_probability(PATTERNS))
    alone = np.exp(-5 / 50) if process.alone else 1.0
    hit = np.average([1, 2, 3, 5], weights=[2, 1, 1, 0.5]) / 6
    assert probability.sum() == pytest.approx(1, abs=1e-12)
    for i in range(3):
        assert probability[PATTERNS[:, i]].sum() == pytest.approx(process.survival()[i], rel=1e-9)
        assert process.survival()[i] == pytest.approx(np.exp(-hit * 10 / 20) * alone, rel=1e-12)
        for j in range(3):
            both = probability[PATTERNS[:, i] & PATTERNS[:, j]].sum()
            assert process.pairwise_survival()[i, j] == pytest.approx(both, rel=1e-9)


@each_process
def test_snapshots_have_the_stated_law(process):
    up = process.sample_up(Streams(3), 20_000)
    assert_frequencies(pattern_counts(up), np.exp(process.log_probability(PATTERNS)), FALSE_ALARM / len(PROCESSES))
    assert (process.sample_up(Streams(3), 50) == up[:50]).all()


@pytest.mark.parametrize("name", ["reboots, 0.4 repaired together", "each by its own",
                                  "exponential, 0.0 repaired together"])
def test_every_instant_has_the_stated_law_the_start_included(name):
    process, times = PROCESSES[name], np.array([0, S, 10 * S, 100 * S])
    up = np.array([process.timeline(Streams(7, run), 0, 101 * S).up_at(times) for run in range(RUNS)])
    for at in range(len(times)):
        assert_frequencies(pattern_counts(up[:, at]), np.exp(process.log_probability(PATTERNS)), FALSE_ALARM / 20)


@pytest.mark.parametrize("name", ["weibull, 0.4 repaired together", "each by its own"])
def test_switches_come_at_the_stated_rate(name):
    process, until = PROCESSES[name], 300 * S
    counts = []
    for run in range(120):
        line = process.timeline(Streams(11, run), 0, until)
        counts.append([np.sum((c > 0) & (c < until)) + np.sum(r < until)
                       for c, r in zip(line.crash_ns, line.repair_ns, strict=True)])
    for column in range(3):
        assert_mean(np.array(counts)[:, column] / 300, process.switches_per_s()[column], precision=0.1)


@each_process
def test_a_longer_horizon_changes_nothing_before_the_shorter_one(process):
    times = np.arange(0, 200 * S, S // 2)
    for run in range(10):
        short, longer = (process.timeline(Streams(5, run), 0, until) for until in (200 * S, 3000 * S))
        assert (short.up_at(times) == longer.up_at(times)).all()
        for crash, repair in zip(longer.crash_ns, longer.repair_ns, strict=True):
            assert (crash < repair).all()
            assert (crash[1:] > repair[:-1]).all()
            assert (crash >= -1).all()


def test_apart_keeps_each_component_and_takes_the_dependence():
    together, apart = PROCESSES["lognormal, 0.4 repaired together"], PROCESSES["each by its own"]
    np.testing.assert_allclose(together.survival(), apart.survival())
    np.testing.assert_allclose(together.switches_per_s(), apart.switches_per_s())
    assert together.pairwise_survival()[0, 1] > apart.pairwise_survival()[0, 1] + 0.02


def test_a_pattern_of_sixty_components_is_worked_out_and_of_more_than_64_refused():
    many = tuple(f"m{place}" for place in range(60))
    process = Bursts(many, 20 * S, ((3, 1.0), (40, 1.0)), 80, EXPONENTIAL, 0.5, ALONE)
    some_down = np.arange(60)[:, np.newaxis] <= np.arange(60)
    assert np.isfinite(process.log_probability(some_down)).all()
    with pytest.raises(NoLaw, match="at most 64"):
        Bursts((*many, *"abcde"), 20 * S, ((3, 1.0),), 80, EXPONENTIAL).log_probability(np.ones((1, 65), dtype=bool))


def test_an_overlay_of_bursts_of_two_clusters_states_their_product():
    one, two = (Bursts(names, 20 * S, ((2, 1.0),), 4, EXPONENTIAL) for names in (("edge", "fog"), ("wire",)))
    both = np.exp(Overlay((one, two), NAMES).log_probability(PATTERNS))
    of_each = one.log_probability(PATTERNS[:, :2]) + two.log_probability(PATTERNS[:, 2:])
    np.testing.assert_allclose(both, np.exp(of_each))


BLOCK = {"kind": "bursts", "every": "1 h", "sizes": {2: 3, 3: 1}, "among": 3,
         "outage": {"law": "exponential", "mean": "5 min"}, "components": ("edge", "fog")}


def test_a_block_builds_the_process():
    built = BurstsBlock.model_validate(BLOCK).build(TOPOLOGY)
    assert (built.components, built.sizes, built.among) == (("edge", "fog"), ((2, 3.0), (3, 1.0)), 3)


def test_unknown_components_and_too_many_are_told_at_once():
    with pytest.raises(ScenarioError) as told:
        BurstsBlock.model_validate({**BLOCK, "components": ("egde", "fog", "wire", "x")}).build(TOPOLOGY)
    assert [p.place for p in told.value.problems] == ["components.0", "components.3", "among"]
    assert told.value.problems[0].way_out == "did you mean 'edge'?"


def test_short_outages_that_leave_nothing_to_the_long_are_refused():
    with pytest.raises(ValueError, match="write a smaller short_mean"):
        RebootsOutage(law="reboots", mean="10 s", short=0.8, short_mean="13 s", short_sigma=0.1, long_sigma=1.2)


@pytest.mark.parametrize(("change", "said"), [({"sizes": {}}, "hits nothing"), ({"sizes": {4: 1}}, "a burst of 4")])
def test_sizes_that_cannot_be_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        BurstsBlock.model_validate(BLOCK | change)
