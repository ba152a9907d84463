"""The timed part of a cell's answer: latency, endings, served accuracy, and how it agrees with expected accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.outcomes import SHARE
from simulator.expect.control import controlled_accuracy
from simulator.expect.curves import accuracy_over_time, latency_curve
from simulator.expect.cycles import cycles
from simulator.expect.estimate import Estimate
from simulator.expect.gap import Gap, Lives, gap
from simulator.expect.timed import Requests, by_replication, ending_counts, timed
from simulator.failures.process import NoLaw
from simulator.network.blame import BY_WAIT, REASON_MASK
from simulator.network.blocks import Workload
from simulator.network.endings import ENDINGS, LATE, endings, reason
from simulator.network.plan import Plan
from simulator.study import sharper
from simulator.study.agreement import zero_delay_identity
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.detection_findings import DetectionFindings, with_perfect_detection
from simulator.study.error_findings import find_served_errors
from simulator.study.findings import Findings
from simulator.study.frames import events_frame, requests_frame
from simulator.study.guests import Guest, labels_of, model_row
from simulator.study.held import find_held, worths
from simulator.study.machine_findings import find_links, find_machines
from simulator.study.sending_findings import find_sendings
from simulator.study.served_findings import find_served_scores
from simulator.study.sharper import spread_of
from simulator.study.time_metrics import TimeMetrics
from simulator.study.timed import Replications, TimedRuns, loop_of, mean_gap_ns, simulate
from simulator.study.together import MAIN, Tenant, simulate_together

if TYPE_CHECKING:
    import pandas as pd

FEW_CYCLES = 30
REPLICATIONS = "replications"  # the table of a value for each replication, which differences are paired by


@dataclass(frozen=True)
class TimedFindings:
    """The timed step of a cell.

    Args:
        assembly: The cell's objects.
        answers: The model's answers; None where the scenario needs no network.
        label: The cell's name, for the frames.
        told: Told how many requests of how many have been simulated.
        found: Where the findings go.
        guests: The other models on the same machines.
        chances: Exact probability of the delivery of the pattern at a birth; None: it is not known.
        kept: Where replications that were simulated before are found.
    """

    assembly: Assembly
    answers: Answers | None
    label: str
    told: Callable[[int, int], None]
    found: Findings
    guests: tuple[Guest, ...] = ()
    chances: Mapping[int, float] | None = None
    kept: Replications | None = None

    def find(self, workload: Workload, plan: Plan, expected: Estimate | None) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Simulate all replications and return the frames of requests and events; estimates go to the findings.

        Args:
            workload: When requests arrive, and how many a replication.
            plan: The engine's plan.
            expected: Exact expected accuracy, None where it is not known.
        """
        scenario = self.assembly.scenario
        total = workload.requests * scenario.replications
        runs, *beside = self._simulate(workload, plan, total)
        requests = self._requests(runs)
        self.found.counts |= ending_counts(requests, total)
        self.found.counts["too_late"] = sum(runs.too_late.values())
        self.found.counts["vectorised"] = runs.vectorised
        if scenario.policy.held:
            find_held(self.assembly.graph, runs, requests, self.found)
        if scenario.measure.timed:
            self._keep_timed(runs, requests, expected, total)
            if self.answers and scenario.measure.timed.scores:
                spread = spread_of(runs, self.assembly.reach.relevant)
                find_served_scores(self.answers, runs, spread, self.found, scenario.measure.timed.scores)
            asked = [(guest.plan, mean_gap_ns(run)) for guest, run in zip(self.guests, beside, strict=True)]
            find_machines(runs.machines, plan, mean_gap_ns(runs), self.found, *asked)
            find_links(runs.lines, plan, mean_gap_ns(runs), self.found, *asked)
            find_sendings(runs.sendings, self.found)
            self._zero_delay(workload)
            if self.assembly.graph.marks:
                outcomes = self.answers.outcomes if self.answers else None
                find_served_errors(self.assembly.graph, outcomes, runs, requests, self.found)
        if scenario.measure.accuracy_over_time and self.answers:
            span = int(requests.arrival_ns.max()) + 1
            self.found.curves["accuracy_over_time"] = accuracy_over_time(
                requests, scenario.measure.accuracy_over_time.bins, span
            )
        if beside:
            self._keep_models(requests, expected, beside)
        TimeMetrics(self.assembly, self.answers, plan, runs, requests, self.found).find()
        if scenario.measure.detection:
            perfect, labels = with_perfect_detection(plan), labels_of(self.answers)
            DetectionFindings(self.assembly, self.answers, runs, requests, self.found).find(
                lambda: self._requests(simulate(self.assembly, perfect, workload, labels, lambda done: None)))
        self._note_cycles(runs)
        return requests_frame(self.assembly, self.label, runs, requests), events_frame(self.label, runs)

    def _simulate(self, workload: Workload, plan: Plan, total: int) -> list[TimedRuns]:
        """Return the runs of the scenario's own model, then of the others on its machines."""
        def told(done: int) -> None:
            self.told(done, total)

        mine = Tenant(MAIN, self.assembly, plan, labels_of(self.answers))
        if not self.guests:
            return [simulate(self.assembly, plan, workload, mine.labels, told, self.kept)]
        return simulate_together([mine, *(guest.tenant for guest in self.guests)], told)

    def _keep_models(self, requests: Requests, expected: Estimate | None, beside: list[TimedRuns]) -> None:
        """Put the models that share the machines below each other: the scenario's own, then the others."""
        rows = [model_row(self.assembly.scenario.model, requests, expected, has_accuracy=self.answers is not None)]
        for guest, runs in zip(self.guests, beside, strict=True):
            step = TimedFindings(guest.assembly, guest.answers, guest.name, self.told, Findings())
            sure = guest.expected_accuracy() if expected is not None else None
            rows.append(model_row(guest.name, step._requests(runs), sure, has_accuracy=guest.answers is not None))
        self.found.tables["models"] = rows

    def _requests(self, runs: TimedRuns) -> Requests:
        answered = np.array([delivery > 0 for delivery in runs.deliveries])[runs.delivery]
        deadline_ns = self.assembly.scenario.policy.deadline_ns
        ending = endings(answered, runs.arrival_ns, runs.end_ns, runs.blame, deadline_ns)
        worth = self._worth(runs, runs.delivery)
        correct = answered & (worth == 1)
        return Requests(runs.replication, runs.arrival_ns, runs.end_ns, ending, answered, worth, correct)

    def _worth(self, runs: TimedRuns, which: NDArray[np.int64]) -> NDArray[np.float64]:
        if self.answers is None:
            return np.full(len(which), np.nan)
        return worths(self.answers, self.assembly.graph, runs, which)

    def _keep_timed(self, runs: TimedRuns, requests: Requests, expected: Estimate | None, total: int) -> None:
        found = self.found
        spread = spread_of(runs, self.assembly.reach.relevant)
        found.notes += [spread.note] if spread.note else []
        most = self.answers.outcomes.bounds[1] if self.answers else 1.0
        labelled = replace(requests, replication=spread.label)
        estimates = timed(labelled, total, spread.mean, most)
        kept = {name: e for name, e in estimates.items() if self.answers or "accuracy" not in name}
        found.estimates |= kept
        if len(runs.timelines) > 1:
            values = by_replication(labelled)
            found.tables[REPLICATIONS] = [{"estimate": name, "values": values[name].tolist()} for name in kept]
        found.curves["latency"] = latency_curve(requests)
        found.tables["reasons"] = self._reasons(runs, requests)
        is_known = expected is not None and self.answers is not None
        if self.chances and not loop_of(self.assembly):  # a closed loop's births know of failures
            outcomes = self.answers.outcomes if self.answers and is_known else None
            sharper.keep(found, sharper.stratified(runs, requests, self.chances, spread, outcomes))
        if expected is None or self.answers is None:
            return
        snapshot = self._worth(runs, runs.snapshot)
        if not loop_of(self.assembly):
            controlled = controlled_accuracy(requests.worth, snapshot, spread.label, expected.value, spread.mean)
            sharper.keep(found, {"served_accuracy_controlled": controlled})
        lives = Lives(
            requests.worth,
            snapshot,
            runs.has_switched,
            requests.ending == LATE,
            runs.end_ns - runs.arrival_ns,
            runs.replication,
            (runs.blame > 0) & (runs.blame & REASON_MASK == BY_WAIT),
        )
        self._keep_gap(gap(lives, expected, self._bounding_switches_per_s()))

    def _keep_gap(self, split: Gap) -> None:
        self.found.estimates |= split.estimates()
        if split.holds is False and not self.assembly.scenario.policy.departs_from_snapshots:
            self.found.notes.append(
                "served and expected accuracy differ by more than failures in flight can explain: "
                "look at gap_congestion and gap_detection"
            )

    def _bounding_switches_per_s(self) -> NDArray[np.float64] | None:
        """Return how often components switch, where one switch changes the worth of an answer by at most 1."""
        return self._switches_per_s() if self.answers and self.answers.outcomes.bounds == SHARE else None

    def _switches_per_s(self) -> NDArray[np.float64] | None:
        process = self.assembly.process
        try:
            rates = process.switches_per_s()
        except NoLaw:
            return None
        matters = [name in self.assembly.reach.relevant for name in process.components]
        return np.where(matters, rates, 0.0)

    def _reasons(self, runs: TimedRuns, requests: Requests) -> list[dict[str, Any]]:
        pairs, counts = np.unique(np.stack([requests.ending, runs.blame]), axis=1, return_counts=True)
        rows = [
            {
                "ending": ENDINGS[int(ending)],
                "reason": reason(int(blame), self.assembly.topology.components),
                "requests": int(n),
            }
            for (ending, blame), n in zip(pairs.T, counts, strict=True)
            if ending
        ]
        return sorted(rows, key=lambda row: -int(str(row["requests"])))

    def _zero_delay(self, workload: Workload) -> None:
        same, compared = zero_delay_identity(self.assembly, workload)
        self.found.counts |= {"zero_delay_equal": same, "zero_delay_compared": compared}
        if same != compared:
            self.found.notes.append(
                f"the zero-delay identity fails for {compared - same} of {compared} requests: please report this"
            )

    def _note_cycles(self, runs: TimedRuns) -> None:
        lasts = [int(runs.end_ns[runs.replication == number].max()) for number in range(len(runs.timelines))]
        counted = cycles(zip(runs.timelines, lasts, strict=True))
        self.found.tables["cycles"] = [{"component": name, "failures": count} for name, count in counted.items()]
        coins = {name for error in self.assembly.errors if error.block.when is None for name in error.states.values()}
        few = sorted((count, name) for name, count in counted.items() if count < FEW_CYCLES and name not in coins)
        rates = self._switches_per_s()
        if few and rates is not None and rates.any():
            named = ", ".join(f"{name} {count}" for count, name in few[:3])
            self.found.notes.append(
                f"{len(few)} of {len(counted)} components failed fewer than {FEW_CYCLES} times in all replications "
                f"({named}{', ...' if len(few) > 3 else ''}); intervals of timed estimates may be too narrow"
            )
