"""Timed statistics: hand-made requests, conservation, and a queue with known answers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simulator.expect.curves import accuracy_over_time, latency_curve
from simulator.expect.cycles import cycles
from simulator.expect.timed import NothingLostError, Requests, ending_counts, timed
from simulator.failures.renewal import Renewal
from simulator.seeds import Streams, stream
from simulator.units import SECOND_NS
from tests.support.statistics import assert_covers

MS = 1_000_000


def requests(replication, arrival_ms, latency_ms, ending, answered, worth):
    arrival = np.array(arrival_ms) * MS
    worth = np.array(worth, dtype=float)
    answered = np.array(answered, dtype=bool)
    return Requests(
        np.array(replication),
        arrival,
        arrival + np.array(latency_ms) * MS,
        np.array(ending),
        answered,
        worth,
        answered & (worth == 1),
    )


# two replications: on time and right, on time and wrong, late and right, withdrawn (late), lost
HAND = requests(
    [0] * 5 + [1] * 5,
    [0, 10, 20, 30, 40] * 2,
    [5, 15, 60, 50, 3, 7, 17, 60, 50, 3],
    [0, 0, 1, 1, 2] * 2,
    [1, 1, 1, 0, 0] * 2,
    [1, 0, 1, 0.2, 0.2, 1, 1, 0, 0.2, 0.2],
)


def test_every_number_of_two_small_replications():
    found = timed(HAND, 10)
    assert found["served_accuracy"].value == pytest.approx((2.4 / 5 + 2.4 / 5) / 2)
    assert found["on_time_accuracy"].value == pytest.approx((1 / 5 + 2 / 5) / 2)
    assert [found[f"share_{name}"].value for name in ("on_time", "late", "lost")] == pytest.approx([0.4, 0.4, 0.2])
    assert found["latency_mean_ms"].value == pytest.approx((80 / 3 + 84 / 3) / 2)
    assert found["latency_p50_ms"].value == pytest.approx((15 + 17) / 2)
    assert found["latency_p99_ms"].value == pytest.approx(
        (np.quantile([5, 15, 60], 0.99) + np.quantile([7, 17, 60], 0.99)) / 2
    )
    low, high = stats.t.interval(0.95, 1, 0.3, 0.1)
    assert (found["on_time_accuracy"].low, found["on_time_accuracy"].high) == (max(0, low), min(1, high))
    assert {e.samples for e in found.values()} == {2}
    assert {e.uncertainty for e in found.values()} == {"failures"}
    assert "fewer than 10" in found["served_accuracy"].method


def test_late_and_lost_count_nothing_on_time_whatever_no_answer_is_worth():
    generous = replace(HAND, worth=np.where(HAND.answered, HAND.worth, 1.0))
    assert timed(generous, 10)["on_time_accuracy"] == timed(HAND, 10)["on_time_accuracy"]
    assert timed(generous, 10)["served_accuracy"].value > timed(HAND, 10)["served_accuracy"].value


def test_no_answer_may_be_left_out_of_served_accuracy():
    found = timed(replace(HAND, worth=np.where(HAND.answered, HAND.worth, np.nan)), 10)
    assert found["served_accuracy"].value == pytest.approx(2 / 3)


def test_endings_are_counted():
    assert ending_counts(HAND, 10) == {"on_time": 4, "late": 4, "lost": 2}


@pytest.mark.parametrize(
    ("wrong", "arrivals"),
    [
        (HAND, 11),
        (replace(HAND, ending=np.array([3, *HAND.ending[1:]])), 10),
        (replace(HAND, ending=np.zeros(10, dtype=int)), 10),
        (replace(HAND, ending=np.full(10, 2)), 10),
    ],
)
def test_a_request_without_its_one_ending_is_a_fault(wrong, arrivals):
    with pytest.raises(NothingLostError):
        timed(wrong, arrivals)


def test_one_replication_has_values_but_no_intervals():
    one = Requests(*(getattr(HAND, name)[:5] for name in HAND.__dataclass_fields__))
    for estimate in timed(one, 5).values():
        assert not np.isnan(estimate.value)
        assert np.isnan(estimate.low)
        assert estimate.method == "1 replication: no interval"


def test_nothing_answered_has_no_latency():
    lost = replace(HAND, ending=np.full(10, 2), answered=np.zeros(10, dtype=bool))
    assert np.isnan(timed(lost, 10)["latency_p95_ms"].value)
    assert latency_curve(lost).value == (0.0, 0.0)


def test_intervals_cover_where_requests_of_one_run_depend_on_each_other():
    """Requests find one component up or down: availability 0.8, and many requests within one outage."""
    process, intervals = Renewal(("edge",), (8e9,), (2e9,)), []
    arrival = np.arange(50) * SECOND_NS // 2
    for run in range(1000):
        up = [process.timeline(Streams(run, r), 50, 25 * SECOND_NS).up_at(arrival)[:, 0] for r in range(5)]
        up = np.concatenate(up)
        seen = Requests(
            np.repeat(np.arange(5), 50),
            np.tile(arrival, 5),
            np.tile(arrival, 5),
            np.where(up, 0, 2),
            up,
            up.astype(float),
            up,
        )
        found = timed(seen, 250)["served_accuracy"]
        intervals.append((found.low, found.high))
    assert_covers(intervals, 0.8)


def test_accuracy_over_time_is_the_mean_worth_of_each_slice():
    curve = accuracy_over_time(HAND, 2, 40 * MS)
    assert curve.x == pytest.approx((0.01, 0.03))
    assert curve.value == pytest.approx(
        ((1 + 0 + 1 + 1) / 4, (1 + 0.2 + 0.2 + 0 + 0.2 + 0.2) / 6)
    )  # 40 ms is in the last
    assert (curve.x_label, curve.y_label) == ("time (s)", "served accuracy")
    for low, value, high in zip(curve.low, curve.value, curve.high, strict=True):
        assert 0 <= low <= value <= high <= 1


def test_a_slice_without_requests_is_unknown():
    curve = accuracy_over_time(HAND, 8, 80 * MS)
    assert np.isnan(curve.value[5:]).all()
    assert not np.isnan(curve.value[:4]).any()


def test_the_band_over_time_covers():
    draws, inside = stream(9, 0, "", "band"), []
    for _ in range(1000):
        run = np.repeat(np.arange(10), 40)
        luck = np.clip(draws.normal(0.7, 0.1, 10), 0, 1)[run]
        worth = (draws.random(400) < luck).astype(float)
        arrival = draws.integers(0, 1000, 400)
        seen = Requests(run, arrival, arrival, np.zeros(400, dtype=int), np.ones(400, dtype=bool), worth, worth == 1)
        curve = accuracy_over_time(seen, 2, 1000)
        inside.append((curve.low[0], curve.high[0]))
    assert_covers(inside, 0.7, at_most=0.98)


def test_the_latency_curve_is_a_share_of_all_arrivals():
    curve = latency_curve(HAND, points=101)
    at = dict(zip(curve.x, curve.value, strict=True))
    assert curve.x[0] == 0
    assert curve.value[0] == 0
    assert curve.x[-1] == 60
    assert at[60.0] == pytest.approx(0.6)
    assert (np.diff(curve.value) >= 0).all()
    for t, share in at.items():
        each = [np.sum(np.array(answers) <= t) / 5 for answers in ([5, 15, 60], [7, 17, 60])]
        assert share == pytest.approx(np.mean(each))


def test_one_outlier_does_not_spoil_the_latency_grid():
    many = requests([0] * 5000, range(5000), [*range(10), 10_000] + [5] * 4989, [0] * 5000, [1] * 5000, [1] * 5000)
    curve = latency_curve(many)
    assert curve.x[-2] <= 10
    assert curve.x[-1] == 10_000
    assert curve.value[-1] == 1


def test_cycles_count_crashes_until_the_last_end():
    process = Renewal(("edge", "fog"), (9e9, 1e9), (1e9, 1e9))
    lines = [(process.timeline(Streams(1, run), 0, 2000 * SECOND_NS), 1000 * SECOND_NS) for run in range(3)]
    counted = cycles([*lines, (None, 5)])
    by_hand = {
        name: sum(int(((line.crash_ns[i] > -1) & (line.crash_ns[i] <= last)).sum()) for line, last in lines)
        for i, name in enumerate(process.components)
    }
    assert counted == by_hand
    assert 230 < counted["edge"] < 370  # 3 x 100 expected, standard deviation about 16
