"""The mean over repeats: its interval covers training seed and test set together, and each alone where that is all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulator.expect.clusters import cluster_mean
from simulator.expect.repeats import BOTH, TEST, TRAINING, Clusters, over_repeats
from simulator.expect.student import student_mean
from simulator.seeds import stream
from tests.support.statistics import assert_covers

RUNS, TRUTH = 2000, 0.6


def clusters_of(samples, worth):
    return [Clusters(samples, row) for row in worth]


def trials(repeats, clusters, seed_effect, cluster_effect, noise=0.05):
    """Yield, trial by trial, the cluster sizes and the worth of each repeat: truth + seed + cluster + noise."""
    dice = stream(1, 0, "", f"repeats {seed_effect} {cluster_effect}")
    sizes = np.arange(clusters) % 3 + 4.0
    of_seed = dice.normal(0, seed_effect, (RUNS, repeats, 1)) if seed_effect else 0.0
    of_cluster = dice.normal(0, cluster_effect, (RUNS, 1, clusters)) if cluster_effect else 0.0
    means = TRUTH + of_seed + of_cluster + dice.normal(0, noise, (RUNS, repeats, clusters)) / np.sqrt(sizes)
    return sizes, means * sizes


@pytest.mark.parametrize(("repeats", "clusters", "seed_effect", "cluster_effect"), [
    (5, 30, 0.05, 0.01),  # the seed dominates
    (5, 30, 0.005, 0.2),  # the test set dominates
    (5, 12, 0.03, 0.1),   # neither
    (3, 40, 0.02, 0.15),  # few repeats
])
def test_the_interval_of_both_covers_95_percent_whichever_dominates(repeats, clusters, seed_effect, cluster_effect):
    sizes, worth = trials(repeats, clusters, seed_effect, cluster_effect)
    found = [over_repeats(row.sum(axis=1) / sizes.sum(), clusters_of(sizes, row)).estimate for row in worth]
    assert_covers([(one.low, one.high) for one in found], TRUTH, at_most=0.985)
    assert {one.uncertainty for one in found} == {BOTH}


def test_the_seed_alone_would_not_cover_what_the_test_set_does_to_the_mean():
    sizes, worth = trials(5, 30, 0.005, 0.2)
    found = [over_repeats(row.sum(axis=1) / sizes.sum(), clusters_of(sizes, row)).training for row in worth[:500]]
    assert np.mean([one.low <= TRUTH <= one.high for one in found]) < 0.5


def test_paired_differences_cover_too_and_are_narrower_than_the_means():
    sizes, worth = trials(5, 30, 0.02, 0.2)
    better = worth + (0.1 + stream(2, 0, "", "paired").normal(0, 0.02, (RUNS, 5, 1))) * sizes
    widths, found = [], []
    for a, b in zip(better, worth, strict=True):
        pairs = [one.minus(other) for one, other in zip(clusters_of(sizes, a), clusters_of(sizes, b), strict=True)]
        found.append(over_repeats((a - b).sum(axis=1) / sizes.sum(), pairs).estimate)
        widths.append(found[-1].high - found[-1].low)
    assert_covers([(one.low, one.high) for one in found], 0.1)
    alone = over_repeats(better[0].sum(axis=1) / sizes.sum(), clusters_of(sizes, better[0])).estimate
    assert np.mean(widths) < 0.5 * (alone.high - alone.low)


def test_noise_that_is_of_seed_and_sample_at_once_is_counted_in_both_so_the_interval_covers_more():
    sizes, worth = trials(5, 30, 0, 0, noise=0.2)
    found = [over_repeats(row.sum(axis=1) / sizes.sum(), clusters_of(sizes, row)).estimate for row in worth]
    assert_covers([(one.low, one.high) for one in found], TRUTH, at_most=1)


def test_the_variances_add_with_satterthwaites_degrees_of_freedom():
    """Equal clusters: both parts are Student's, with repeats - 1 and clusters - 1 degrees of freedom."""
    sizes, worth = np.full(8, 5.0), trials(4, 8, 0.04, 0.1)[1][0] / trials(4, 8, 0.04, 0.1)[0] * 5.0
    values, means = worth.sum(axis=1) / 40, worth.mean(axis=0) / 5
    parts = [(values.var(ddof=1) / 4, 3), (means.var(ddof=1) / 8, 7)]
    variance = sum(part for part, _ in parts)
    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    found = over_repeats(values, clusters_of(sizes, worth)).estimate
    assert found.high - found.value == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(variance), rel=1e-9)
    assert found.low + found.high == pytest.approx(2 * values.mean())
    assert found.method == f"t-interval over 4 repeats and 8 clusters, {freedom:.1f} degrees of freedom"


