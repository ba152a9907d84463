"""Intervals that claim 95 % cover 95 %: by exact sums where there are any, else in thousands of macro-runs."""

import numpy as np
import pytest
from scipy import stats

from simulator.expect.clusters import degrees_of_freedom
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import clopper_pearson, cluster_mean, paired_difference, student_mean, wilson, within
from simulator.expect.student import replication_means
from simulator.seeds import stream
from tests.support.statistics import assert_covers

RUNS = 2000


def exact_coverage(interval, draws, shares):
    """Return the coverage at each true share: a sum over all outcomes, no dice."""
    low, high = np.array([(e.low, e.high) for e in (interval(hits, draws) for hits in range(draws + 1))]).T
    return np.array([stats.binom.pmf(np.flatnonzero((low <= p) & (p <= high)), draws, p).sum() for p in shares])


@pytest.mark.parametrize(("draws", "least"), [(20, 0.92), (200, 0.93), (1000, 0.93)])
def test_wilson_covers_95_percent_on_average_and_hardly_less_in_the_middle(draws, least):
    shares = np.linspace(0.001, 0.999, 999)
    covered = exact_coverage(wilson, draws, shares)
    assert 0.945 <= covered.mean() <= 0.96
    in_the_middle = (shares * draws >= 5) & ((1 - shares) * draws >= 5)
    assert covered[in_the_middle].min() >= least


@pytest.mark.parametrize("draws", [1, 20, 200])
def test_clopper_pearson_never_covers_less_than_95_percent(draws):
    assert exact_coverage(clopper_pearson, draws, np.linspace(0.001, 0.999, 999)).min() >= 0.95 - 1e-12


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_shares_hold_themselves_and_stay_between_0_and_1(interval):
    for draws in (0, 1, 7):
        for hits in range(draws + 1):
            found = interval(hits, draws)
            assert 0 <= found.low <= found.high <= 1
            assert draws == 0 or found.low <= found.value <= found.high


@pytest.mark.parametrize("replications", [3, 10, 20])
def test_student_covers_means_of_correlated_requests(replications):
    """Requests of one run share their run's luck, so only runs are independent."""
    draws = stream(1, 0, "", "student")
    luck = draws.normal(0.7, 0.05, (RUNS, replications, 1))
    means = (draws.random((RUNS, replications, 40)) < luck).mean(axis=2)
    found = [student_mean(row) for row in means]
    assert_covers([(e.low, e.high) for e in found], 0.7)


def test_an_interval_over_requests_would_not_cover():
    draws = stream(1, 1, "", "student")
    luck = draws.normal(0.7, 0.05, (1000, 10, 1))
    worth = (draws.random((1000, 10, 100)) < luck).reshape(1000, -1)
    found = [wilson(int(row.sum()), len(row)) for row in worth]
    with pytest.raises(AssertionError, match="cover"):
        assert_covers([(e.low, e.high) for e in found], 0.7)


def test_student_agrees_with_the_textbook():
    values = np.array([0.1, 0.4, 0.35, 0.8])
    found = student_mean(values)
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert (found.value, found.low, found.high, found.samples) == pytest.approx((values.mean(), low, high, 4))


@pytest.mark.parametrize(
    ("values", "samples", "method"),
    [
        ([], 0, "no replication saw any"),
        ([np.nan], 0, "no replication saw any"),
        ([0.5], 1, "1 replication: no interval"),
        ([0.5, np.nan, 0.7], 2, "Student t over 2 replications (fewer than 10: read with care)"),
        ([0.5] * 10, 10, "Student t over 10 replications"),
    ],
)
def test_the_method_says_how_little_it_rests_on(values, samples, method):
    found = student_mean(np.array(values, dtype=float))
    assert (found.samples, found.method, found.uncertainty) == (samples, method, "failures")
    assert np.isnan(found.low) == (samples < 2)


