"""Lifetimes and repairs in time: equilibrium at every instant, wear from time 0 on, missions, maintenance, crews."""

import itertools

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import integrate, stats

from simulator.failures.crew_law import ListChain, ProductForm
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.laws import EXPONENTIAL, AnyLaw
from simulator.failures.lifetimes import Lifetimes, NewAtZero
from simulator.failures.maintenance import Maintenance, Plan, RandomPhase
from simulator.failures.mission import Mission
from simulator.failures.overlay import Overlay
from simulator.failures.process import NoLaw
from simulator.failures.renewal import Renewal
from simulator.failures.repair_crew import RepairCrew
from simulator.seeds import Streams
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_frequency, assert_mean


def law(**block):
    return TypeAdapter(AnyLaw).validate_python(block)


WEIBULL, EARLY = law(law="weibull", shape=1.7), law(law="weibull", shape=0.7)
LOGNORMAL, GAMMA = law(law="lognormal", cv=1.5), law(law="gamma", shape=4)
ALWAYS, UNIFORM = law(law="deterministic"), law(law="uniform", spread=1)
LISTED = law(law="empirical", values=["1 s", "1 s", "10 s"])  # mean 4 s
PAIRS = {
    "weibull, lognormal": (WEIBULL, LOGNORMAL, 20e9, 4e9),
    "early failures, uniform": (EARLY, UNIFORM, 20e9, 10e9),
    "gamma, deterministic": (GAMMA, ALWAYS, 9e9, 9e9),
    "deterministic, deterministic": (ALWAYS, ALWAYS, 9e9, 6e9),
    "deterministic, empirical": (ALWAYS, LISTED, 12e9, 4e9),
}
RUNS = 3000
TIMES = np.array([0, 2, 13, 97]) * SECOND_NS
each_pair = pytest.mark.parametrize("name", PAIRS)
NAMES5 = tuple(f"m{i}" for i in range(5))


def alternating(name):
    up, down, mtbf, mttr = PAIRS[name]
    return Lifetimes(("edge",), (mtbf,), (mttr,), up, down)


@pytest.fixture(scope="module")
def lines():
    """Return each pair's timelines, drawn once."""
    return {name: [alternating(name).timeline(Streams(3, run), 0, 140 * SECOND_NS) for run in range(RUNS)]
            for name in PAIRS}


@each_pair
def test_p_up_is_the_availability_at_any_time(name, lines):
    """Whatever the laws: MTBF / (MTBF + MTTR); for Weibull 1.7 and lognormal repairs here .8333."""
    _, _, mtbf, mttr = PAIRS[name]
    up = np.array([line.up_at(TIMES)[:, 0] for line in lines[name]])
    for at in range(len(TIMES)):
        assert_frequency(up[:, at].sum(), RUNS, mtbf / (mtbf + mttr), FALSE_ALARM / 20)


@each_pair
def test_what_is_left_of_a_time_up_or_down_has_the_equilibrium_law_at_any_time(name, lines):
    """P(no crash within x | up) is the integral of R beyond x by the mean, at 0 and later; and so for repairs."""
    up, down, mtbf, mttr = PAIRS[name]
    for at in TIMES:
        left = {True: [], False: []}
        for line in lines[name]:
            crash, repair = line.crash_ns[0], line.repair_ns[0]
            is_up = bool(line.up_at(np.array([at]))[0, 0])
            coming = crash[crash > at] if is_up else repair[repair > at]
            left[is_up].append((coming[0] if len(coming) else 1 << 62) - at)
        for is_up, law_of, mean in ((True, up, mtbf), (False, down, mttr)):
            for x in (0.3, 0.9, 1.6):
                within = integrate.quad(lambda t, of=law_of: 1 - float(of.distribution(np.array(t))), 0, x,
                                        points=[0.25, 1.0][: 1 + (x > 1)], limit=200)[0]
                seen = np.array(left[is_up], float) > x * mean
                # Durations are whole nanoseconds; a step of the law at x is not met, x is off the steps.
                assert_frequency(seen.sum(), len(seen), min(max(1 - within, 0), 1), FALSE_ALARM / 200)


def test_another_law_of_repairs_moves_no_lifetime():
    def times_up(down):
        line = Lifetimes(("edge",), (20e9,), (2e9,), WEIBULL, down).timeline(Streams(3), 0, 3000 * SECOND_NS)
        return (line.crash_ns[0][1:] - line.repair_ns[0][:-1])[:50]

    assert (times_up(LOGNORMAL) == times_up(ALWAYS)).all()


