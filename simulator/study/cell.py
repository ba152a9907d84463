"""From a cell of a study to its answer: assemble, train or find, simulate, evaluate, estimate."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.costs import Costs
from simulator.evaluate.table import TableAccuracy
from simulator.expect import exact
from simulator.expect.control import controlled_accuracy
from simulator.expect.curve import Curve
from simulator.expect.curves import (
    accuracy_over_time,
    accuracy_vs_failure,
    accuracy_vs_failure_from_table,
    latency_curve,
)
from simulator.expect.cycles import cycles
from simulator.expect.estimate import Estimate
from simulator.expect.gap import Gap, Lives, gap
from simulator.expect.timed import Requests, ending_counts, timed
from simulator.failures.process import NoLaw
from simulator.network.blocks import Workload
from simulator.network.endings import LATE, endings
from simulator.scenario.variants import Variant
from simulator.study.agreement import zero_delay_identity
from simulator.study.answers import Answers, answers
from simulator.study.assemble import Assembly, find_file, given_costs
from simulator.study.frames import events_frame, no_events, no_requests, requests_frame
from simulator.study.progress import Progress
from simulator.study.record import CellRecord
from simulator.study.store import CellAnswer
from simulator.study.timed import TimedRuns, simulate

FEW_CYCLES = 30
UNASKED_COMPONENTS = 12


@dataclass
class Findings:
    """What a cell's record is filled with."""

    estimates: dict[str, Estimate] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Cell:
    """One cell at work; each step fills in its findings.

    Args:
        variant: The point of the grid.
        name: Its content hash.
        quick: Whether random data may stand in for a missing data set.
        progress: Who is told.
    """

    def __init__(self, variant: Variant, name: str, *, quick: bool, progress: Progress) -> None:
        self.variant, self.name, self.quick, self.progress = variant, name, quick, progress
        self.label = ", ".join(variant.label.values()) or variant.scenario.title
        self.assembly = Assembly(variant.scenario, variant.topology, variant.model, variant.base)
        self.found = Findings()

    @cached_property
    def answers(self) -> Answers | None:
        """The model's answers; None where the scenario needs no network."""
        if not self.assembly.has_layers or self.assembly.scenario.outcomes is not None:
            return None
        return answers(self.assembly, quick=self.quick, label=self.label, progress=self.progress)

    @cached_property
    def costs(self) -> Costs:
        """Derived from the model, or given by hand."""
        return self.answers.costs if self.answers else given_costs(self.assembly.model, self.assembly.graph)

    @cached_property
    def patterns(self) -> exact.Patterns:
        """All patterns with their probabilities."""
        wanted = self.assembly.scenario.measure.expected_accuracy
        return exact.enumerate_patterns(self.assembly.process, wanted.max_components if wanted else 20)

    @cached_property
    def delivery_of_pattern(self) -> list[int]:
        """The delivery of each pattern, with no delays."""
        return [self.assembly.reach.delivery(down) for down in self.patterns.down()]

    def run(self) -> CellAnswer:
        """Return the answer of the cell."""
        measure, workload = self.assembly.scenario.measure, self.assembly.scenario.workload
        expected = None
        if measure.expected_accuracy or (measure.timed and self.answers and self._has_few_patterns()):
            expected = self._expected_accuracy()
        if measure.accuracy_vs_failure:
            self._accuracy_vs_failure(measure.accuracy_vs_failure.points, measure.accuracy_vs_failure.max)
        frames = (no_requests(), no_events())
        if workload and (measure.timed or measure.accuracy_over_time):
            frames = self._timed(workload, expected)
        self._note_answers()
        found = self.found
        record = CellRecord(
            self.name,
            dict(self.variant.label),
            found.estimates,
            found.curves,
            found.counts,
            found.tables,
            tuple(found.notes),
        )
        return CellAnswer(record, *frames)

    def _has_few_patterns(self) -> bool:
        """Return whether the exact expectation costs little enough to stand beside served accuracy unasked."""
        count = len(self.assembly.process.components)
        if count > UNASKED_COMPONENTS:
            self.found.notes.append(
                f"{count} components can fail: without 'expected_accuracy' among the measures, which takes up to 24, "
                "nothing exact stands beside the served accuracy"
            )
        return count <= UNASKED_COMPONENTS

    def _table(self) -> TableAccuracy | None:
        block = self.assembly.scenario.outcomes
        if block is None:
            return None
        path = find_file(block.path, self.assembly.base)
        return TableAccuracy.read(
            block.model_copy(update={"path": str(path.absolute())}), path.parent, self.assembly.process.components
        )

    def _expected_accuracy(self) -> Estimate | None:
        """Find the exact expected accuracy, where there are outcomes and the process states its law."""
        table = self._table()
        if table is None and self.answers is None:
            self.found.notes.append("no model and no table: accuracy is not measured")
            return None
        try:
            probability = self.patterns.probability
        except NoLaw as no_law:
            if self.assembly.scenario.measure.expected_accuracy:
                self.found.notes.append(f"no exact expected accuracy: {no_law}")
            return None
        if table is not None:
            expectation = exact.expected_from_table(probability, table.accuracy(self.patterns.up))
        elif self.answers:
            outcomes = self.answers.outcomes
            outcomes.ensure(self.delivery_of_pattern)
            expectation = exact.expected_accuracy(
                probability, self.delivery_of_pattern, outcomes.correct, outcomes.groups
            )
        self._keep_expectation(expectation)
        return expectation.expected_accuracy

    def _keep_expectation(self, expectation: exact.ExactExpectation) -> None:
        found = self.found
        found.estimates["expected_accuracy"] = expectation.expected_accuracy
        found.estimates["all_up_accuracy"] = expectation.all_up_accuracy
        if not np.isnan(expectation.no_information_flow.value):
            found.estimates["no_information_flow"] = expectation.no_information_flow
        found.counts["patterns"] = len(self.patterns.probability)
        graph = self.assembly.graph
        found.tables["deliveries"] = [
            {**row, "delivery": graph.text(int(row["delivery"]))} for row in expectation.deliveries
        ]

    def _accuracy_vs_failure(self, points: int, highest: float) -> None:
        probabilities = np.linspace(0, highest, points)
        try:
            patterns = self.patterns
        except NoLaw as no_law:
            self.found.notes.append(f"no accuracy against failure probability: {no_law}")
            return
        table = self._table()
        if table is not None:
            curve = accuracy_vs_failure_from_table(patterns, table.accuracy(patterns.up), probabilities)
        elif self.answers:
            outcomes = self.answers.outcomes
            outcomes.ensure(self.delivery_of_pattern)
            curve = accuracy_vs_failure(
                patterns, self.delivery_of_pattern, outcomes.correct, probabilities, outcomes.groups
            )
        else:
            return
        self.found.curves["accuracy_vs_failure"] = curve

    def _timed(self, workload: Workload, expected: Estimate | None) -> tuple[Any, Any]:
        scenario = self.assembly.scenario
        plan = self.assembly.plan(self.costs)
        total = workload.requests * scenario.replications
        samples = self.answers.samples if self.answers else 0
        runs = simulate(
            self.assembly, plan, workload, samples, lambda done: self.progress.simulating(self.label, done, total)
        )
        requests = self._requests(runs)
        self.found.counts |= ending_counts(requests, total)
        self.found.counts["too_late"] = sum(runs.too_late.values())
        if scenario.measure.timed:
            self._keep_timed(runs, requests, expected, total)
            self._zero_delay(workload)
        if scenario.measure.accuracy_over_time and self.answers:
            span = int(requests.arrival_ns.max()) + 1
            self.found.curves["accuracy_over_time"] = accuracy_over_time(
                requests, scenario.measure.accuracy_over_time.bins, span
            )
        self._note_cycles(runs)
        return requests_frame(self.assembly, self.label, runs, requests), events_frame(self.label, runs)

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
        return self.answers.outcomes.worth(which, runs.deliveries, runs.sample)

    def _keep_timed(self, runs: TimedRuns, requests: Requests, expected: Estimate | None, total: int) -> None:
        found = self.found
        estimates = timed(requests, total)
        found.estimates |= {name: e for name, e in estimates.items() if self.answers or "accuracy" not in name}
        found.curves["latency"] = latency_curve(requests)
        found.tables["reasons"] = self._reasons(runs, requests)
        if expected is None or self.answers is None:
            return
        snapshot = self._worth(runs, runs.snapshot)
        controlled = controlled_accuracy(requests.worth, snapshot, runs.replication, expected.value)
        found.estimates["served_accuracy_controlled"] = controlled.estimate
        lives = Lives(
            requests.worth,
            snapshot,
            runs.has_switched,
            requests.ending == LATE,
            runs.end_ns - runs.arrival_ns,
            runs.replication,
        )
        self._keep_gap(gap(lives, expected, self._switches_per_s()))

    def _keep_gap(self, split: Gap) -> None:
        self.found.estimates |= split.estimates()
        if split.holds is False:
            self.found.notes.append(
                "served and expected accuracy differ by more than failures in flight can explain: "
                "look at gap_congestion and gap_detection"
            )

    def _switches_per_s(self) -> NDArray[np.float64] | None:
        process = self.assembly.process
        try:
            rates = process.switches_per_s()
        except NoLaw:
            return None
        matters = [name in self.assembly.reach.relevant for name in process.components]
        return np.where(matters, rates, 0.0)

    def _reasons(self, runs: TimedRuns, requests: Requests) -> list[dict[str, Any]]:
        from simulator.network.endings import ENDINGS, reason  # noqa: PLC0415 - only here

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
        few = sorted((count, name) for name, count in counted.items() if count < FEW_CYCLES)
        rates = self._switches_per_s()
        if few and rates is not None and rates.any():
            named = ", ".join(f"{name} {count}" for count, name in few[:3])
            self.found.notes.append(
                f"{len(few)} of {len(counted)} components failed fewer than {FEW_CYCLES} times in all replications "
                f"({named}{', ...' if len(few) > 3 else ''}); intervals of timed estimates may be too narrow"
            )

    def _note_answers(self) -> None:
        if self.answers is None:
            return
        self.found.counts |= {
            "deliveries": len(self.answers.outcomes.predictions),
            "part_runs": self.answers.evaluation.part_runs,
            "test_samples": self.answers.samples,
        }
        self.found.tables["weights"] = [{"hash": self.answers.weights}]
        if self.answers.is_synthetic:
            self.found.notes.append(
                "SYNTHETIC: the data set is missing, random arrays of its shapes stand in; accuracies mean nothing"
            )


def answer(variant: Variant, name: str, *, quick: bool, progress: Progress) -> CellAnswer:
    """Return the answer of a cell.

    Args:
        variant: The point of the grid, with its scenario, topology and model.
        name: Its content hash.
        quick: Whether random data may stand in for a missing data set.
        progress: Who is told how far it is.
    """
    return Cell(variant, name, quick=quick, progress=progress).run()
