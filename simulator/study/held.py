"""Answers that rest on values held from earlier requests: what they are worth, how many there are, and their words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import DATA, PartGraph
from simulator.evaluate.held import HeldRequests
from simulator.expect.estimate import Estimate
from simulator.expect.intervals import student_mean, within
from simulator.expect.student import replication_means
from simulator.expect.timed import Requests
from simulator.study.answers import Answers
from simulator.study.findings import Findings
from simulator.study.timed import TimedRuns
from simulator.units import duration_text

HALF = 0.5
SHARES = ("none", "up to half", "more than half", "all: no data of its own")
ONLY_HELD = len(SHARES) - 1


def worths(answers: Answers, graph: PartGraph, runs: TimedRuns, which: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the worth of each request, shape ``(requests,)``: by delivery, or computed where values were held.

    Args:
        answers: The cell's model.
        graph: The part graph.
        runs: All requests.
        which: Place of each request's delivery in ``runs.deliveries``.
    """
    is_held = np.array([bool(delivery & graph.held_mask) for delivery in runs.deliveries], dtype=bool)[which]
    if not is_held.any() or answers.predict_held is None:
        return answers.outcomes.worth(which, runs.deliveries, runs.sample)
    found = np.zeros(len(which))
    found[~is_held] = answers.outcomes.worth(which[~is_held], runs.deliveries, runs.sample[~is_held])
    for number, log in enumerate(runs.held):
        mine = runs.replication == number
        asked = np.flatnonzero(mine & is_held)
        requests = runs.request[asked].tolist()
        wanted = {request: runs.deliveries[place] for request, place in zip(requests, which[asked], strict=True)}
        predicted = answers.predict_held(HeldRequests(wanted, runs.sample[mine], log.origins()))
        found[asked] = predicted == answers.outcomes.labels[runs.sample[asked]]
    return found


def shares(graph: PartGraph, runs: TimedRuns) -> NDArray[np.int64]:
    """Return the place in ``SHARES`` of each request: how many of the inputs behind its answer were held."""
    return np.array([_share(graph, delivery) for delivery in runs.deliveries], dtype=np.int64)[runs.delivery]


def _share(graph: PartGraph, delivery: int) -> int:
    held, fresh = len(graph.held_of(delivery)), len(graph.edges_of(delivery))
    if not held:
        return 0
    if not delivery & DATA:
        return ONLY_HELD
    return 1 if held <= HALF * (held + fresh) else 2


def find_held(graph: PartGraph, runs: TimedRuns, requests: Requests, found: Findings) -> None:
    """Add how many answers rest on held values, and how good they are, by the share of inputs that were held."""
    share, rows = shares(graph, runs), list[dict[str, Any]]()
    for place, words in enumerate(SHARES):
        chosen = requests.answered & (share == place)
        row: dict[str, Any] = {"inputs_held": words, "answers": int(chosen.sum())}
        if chosen.any() and not np.isnan(requests.worth[chosen]).all():
            means = replication_means(requests.worth[chosen], requests.replication[chosen])
            row |= _numbers(within(student_mean(means)))
        rows.append(row)
    found.tables["held"] = rows
    found.counts["answered_with_held"] = int((requests.answered & (share > 0)).sum())
    found.counts["answered_from_held_only"] = int((requests.answered & (share == ONLY_HELD)).sum())


def _numbers(estimate: Estimate) -> dict[str, float]:
    return {"accuracy": estimate.value, "accuracy_low": estimate.low, "accuracy_high": estimate.high}


def held_texts(graph: PartGraph, runs: TimedRuns) -> list[str]:
    """Return the held values behind each request's answer in words, "" for none.

    ``fog2->fog1 of request 12, 512 ms old; ...``.
    """
    told = [""] * len(runs.request)
    for number, log in enumerate(runs.held):
        first = int(np.searchsorted(runs.replication, number))
        columns = log.request.tolist(), log.edge.tolist(), log.origin.tolist(), log.age_ns.tolist()
        for request, edge, origin, age_ns in zip(*columns, strict=True):
            row = first + request
            if runs.deliveries[int(runs.delivery[row])] & graph.held_bit(edge):
                told[row] += f"; {held_text(graph, edge, origin, age_ns)}"
    return [text.removeprefix("; ") for text in told]


def held_text(graph: PartGraph, edge: int, origin: int, age_ns: int) -> str:
    """Return one held value in words: over which hyperconnection, of which request, how old."""
    return f"{graph.edges[edge].name} of request {origin}, {duration_text(round(age_ns, -5))} old"
