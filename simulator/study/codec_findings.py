"""What a cell says about its messages: their bytes, and what codecs do to accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.build import spans
from simulator.dataflow.graph import EMPTY, PartGraph
from simulator.evaluate.outcomes import Outcomes
from simulator.expect.intervals import cluster_mean, paired_difference, within
from simulator.study.answers import Answers
from simulator.study.findings import Findings

Floats = NDArray[np.float64]


def find_messages(graph: PartGraph, payload_bytes: Mapping[str, int], found: Findings) -> None:
    """Add a row for each hyperconnection (name, span, codec, bytes of its message) and the bytes of all of a kind."""
    span = spans(tuple(graph.position), graph.edges)
    rows = [{"name": edge.name, "span": bypassed, "codec": edge.tag or "float32", "bytes": payload_bytes[edge.name]}
            for edge, bypassed in zip(graph.edges, span, strict=True)]
    found.tables["hyperconnections"] = rows
    found.counts["skip_bytes"] = sum(int(str(row["bytes"])) for row in rows if row["span"])
    found.counts["simple_bytes"] = sum(int(str(row["bytes"])) for row in rows if not row["span"])


def find_codecs(answers: Answers, chances: Mapping[int, float], all_up: int, found: Findings) -> None:
    """Add the accuracy of degraded answers, and what codecs without weights of their own take from the expected one.

    Args:
        answers: The cell's answers, and those without such codecs where there are any.
        chances: P(delivery).
        all_up: The delivery when nothing is down; an answer from any other is degraded.
        found: What is added to.
    """
    outcomes, groups = answers.outcomes, answers.outcomes.groups
    degraded = {delivery: chance for delivery, chance in chances.items() if delivery not in (EMPTY, all_up) and chance}
    if degraded:
        worth = _mean_worth(outcomes, degraded)
        found.estimates["degraded_accuracy"] = within(cluster_mean(worth / sum(degraded.values()), groups))
    answered = {delivery: chance for delivery, chance in chances.items() if delivery != EMPTY}
    if answers.uncoded is not None and answered:
        answers.uncoded.ensure(answered)
        as_sent, received = _mean_worth(answers.uncoded, answered), _mean_worth(outcomes, answered)
        found.estimates["codec_loss"] = paired_difference(as_sent, received, groups)


def _mean_worth(outcomes: Outcomes, chances: Mapping[int, float]) -> Floats:
    """Return the sum over deliveries of chance times worth, for each test sample."""
    worth: Floats = sum((chance * outcomes.correct(delivery) for delivery, chance in chances.items()),
                        np.zeros(len(outcomes.labels)))
    return worth
