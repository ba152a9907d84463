"""The further scores of a cell's answers, expected over all patterns; and what is not accuracy, called what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.evaluate.judged import Judged, judged_classes, judged_numbers
from simulator.evaluate.outcomes import ACCURACY
from simulator.evaluate.score_blocks import ScoreBlock
from simulator.evaluate.score_list import scores_of
from simulator.evaluate.score_outcomes import ScoreOutcomes
from simulator.expect import exact
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import cluster_mean, within
from simulator.study.answers import Answers
from simulator.study.findings import Findings

TABLE = "scores"
OF_CLASSES_ONLY = ("on_time_accuracy", "on_time_accuracy_stratified", "goodput_per_s")


def score_outcomes(answers: Answers, blocks: Sequence[ScoreBlock]) -> list[ScoreOutcomes]:
    """Return the scores that are asked for, each behind what estimators take.

    Raises:
        ScenarioError: a class that is named has no test sample.
    """
    outcomes = answers.outcomes
    found = scores_of(blocks, outcomes.labels, answers.classes)
    return [ScoreOutcomes(score, outcomes, partial(_judged, answers)) for score in found]


def _judged(answers: Answers, delivery: int) -> Judged:
    """Return a delivery's answers against the truth; the empty one is a guess."""
    outcomes = answers.outcomes
    if delivery == EMPTY and answers.guess is not None:
        return answers.guess
    outcomes.ensure([delivery])
    said = outcomes.predictions[delivery]
    if said.dtype.kind == "f":
        return judged_numbers(said, outcomes.labels)
    return judged_classes(said, outcomes.labels, outcomes.ranking.known[delivery] if outcomes.ranking else None)


def find_scores(answers: Answers, blocks: Sequence[ScoreBlock], chances: Mapping[int, float], all_up: int,
                found: Findings) -> None:
    """Put each score into the findings: a row of the table, and ``expected_<score>`` and ``all_up_<score>``.

    Args:
        answers: The model's answers.
        blocks: The scores that are asked for.
        chances: Probability of each delivery, or its weight in a sample.
        all_up: The delivery with everything up.
        found: Where the findings go.
    """
    if not blocks:
        return
    order = [all_up, *(delivery for delivery in chances if delivery != all_up)]
    weights, rows = np.array([chances.get(delivery, 0.0) for delivery in order]), []
    for one in score_outcomes(answers, blocks):
        made = exact.expected_accuracy(weights, order, one.correct, one.groups, one.bounds)
        made = replace(made, expected_accuracy=replace(made.expected_accuracy, method=_method(made, len(order))))
        if one.score.name != answers.outcomes.judge.name:  # which is there already
            named = {"expected": made.expected_accuracy, "all_up": made.all_up_accuracy}
            found.estimates |= {f"{kind}_{one.score.name}": estimate for kind, estimate in named.items()}
        rows.append({**_row(one, made, _pooled(one, chances)), "unit": answers.unit})
    found.tables[TABLE] = rows


def _method(made: exact.ExactExpectation, deliveries: int) -> str:
    _, _, interval = made.expected_accuracy.method.partition(", ")
    return f"weighted over {deliveries} deliveries, {interval}"


def _pooled(one: ScoreOutcomes, chances: Mapping[int, float]) -> Estimate | None:
    """Return the score of all answers together; None where it is the mean of the deliveries' scores, or undefined."""
    known = [(chance, delivery) for delivery, chance in chances.items() if not _is_excluded(one, delivery)]
    total = sum(chance for chance, _ in known)
    by_sample = one.pooled([(chance / total, delivery) for chance, delivery in known]) if total > 0 else None
    return None if by_sample is None else within(cluster_mean(by_sample, one.groups), *one.bounds)


def _is_excluded(one: ScoreOutcomes, delivery: int) -> bool:
    return delivery == EMPTY and bool(np.isnan(one.correct(delivery)).any())


def _row(one: ScoreOutcomes, made: exact.ExactExpectation, pooled: Estimate | None) -> dict[str, Any]:
    no_answer = one.correct(EMPTY)
    row: dict[str, Any] = {
        "score": one.score.name, "title": one.score.title, "is_larger_better": one.score.is_larger_better,
        "power": one.score.power, "samples": len(no_answer), "no_answer": _plain(no_answer),
        "method": made.expected_accuracy.method,
    }
    shown = {"all_up": made.all_up_accuracy, "expected": made.expected_accuracy, "pooled": pooled}
    for name, estimate in shown.items():
        if estimate is not None:
            row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row


def _plain(worth: NDArray[np.float64]) -> float | None:
    return None if np.isnan(worth).any() else float(worth.mean())


# -- what is not accuracy ----------------------------------------------------------------------------------------------


def called_by_its_score(found: Findings, answers: Answers | None) -> Findings:
    """Return what was found like accuracy by the name of its score: ``expected_mae`` for ``expected_accuracy``.

    What needs answers that are right, on-time accuracy and goodput, goes. Findings of accuracies are returned as is.
    """
    if answers is None or answers.outcomes.judge is ACCURACY:
        return found
    score, unit = answers.outcomes.judge.name, answers.unit

    def renamed(text: str) -> str:
        return text.replace("accuracy", score)

    estimates = {renamed(name): replace(one, method=renamed(one.method))
                 for name, one in found.estimates.items() if name not in OF_CLASSES_ONLY}
    in_unit = f" ({unit})" if unit else ""
    curves = {name: replace(curve, y_label=f"{renamed(curve.y_label)}{in_unit}" if "accuracy" in curve.y_label
                            else curve.y_label) for name, curve in found.curves.items()}
    tables = {name: [_renamed(row, score) for row in rows if row.get("estimate") not in OF_CLASSES_ONLY]
              for name, rows in found.tables.items()}
    tables["target"] = [{"unit": unit}]
    return Findings(estimates, curves, found.counts, tables, [renamed(note) for note in found.notes])


def _renamed(row: Mapping[str, Any], score: str) -> dict[str, Any]:
    return {key.replace("accuracy", score): value.replace("accuracy", score) if isinstance(value, str) else value
            for key, value in row.items()}
