"""Detection and recovery on timelines that are worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.expect.detection import Watched, detection, detection_loss, mean_recovery, recovery_s
from simulator.expect.gap import Lives, gap
from simulator.expect.intervals import exactly
from simulator.expect.timed import Requests

S = 10**9


def watched(outages, suspicions, last=100, horizon=110):
    """Return a component by its outages and suspicions, in seconds."""
    crash, repair = np.array(outages, dtype=np.int64).reshape(-1, 2).T * S
    since, until = np.array(suspicions, dtype=np.int64).reshape(-1, 2).T * S
    return Watched(crash, repair, since, until, last * S, horizon * S)


@pytest.mark.parametrize(
    ("outages", "suspicions", "times", "wrong"),
    [
        ([(10, 20)], [(13, 22)], [3], 0),
        ([(10, 12)], [], [-1], 0),  # over before anybody noticed
        ([(10, 12)], [(12, 14)], [-1], 1),  # noticed when it was over: of somebody who is up
        ([(10, 12)], [(11, 14)], [1], 0),
        ([(10, 20)], [(8, 22)], [0], 0),  # suspected already, and that was no fault
        ([(10, 20)], [(8, 10)], [-1], 1),
        ([(10, 20)], [(12, 14), (17, 22)], [2], 0),  # two suspicions, one outage
        ([(10, 20), (24, 30)], [(12, 33)], [2, 0], 0),  # one suspicion, two outages
        ([], [(5, 6), (7, 9), (101, 103)], [], 2),  # later than the last request: not counted
        ([(-1, 20), (105, 109)], [(-1, 22)], [], 0),
        ([(95, 200)], [], [], 0),  # nobody knows yet whether it will be noticed
        ([(95, 200)], [(105, 210)], [10], 0),
    ],
)
def test_each_outage_is_detected_or_missed_and_a_suspicion_without_one_is_wrong(outages, suspicions, times, wrong):
    found = watched(outages, suspicions)
    assert [time // S if time > 0 else time for time in found.detection_ns().tolist()] == times
    assert found.wrong_suspicions() == wrong


def test_metrics_of_detection_are_those_of_all_components_and_replications():
    runs = [[watched([(10, 20), (40, 41)], [(13, 22)]), watched([], [(50, 51), (60, 61)])],
            [watched([(30, 50)], [(31, 52)]), watched([], [])]]
    found = detection(runs)
    assert found["detection_time_s"].value == pytest.approx((3 + 1) / 2)
    assert found["missed_outages"].value == pytest.approx(1 / 3)
    assert found["wrong_suspicions_per_h"].value == pytest.approx((2 + 0) / 2 / (100 / 3600))
    assert found["missed_outages"].low >= 0


def test_the_time_to_recover_ends_with_the_first_good_answer_to_a_later_request():
    #  born      1   3   5   7   10 s        crashes at 2, 5 and 11 s
    #  answered  2   lost 9   8   bad
    births, ends = np.array([1, 3, 5, 7, 10]) * S, np.array([2, 4, 9, 8, 11]) * S
    good = np.array([True, False, True, True, False])
    found = recovery_s(births, ends, good, np.array([2, 5, 11]) * S)
    np.testing.assert_array_equal(found, [6, 3, np.nan])  # that of 7 s is answered before that of 5 s
    assert mean_recovery([found, np.array([])]).value == pytest.approx(4.5)


def five():
    """Return five requests: right, wrong, lost, right but late, right."""
    births = np.arange(5) * S
    return Requests(np.zeros(5, dtype=int), births, births + S // 10, np.array([0, 0, 2, 1, 0]),
                    np.array([1, 1, 0, 1, 1], dtype=bool), np.array([1, 0, 0.2, 1, 1]),
                    np.array([1, 0, 0, 1, 1], dtype=bool))


def test_the_loss_is_what_perfect_detection_would_have_served_more():
    real = five()
    perfect = replace(real, ending=np.array([0, 0, 0, 0, 0]), worth=np.array([1.0, 0, 1, 1, 1]),
                      correct=np.array([1, 0, 1, 1, 1], dtype=bool), answered=np.ones(5, dtype=bool))
    found = {name: estimate.value for name, estimate in detection_loss(perfect, real).items()}
    assert found == pytest.approx({"detection_loss": 0.8 / 5, "detection_loss_on_time": 2 / 5,
                                   "detection_loss_answers": 2 / 5})
    assert all(estimate.value == 0 for estimate in detection_loss(real, real).values())


def test_who_is_late_since_a_join_waited_is_a_loss_of_detection_and_not_of_congestion():
    lives = Lives(np.array([0.0, 0.0, 0.5]), np.array([1.0, 1.0, 1.0]), np.zeros(3, dtype=bool),
                  np.array([True, True, False]), np.full(3, S), np.zeros(3, dtype=int), np.array([True, False, False]))
    found = gap(lives, exactly(1.0, 8, "exact"), None)
    assert found.detection.value == pytest.approx(-1.5 / 3)
    assert found.congestion.value == pytest.approx(-1 / 3)