def test_times_up_and_down_have_their_laws():
    process = Lifetimes(("edge",), (20e9,), (4e9,), WEIBULL, LOGNORMAL)
    line = process.timeline(Streams(5), 0, 60_000 * SECOND_NS)
    up, down = line.crash_ns[0][1:] - line.repair_ns[0][:-1], (line.repair_ns[0] - line.crash_ns[0])[1:]
    assert stats.kstest(up / 20e9, WEIBULL.distribution).pvalue > FALSE_ALARM
    assert stats.kstest(down / 4e9, LOGNORMAL.distribution).pvalue > FALSE_ALARM


@pytest.mark.parametrize("kind", [Lifetimes, NewAtZero])
def test_a_longer_horizon_only_adds(kind):
    process = kind(("edge", "fog"), (20e9, 1e9), (4e9, 4e9), WEIBULL, LISTED)
    short, longer = (process.timeline(Streams(2), 0, until * SECOND_NS) for until in (100, 3000))
    for few, many in zip((*short.crash_ns, *short.repair_ns), (*longer.crash_ns, *longer.repair_ns), strict=True):
        assert (many[: len(few)] == few).all()
    assert all((many[len(few):] >= 100 * SECOND_NS).all()
               for few, many in zip(short.crash_ns, longer.crash_ns, strict=True))


def test_new_exponential_components_lose_their_availability_as_the_textbook_says():
    """A(t) = A + (1 - A) exp(-(1/mtbf + 1/mttr) t)."""
    process = NewAtZero(("edge",), (9e9,), (6e9,), EXPONENTIAL, EXPONENTIAL)
    times = np.array([0, 1, 4, 60]) * SECOND_NS
    up = np.array([process.timeline(Streams(4, run), 0, 61 * SECOND_NS).up_at(times)[:, 0] for run in range(RUNS)])
    for column, t in enumerate(times / 1e9):
        expected = 0.6 + 0.4 * np.exp(-(1 / 9 + 1 / 6) * t)
        assert_frequency(up[:, column].sum(), RUNS, expected, FALSE_ALARM / 4)


def test_the_first_life_of_a_new_component_has_the_whole_law_and_not_a_rest_of_it():
    process = NewAtZero(("edge",), (20e9,), (4e9,), WEIBULL, LOGNORMAL)
    first = [process.timeline(Streams(4, run), 0, 500 * SECOND_NS).crash_ns[0][0] for run in range(RUNS)]
    assert stats.kstest(np.array(first) / 20e9, WEIBULL.distribution).pvalue > FALSE_ALARM


@pytest.mark.parametrize("process", [
    NewAtZero(("edge",), (9e9,), (6e9,), EXPONENTIAL, EXPONENTIAL),
    Mission(("edge",), (9e9,), WEIBULL, 10**9),
    Mission(("edge",), (9e9,), WEIBULL),
    Maintenance(("edge",), Plan((0,), 10, 2)),
], ids=["new", "mission", "endless mission", "maintenance"])
def test_what_moves_in_time_has_no_law_and_says_the_way_out(process):
    for ask in (process.survival, process.pairwise_survival, process.switches_per_s,
                lambda: process.log_probability(np.ones((1, 1), dtype=bool)), lambda: process.sample_up(Streams(1), 3)):
        with pytest.raises(NoLaw, match=r"moves in time.*; (write|for a snapshot)"):
            ask()


def test_the_snapshot_of_a_mission_is_told_with_its_numbers():
    told = r"end after 1 s write kind: bernoulli with survival: \{edge: 0.3679, fog: 0.6065\}"
    with pytest.raises(NoLaw, match=told):
        Mission(("edge", "fog"), (1e9, 2e9), EXPONENTIAL, 10**9).survival()


@pytest.mark.parametrize("lives", [EXPONENTIAL, WEIBULL, LOGNORMAL, LISTED])
def test_a_mission_ends_each_component_once_and_for_all(lives):
    process = Mission(("edge",), (8e9,), lives, None)
    times = np.array([1, 5, 13]) * SECOND_NS
    drawn = [process.timeline(Streams(9, run), 0, 20 * SECOND_NS) for run in range(RUNS)]
    assert all(line.repair_ns[0].tolist() in ([], [END_OF_TIME_NS]) for line in drawn)
    up = np.array([line.up_at(times)[:, 0] for line in drawn])
    assert (np.diff(up.astype(int), axis=1) <= 0).all()
    for column, time in enumerate(times.tolist()):
        expected = process.survival_at(time)[0]
        assert expected == pytest.approx(1 - float(lives.distribution(np.array(time / 8e9))))
        assert_frequency(up[:, column].sum(), RUNS, expected, FALSE_ALARM / 12)


