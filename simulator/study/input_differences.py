"""How cells differ over all that uncertain survivals may be: both sides have the same survivals, whatever they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.expect.inputs import Unsure, over_inputs
from simulator.failures.uncertain import UncertainProbability, read_knowledge
from simulator.seeds import Streams
from simulator.study.record import CellRecord

TABLE = "given_down"


def under_inputs(rows: Sequence[dict[str, Any]], cells: Sequence[CellRecord], seed: int) -> list[dict[str, Any]]:
    """Return the rows of paired differences, with ``inputs_low`` and ``inputs_high`` where both cells know them.

    A difference of two expectations under the same survivals is linear in each of them too, so that its range is found
    as that of one expectation is.
    """
    by_label = {tuple(cell.label.items()): cell for cell in cells}
    return [{**row, **_interval(row, by_label, seed)} for row in rows]


def _interval(row: dict[str, Any], by_label: Mapping[tuple[Any, ...], CellRecord], seed: int) -> dict[str, float]:
    axis = next(iter(row["label"]))
    labels = (row["label"], {**row["label"], axis: row["against"]})
    kept = [each for label in labels for each in by_label[tuple(label.items())].tables.get(TABLE, ())]
    if len(kept) < len(labels):
        return {}
    first, second = kept
    if (first["components"], first["known"]) != (second["components"], second["known"]):
        return {}
    inputs = [Unsure(name, tuple(known.knowledge for known in map(read_knowledge, pieces)
                                 if isinstance(known, UncertainProbability)))
              for name, pieces in zip(first["components"], first["known"], strict=True)]
    table = np.array(first["accuracy"]) - np.array(second["accuracy"])
    found = over_inputs(row["value"], (table, None), inputs, Streams(seed).of("", "uncertain survivals"))
    return {"inputs_low": found.low, "inputs_high": found.high}
