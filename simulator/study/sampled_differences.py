"""How cells differ where expected accuracy is sampled: both sides of a pair are judged on the same drawn patterns.

A pair is an expectation of its own, of what a pattern is worth in one cell less what it is worth in the other, by the
method that the cells were asked for. Its patterns are those of the cells (same seed, same names of dice), its interval
is that of the differences, and it draws on until the difference, too, is as well known as the target asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from simulator.evaluate.outcomes import Outcomes
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import cluster_mean
from simulator.expect.methods.difference import ScoredDifference
from simulator.expect.methods.expectation import Expectation, Question
from simulator.expect.methods.method import CannotEstimate, Method
from simulator.expect.scored import Floats, Scored
from simulator.failures.process import NoLaw
from simulator.study.assemble import Assembly
from simulator.study.record import CellRecord
from simulator.study.repeats import CLUSTERED
from simulator.study.sampled_findings import LEFT_OUT, ROUNDING, exact_no_flow, law_of, question_of
from simulator.study.scored import ScoredDeliveries, scored_of

Row = dict[str, Any]


class Judge(Protocol):
    """Finds the outcomes of a cell's model; None where they are given."""

    def __call__(self, assembly: Assembly) -> Outcomes | None:
        """Return them."""


@dataclass(frozen=True)
class Side:
    """One cell of a pair.

    Args:
        record: Its record.
        assembly: Its objects.
        judge: Finds the outcomes of its model.
    """

    record: CellRecord
    assembly: Assembly
    judge: Judge

    @cached_property
    def outcomes(self) -> Outcomes | None:
        """The worth of its answers."""
        return self.judge(self.assembly)

    def scored(self) -> Scored | None:
        """Return what its patterns are worth; nothing has been scored yet, so that no pair depends on another."""
        return scored_of(self.assembly, self.outcomes)

    @property
    def asked(self) -> Method | None:
        """The method that its expected accuracy was asked for."""
        return self.assembly.scenario.measure.expected_accuracy

    @property
    def no_flow(self) -> float | None:
        """The exact P(no answer); None where it is not known."""
        found = exact_no_flow(self.assembly)
        return None if found is None else found.value


def sampled_differences(cells: Sequence[tuple[CellRecord, Assembly]], judge: Judge) -> list[Row]:
    """Return how sampled expected accuracy differs from that of the first value of the grid's first axis.

    Rows are those of ``repeats.differences``, with ``sampling_low`` and ``sampling_high``: the interval of the drawn
    patterns alone.

    Args:
        cells: The records of a sweep, each with its cell's objects.
        judge: Finds the outcomes of a cell's model.
    """
    axis = next(iter(cells[0][0].label), "") if cells else ""
    return [{"label": side.record.label, "against": other.record.label[axis], **row}
            for side, other in pairs(cells, judge) if (row := _row(side, other))]


def pairs(cells: Sequence[tuple[CellRecord, Assembly]], judge: Judge) -> Iterator[tuple[Side, Side]]:
    """Yield each cell that can be compared with the cell of the first axis's first value that is else at its point."""
    axis = next(iter(cells[0][0].label), None) if len(cells) > 1 else None
    if axis is None or axis == "seed":
        return
    base = cells[0][0].label[axis]
    sides = {tuple(record.label.items()): Side(record, assembly, judge) for record, assembly in cells}
    for side in sides.values():
        other = sides.get(tuple({**side.record.label, axis: base}.items()))
        if other is not None and other is not side and _is_sampled(side, other) and _have_same_dice(side, other):
            yield replace(side), other  # whose outcomes are kept for the next pair


def _is_sampled(side: Side, other: Side) -> bool:
    """Return whether both are asked for in the same way, and are not sums over all patterns."""
    is_asked = side.asked is not None and side.asked == other.asked
    return is_asked and all(CLUSTERED in one.record.estimates and "forwards" in one.record.counts
                            for one in (side, other))