def test_a_mission_over_crash_and_repair_ends_them():
    both = Overlay((Renewal(("edge",), (2e9,), (1e9,)), Mission(("edge",), (9e9,), ALWAYS)), ("edge",))
    line = both.timeline(Streams(1), 0, 100 * SECOND_NS)
    assert not line.up_at(np.arange(9, 100) * SECOND_NS).any()
    assert line.up_at(np.arange(0, 9 * 64) * SECOND_NS // 64).any()


def test_maintenance_comes_when_it_was_planned():
    line = Maintenance(("edge", "fog"), Plan((0, 3), 10, 2)).timeline(Streams(1), 0, 24)
    assert [times.tolist() for times in line.crash_ns] == [[0, 10, 20], [3, 13, 23]]
    assert [times.tolist() for times in line.repair_ns] == [[2, 12, 22], [5, 15, 25]]


def test_maintenance_at_a_random_phase_has_every_phase_alike():
    process = RandomPhase(("edge", "fog"), Plan((0, 3), 10, 2))
    begins = []
    for run in range(2000):
        line = process.timeline(Streams(1, run), 0, 100)
        edge, fog = line.crash_ns[0], line.crash_ns[1]
        assert set(np.diff(edge[edge >= 0])) == {10}
        assert set((line.repair_ns[0] - edge)[edge >= 0]) == {2}
        assert (fog[fog >= 0].min() - edge[edge >= 0].min()) % 10 == 3
        begins.append(edge[edge >= 0].min())
    assert_frequencies(np.bincount(begins, minlength=10), np.full(10, 0.1))


@pytest.mark.parametrize(("repairmen", "expected"), [(1, 1.1624), (5, 5 / 7)])
def test_the_machine_repair_problem_has_the_textbook_answer(repairmen, expected):
    """N = 5, failures at .1, repairs at .6: E[down] = 1.1624 with one repairman, binomial with five."""
    crew = RepairCrew(NAMES5, (10e9,) * 5, (1e9 / 0.6,) * 5, repairmen)
    weights = [np.prod([5 - k for k in range(n)]) * (0.1 / 0.6) ** n / np.prod([min(k, repairmen)
               for k in range(1, n + 1)]) for n in range(6)]
    assert np.arange(6) @ weights / np.sum(weights) == pytest.approx(expected, abs=5e-5)
    assert (1 - crew.survival()).sum() == pytest.approx(np.arange(6) @ weights / np.sum(weights), rel=1e-12)
    chain = ListChain((10.0,) * 5, (1 / 0.6,) * 5, repairmen)
    assert 5 - 5 * chain.all_up((2,)) == pytest.approx(np.arange(6) @ weights / np.sum(weights), rel=1e-10)


def test_the_share_of_time_down_is_that_of_the_machine_repair_problem():
    crew, until = RepairCrew(NAMES5, (10e9,) * 5, (1e9 / 0.6,) * 5, 1), 1000 * SECOND_NS
    down = []
    for run in range(60):
        line = crew.timeline(Streams(8, run), 0, until)
        down.append(sum(np.sum(np.clip(r, 0, until) - np.clip(c, 0, until)) / until
                        for c, r in zip(line.crash_ns, line.repair_ns, strict=True)))
    assert_mean(down, 1.1624, precision=0.03)


def test_one_repairman_finishes_in_the_order_of_failure_and_never_two_at_once():
    line = RepairCrew(NAMES5, (10e9,) * 5, (5e9,) * 5, 1).timeline(Streams(8), 0, 1000 * SECOND_NS)
    outages = sorted((int(c), int(r)) for crash, repair in zip(line.crash_ns, line.repair_ns, strict=True)
                     for c, r in zip(crash, repair, strict=True) if c >= 0)
    assert (np.diff([repair for _, repair in outages]) > 0).all()
    assert any(then < repair for (_, repair), (then, _) in itertools.pairwise(outages)), "nothing ever waited"


def test_more_repairmen_mean_the_same_lifetimes_and_shorter_outages():
    one, two = (RepairCrew(NAMES5, (10e9,) * 5, (5e9,) * 5, c).timeline(Streams(8), 0, 900 * SECOND_NS) for c in (1, 2))
    for column in range(5):
        lives = [line.crash_ns[column][2:20] - line.repair_ns[column][1:19] for line in (one, two)]
        common = np.isin(lives[0], lives[1])
        assert common.sum() >= 15


@pytest.mark.parametrize("repairmen", [1, 2, 3])
def test_the_product_form_is_the_solution_of_the_balance_equations(repairmen):
    patterns = np.array(list(itertools.product((True, False), repeat=4)))
    form, chain = ProductForm((0.2, 0.5, 0.1, 0.3), repairmen), ListChain((5, 2, 10, 10 / 3), (1,) * 4, repairmen)
    np.testing.assert_allclose(form.log_probability(patterns), chain.log_probability(patterns), rtol=1e-9)
    for machines in ((0,), (1, 3), (0, 1, 2, 3)):
        assert form.all_up(machines) == pytest.approx(chain.all_up(machines), rel=1e-10)


def test_as_many_repairmen_as_components_leave_them_independent():
    chain = ListChain((4.0, 2.0, 5.0), (3.0, 8.0, 2.0), 3)
    alone = Renewal(("a", "b", "c"), (4.0, 2.0, 5.0), (3.0, 8.0, 2.0))
    patterns = np.array(list(itertools.product((True, False), repeat=3)))
    np.testing.assert_allclose(chain.log_probability(patterns), alone.log_probability(patterns), rtol=1e-9)


def test_lists_are_drawn_as_the_chain_says_by_both_laws():
    chain = ListChain((5, 2, 10), (1,) * 3, 1)
    lists = [found for size in range(4) for found in itertools.permutations(range(3), size)]
    for other in (chain, ProductForm((0.2, 0.5, 0.1), 1)):
        dice = np.random.default_rng(1)
        drawn = [other.draw_list(dice) for _ in range(4000)]
        assert_frequencies([drawn.count(found) for found in lists], chain.stationary)


def test_a_thousand_alike_components_have_a_law_and_nine_unlike_ones_say_why_not():
    names = tuple(f"m{i}" for i in range(1000))
    many = RepairCrew(names, (1e12,) * 1000, (1e9,) * 1000, 2)
    rho, weights = 0.001, [1.0]
    for k in range(1, 300):
        weights.append(weights[-1] * (1001 - k) * rho / min(k, 2))
    assert 1000 * (1 - many.survival()[0]) == pytest.approx(np.arange(300) @ weights / np.sum(weights), rel=1e-9)
    assert many.sample_up(Streams(1), 3).shape == (3, 1000)
    unlike = RepairCrew(names[:9], (1e12,) * 9, (1e9,) * 8 + (2e9,), 2)
    for ask in (unlike.survival, unlike.pairwise_survival, unlike.switches_per_s,
                lambda: unlike.sample_up(Streams(1), 1), lambda: unlike.log_probability(np.ones((1, 9), dtype=bool))):
        with pytest.raises(NoLaw, match=r"9 components wait for one crew .* one mttr for all"):
            ask()


def test_without_a_known_law_the_warm_up_leads_to_the_stationary_one():
    """Repairs that differ by a nanosecond have no stated law here; that of equal repairs is theirs."""
    names = tuple(f"m{i}" for i in range(8))
    alike = RepairCrew(names, (10e9,) * 8, (2e9,) * 8, 1)
    unlike = RepairCrew(names, (10e9,) * 8, (2e9,) * 7 + (2e9 + 1,), 1)
    up = np.array([unlike.timeline(Streams(6, run), 0, 2).up_at(np.array([0]))[0] for run in range(600)])
    sizes = np.bincount((~up).sum(axis=1), minlength=9)
    law_of = ProductForm((0.2,) * 8, 1)
    patterns = np.tril(np.ones((9, 8), dtype=bool), k=-1)
    chances = [float(np.exp(law_of.log_probability(row[np.newaxis]))[0]) * np.exp(
        np.log(np.arange(1, 9)).sum() - np.log(np.arange(1, k + 1)).sum() - np.log(np.arange(1, 9 - k)).sum())
        for k, row in enumerate(patterns)]  # k up
    assert_frequencies(sizes[::-1], chances)
    assert alike.survival()[0] == pytest.approx(np.arange(9) @ chances / 8)
