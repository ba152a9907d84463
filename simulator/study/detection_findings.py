"""What detection did in a cell: its delay, its errors, and what they cost against perfect detection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.expect.detection import Watched, detection, detection_loss, mean_recovery, recovery_s
from simulator.expect.timed import ON_TIME, Requests
from simulator.failures.process import Timeline, Times
from simulator.network.blocks import PerfectWait
from simulator.network.plan import Plan
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.timed import TimedRuns
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]
RECOVERIES = ("time_to_answer_s", "time_to_restore_s")
NO_TIMES: Times = np.zeros(0, dtype=np.int64)


def with_perfect_detection(plan: Plan) -> Plan:
    """Return the same plan, whose joins and senders know of each loss and each crash at its instant."""
    return replace(plan, policy=plan.policy.model_copy(update={"wait": PerfectWait()}), closes_ns={})


@dataclass(frozen=True)
class DetectionFindings:
    """Fills in the findings of a cell with what its detection did.

    Args:
        assembly: The cell.
        answers: The model's answers; None where the scenario needs no network.
        runs: What was simulated.
        requests: The same, with how each request ended and what it was worth.
        found: Where the numbers go.
    """

    assembly: Assembly
    answers: Answers | None
    runs: TimedRuns
    requests: Requests
    found: Findings

    def find(self, perfectly: Callable[[], Requests]) -> None:
        """Find all of it.

        Args:
            perfectly: Runs the same requests with perfect detection; not asked where that is the policy.
        """
        is_perfect = isinstance(self.assembly.scenario.policy.wait, PerfectWait)
        loss = detection_loss(self.requests if is_perfect else perfectly(), self.requests)
        known = {name: e for name, e in loss.items() if self.answers or name == "detection_loss_answers"}
        self.found.estimates |= known
        watched = [self._watched(run) for run in range(len(self.runs.timelines))]
        if any(self.runs.suspected):
            seen = [[each for each in run.values() if each.since_ns is not None] for run in watched]
            self.found.estimates |= detection(seen)
        measured = zip(RECOVERIES, (self._answers_on_time, self._restores), strict=True)
        again = {name: self._again(watched, recovers) for name, recovers in measured
                 if self.answers or name == RECOVERIES[0]}
        for name, times in again.items():
            self.found.estimates[name] = mean_recovery([np.concatenate([NO_TIMES, *run.values()]) for run in times])
        self.found.tables["detection"] = [self._row(name, watched, again) for name in watched[0]]

    def _watched(self, run: int) -> dict[str, Watched]:
        """Return what happened to each component that matters, in one replication."""
        truth, beliefs = self.runs.timelines[run], self.runs.suspected[run]
        last = int(self.runs.arrival_ns[self.runs.replication == run].max(initial=0))
        relevant, found = self.assembly.reach.relevant, dict[str, Watched]()
        for name in self.assembly.topology.components:
            crash, repair = spells_of(truth, name) or (NO_TIMES, NO_TIMES)
            since, until = spells_of(beliefs, name) or (None, None)
            if name in relevant and (since is not None or (truth and name in truth.components)):
                horizon = beliefs.until_ns if beliefs else last
                found[name] = Watched(crash, repair, since, until, last, horizon)
        return found

    def _again(self, watched: list[dict[str, Watched]], recovers: Callable[[int, Times], Floats]) -> list[
            dict[str, Floats]]:
        """Return the times to recover from the crashes of each component, replication by replication."""
        return [{name: recovers(run, each.crash_ns[each.counted]) for name, each in components.items()}
                for run, components in enumerate(watched)]

    def _answers_on_time(self, run: int, crashes: Times) -> Floats:
        mine, requests = self.runs.replication == run, self.requests
        return recovery_s(requests.arrival_ns[mine], requests.end_ns[mine], requests.ending[mine] == ON_TIME, crashes)

    def _restores(self, run: int, crashes: Times) -> Floats:
        """Return the times to the first answer on time that is as accurate as those just before each crash."""
        mine, requests, truth = self.runs.replication == run, self.requests, self.runs.timelines[run]
        if truth is None or not len(crashes):
            return np.zeros(len(crashes))
        accuracy = self._accuracy(list(self.runs.deliveries))[self.runs.delivery[mine]]
        level = np.where(requests.ending[mine] == ON_TIME, accuracy, -1.0)
        before = self._accuracy([self._delivery(truth, row) for row in replace(truth, coins=None).up_at(crashes - 1)])
        found = np.full(len(crashes), np.nan)
        for value in np.unique(before):
            which = before == value
            found[which] = recovery_s(requests.arrival_ns[mine], requests.end_ns[mine], level >= value, crashes[which])
        return found

    def _accuracy(self, deliveries: list[int]) -> Floats:
        if self.answers is None:
            return np.full(len(deliveries), np.nan)
        return np.nan_to_num(self.answers.outcomes.accuracy(deliveries))

    def _delivery(self, truth: Timeline, up: NDArray[np.bool_]) -> int:
        down = frozenset(name for name, is_up in zip(truth.components, up, strict=True) if not is_up)
        return self.assembly.reach.delivery(down)

    def _row(self, name: str, watched: list[dict[str, Watched]], again: dict[str, list[dict[str, Floats]]]) -> dict[
            str, str | int | float]:
        mine = [run[name] for run in watched]
        times = np.concatenate([each.detection_ns() for each in mine])
        hours = sum(each.last_ns for each in mine) / SECOND_NS / 3600
        row: dict[str, str | int | float] = {"component": name, "outages": sum(int(w.counted.sum()) for w in mine)}
        if mine[0].since_ns is not None:
            seen, wrong = times[times >= 0] / SECOND_NS, sum(each.wrong_suspicions() for each in mine)
            row |= {"detected": len(seen), "missed": int((times < 0).sum()), "detection_time_s": _mean(seen),
                    "longest_s": float(seen.max(initial=0)), "wrong_suspicions": wrong,
                    "wrong_suspicions_per_h": wrong / hours if hours else float("nan")}
        return row | {key: _mean(np.concatenate([run[name] for run in runs])) for key, runs in again.items()}


def spells_of(line: Timeline | None, name: str) -> tuple[Times, Times] | None:
    """Return when a component was down, or believed to be; None where the timeline does not know it."""
    if line is None or name not in line.components:
        return None
    place = line.components.index(name)
    return line.crash_ns[place], line.repair_ns[place]


def _mean(values: Floats) -> float:
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else float("nan")
