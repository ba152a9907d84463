"""Detectors: suspicions worked out by hand, closed forms, and a slow count of each heartbeat."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from simulator.errors import ScenarioError
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.process import Timeline
from simulator.network import detectors
from simulator.network.detectors import HeartbeatWait, PhiAccrualWait, suspected
from simulator.network.heartbeats import Heart
from simulator.seeds import Streams
from tests.oracles.watching import phi_suspicions
from tests.support.statistics import assert_mean

S = 10**9


def heartbeat(**more) -> HeartbeatWait:
    return HeartbeatWait.model_validate({"kind": "heartbeat", "period": "10 ns", "after": "1 s"} | more)


def phi(**more) -> PhiAccrualWait:
    return PhiAccrualWait.model_validate(
        {"kind": "phi_accrual", "period": "10 ns", "floor": "1 ns", "after": "1 s"} | more)


def line(*outages: tuple[int, int], node: str = "m") -> Timeline:
    crash, repair = (np.array(times, dtype=np.int64) for times in zip(*outages, strict=True)) if outages else (
        np.zeros(0, dtype=np.int64),) * 2
    return Timeline((node,), (crash,), (repair,), None, END_OF_TIME_NS)


def spells(wait, truth, until=10_000, seed=1, node="m") -> list[tuple[int, int]]:
    found = suspected(wait, [node], truth, Streams(seed), until)
    return list(zip(found.crash_ns[0].tolist(), found.repair_ns[0].tolist(), strict=True))


@pytest.fixture
def at_phase(monkeypatch):
    """Return how to make every machine send its heartbeats at a phase (of 10 ns), whatever its dice say."""

    def fix(phase):
        rhythm = detectors.Watching.rhythm

        def fixed(self, node, streams, until_ns):
            found = rhythm(self, node, streams, until_ns)
            return type(found)(phase, found.period_ns, found.delay_ns, found.is_plain, (until_ns - phase) // 10 + 1)

        monkeypatch.setattr(detectors.Watching, "rhythm", fixed)

    return fix


@pytest.mark.parametrize("loss", [0.0, 1e-12])  # in closed form, and heartbeat by heartbeat
@pytest.mark.parametrize(
    ("misses", "outage", "found"),
    [
        # heartbeats at 4, 14, 24, ... each on the way for 3 ns; at 17 one has come; that of 24 would come at 27
        (1, (20, 50), [(27, 57)]),
        (2, (20, 50), [(37, 57)]),
        (3, (20, 50), [(47, 57)]),
        (4, (20, 50), []),  # three were missing, over too soon
        (1, (24, 50), [(27, 57)]),  # at the instant of its crash it sends nothing
        (1, (25, 50), [(37, 57)]),
        (1, (20, 44), [(27, 47)]),  # at the instant of its repair it sends
        (1, (25, 34), []),  # nothing was missing
        (1, (0, 50), [(7, 57)]),
        (1, (-1, 50), [(-1, 57)]),  # down since before time 0: suspected from the beginning
        (9, (-1, 1), [(-1, 7)]),
    ],
)
def test_a_machine_is_suspected_some_periods_after_its_last_heartbeat_and_until_the_next(
    at_phase, misses, outage, found, loss
):
    at_phase(4)
    assert spells(heartbeat(misses=misses, delay="3 ns", loss=loss), line(outage)) == found


@pytest.mark.parametrize("loss", [0.0, 1e-12])
def test_outages_between_which_no_heartbeat_is_sent_are_one_silence(at_phase, loss):
    at_phase(4)
    assert spells(heartbeat(misses=3, loss=loss), line((20, 25), (33, 45))) == [(44, 54)]
    assert spells(heartbeat(misses=3, loss=loss), line((20, 24), (33, 45))) == []


@pytest.mark.parametrize(("misses", "delay"), [(1, 0), (3, 40), (2, 130)])
def test_detection_takes_the_timeout_and_the_delay_less_what_has_passed_since_a_heartbeat(misses, delay):
    """F.2: with timeout To = misses x D the time from a crash is To + d - U(0, D), mean To + d - D/2."""
    period, crash = 100_000, 7_000_000
    wait = heartbeat(period=f"{period} ns", misses=misses, delay=f"{delay} us")
    times = [spells(wait, line((crash, 10**9)), 10**8, seed)[0][0] - crash for seed in range(3000)]
    longest = misses * period + 1000 * delay
    assert longest - period <= min(times) and max(times) <= longest
    assert_mean(times, longest - period / 2, precision=0.02)
    assert stats.kstest((longest - np.array(times)) / period, "uniform").pvalue > 1e-5


@pytest.mark.parametrize(("loss", "misses"), [(0.3, 3), (0.2, 2), (0.5, 1)])
def test_the_mean_number_of_heartbeats_to_a_false_alarm_is_that_of_a_row_of_losses(loss, misses):
    """F.2: (1 - l^k) / ((1 - l) l^k) heartbeats to k losses in a row; 51.48 for l = 0.3, k = 3."""
    wait = heartbeat(loss=loss, misses=misses)
    found = suspected(wait, ["m"], None, Streams(3), 2_000_000)
    counts = (found.crash_ns[0][1:] - found.repair_ns[0][:-1]) // wait.period_ns  # from one that came to the alarm
    expected = (1 - loss**misses) / ((1 - loss) * loss**misses)
    assert_mean(counts, expected, precision=0.03)
    assert (loss, misses) != (0.3, 3) or expected == pytest.approx(51.48, abs=0.005)


def test_without_loss_and_jitter_nobody_is_suspected_who_does_not_fail():
    assert spells(heartbeat(misses=1), None) == []
    assert spells(heartbeat(misses=1), line()) == []
    assert spells(heartbeat(misses=1), line((50, 90), node="other")) == []


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000), misses=st.integers(1, 4), delay=st.integers(0, 40), steps=st.lists(
        st.integers(1, 60), min_size=2, max_size=40), since_before=st.booleans())
def test_the_closed_form_is_what_heartbeats_give_one_by_one(seed, misses, delay, steps, since_before):
    switches = np.cumsum(steps[: len(steps) // 2 * 2]).tolist()
    if since_before:
        switches[0] = -1
    truth = line(*zip(switches[0::2], switches[1::2], strict=True))
    plain = heartbeat(misses=misses, delay=f"{delay} ns")
    dicey = heartbeat(misses=misses, delay=f"{delay} ns", jitter={"law": "constant", "mean": "0 ns"})
    assert spells(plain, truth, 2000, seed) == spells(dicey, truth, 2000, seed)


@pytest.mark.parametrize("wait", [heartbeat(loss=0.3, jitter="9 ns", delay="7 ns"), heartbeat(misses=1), phi(loss=0.2)])
def test_a_longer_horizon_changes_no_belief_of_a_shorter_one(wait):
    truth = line((-1, 60), (500, 700), (990, 1500))

    def until(horizon, times):
        return [(b, min(e, 1001)) for b, e in spells(wait, truth, horizon) if b <= times]

    assert until(1000, 1000) == until(5000, 1000)


def came_one_by_one(wait, truth, until, seed) -> list[int]:
    """Return when heartbeats come, those of a history first, looked at one after the other."""
    streams, size = Streams(seed), wait.history + until // wait.period_ns + 1
    phase = int(streams.of("m", "heartbeat phase").random() * wait.period_ns)
    lost = streams.of("m", "heartbeat loss").random(size) < wait.loss
    jitter = [0] * size if wait.jitter is None else wait.jitter.draw(size, streams.of("m", "heartbeat jitter")).tolist()
    outages = list(zip(truth.crash_ns[0].tolist(), truth.repair_ns[0].tolist(), strict=True))
    came = ([], [])
    for place in range(size):
        sent = phase + (place - wait.history) * wait.period_ns
        is_up = sent < 0 or not any(a <= sent < b for a, b in outages)
        if place == 0 or (sent <= until and is_up and not lost[place]):
            came[sent >= 0].append(sent + wait.delay_ns + jitter[place])
    return sorted(came[0]), sorted(came[1])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("wait", [heartbeat(loss=0.3, jitter="25 ns", delay="7 ns", misses=2),
                                  heartbeat(jitter={"law": "gamma", "mean": "4 ns", "cv": 2}, misses=1)])
def test_suspicions_are_the_silences_longer_than_the_misses(wait, seed):
    truth = line((100, 160), (300, 305), (800, 1100), (1105, 1300))
    before, later = came_one_by_one(wait, truth, 3000, seed)
    came, patience = sorted([*before, *later]), wait.misses * wait.period_ns
    found = [(a + patience, b) for a, b in zip(came, [*came[1:], END_OF_TIME_NS], strict=True) if b > a + patience]
    assert spells(wait, truth, 3000, seed) == [spell for spell in found if spell[0] <= 3000]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("more", [{}, {"loss": 0.2, "threshold": 2, "window": 9}, {"jitter": "8 ns", "threshold": 3},
                                  {"window": 3, "jitter": {"law": "exponential", "mean": "5 ns"}, "threshold": 1}])
def test_phi_is_what_its_definition_says(more, seed):
    wait, truth = phi(**more), line((100, 160), (300, 305), (800, 1100), (1105, 1300))
    before, later = came_one_by_one(wait, truth, 3000, seed)
    assert spells(wait, truth, 3000, seed) == phi_suspicions([*before, *later], wait, 3000, len(before))


def test_phi_of_regular_heartbeats_is_a_timeout_of_so_many_floors():
    """F.2: phi = 8 is mu + 5.61 sigma, and sigma is its floor where heartbeats come like clockwork."""
    wait = phi(period="1 s", floor="100 ms", threshold=8)
    assert wait.deviations == pytest.approx(5.612, abs=5e-4)
    assert stats.norm.sf(wait.deviations) == pytest.approx(1e-8, rel=1e-6)
    (begin, end), = spells(wait, line((300 * S, 400 * S)), 600 * S)
    phase = int(Streams(1).of("m", "heartbeat phase").random() * S)
    last = 299 * S + phase
    assert begin - last == pytest.approx(S + 5.612 * S / 10, abs=S / 1e4)
    assert end == 400 * S + phase


def test_phi_waits_longer_where_heartbeats_come_less_regularly():
    truth = line((300 * S, 400 * S))
    plain, shaky = (phi(period="1 s", floor="1 ms", threshold=8, jitter=jitter) for jitter in ("0 s", "800 ms"))
    detection = [np.mean([spells(wait, truth, 350 * S, seed)[-1][0] - 300 * S for seed in range(40)])
                 for wait in (plain, shaky)]
    # a difference of two uniform jitters has the deviation 800 ms / sqrt(6): 5.61 x 327 ms = 1.83 s later
    assert detection[1] - detection[0] == pytest.approx(1.83 * S + 0.4 * S, rel=0.15)


def test_a_time_that_ended_a_suspicion_does_not_make_phi_patient():
    wait = phi(period="1 s", floor="100 ms")
    first, second = spells(wait, line((100 * S, 200 * S), (300 * S, 400 * S)), 600 * S)
    assert second[0] - first[0] == 200 * S


def test_more_heartbeats_than_memory_is_for_are_refused_with_a_way_out():
    with pytest.raises(ScenarioError, match="heartbeats of 'm'"):
        spells(heartbeat(loss=0.1), None, 10**10)
    assert spells(heartbeat(), line((50, 90)), 10**18)  # in closed form there is no such limit


def test_each_machine_has_dice_of_its_own_and_losses_move_no_phase():
    wait, truth = heartbeat(period="1 s"), line((50 * S, 90 * S))
    (begin, _), = spells(wait, truth, 100 * S)
    with_loss = spells(heartbeat(period="1 s", loss=0.01), truth, 100 * S)
    assert begin in [first for first, _ in with_loss]
    both = Timeline(("m", "n"), truth.crash_ns * 2, truth.repair_ns * 2, None, END_OF_TIME_NS)
    found = suspected(wait, ["m", "n"], both, Streams(1), 100 * S)
    assert found.crash_ns[0][0] == begin != found.crash_ns[1][0]


@pytest.mark.parametrize("crash", [-1, -45])
def test_the_history_of_a_machine_down_since_before_time_0_is_of_before_its_outage(crash):
    wait = phi(window=5)
    heart = Heart("m", wait.rhythm("m", Streams(1), 100), np.array([crash]), np.array([40]), Streams(1))
    before, later = wait.arrivals(heart)
    assert (len(before), later.min() >= 40) == (wait.history, True)
