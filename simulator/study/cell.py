"""From a cell of a study to its answer: assemble, train or find, simulate, evaluate, estimate."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.dataflow.delivered import Delivered
from simulator.evaluate.table import TableAccuracy
from simulator.expect import exact
from simulator.expect.blocks import Measures
from simulator.expect.estimate import Estimate
from simulator.expect.individual import individual_failures, individual_failures_from_table
from simulator.failures.process import NoLaw
from simulator.model.edge_codecs import has_codecs
from simulator.scenario.variants import Variant
from simulator.study.answer_findings import note_answers
from simulator.study.answers import Answers, answers, network_of
from simulator.study.assemble import Assembly, given_costs
from simulator.study.cell_files import CellAnswer
from simulator.study.certificate_findings import find_certificate
from simulator.study.codec_findings import find_codecs
from simulator.study.curve_findings import find_curve
from simulator.study.design_findings import Asked, find_designs
from simulator.study.error_findings import find_errors
from simulator.study.findings import Findings
from simulator.study.flow_findings import find_no_flow
from simulator.study.foreseen import check_sums
from simulator.study.frames import no_events, no_requests
from simulator.study.given_outcomes import PatternAccuracy, given_outcomes
from simulator.study.guests import Guest
from simulator.study.input_findings import find_inputs, note_counted, note_left_out
from simulator.study.memory import Memory
from simulator.study.neuron_findings import find_neurons
from simulator.study.predicted_findings import find_predicted
from simulator.study.progress import Progress
from simulator.study.record import CellRecord
from simulator.study.reliance_findings import find_reliance
from simulator.study.sampled_findings import Sampled, keep_clusters
from simulator.study.score_findings import called_by_its_score, find_scores
from simulator.study.sensitivity_findings import find_sensitivity
from simulator.study.tail_findings import find_tail
from simulator.study.timed import Replications
from simulator.study.timed_findings import TimedFindings
from simulator.study.traffic_findings import find_traffic

UNASKED_COMPONENTS = 12
MOST_PROBABLE = 16  # deliveries in a record


class Cell:
    """One cell at work; each step fills in its findings.

    Args:
        variant: The point of the grid.
        name: Its content hash.
        quick: Whether random data may stand in for a missing data set.
        progress: Who is told.
        memory: What the cells before it have found; None: nothing.
        kept: Where replications that were simulated before are found; None: nowhere.
    """

    def __init__(self, variant: Variant, name: str, *, quick: bool, progress: Progress, memory: Memory | None = None,
                 kept: Replications | None = None) -> None:
        self.variant, self.name, self.quick, self.progress = variant, name, quick, progress
        self.memory, self.kept = memory or Memory(), kept
        self.label = ", ".join(variant.label.values()) or variant.scenario.title
        self.assembly = Assembly.of(variant)
        self.found = Findings()

    @cached_property
    def answers(self) -> Answers | None:
        """The model's answers; None where the scenario needs no network."""
        if not self.assembly.has_layers or self.assembly.scenario.outcomes is not None:
            return None
        return answers(self.assembly, quick=self.quick, label=self.label, progress=self.progress, memory=self.memory)

    @cached_property
    def costs(self) -> Costs:
        """Derived from the model, or given by hand."""
        return self.answers.costs if self.answers else given_costs(self.assembly.model, self.assembly.graph)

    @cached_property
    def patterns(self) -> exact.Patterns:
        """All patterns with their probabilities."""
        asked_by, most = self.assembly.scenario.measure.summed_by
        return exact.enumerate_patterns(self.assembly.process, most, asked_by)

    @property
    def is_sampled(self) -> bool:
        """Whether expected accuracy is found by a method that does not sum over all patterns."""
        return self.assembly.scenario.measure.is_sampled(len(self.assembly.process.components))

    @cached_property
    def delivery_of_pattern(self) -> Delivered:
        """The delivery of each pattern, with no delays."""
        return self.assembly.delivered(self.patterns)

    @cached_property
    def possible(self) -> exact.Patterns:
        """The patterns that an expectation is over: all of them, with silent errors those that can be."""
        return self.patterns.possible() if self.assembly.errors else self.patterns

    @cached_property
    def possible_deliveries(self) -> Delivered:
        """The delivery of each of these."""
        return self.assembly.delivered(self.possible) if self.assembly.errors else self.delivery_of_pattern

    def run(self) -> CellAnswer:
        """Return the answer of the cell."""
        if self.assembly.has_layers:  # before they are trained
            check_sums(self.assembly)
        note_counted(self.assembly, self.found)
        measure, workload = self.assembly.scenario.measure, self.assembly.scenario.workload
        few = measure.sensitivity is not None and len(self.assembly.process.components) <= UNASKED_COMPONENTS
        asks = measure.expected_accuracy or few or (measure.timed and self.answers and self._has_few_patterns())
        expected = self._expected_accuracy() if asks else None
        find_tail(self.assembly, lambda: self.answers, self.found)
        if measure.individual_failures:
            self._individual_failures()
        if measure.accuracy_vs_failure:
            find_curve(self.assembly, measure.accuracy_vs_failure, lambda: (self.patterns, self.delivery_of_pattern),
                       lambda: self.answers, self.found)
        self._what_matters(measure)
        frames = (no_requests(), no_events())
        if workload and measure.asked_of_requests:
            step = TimedFindings(self.assembly, self.answers, self.label, partial(self.progress.simulating, self.label),
                                 self.found, self._guests(), self._chances(), self.kept)
            frames = step.find(workload, self.assembly.plan(self.costs), expected)
        self._without_answers()
        asked = Asked(self.assembly, lambda: self.answers, self.label, self.progress, self.memory, self.quick)
        find_designs(asked, self.found)
        find_certificate(asked, self.found)
        if measure.need_answers:
            note_answers(self.assembly.graph, self.answers, self.found)
        found = called_by_its_score(self.found, vars(self).get("answers"))  # nothing is trained to name a score
        record = CellRecord(self.name, dict(self.variant.label), found.estimates, found.curves, found.counts,
                            found.tables, tuple(found.notes))
        return CellAnswer(record, *frames)

    def _guests(self) -> tuple[Guest, ...]:
        """Return the other models on the same machines, with their answers."""
        found = []
        for name, one in self.assembly.sharing.items():
            has_answers = one.has_layers
            judged = answers(one, quick=self.quick, label=f"{self.label}, {name}", progress=self.progress,
                             memory=self.memory.of(name)) if has_answers else None
            costs = judged.costs if judged else given_costs(one.model, one.graph)
            found.append(Guest(name, one, judged, one.plan(costs), self._patterns_of_guests))
        return tuple(found)

    def _patterns_of_guests(self) -> exact.Patterns:
        if self.is_sampled:
            raise NoLaw("expected accuracy is not summed over all patterns here")
        return self.patterns

    def _has_few_patterns(self) -> bool:
        """Return whether the exact expectation costs little enough to stand beside served accuracy unasked."""
        count = len(self.assembly.process.components)
        if count > UNASKED_COMPONENTS:
            self.found.notes.append(
                f"{count} components can fail: without 'expected_accuracy' among the measures, which takes up to 24, "
                "nothing exact stands beside the served accuracy"
            )
        return count <= UNASKED_COMPONENTS

    def _chances(self) -> dict[int, float] | None:
        """Return the exact probability of what the pattern at an instant delivers, where it costs little to know."""
        measure, count = self.assembly.scenario.measure, len(self.assembly.process.components)
        asked = measure.expected_accuracy
        most = asked.exact_up_to if asked and asked.exact_up_to else UNASKED_COMPONENTS
        if not measure.timed or not 0 < count <= most:
            return None
        try:
            return exact.probability_of_deliveries(self.patterns.probability, self.delivery_of_pattern)
        except NoLaw:
            return None

    def _table(self) -> PatternAccuracy | None:
        return given_outcomes(self.assembly)

    def _expected_accuracy(self) -> Estimate | None:
        """Find the expected accuracy, where there are outcomes; exact where the process states its law."""
        asked = self.assembly.scenario.measure.expected_accuracy
        if asked and self.is_sampled:
            note_left_out(self.assembly, self.found)
            return Sampled(self.assembly, self.answers, asked, self.found).find()
        table = self._table()
        if table is None and self.answers is None:
            self.found.notes.append("no model and no given outcomes: accuracy is not measured")
            return None
        try:
            probability, deliveries = self.possible.probability, self.possible_deliveries
        except NoLaw as no_law:
            if self.assembly.scenario.measure.expected_accuracy:
                self.found.notes.append(f"no exact expected accuracy: {no_law}")
            return None
        if table is not None:
            said = {} if isinstance(table, TableAccuracy) else {"source": "by the parts lost"}
            accuracy, known = table.accuracy(self.possible.up), deliveries if said else None
            expectation = exact.expected_from_table(probability, accuracy, known, **said)
        elif self.answers:
            outcomes = self.answers.outcomes
            outcomes.ensure(deliveries.distinct)
            expectation = exact.expected_accuracy(probability, deliveries, outcomes.correct, outcomes.groups,
                                                  outcomes.bounds)
            keep_clusters(self.found, expectation.by_sample, outcomes.groups)
            chances = exact.probability_of_deliveries(probability, deliveries)
            if has_codecs(self.assembly.model):
                find_codecs(self.answers, chances, deliveries[0], self.found)
            find_scores(self.answers, asked.scores if asked else (), chances, deliveries[0], self.found)
            if self.assembly.graph.marks:
                find_errors(self.assembly.graph, outcomes, chances, self.found)
        self._keep_expectation(expectation)
        judged = table or (self.answers.outcomes if self.answers else None)
        find_inputs(self.assembly, self.possible, (self.possible_deliveries, judged), self.found)
        return expectation.expected_accuracy

    def _keep_expectation(self, expectation: exact.ExactExpectation) -> None:
        found = self.found
        found.estimates["expected_accuracy"] = expectation.expected_accuracy
        found.estimates["all_up_accuracy"] = expectation.all_up_accuracy
        if not np.isnan(expectation.no_information_flow.value):
            found.estimates["no_information_flow"] = expectation.no_information_flow
        found.counts["patterns"] = len(self.possible.probability)
        graph = self.assembly.graph
        found.tables["deliveries"] = [
            {**row, "delivery": graph.text(int(row["delivery"]))} for row in expectation.deliveries[:MOST_PROBABLE]
        ]

    def _individual_failures(self) -> None:
        table = self._table()
        try:
            patterns = self.patterns
        except NoLaw as no_law:
            self.found.notes.append(f"no accuracy of individual failures: {no_law}")
            return
        if table is not None:
            rows = individual_failures_from_table(patterns, table.accuracy(patterns.up))
        elif self.answers:
            outcomes, graph = self.answers.outcomes, self.assembly.graph
            outcomes.ensure(self.delivery_of_pattern.distinct)
            found = individual_failures(patterns, self.delivery_of_pattern, outcomes.correct, outcomes.groups,
                                        outcomes.bounds)
            rows = [{**row, "delivery": graph.text(row["delivery"])} for row in found]
        else:
            return
        self.found.tables["individual_failures"] = rows

    def _without_answers(self) -> None:
        """Find what is asked and needs no trained model."""
        measure = self.assembly.scenario.measure
        if measure.no_information_flow:
            find_no_flow(self.assembly, self.found)
        if measure.traffic:
            self._traffic()

    def _what_matters(self, measure: Measures) -> None:
        """Find which components matter, and what crashes inside the network do."""
        if measure.sensitivity:
            find_sensitivity(self.assembly, measure.sensitivity, self.answers, self.found)
            find_reliance(self.assembly, lambda: self.patterns, self.answers, self.found)
        find_predicted(self.assembly, lambda: self.answers, self.found)
        if measure.neurons and self.answers:
            of = network_of(self.assembly, quick=self.quick, label=self.label, progress=self.progress,
                            memory=self.memory)
            find_neurons(self.assembly, *of, self.found, quick=self.quick)

    def _traffic(self) -> None:
        try:
            find_traffic(self.assembly, self.patterns, self.found, quick=self.quick)
        except NoLaw as no_law:
            self.found.notes.append(f"no expected traffic: {no_law}")


def answer(variant: Variant, name: str, *, quick: bool, progress: Progress, memory: Memory | None = None,
           kept: Replications | None = None) -> CellAnswer:
    """Return the answer of a cell; what it takes is explained at ``Cell``."""
    return Cell(variant, name, quick=quick, progress=progress, memory=memory, kept=kept).run()
