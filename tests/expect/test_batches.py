"""Batch means of one long run: intervals that cover where what happens depends on what happened before."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from simulator.expect.batches import batch_mean, batches, correlation, failure_cycles, has_enough
from simulator.expect.intervals import student_mean
from simulator.expect.student import replication_means
from simulator.failures.process import Timeline
from simulator.seeds import stream
from tests.support.statistics import assert_covers, coverage

RUNS = 1000


def intervals(series):
    label = batches(series.shape[1])
    found = [batch_mean(replication_means(row, label)) for row in series]
    return [(e.low, e.high) for e in found]


@pytest.mark.parametrize("phi", [0.0, 0.9, 0.98])
def test_intervals_of_a_series_with_memory_cover(phi):
    draws = stream(1, 0, "", f"AR {phi}")
    noise = draws.standard_normal((RUNS, 3000))
    noise[:, 0] /= np.sqrt(1 - phi**2)
    assert_covers(intervals(lfilter([1], [1, -phi], noise, axis=1)), 0.0)


def test_sojourns_of_a_queue_cover():
    """M/M/1 at 0.6: the mean sojourn is 1 / (mu - lambda); an interval over requests covers a third of that."""
    draws, soon = stream(2, 0, "", "queue"), []
    for _ in range(RUNS):
        births, work = np.cumsum(draws.exponential(1 / 0.6, 6000)), draws.exponential(1, 6000)
        total = np.cumsum(work)
        soon.append(total + np.maximum.accumulate(births - (total - work)) - births)
    series = np.array(soon)
    assert_covers(intervals(series), 1 / 0.4)
    naive = [student_mean(row) for row in series]
    assert coverage([(e.low, e.high) for e in naive], 1 / 0.4) < 0.6


def test_shares_of_a_machine_that_fails_forty_times_cover():
    """Availability 0.9, forty failure cycles of mean 100 steps on average, one request a step."""
    draws, seen = stream(3, 0, "", "outages"), []
    for _ in range(RUNS):
        lasting = np.stack([draws.geometric(1 / 90, 200), draws.geometric(1 / 10, 200)], axis=1).ravel()
        seen.append(np.repeat(np.tile([1.0, 0.0], 200), lasting)[:4000])
    assert_covers(intervals(np.array(seen)), 0.9)


def test_few_requests_make_no_batches():
    assert batches(999) is None
    assert np.bincount(batches(1005)).tolist() == [101, 100] * 5


def test_what_is_alike_from_batch_to_batch_widens_the_interval():
    drift, alternating = np.repeat([1.0, 2.0], 5), np.tile([1.0, 2.0], 5)
    assert correlation(alternating) == 0
    assert correlation(drift) == pytest.approx(0.8)  # 0.7 and a tenth for its bias
    plain, wide = batch_mean(alternating), batch_mean(drift)
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(3.0)
    assert plain.method == "batch means over 10 batches of one run"
    assert "widened by 3 " in wide.method


def line(crash, coins=None):
    crash = np.array(crash, dtype=np.int64)
    return Timeline(("a", "b"), (crash, crash + 5), (crash + 2, crash + 7), coins, 10_000)


def test_cycles_are_instants_at_which_something_that_matters_crashes():
    crashes = [-1, *range(10, 310, 10)]
    assert failure_cycles(line(crashes), frozenset({"a"}), 10_000) == 30
    assert failure_cycles(line(crashes), frozenset({"a"}), 295) == 29
    assert failure_cycles(line(crashes), frozenset({"a", "b"}), 10_000) == 61
    assert failure_cycles(line(crashes), frozenset({"c"}), 10_000) is None
    assert failure_cycles(None, frozenset({"a"}), 10_000) is None
    assert failure_cycles(line([]), frozenset({"a"}), 10_000) == 0
    assert failure_cycles(line([], np.array([[True, False]])), frozenset({"b"}), 10_000) is None
    assert [has_enough(cycles) for cycles in (None, 30, 29, 0)] == [True, True, False, False]
