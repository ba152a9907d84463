"""Post-stratified means: by hand, unbiased, narrower, and with intervals that cover, also where strata are empty."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.expect.batches import batch_mean, batches
from simulator.expect.intervals import student_mean
from simulator.expect.strata import Control, strata, stratified_mean
from simulator.expect.student import replication_means
from simulator.seeds import stream
from tests.support.statistics import assert_covers, assert_mean

DELIVERIES = (0, 7, 3, 5)
MACRO, RUNS, REQUESTS = 1000, 10, 200


def paths(law, stays, draws, macro=MACRO):
    """Return the state at each birth, shape (macro-runs, replications, requests): held, then drawn anew from the law.

    Components are down together as the law says, and requests of one outage meet the same state.
    """
    shape = (macro, RUNS, REQUESTS)
    fresh = draws.choice(len(law), shape, p=law)
    is_new = draws.random(shape) >= stays
    is_new[..., 0] = True
    last = np.maximum.accumulate(np.where(is_new, np.arange(REQUESTS), 0), axis=-1)
    return np.take_along_axis(fresh, last, axis=-1)


REPLICATION = np.repeat(np.arange(RUNS), REQUESTS)
LAWS = {
    "two outages": ((0.8, 0.15, 0.05), (0.9, 0.6, 0.2)),
    "a stratum that most runs never meet": ((0.85, 0.12, 0.029, 0.001), (0.9, 0.5, 0.3, 0.0)),
    "all but one rare": ((0.9, 0.04, 0.03, 0.03), (0.95, 0.4, 0.2, 0.1)),
}
CASES = [("two outages", 0.8), ("a stratum that most runs never meet", 0.8), ("all but one rare", 0.8),
         ("two outages", 0.0)]


@pytest.mark.parametrize(("name", "stays"), CASES)
def test_intervals_cover_and_the_mean_is_unbiased(name, stays):
    law, means = LAWS[name]
    chances = dict(zip(DELIVERIES, law, strict=False))
    draws = stream(4, 0, name, f"strata {stays}")
    state = paths(law, stays, draws).reshape(MACRO, -1)
    hits = (draws.random(state.shape) < np.array(means)[state]).astype(float)
    found, plain = [], []
    for which, values in zip(state, hits, strict=True):
        found.append(stratified_mean(values, strata(which, DELIVERIES[:len(law)], chances, REPLICATION)).estimate)
        plain.append(student_mean(replication_means(values, REPLICATION)))
    truth = float(np.dot(law, means))
    assert_covers([(e.low, e.high) for e in found], truth)
    assert_mean([e.value for e in found], truth, precision=0.01)
    if stays:
        assert np.var([e.value for e in plain]) > 2 * np.var([e.value for e in found])


def test_means_over_the_answered_cover():
    law, answered, mean_ms = (0.8, 0.15, 0.05), (0.99, 0.7, 0.2), (10.0, 30.0, 90.0)
    draws = stream(5, 0, "", "latency")
    state = paths(law, 0.8, draws).reshape(MACRO, -1)
    is_answered = draws.random(state.shape) < np.array(answered)[state]
    latency = np.array(mean_ms)[state] * draws.gamma(2, 0.5, state.shape)
    truth = float(np.dot(law, np.multiply(answered, mean_ms)) / np.dot(law, answered))
    found = []
    for which, values, counted in zip(state, latency, is_answered, strict=True):
        given = strata(which, DELIVERIES[:3], dict(zip(DELIVERIES, law, strict=False)), REPLICATION)
        found.append(stratified_mean(np.where(counted, values, np.nan), given, counted=counted).estimate)
    assert_covers([(e.low, e.high) for e in found], truth)


def test_intervals_over_batches_of_one_run_cover():
    law, means = LAWS["two outages"]
    draws, label, found = stream(7, 0, "", "batches"), batches(RUNS * REQUESTS), []
    state = paths(law, 0.9, draws).reshape(MACRO, -1)
    hits = (draws.random(state.shape) < np.array(means)[state]).astype(float)
    for which, values in zip(state, hits, strict=True):
        given = strata(which, DELIVERIES[:3], dict(zip(DELIVERIES, law, strict=False)), label)
        found.append(stratified_mean(values, given, mean=batch_mean).estimate)
    assert_covers([(e.low, e.high) for e in found], float(np.dot(law, means)))


HAND = np.array([1.0, 1, 0, 1] * 15 + [0, 0, 1, 0] * 15)
HAND_STATE = np.array([0] * 60 + [1] * 60)
HAND_RUN = np.tile(np.arange(6), 20)


WEIGHTS = ((0, 0.9), (1, 0.1))


def test_each_stratum_has_the_weight_of_its_probability():
    given = strata(HAND_STATE, (3, 0), {3: 0.9, 0: 0.1}, HAND_RUN)
    found = stratified_mean(HAND, given)
    assert found.estimate.value == pytest.approx(0.9 * 0.75 + 0.1 * 0.25)
    assert found.estimate.method.startswith("post-stratified (2 of 2 strata by pattern), jackknife, Student t over 6")
    left_out = [sum(weight * HAND[(HAND_STATE == state) & (HAND_RUN != r)].mean() for state, weight in WEIGHTS)
                for r in range(6)]
    error = np.sqrt(5 / 6 * np.sum((left_out - np.mean(left_out)) ** 2))
    assert found.estimate.high - found.estimate.value == pytest.approx(2.5706 * error, rel=1e-4)
    plain = np.array([HAND[HAND_RUN == r].mean() for r in range(6)])
    assert found.variance_reduction == pytest.approx(plain.var(ddof=1) / 6 / error**2, rel=1e-6)


def test_a_control_comes_back_with_its_exact_mean():
    given = strata(HAND_STATE, (3, 0), {3: 0.9, 0: 0.1}, HAND_RUN)
    found = stratified_mean(np.full(120, 0.5), given, Control(np.full(120, 0.75), 0.8), is_share=False).estimate
    assert (found.value, found.low, found.high) == (pytest.approx(0.55), pytest.approx(0.55), pytest.approx(0.55))


def test_where_all_were_alike_the_next_may_still_be_another():
    given = strata(HAND_STATE, (3, 0), {3: 0.9, 0: 0.1}, HAND_RUN)
    found = stratified_mean(np.where(HAND_STATE == 0, 1.0, 0.0), given)
    assert found.estimate.value == pytest.approx(0.9)
    assert found.estimate.high - found.estimate.value == pytest.approx(np.hypot(0.9 * 3 / 60, 0.1 * 3 / 60))


def test_intervals_cover_also_rare_things_that_most_runs_never_see():
    """One request in 3,000 is lost for another reason than its pattern: most macro-runs see none or one."""
    law, lost = (0.8, 0.2), (1 / 3000, 1.0)
    draws, found = stream(6, 0, "", "rare"), []
    state = paths(law, 0.8, draws).reshape(MACRO, -1)
    for which in state:
        values = (draws.random(which.shape) < np.array(lost)[which]).astype(float)
        given = strata(which, DELIVERIES[:2], dict(zip(DELIVERIES, law, strict=False)), REPLICATION)
        found.append(stratified_mean(values, given).estimate)
    assert_covers([(e.low, e.high) for e in found], float(np.dot(law, lost)), at_most=1.0)


@pytest.mark.parametrize(
    ("state", "chances", "alone"),
    [
        ([0] * 100 + [1] * 40, {3: 0.6, 0: 0.4}, 2),
        ([0] * 100 + [1] * 29, {3: 0.6, 0: 0.4}, 1),  # too few requests: with the next smallest
        ([0] * 90 + [1] * 50 + [2] * 29, {3: 0.5, 0: 0.4, 9: 0.1}, 2),
        ([0] * 90 + [1] * 50 + [2] * 16 + [3] * 16, {3: 0.5, 0: 0.3, 9: 0.1, 8: 0.1}, 3),
        ([0] * 100 + [1] * 40, {3: 0.6, 0: 0.3, 9: 0.1}, 2),  # 9 was never met: its weight goes to the smallest
        ([0] * 100 + [1] * 40, {3: 1.0}, 2),  # what cannot be has no weight
    ],
)
def test_strata_with_few_requests_are_merged(state, chances, alone):
    state = np.array(state)
    given = strata(state, (3, 0, 9, 8), chances, np.arange(len(state)) % 6)
    assert len(given.chance) == alone
    assert given.chance.sum() == pytest.approx(1)
    assert set(given.place) == set(range(alone))


def test_a_stratum_of_one_replication_does_not_stand_alone():
    state, run = np.repeat([0, 1], [300, 60]), np.concatenate([np.arange(300) % 10, np.zeros(60, dtype=int)])
    assert len(strata(state, (3, 0), {3: 0.8, 0: 0.2}, run).chance) == 1
