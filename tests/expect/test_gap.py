"""Served against expected accuracy: the difference estimator, the gap's parts, and its bound."""

import numpy as np
import pytest

from simulator.expect.control import controlled_accuracy
from simulator.expect.estimate import Estimate
from simulator.expect.gap import Lives, gap
from simulator.expect.intervals import exactly, student_mean
from simulator.expect.student import replication_means
from simulator.failures.renewal import Renewal
from simulator.seeds import Streams, stream
from simulator.units import SECOND_NS
from tests.support.statistics import assert_covers, assert_mean

RUNS, REPLICATIONS, REQUESTS = 2000, 10, 60
REPLICATION = np.repeat(np.arange(REPLICATIONS), REQUESTS)


def toy(draws):
    """Return served and snapshot worth: each run has its luck (mean 0.7), and a tenth of all answers is lost."""
    luck = draws.beta(14, 6, REPLICATIONS)[REPLICATION]
    snapshot = (draws.random(len(luck)) < luck).astype(float)
    return snapshot * (draws.random(len(luck)) < 0.9), snapshot


def test_the_difference_estimator_covers_is_unbiased_and_narrower():
    draws = stream(1, 0, "", "control")
    controlled, plain = [], []
    for _ in range(RUNS):
        served, snapshot = toy(draws)
        controlled.append(controlled_accuracy(served, snapshot, REPLICATION, 0.7).estimate)
        plain.append(student_mean(replication_means(served, REPLICATION)))
    assert_covers([(e.low, e.high) for e in controlled], 0.63)
    assert_mean([e.value for e in controlled], 0.63)
    factor = np.var([e.value for e in plain]) / np.var([e.value for e in controlled])
    assert factor > 4
    assert np.mean([e.high - e.low for e in controlled]) < 0.6 * np.mean([e.high - e.low for e in plain])


def test_the_difference_estimator_prints_its_variance_reduction():
    served, snapshot = toy(stream(2, 0, "", "control"))
    found = controlled_accuracy(served, snapshot, REPLICATION, 0.7)
    by_run, other = served.reshape(REPLICATIONS, -1).mean(axis=1), snapshot.reshape(REPLICATIONS, -1).mean(axis=1)
    assert found.variance_reduction == pytest.approx(by_run.var(ddof=1) / (by_run - other).var(ddof=1))
    assert found.estimate.value == pytest.approx(0.7 + (by_run - other).mean())
    assert found.estimate.method.endswith(f"Student t over 10 replications, variance / {found.variance_reduction:.3g}")


def test_without_delays_the_difference_estimator_is_the_expectation():
    _, snapshot = toy(stream(2, 0, "", "control"))
    found = controlled_accuracy(snapshot, snapshot, REPLICATION, 0.7)
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == (0.7, 0.7, 0.7)
    assert found.variance_reduction == np.inf
    assert "no variance left" in found.estimate.method


def test_one_replication_has_no_interval_for_the_difference():
    found = controlled_accuracy(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.array([0, 0]), 0.7)
    assert found.estimate.value == pytest.approx(0.2)
    assert np.isnan(found.estimate.low)


