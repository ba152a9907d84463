"""Answers by the share of their inputs that was held from earlier requests, for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import NOT_SEEN, cell_head, estimate_text
from simulator.study.record import CellRecord, Record

TITLE = "Answers by the share of inputs held from earlier requests"
CAPTION = "accuracy: of these answers, late ones included; ±: 95 % over replications"


def held_table(record: Record) -> FittingTable | None:
    """Return how many answers there are and how good they are, by share, cell by cell; None where nothing is held."""
    cells = [cell for cell in record.cells if cell.tables.get("held")]
    if not cells:
        return None
    headers = [cell_head(record)]
    for row in cells[0].tables["held"]:
        headers += [f"{row['inputs_held']}: answers", "  accuracy"]
    return FittingTable(TITLE, headers, _rows(cells), CAPTION, is_turned=True)


def _rows(cells: list[CellRecord]) -> Rows:
    return [[cell.name, *(text for row in cell.tables["held"] for text in (f"{row['answers']:,}", _accuracy(row)))]
            for cell in cells]


def _accuracy(row: Mapping[str, Any]) -> str:
    values = [row.get(key) for key in ("accuracy", "accuracy_low", "accuracy_high")]
    if any(value is None for value in values):
        return NOT_SEEN
    value, low, high = (math.nan if value is None else value for value in values)
    return estimate_text(Estimate(value, low, high, 0, "", "failures"))