def clustered(draws, sizes, spread):
    """Return values and groups: clusters of given sizes, whose means vary by ``spread`` around 1."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return 1 + draws.normal(0, spread, len(sizes))[groups] + draws.normal(0, 1, len(groups)), groups


@pytest.mark.parametrize("sizes", [[9, 9], [5, 9], [10, 12, 20, 7, 30], [20] * 12], ids=str)
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_clusters_of_like_sizes_are_covered(sizes, spread):
    draws = stream(2, 0, "", "clusters")
    found = [cluster_mean(*clustered(draws, sizes, spread)) for _ in range(RUNS)]
    assert_covers([(e.low, e.high) for e in found], 1.0, at_most=0.97 if len(set(sizes)) < 3 else 0.99)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_clusters_of_very_unequal_sizes_are_covered_conservatively(spread):
    draws = stream(3, 0, "", "clusters")
    sizes = np.maximum(1, np.rint(np.exp(draws.normal(2, 1, (RUNS, 12))))).astype(int)
    found = [cluster_mean(*clustered(draws, row, spread)) for row in sizes]
    assert_covers([(e.low, e.high) for e in found], 1.0, at_most=1.0)


def test_an_interval_over_samples_would_not_cover_clusters():
    draws = stream(4, 0, "", "clusters")
    found = [cluster_mean(clustered(draws, [20] * 12, 1.0)[0]) for _ in range(1000)]
    with pytest.raises(AssertionError, match="cover"):
        assert_covers([(e.low, e.high) for e in found], 1.0)


def test_clusters_of_equal_sizes_give_students_interval_over_their_means():
    values, groups = clustered(stream(5, 0, "", "clusters"), [6] * 7, 0.5)
    means = replication_means(values, groups)
    found, plain = cluster_mean(values, groups), student_mean(means)
    assert (found.value, found.low, found.high, found.samples) == pytest.approx((plain.value, plain.low, plain.high, 7))


def test_without_groups_each_sample_is_its_own_cluster():
    values = np.array([0.0, 1.0, 1.0, np.nan, 0.5])
    found, plain = cluster_mean(values), student_mean(values)
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert found.method == "t-interval over 4 samples (fewer than 5: read with care)"
    assert found.uncertainty == "test set"


def test_one_cluster_has_no_interval():
    found = cluster_mean(np.array([0.0, 1.0]), np.array(["a", "a"]))
    assert found.value == 0.5
    assert np.isnan(found.low)
    assert np.isnan(found.high)


@pytest.mark.parametrize("sizes", [[1, 2], [3, 3, 3], [1, 5, 20, 2], [50, 1, 1, 1, 1]])
def test_degrees_of_freedom_agree_with_the_matrices_written_out(sizes):
    share = np.array(sizes) / np.sum(sizes)
    residual = np.eye(len(sizes)) - np.outer(np.ones(len(sizes)), share)
    form = residual.T @ np.diag(share**2 / (1 - share)) @ residual
    both = []
    for spread in (np.ones(len(sizes)), 1 / share):
        product = form @ np.diag(spread)
        both.append(np.trace(product) ** 2 / np.trace(product @ product))
    assert degrees_of_freedom(share) == pytest.approx(min(both))
    assert degrees_of_freedom(share) <= len(sizes) - 1 + 1e-9


def test_paired_differences_cover_and_are_narrower_than_separate_means():
    draws = stream(6, 0, "", "pairs")
    intervals, narrower = [], []
    for _ in range(RUNS):
        hard, groups = clustered(draws, [8] * 12, 1.0)
        other = hard + 0.3 + draws.normal(0, 0.3, 12)[groups] + draws.normal(0, 0.3, len(hard))
        found = paired_difference(other, hard, groups)
        intervals.append((found.low, found.high))
        narrower.append(found.high - found.low < cluster_mean(hard, groups).high - cluster_mean(hard, groups).low)
    assert_covers(intervals, 0.3)
    assert np.mean(narrower) == 1


def test_an_interval_is_cut_to_where_the_truth_can_be():
    assert within(Estimate(0.9, 0.7, 1.1, 5, "t")).high == 1.0
    assert within(Estimate(0.1, -0.1, 0.3, 5, "t")).low == 0.0
    assert np.isnan(within(Estimate(0.9, np.nan, np.nan, 1, "t")).high)
