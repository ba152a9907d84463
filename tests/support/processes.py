"""What every failure process with a law must do: claims that a test file makes of each process on its list."""

import itertools

import numpy as np

from simulator.seeds import Streams
from simulator.units import SECOND_NS
from tests.support.statistics import FALSE_ALARM, assert_frequencies, assert_frequency, assert_mean


def patterns_of(components):
    """Return all patterns, all up first, shape (2^components, components)."""
    return np.array(list(itertools.product((True, False), repeat=components)))


def counts(up):
    """Return how often each pattern of ``patterns_of`` is in the rows."""
    components = up.shape[1]
    return np.bincount((~up) @ (1 << np.arange(components)[::-1]), minlength=2**components)


def assert_states_law(process, law, atol=1e-9):
    """Assert that patterns, marginals and pairs are those of a law over ``patterns_of``, found by another route."""
    patterns = patterns_of(len(process.components))
    found = np.exp(process.log_probability(patterns))
    np.testing.assert_allclose(found.sum(), 1, atol=1e-11)
    np.testing.assert_allclose(found, law, atol=atol)
    np.testing.assert_allclose(process.survival(), law @ patterns, atol=atol)
    both = np.einsum("k,ki,kj->ij", law, patterns, patterns)
    np.testing.assert_allclose(process.pairwise_survival(), both, atol=atol)


def assert_snapshots(process, law, false_alarm=FALSE_ALARM, requests=40_000):
    """Assert that snapshots have the law, are independent, and begin alike however many are drawn."""
    up = process.sample_up(Streams(3), requests)
    assert_frequencies(counts(up), law, false_alarm)
    again = (up[1:] & up[:-1])[::2]
    for column, survival in enumerate(law @ patterns_of(len(process.components))):
        assert_frequency(again[:, column].sum(), len(again), min(survival**2, 1.0), false_alarm)
    assert (process.sample_up(Streams(3), 10) == process.sample_up(Streams(3), 500)[:10]).all()


def assert_law_at(process, law, times_s, runs, false_alarm=FALSE_ALARM):
    """Assert that the state of timelines has the law at each of several instants."""
    times = np.array([int(at * SECOND_NS) for at in times_s])
    lines = (process.timeline(Streams(7, run), len(times), int(times[-1]) + 1) for run in range(runs))
    states = np.array([line.up_at(times) for line in lines])
    for at in range(len(times)):
        assert_frequencies(counts(states[:, at]), law, false_alarm / len(times))


def assert_switches(process, horizon_s, runs, false_alarm=FALSE_ALARM):
    """Assert that components switch as often as stated, within a tenth at least."""
    seen = []
    for run in range(runs):
        line = process.timeline(Streams(11, run), 1, horizon_s * SECOND_NS)
        is_on = np.ones(len(line.components)) if line.coins is None else line.coins[0]
        seen.append([(np.sum((c > 0) & (c < line.until_ns)) + np.sum(r < line.until_ns)) / horizon_s
                     for c, r in zip(line.crash_ns, line.repair_ns, strict=True)] * is_on)
    for column, rate in enumerate(process.switches_per_s()):
        assert_mean(np.array(seen)[:, column], rate, false_alarm, precision=0.1)


def assert_horizon_only_adds(process, times_s=50, seed=2):
    """Assert that a longer horizon changes nothing before the shorter one, and that outages are sorted and apart."""
    times = np.arange(0, times_s * SECOND_NS, SECOND_NS // 7)
    short = process.timeline(Streams(seed), len(times), times_s * SECOND_NS)
    longer = process.timeline(Streams(seed), len(times), 10 * times_s * SECOND_NS)
    assert (short.up_at(times) == longer.up_at(times)).all()
    for line in (short, longer):
        for crash, repair in zip(line.crash_ns, line.repair_ns, strict=True):
            assert crash.dtype == repair.dtype == np.int64
            assert (crash[1:] > repair[:-1]).all()
            assert (crash < repair).all()
            assert (crash < line.until_ns).all()
            assert (crash >= -1).all()
