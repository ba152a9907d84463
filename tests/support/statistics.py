"""Tolerances that come from the sample size and a stated false-alarm rate, never from taste."""

import numpy as np
from scipy import stats

FALSE_ALARM = 1e-5


def assert_frequency(hits, draws, expected, false_alarm=FALSE_ALARM):
    """Assert that a count of independent draws fits its probability (exact binomial, two-sided)."""
    tail = min(stats.binom.cdf(hits, draws, expected), stats.binom.sf(hits - 1, draws, expected))
    assert tail >= false_alarm / 2, f"{hits} of {draws} does not fit probability {expected} (tail {tail:.2g})"


def assert_mean(values, expected, false_alarm=FALSE_ALARM, *, precision=None):
    """Assert that the mean of independent values fits the expectation (Student t, two-sided).

    ``precision`` guards against a vacuous pass: the standard error must be at most that share of the expectation.
    """
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    if error == 0:
        np.testing.assert_allclose(values.mean(), expected, rtol=1e-12, atol=1e-12)
        return
    if precision is not None:
        assert error <= precision * abs(expected), f"standard error {error:.3g} says too little about {expected:.3g}"
    limit = stats.t.ppf(1 - false_alarm / 2, len(values) - 1)
    t = (values.mean() - expected) / error
    assert abs(t) <= limit, f"mean {values.mean():.6g} is {t:.2f} standard errors from {expected:.6g}"


def assert_frequencies(counts, probabilities, false_alarm=FALSE_ALARM):
    """Assert that each of several counts fits its probability; the false-alarm rate is shared among them."""
    draws = int(np.sum(counts))
    for count, probability in zip(counts, probabilities, strict=True):
        assert_frequency(int(count), draws, float(probability), false_alarm / len(counts))


def coverage(intervals, truth):
    """Return the share of (low, high) pairs that hold the truth."""
    low, high = np.asarray(intervals, float).T
    return float(np.mean((low <= truth) & (truth <= high)))


def assert_covers(intervals, truth, *, at_most=0.97):
    """Assert coverage in [93 %, 97 %], or up to ``at_most`` for conservative intervals.

    With 2,000 macro-runs a true coverage of 95 % fails with probability 6e-5.
    """
    assert len(intervals) >= 1000
    share = coverage(intervals, truth)
    assert 0.93 <= share <= at_most, f"intervals that claim 95 % cover {100 * share:.1f} %"


def assert_g_test(counts, probabilities, false_alarm=FALSE_ALARM, *, least=5):
    """Assert that counts of independent draws fit a law (G-test); cells that expect fewer than ``least`` are pooled.

    What has no probability must not have been drawn; the test must have two cells left to compare.
    """
    counts, expected = np.asarray(counts, float), np.asarray(probabilities, float) * np.sum(counts)
    assert not counts[expected <= 1e-12 * counts.sum()].any(), "something was drawn that has no probability"
    order = np.argsort(expected)
    small = int(np.sum(expected < least))
    while 0 < small < len(order) and expected[order[:small]].sum() < least:
        small += 1
    rare, alone = order[:small], order[small:]
    seen = np.append(counts[alone], counts[rare].sum()) if small else counts[alone]
    wanted = np.append(expected[alone], expected[rare].sum()) if small else expected[alone]
    assert len(seen) > 1, "one cell says nothing"
    g = 2 * np.sum(seen * np.log(np.where(seen > 0, seen, 1) / wanted))
    chance = stats.chi2.sf(g, len(seen) - 1)
    assert chance >= false_alarm, f"counts {seen} do not fit {wanted.round(1)}: G = {g:.1f}, probability {chance:.2g}"
