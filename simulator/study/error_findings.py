"""What a cell says of silent errors: answers that rest on damage, those that it changed, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY, PartGraph
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import clopper_pearson, cluster_mean, exactly, paired_difference, student_mean, within
from simulator.expect.student import replication_means
from simulator.expect.timed import Requests
from simulator.network.endings import ENDINGS
from simulator.study.findings import Findings
from simulator.study.timed import TimedRuns

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def undamaged(graph: PartGraph, delivery: int) -> int:
    """Return the same delivery without tags of silent errors."""
    return delivery & ~graph.all_marks


def find_errors(graph: PartGraph, outcomes: Outcomes, chances: Mapping[int, float], found: Findings) -> None:
    """Add how often an answer rests on damage and is changed by it, and the accuracy that this costs.

    Args:
        graph: The part graph with its marks.
        outcomes: The cell's outcomes.
        chances: P(delivery), over all patterns of crashes and damage.
        found: What is added to: ``damaged``, ``sdc`` and ``error_loss``.
    """
    possible = {delivery: chance for delivery, chance in chances.items() if chance and delivery != EMPTY}
    outcomes.ensure([*possible, *(undamaged(graph, delivery) for delivery in possible)])
    changed, lost = (np.zeros(len(outcomes.labels)) for _ in range(2))
    for delivery, chance in possible.items():
        if (whole := undamaged(graph, delivery)) != delivery:
            changed += chance * (outcomes.predictions[delivery] != outcomes.predictions[whole])
            lost += chance * (outcomes.correct(whole) - outcomes.correct(delivery))
    method = f"exact over {len(chances)} deliveries"
    share = sum(chance for delivery, chance in possible.items() if delivery & graph.all_marks)
    found.estimates["damaged"] = exactly(share, len(chances), method)
    found.estimates["sdc"] = _sdc(changed, outcomes, share)
    found.estimates["error_loss"] = paired_difference(lost, np.zeros_like(lost), outcomes.groups)


def _sdc(changed: Floats, outcomes: Outcomes, damaged: float) -> Estimate:
    """Return the share of changed answers; of a test set in which none is changed, what could be all the same."""
    if changed.any() or not damaged:
        return within(cluster_mean(changed, outcomes.groups))
    none = clopper_pearson(0, len(changed), "test set")
    return replace(none, high=damaged * none.high)


def find_served_errors(
    graph: PartGraph, outcomes: Outcomes | None, runs: TimedRuns, requests: Requests, found: Findings
) -> None:
    """Add the same for the simulated requests, as shares of all arrivals, and a row for each ending.

    Args:
        graph: The part graph with its marks.
        outcomes: The cell's outcomes; None: which answers damage has changed is not known.
        runs: The requests.
        requests: What became of them.
        found: What is added to: ``served_damaged``, ``served_sdc`` and the table ``errors``.
    """
    is_tagged = np.array([bool(delivery & graph.all_marks) for delivery in runs.deliveries])
    damaged: Bools = is_tagged[runs.delivery] & requests.answered
    found.estimates["served_damaged"] = _share(damaged, requests)
    changed = None
    if outcomes is not None:
        changed = _changed(graph, outcomes, runs, damaged)
        found.estimates["served_sdc"] = _share(changed, requests)
    found.tables["errors"] = _by_ending(requests, damaged, changed)


def _share(hit: Bools, requests: Requests) -> Estimate:
    return within(student_mean(replication_means(hit.astype(np.float64), requests.replication)))


def _changed(graph: PartGraph, outcomes: Outcomes, runs: TimedRuns, damaged: Bools) -> Bools:
    """Return which answers are not those of the same delivery without damage."""
    changed = np.zeros(len(damaged), dtype=bool)
    used: Sequence[int] = np.unique(runs.delivery[damaged]).tolist()
    pairs = {place: (runs.deliveries[place], undamaged(graph, runs.deliveries[place])) for place in used}
    outcomes.ensure(delivery for pair in pairs.values() for delivery in pair)
    for place, (delivery, whole) in pairs.items():
        differs = outcomes.predictions[delivery] != outcomes.predictions[whole]
        mine = damaged & (runs.delivery == place)
        changed[mine] = differs[runs.sample[mine]]
    return changed


def _by_ending(requests: Requests, damaged: Bools, changed: Bools | None) -> list[dict[str, Any]]:
    rows = []
    for code, name in enumerate(ENDINGS):
        mine = requests.ending == code
        row: dict[str, Any] = {"ending": name, "requests": int(mine.sum()), "damaged": int((mine & damaged).sum())}
        if changed is not None:
            row |= {"changed": int((mine & changed).sum()), "accuracy": _mean(requests.worth[mine]),
                    "accuracy_damaged": _mean(requests.worth[mine & damaged])}
        rows.append(row)
    return rows


def _mean(worth: Floats) -> float:
    counted = worth[~np.isnan(worth)]
    return float(counted.mean()) if len(counted) else float("nan")