VALUES = np.array([0.61, 0.55, 0.7, 0.64])


def test_where_the_test_set_has_no_spread_it_is_students_interval():
    sizes = np.array([3.0, 5.0, 4.0, 8.0])
    found = over_repeats(VALUES, clusters_of(sizes, VALUES[:, np.newaxis] * sizes))
    student = student_mean(VALUES)
    assert (found.estimate.low, found.estimate.high) == pytest.approx((student.low, student.high), abs=1e-12)
    assert found.test.low == pytest.approx(found.test.high, abs=1e-12)
    assert found.deviation == pytest.approx(np.std(VALUES, ddof=1))
    assert (found.training.low, found.training.uncertainty) == (student.low, TRAINING)


def test_where_all_repeats_agree_it_is_the_clustered_interval():
    groups, values = np.repeat([0, 1, 2, 3, 4], [3, 5, 4, 8, 2]), stream(1, 0, "", "values").random(22)
    samples, worth = np.bincount(groups).astype(float), np.bincount(groups, values)
    clustered = cluster_mean(values, groups)
    several = over_repeats(np.full(3, values.mean()), clusters_of(samples, [worth] * 3))
    single = over_repeats(np.array([values.mean()]), clusters_of(samples, [worth]))
    for one in (several, single):
        assert (one.estimate.value, one.estimate.low, one.estimate.high) == pytest.approx(
            (clustered.value, clustered.low, clustered.high), abs=1e-12)
    assert (single.estimate.uncertainty, several.estimate.uncertainty) == (TEST, BOTH)
    assert np.isnan(single.deviation)
    assert several.deviation == 0


def test_with_neither_spread_the_interval_is_the_value():
    found = over_repeats(np.full(3, 0.5), clusters_of(np.ones(4), np.full((3, 4), 0.5)))
    assert (found.estimate.low, found.estimate.value, found.estimate.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("more", [
    {"clusters": ()},
    {"clusters": clusters_of(np.ones(4), np.ones((3, 4)))},  # of three repeats only
    {"clusters": [Clusters(np.ones(4 + n % 2), np.ones(4 + n % 2)) for n in range(4)]},  # other samples
    {"clusters": clusters_of(np.array([9.0]), VALUES[:, np.newaxis] * 9)},  # one cluster tells nothing
])
def test_where_the_test_set_cannot_be_told_it_is_students_interval_over_training_alone(more):
    found, student = over_repeats(VALUES, **more), student_mean(VALUES)
    assert (found.estimate.low, found.estimate.high) == (student.low, student.high)
    assert found.estimate.uncertainty == TRAINING


def test_where_every_repeat_holds_out_other_samples_the_spread_over_repeats_has_both_in_it():
    clusters = clusters_of(np.ones(4), VALUES[:, np.newaxis] * np.ones(4))
    found, student = over_repeats(VALUES, clusters, is_one_test_set=False), student_mean(VALUES)
    assert (found.estimate.low, found.estimate.high) == (student.low, student.high)
    assert (found.estimate.uncertainty, found.test) == (BOTH, None)