def lives(seed, guess=0.2):
    draws = stream(seed, 0, "", "gap")
    size = REPLICATIONS * REQUESTS
    served, snapshot = draws.choice([0, 1, guess], size), draws.choice([0, 1, guess], size)
    return Lives(
        served,
        snapshot,
        draws.random(size) < 0.3,
        draws.random(size) < 0.3,
        draws.integers(1, 10**9, size),
        REPLICATION,
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_parts_sum_to_served_minus_expected(seed):
    some = lives(seed)
    found = gap(some, exactly(0.43, 8, "exact"), None)
    parts = found.sampling.value + found.in_flight.value + found.congestion.value + found.detection.value
    assert parts == pytest.approx(some.worth_served.mean() - 0.43, abs=1e-14)
    assert found.total.value == pytest.approx(some.worth_served.mean() - 0.43, abs=1e-14)


def test_each_request_counts_to_one_cause():
    """Served minus snapshot of: a switch, a switch and late, late, neither."""
    served, snapshot = np.array([0.0, 0.0, 0.5, 0.9, 1.0]), np.array([1.0, 0.9, 1.0, 1.0, 1.0])
    some = Lives(
        served,
        snapshot,
        np.array([1, 1, 0, 0, 0], dtype=bool),
        np.array([0, 1, 1, 0, 0], dtype=bool),
        np.full(5, SECOND_NS),
        np.zeros(5, dtype=int),
    )
    found = gap(some, exactly(0.9, 8, "exact"), None)
    assert found.in_flight.value == pytest.approx(-1.9 / 5)
    assert found.congestion.value == pytest.approx(-0.5 / 5)
    assert found.detection.value == pytest.approx(-0.1 / 5)
    assert found.sampling.value == pytest.approx(0.98 - 0.9)
    assert np.isnan(found.in_flight.low)
    assert list(found.estimates()) == ["gap_sampling", "gap_in_flight", "gap_congestion", "gap_detection"]


def test_where_no_answer_is_left_out_there_is_no_split():
    found = gap(lives(1, guess=np.nan), exactly(0.5, 8, "exact"), np.array([0.1]))
    assert np.isnan([found.sampling.value, found.in_flight.value, found.congestion.value, found.detection.value]).all()
    assert not np.isnan(found.total.value)


def test_the_bound_is_switches_in_a_mean_sojourn():
    process = Renewal(("edge", "fog"), (8e9, 30e9), (2e9, 10e9))
    some = lives(3)
    found = gap(some, exactly(0.43, 8, "exact"), process.switches_per_s())
    by_hand = (2 * 0.2 / 2 + 2 * 0.25 / 10) * some.sojourn_ns.mean() / 1e9
    assert found.bound.value == pytest.approx(by_hand)
    assert found.estimates()["gap_bound"] == found.bound


@pytest.mark.parametrize(("expected", "holds"), [(0.40, True), (0.69, True), (0.71, False), (0.09, False)])
def test_the_bound_holds_or_not(expected, holds):
    size = REPLICATIONS * REQUESTS
    served = np.full(size, 0.4)
    some = Lives(
        served, served, np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), np.full(size, SECOND_NS), REPLICATION
    )
    assert gap(some, exactly(expected, 8, "exact"), np.array([0.1, 0.2])).holds is holds


@pytest.mark.parametrize(("half", "holds"), [(0.0, False), (0.08, False), (0.12, True)])
def test_the_half_widths_of_served_and_expected_widen_the_bound(half, holds):
    served = np.repeat(np.linspace(0.3, 0.5, REPLICATIONS), REQUESTS)  # mean 0.4, half-width 0.048
    never = np.zeros(len(served), dtype=bool)
    some = Lives(served, served, never, never, np.full(len(served), SECOND_NS), REPLICATION)
    expected = Estimate(0.65, 0.65 - half, 0.65 + half, 50, "exact", "test set")
    assert gap(some, expected, np.array([0.1])).holds is holds


def test_a_request_that_needs_its_machine_to_the_end_loses_what_the_formula_says():
    """P(up through a service of length D) = A exp(-D / mtbf); a snapshot sees A; the bound is 2 (1 - A) D / mttr."""
    process, service = Renewal(("edge",), (8e9,), (2e9,)), SECOND_NS // 2
    arrival = np.arange(400) * SECOND_NS
    served, snapshot, switched = [], [], []
    for run in range(40):
        line = process.timeline(Streams(8, run), 400, 401 * SECOND_NS)
        up = line.up_at(arrival)[:, 0]
        crashes = np.searchsorted(line.crash_ns[0], arrival + service) - np.searchsorted(
            line.crash_ns[0], arrival, "right"
        )
        repairs = np.searchsorted(line.repair_ns[0], arrival + service) - np.searchsorted(
            line.repair_ns[0], arrival, "right"
        )
        snapshot.append(up)
        served.append(up & (crashes == 0))
        switched.append(crashes + repairs > 0)
    served, snapshot, switched = (np.concatenate(one) for one in (served, snapshot, switched))
    size = len(served)
    some = Lives(
        served.astype(float),
        snapshot.astype(float),
        switched,
        np.zeros(size, dtype=bool),
        np.full(size, service),
        np.repeat(np.arange(40), 400),
    )
    found = gap(some, exactly(0.8, 2, "exact"), process.switches_per_s())
    lost = 0.8 * (np.exp(-0.5 / 8) - 1)
    difference = some.worth_served - some.worth_snapshot
    assert_mean(replication_means(difference, some.replication), lost, precision=0.1)
    assert found.in_flight.value == pytest.approx(difference.mean())
    assert found.detection.value == found.congestion.value == 0
    assert found.bound.value == pytest.approx(0.1)
    assert abs(lost) < found.bound.value
    assert found.holds
