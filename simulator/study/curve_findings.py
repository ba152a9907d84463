"""Accuracy against failure probability of a cell, or another score of its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simulator.dataflow.delivered import Delivered
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.score_outcomes import ScoreOutcomes
from simulator.expect.blocks import AccuracyVsFailure
from simulator.expect.curve import Curve
from simulator.expect.curves import accuracy_vs_failure, accuracy_vs_failure_from_table
from simulator.expect.exact import Patterns
from simulator.failures.process import NoLaw
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.given_outcomes import given_outcomes
from simulator.study.score_findings import score_outcomes

NAME = "accuracy_vs_failure"


def find_curve(assembly: Assembly, asked: AccuracyVsFailure, listed: Callable[[], tuple[Patterns, Delivered]],
               answers: Callable[[], Answers | None], found: Findings) -> None:
    """Put the curve into the findings, or a note why there is none.

    Args:
        assembly: The cell.
        asked: How many points, up to where, and of which score.
        listed: Returns all patterns and their deliveries; may raise NoLaw.
        answers: Returns the answers of its model.
        found: Where the curve goes.
    """
    probabilities = np.linspace(0, asked.max, asked.points)
    try:
        everything, deliveries = listed()
    except NoLaw as no_law:
        found.notes.append(f"no accuracy against failure probability: {no_law}")
        return
    patterns, table = everything, given_outcomes(assembly)
    if assembly.errors:
        patterns = everything.among(len(assembly.crashes.components))
        deliveries = deliveries[: len(patterns.up)]
        found.notes.append("accuracy against failure probability is without silent errors")
    if table is not None:
        accuracy = table.accuracy(everything.up[: len(patterns.up)])
        found.curves[NAME] = accuracy_vs_failure_from_table(patterns, accuracy, probabilities)
    elif known := answers():
        known.outcomes.ensure(deliveries.distinct)
        for judged, title in _judged(known, asked):
            curve = accuracy_vs_failure(patterns, deliveries, judged.correct, probabilities, judged.groups,
                                        judged.bounds)
            found.curves[NAME] = _titled(curve, title)


def _judged(answers: Answers, asked: AccuracyVsFailure) -> list[tuple[Outcomes | ScoreOutcomes, str]]:
    """Return what is drawn, with its name where it is not accuracy."""
    if asked.score == "accuracy":
        return [(answers.outcomes, "")]
    return [(one, one.score.title) for one in score_outcomes(answers, [asked.score])]


def _titled(curve: Curve, title: str) -> Curve:
    return replace(curve, y_label=f"expected {title}") if title else curve
