"""A timeline is sorted and disjoint, only grows with its horizon, and says who is up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.failures.bernoulli import Bernoulli
from simulator.failures.overlay import Overlay
from simulator.failures.process import Timeline
from simulator.failures.renewal import END_OF_TIME_NS, Renewal
from simulator.failures.scripted import Scripted, merged
from simulator.seeds import Streams
from simulator.units import SECOND_NS

YEAR_NS = 365 * 24 * 3600 * SECOND_NS
means = st.floats(1, 1e6)
renewals = st.builds(lambda up, down: Renewal(("edge", "fog"), (up, 2 * up), (down, down)), means, means)
outages = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=8)
scripts = st.builds(
    lambda given: Scripted(("edge",), *[(tuple(t.tolist()),) for t in merged((a, a + b) for a, b in given)]), outages
)
overlays = st.builds(lambda a, b, c: Overlay((a, c, b), ("edge", "fog")), renewals, renewals, scripts)
quick = settings(max_examples=60, deadline=None)


@quick
@given(st.one_of(renewals, scripts, overlays), st.integers(0, 1000), st.integers(1, 20_000_000))
def test_outages_are_sorted_disjoint_and_begin_before_the_horizon(process, seed, until_ns):
    until_ns = min(until_ns, 2000 * least_cycle_ns(process))
    line = process.timeline(Streams(seed), 0, until_ns)
    for crash, repair in zip(line.crash_ns, line.repair_ns, strict=True):
        assert crash.dtype == repair.dtype == np.int64
        assert (crash < repair).all()
        assert (crash[1:] >= repair[:-1]).all()
        assert (crash < until_ns).all()
        assert (crash >= -1).all()
        assert (repair > 0).all()


def least_cycle_ns(process):
    members = process.processes if isinstance(process, Overlay) else (process,)
    return int(
        min(
            (
                up + down
                for p in members
                if isinstance(p, Renewal)
                for up, down in zip(p.mtbf_ns, p.mttr_ns, strict=True)
            ),
            default=1e6,
        )
    )


@quick
@given(st.one_of(renewals, scripts), st.integers(0, 1000), st.integers(1, 500), st.integers(1, 500))
def test_a_longer_horizon_only_adds(process, seed, cycles, more):
    until_ns = cycles * least_cycle_ns(process)
    short = process.timeline(Streams(seed), 0, until_ns)
    longer = process.timeline(Streams(seed), 0, until_ns + more * least_cycle_ns(process))
    for which in ("crash_ns", "repair_ns"):
        for few, many in zip(getattr(short, which), getattr(longer, which), strict=True):
            assert (many[: len(few)] == few).all()
    for few, many in zip(short.crash_ns, longer.crash_ns, strict=True):
        assert (many[len(few) :] >= until_ns).all()


@quick
@given(overlays, st.integers(0, 1000), st.integers(1, 300), st.integers(1, 300))
def test_a_longer_horizon_changes_nothing_before_the_shorter_one_in_an_overlay(process, seed, cycles, more):
    until_ns = cycles * least_cycle_ns(process)
    times = np.unique(np.linspace(0, until_ns - 1, 500).astype(np.int64))
    short = process.timeline(Streams(seed), 0, until_ns)
    longer = process.timeline(Streams(seed), 0, until_ns + more * least_cycle_ns(process))
    assert (short.up_at(times) == longer.up_at(times)).all()


@quick
@given(overlays, st.integers(0, 1000), st.integers(1, 300))
def test_an_overlay_is_up_when_all_its_processes_are(process, seed, cycles):
    until_ns = cycles * least_cycle_ns(process)
    times = np.unique(np.linspace(0, until_ns - 1, 300).astype(np.int64))
    up = np.ones((len(times), 2), dtype=bool)
    for layer, member in enumerate(process.processes):
        seen = member.timeline(Streams(seed, 0, layer), 0, until_ns).up_at(times)
        up[:, [process.components.index(name) for name in member.components]] &= seen
    assert (process.timeline(Streams(seed), 0, until_ns).up_at(times) == up).all()


@quick
@given(st.lists(outages, min_size=1, max_size=3), st.data())
def test_up_at_agrees_with_looking_at_every_outage(given_outages, data):
    lives = [merged((a - 1, a - 1 + b) for a, b in life) for life in given_outages]
    times = np.array(data.draw(st.lists(st.integers(0, 90), min_size=1, max_size=40)))  # in any order
    coins = data.draw(st.sampled_from([None, np.arange(len(times) * len(lives)).reshape(len(times), -1) % 3 > 0]))
    names = tuple("abc"[: len(lives)])
    line = Timeline(names, tuple(c for c, _ in lives), tuple(r for _, r in lives), coins, 100)
    for request, (time, row) in enumerate(zip(times, line.up_at(times), strict=True)):
        for column, life in enumerate(given_outages):
            is_up = not any(a - 1 <= time < a - 1 + b for a, b in life)
            assert row[column] == (is_up and (coins is None or coins[request, column]))


@given(outages)
def test_merged_outages_are_down_at_the_same_instants(given_outages):
    crash, repair = merged((a, a + b) for a, b in given_outages)
    assert (crash[1:] > repair[:-1]).all()
    for time in range(90):
        assert any(a <= time < a + b for a, b in given_outages) == bool(((crash <= time) & (time < repair)).any())


def test_a_component_that_is_down_at_the_start_has_been_so_since_before():
    process = Renewal(("edge",), (1e9,), (9e9,))
    first = [process.timeline(Streams(run), 0, SECOND_NS).crash_ns[0][:1].tolist() for run in range(50)]
    assert [-1] in first
    assert all(crash[0] == -1 or crash[0] > 0 for crash in first if crash)


def test_coins_of_the_timeline_are_those_of_the_snapshot():
    process = Bernoulli(("edge", "fog"), (0.5, 0.9))
    line = process.timeline(Streams(4), 100, SECOND_NS)
    assert (line.up_at(np.arange(100)) == process.sample_up(Streams(4), 100)).all()


def test_the_first_process_of_an_overlay_draws_what_it_draws_alone():
    first, second = Renewal(("edge",), (9e9,), (1e9,)), Renewal(("edge",), (5e9,), (1e9,))
    alone = first.timeline(Streams(4), 0, 100 * SECOND_NS)
    together = Overlay((first, Scripted(("fog",), ((5,),), ((6,),))), ("edge", "fog")).timeline(
        Streams(4), 0, 100 * SECOND_NS
    )
    assert (together.crash_ns[0] == alone.crash_ns[0]).all()
    twice = Overlay((first, second), ("edge",)).timeline(Streams(4), 0, 100 * SECOND_NS)
    assert len(twice.crash_ns[0]) > len(alone.crash_ns[0])


@pytest.mark.parametrize("mtbf_ns", [1e17, 1e18, 1e20, 1e30])
def test_very_rare_failures_neither_overflow_nor_come_too_soon(mtbf_ns):
    process = Renewal(("edge",), (mtbf_ns,), (3.6e12,))
    seen = [process.timeline(Streams(run), 0, 20 * YEAR_NS).crash_ns[0] for run in range(200)]
    expected = 200 * 20 * YEAR_NS / mtbf_ns
    assert abs(sum(map(len, seen)) - expected) <= 5 * np.sqrt(expected) + 1
    assert all(((crash >= -1) & (crash < END_OF_TIME_NS)).all() for crash in seen)
