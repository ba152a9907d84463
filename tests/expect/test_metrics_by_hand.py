"""Each metric of time on timelines of five requests that are worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simulator.expect.availability import Steps, availability, resilience, steps
from simulator.expect.curves import accuracy_vs_deadline
from simulator.expect.goodput import Spent, degraded_latency, goodput, per_correct_answer
from simulator.expect.outages import Window, accuracy_around_outages
from simulator.expect.student import ratio_of_means
from simulator.expect.timed import Requests
from simulator.study.why import kinds, was_down
from tests.support.small_plans import timeline

S, MS = 10**9, 10**6
UP, ONE_DOWN, BOTH_DOWN = 0.9, 0.7, 0.2


def accuracy_of(up):
    """Return 0.9 with all up, 0.7 with one down, 0.2 with both."""
    return np.array([UP, ONE_DOWN, BOTH_DOWN])[2 - up.sum(axis=1)]


# a: down on [2, 6) and [8, 9) s; b: down on [4, 7) s. Five requests, born at 1, 3, 5, 7 and 10 s; watched until 10 s.
#   0 1   2 3      4 5      6      7      8 9     10
#   all up | a down | both  | b down | up | a | up
LINE = timeline({"a": [(2 * S, 6 * S), (8 * S, 9 * S)], "b": [(4 * S, 7 * S)]})
HAND = steps(LINE, 10 * S, accuracy_of)


def five(replication=0):
    """Return five requests: right, wrong, lost, right but late, right; latencies 10, 20, 5, 60, 30 ms."""
    births = np.array([1, 3, 5, 7, 10]) * S
    ends = births + np.array([10, 20, 5, 60, 30]) * MS
    answered = np.array([True, True, False, True, True])
    worth = np.array([1, 0, 0.2, 1, 1])
    return Requests(np.full(5, replication), births, ends, np.array([0, 0, 2, 1, 0]), answered, worth,
                    answered & (worth == 1))


def both():
    """Return the five requests twice, as two replications that are alike."""
    pairs = [(getattr(five(0), name), getattr(five(1), name)) for name in Requests.__dataclass_fields__]
    return Requests(*(np.concatenate(pair) for pair in pairs))


def test_accuracy_is_a_step_function_of_the_failures():
    np.testing.assert_allclose(HAND.lasts_s, [2, 2, 2, 1, 1, 1, 1])
    np.testing.assert_allclose(HAND.accuracy, [0.9, 0.7, 0.2, 0.7, 0.9, 0.7, 0.9])
    assert HAND.is_all_up.tolist() == [True, False, False, False, True, False, True]


def test_availability_of_a_level_that_one_failure_does_not_break():
    found = availability([HAND, HAND], 0.7)
    assert found["availability"].value == pytest.approx(8 / 10)
    assert found["crossings_per_s"].value == pytest.approx(1 / 10)
    assert found["degraded_spell_s"].value == pytest.approx(2.0)
    assert found["good_spell_s"].value == pytest.approx(8.0)
    # From all up at 0 to the fall at 4 s; then from all up at 7 s to the end at 10 s without a fall: 7 s, one fall.
    assert found["first_crossing_s"].value == pytest.approx(7.0)


def test_availability_of_a_level_that_every_failure_breaks():
    found = availability([HAND, HAND], 0.8)
    assert found["availability"].value == pytest.approx(4 / 10)
    assert found["crossings_per_s"].value == pytest.approx(2 / 10)
    assert found["degraded_spell_s"].value == pytest.approx((5 + 1) / 2)
    assert found["good_spell_s"].value == found["first_crossing_s"].value == pytest.approx(4 / 2)


def test_a_level_that_is_never_left_has_no_spells():
    found = availability([HAND, HAND], 0.2)
    assert found["availability"].value == 1.0
    assert found["crossings_per_s"].value == 0.0
    assert np.isnan(found["degraded_spell_s"].value)


def test_the_triangle_is_the_area_below_the_accuracy_with_all_up():
    found = resilience([HAND, HAND], UP)
    area = 0.2 * 2 + 0.7 * 2 + 0.2 * 1 + 0.2 * 1
    assert found["accuracy_lost"].value == pytest.approx(area / 10)
    assert found["accuracy_lost_per_outage_s"].value == pytest.approx(area / 2)


def test_two_replications_give_students_interval_and_a_ratio_of_means():
    short = Steps(np.array([3.0, 1.0]), np.array([0.9, 0.2]), np.array([True, False]))
    found = availability([HAND, short], 0.7)
    assert found["availability"].value == pytest.approx((8 / 10 + 3 / 4) / 2)
    low, high = stats.t.interval(0.95, 1, found["availability"].value, abs(8 / 10 - 3 / 4) / 2)
    assert (found["availability"].low, found["availability"].high) == (pytest.approx(max(0, low)), min(1, high))
    assert found["degraded_spell_s"].value == pytest.approx((2 + 1) / (1 + 1))  # not the mean of 2 and 1 by chance:
    assert ratio_of_means(np.array([2.0, 4.0]), np.array([1.0, 0.0])).value == 6.0  # what saw no fall counts its time


def test_an_outage_that_is_under_way_at_the_begin_is_no_fall():
    line = timeline({"a": [(-1, 3 * S)], "b": []})
    found = availability([steps(line, 10 * S, accuracy_of)] * 2, 0.8)
    assert found["availability"].value == pytest.approx(0.7)
    assert found["crossings_per_s"].value == 0


def test_goodput_counts_what_is_right_and_on_time_for_each_second():
    assert goodput(both()).value == pytest.approx(2 / 10)


def test_costs_of_a_correct_answer():
    found = per_correct_answer(both(), Spent(np.array([300.0, 500.0]), np.array([6.0, 2.0])))
    assert found["bytes_per_correct_answer"].value == pytest.approx(800 / 4)
    assert found["joules_per_correct_answer"].value == pytest.approx(8 / 4)
    assert "joules_per_correct_answer" not in per_correct_answer(both(), Spent(np.array([1.0, 1.0])))


def test_latency_while_something_is_down_is_that_of_its_own_requests():
    # Down at their births: the second (3 s), the third (5 s, lost). At 7 s all are up again.
    is_degraded = ~LINE.up_at(five().arrival_ns).all(axis=1)
    assert is_degraded.tolist() == [False, True, True, False, False]
    found = degraded_latency(both(), np.tile(is_degraded, 2))
    assert found["latency_p50_degraded_ms"].value == pytest.approx(20)
    assert set(found) == {f"latency_p{q}_degraded_ms" for q in (50, 95, 99)}


def test_accuracy_against_deadline_counts_right_answers_by_their_age():
    curve = accuracy_vs_deadline(both(), points=1001)
    at = dict(zip(np.round(curve.x, 9), curve.value, strict=True))
    assert curve.value[0] == 0
    assert at[60.0] == pytest.approx(3 / 5)
    np.testing.assert_allclose(np.interp([9.9, 10.1, 29.9, 30.1], curve.x, curve.value), [0, 0.2, 0.2, 0.4], atol=0.05)


def test_accuracy_around_outages_is_aligned_with_the_crashes():
    # Crashes of a at 2 s and 8 s; window [-1, 3) s in 2 slices. Births relative to 2 s: -1, 1, 3 (out); to 8 s: -1, 2.
    crashes = [np.array([2 * S, 8 * S])] * 2
    curve = accuracy_around_outages(both(), crashes, Window(1 * S, 3 * S, 2))
    assert curve.x == (0.0, 2.0)
    np.testing.assert_allclose(curve.value, [(1 + 1) / 2, (0 + 1) / 2])
    np.testing.assert_allclose(curve.low, curve.value)


def test_a_request_without_worth_is_left_out_around_outages():
    requests = replace(both(), worth=np.where(both().answered, both().worth, np.nan))
    curve = accuracy_around_outages(requests, [np.array([4 * S])] * 2, Window(1 * S, 3 * S, 4))
    assert np.isnan(curve.value[1])  # nobody was born at [4, 5) s
    assert np.isnan(curve.value[2])  # the one at 5 s has none


def test_who_was_down_during_a_life():
    births, ends = five().arrival_ns, five().end_ns + np.array([0, 0, 1, 1, 0]) * S
    # Lives: [1, 1.01], [3, 3.02], [5, 6.005], [7, 8.06], [10, 10.03].
    assert was_down(LINE.crash_ns[0], LINE.repair_ns[0], births, ends).tolist() == [False, True, True, True, False]
    assert was_down(LINE.crash_ns[1], LINE.repair_ns[1], births, ends).tolist() == [False, False, True, False, False]


def test_kinds_are_requests_alike_in_everything():
    codes = [np.array([7, 7, 3, 7, 3])]
    columns = {("a", ""): np.array([True, False, True, True, True])}
    first, each = kinds(codes, columns)
    assert [each.tolist().count(kind) for kind in range(len(first))] == [2, 1, 2]
    assert all(codes[0][first[kind]] == codes[0][place] for place, kind in enumerate(each))