def _have_same_dice(side: Side, other: Side) -> bool:
    """Return whether the same patterns would be drawn in both: the same law of failures, and the same seed."""
    one, two = side.assembly, other.assembly
    if one.process.components != two.process.components or one.scenario.seed != two.scenario.seed:
        return False
    first, second = law_of(one.process), law_of(two.process)
    if first is None or second is None:
        is_same_process = one.scenario.failures == two.scenario.failures and one.topology.links == two.topology.links
        return first is second and is_same_process
    return first.causes == second.causes and all(
        np.array_equal(a, b) for a, b in ((first.fells, second.fells), (first.weight, second.weight),
                                          (first.chance, second.chance)))


def _row(side: Side, other: Side) -> Row:
    """Return what is known of a pair; empty where its difference is no expectation, or its samples are others."""
    first, second = side.scored(), other.scored()
    if first is None or second is None or side.asked is None or not _share_samples(side.outcomes, other.outcomes):
        return {}
    scored = ScoredDifference(first, second)
    try:
        expectation = side.asked.expect(_question(side, other, scored))
    except (CannotEstimate, NoLaw):
        return {}
    if np.isnan(scored.scores(expectation.sample.by_delivery[0])).any():
        return {}  # means over requests with an answer are ratios, each over others
    return _plain(expectation, _by_sample(expectation, scored, side.outcomes, other.outcomes), side.outcomes)


def _question(side: Side, other: Side, scored: ScoredDifference) -> Question:
    """Return the question, with the exact difference of the chances of no answer where both are known."""
    question = question_of(side.assembly, scored, None)
    if not all(isinstance(one, ScoredDeliveries) for one in (scored.first, scored.second)):
        return question
    first, second = side.no_flow, other.no_flow
    no_flow = None if first is None or second is None else first - second
    return replace(question, no_flow=None if no_flow is None else lambda: no_flow, no_answer=scored.no_answer)


def _share_samples(first: Outcomes | None, second: Outcomes | None) -> bool:
    """Return whether both cells are judged on the same samples, or neither on any."""
    if first is None or second is None:
        return first is second
    return np.array_equal(first.labels, second.labels) and np.array_equal(first.groups, second.groups)


def _by_sample(expectation: Expectation, scored: ScoredDifference, first: Outcomes | None, second: Outcomes | None,
               ) -> Floats:
    """Return the expected difference of each test sample; empty without a test set."""
    one, two = scored.first, scored.second
    if first is None or second is None or not isinstance(one, ScoredDeliveries) or not isinstance(
            two, ScoredDeliveries):
        return np.zeros(0)
    places, weights = expectation.sample.by_delivery
    total = np.zeros(len(first.labels))
    for here, there, weight in zip(*scored.sides(places), weights, strict=True):
        total = total + weight * (first.correct(one.deliveries[here]) - second.correct(two.deliveries[there]))
    return np.asarray(total / weights.sum())


def _plain(expectation: Expectation, by_sample: Floats, outcomes: Outcomes | None) -> Row:
    """Return the plain values of a difference: one number, and its uncertainties apart."""
    mean, rest = expectation.mean, expectation.sample.rest
    found = Estimate(mean.value, mean.low, mean.high, expectation.draws, expectation.how, "failures")
    if not expectation.draws:
        found = Estimate(mean.value, *mean.bounds, 0, expectation.how, LEFT_OUT)
    half = None
    if len(by_sample) and outcomes is not None:
        own = cluster_mean(by_sample, outcomes.groups)
        found, half = replace(own, method=f"{expectation.how}, {own.method}"), own.high - own.value
    row = {"estimate": CLUSTERED, **found.as_dict(), "deviation": np.nan, "training_half": np.nan, "test_half": half,
           "sampling_low": mean.low, "sampling_high": mean.high, "stopped": expectation.stopped}
    return row | ({"bounds_low": mean.bounds[0], "bounds_high": mean.bounds[1]} if rest > ROUNDING else {})
