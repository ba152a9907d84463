"""Further scores of what is served: the answers of all requests, late ones as they are, lost ones as no answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.evaluate.score_outcomes import ScoreOutcomes
from simulator.expect.intervals import within
from simulator.expect.served_scores import Floats, over_replications
from simulator.study.answers import Answers
from simulator.study.findings import Findings
from simulator.study.score_findings import TABLE, score_outcomes
from simulator.study.sharper import Spread
from simulator.study.timed import TimedRuns

SERVED = "served"


def find_served_scores(answers: Answers, runs: TimedRuns, spread: Spread, found: Findings, asked: tuple[Any, ...],
                       ) -> None:
    """Add ``served_<score>`` for each score that is asked for, and the column of the table of scores.

    Args:
        answers: The model's answers.
        runs: All requests.
        spread: What intervals are taken over.
        found: Where the findings go.
        asked: The scores.
    """
    rows = {row["score"]: row for row in found.tables.get(TABLE, ())}
    answers.outcomes.ensure(runs.deliveries[place] for place in np.unique(runs.delivery))
    for one in score_outcomes(answers, asked):
        sums = _sums(one, runs, spread.label)
        estimate = within(over_replications(sums, one.score.of_sums, spread.mean), *one.bounds)
        if one.score.name != answers.outcomes.judge.name:  # which is there already
            found.estimates[f"{SERVED}_{one.score.name}"] = estimate
        row = rows.setdefault(one.score.name, _row(one, answers))
        row |= {SERVED: estimate.value, f"{SERVED}_low": estimate.low, f"{SERVED}_high": estimate.high}
    if rows:
        found.tables[TABLE] = list(rows.values())


def _sums(one: ScoreOutcomes, runs: TimedRuns, label: NDArray[np.integer]) -> Floats:
    """Return what adds up to a score in each replication (or batch), shape ``(replications, sums)``."""
    places, replication = np.unique(label, return_inverse=True)
    found: Floats | None = None
    for delivery in np.unique(runs.delivery).tolist():
        judged = one.judged(runs.deliveries[delivery])
        if judged.is_excluded:
            continue
        mine = runs.delivery == delivery
        for number in np.unique(replication[mine]).tolist():
            sums = one.score.sums(judged.of(runs.sample[mine & (replication == number)]))
            found = np.zeros((len(places), len(sums))) if found is None else found
            found[number] += sums
    return np.full((len(places), 2), 0.0) if found is None else found


def _row(one: ScoreOutcomes, answers: Answers) -> dict[str, Any]:
    """Return the row of a score of which nothing is expected: what it is, without numbers."""
    score = one.score
    return {"score": score.name, "title": score.title, "is_larger_better": score.is_larger_better,
            "power": score.power, "samples": len(one.groups), "no_answer": None, "method": "", "unit": answers.unit}
