"""Further scores of the answers: one row for each score and cell, the cells of one score below each other."""

from __future__ import annotations

import math
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import cell_head, estimate_text, number_text
from simulator.study.record import CellRecord, Record

TITLE = "Scores"
TABLE = "scores"
MOST_PRINTED = 48  # rows
CAPTION = ("expected: sum over deliveries of P(delivery) x its score; pooled: the score of all answers thrown "
           "together, where it is another number; ± and []: 95 % intervals, finite test set")
SERVED = "; served: of the answers of all arrivals, interval over replications"
NO_ANSWER = "no answer"
LESS = "; of errors, less is better"


def score_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads, and a row of texts for each score and cell; a column without a text is left out."""
    names = dict.fromkeys(row["score"] for cell in record.cells for row in cell.tables.get(TABLE, ()))
    found = [(cell, row) for name in names for cell in record.cells for row in cell.tables.get(TABLE, ())
             if row["score"] == name]
    columns = {
        "all up": [_text(row, "all_up") for _, row in found], "expected": [_text(row, "expected") for _, row in found],
        "pooled": [_text(row, "pooled") for _, row in found],
        "served": [_text(row, "served") for _, row in found],
        NO_ANSWER: ["" if row["no_answer"] is None else number_text(row["no_answer"]) for _, row in found],
    }
    kept = {head: texts for head, texts in columns.items() if any(texts)}
    is_one = len(record.cells) == 1
    rows = [[_title(row), *([] if is_one else [cell.name]), *(texts[place] for texts in kept.values())]
            for place, (cell, row) in enumerate(found)]
    return ["score", *([] if is_one else [cell_head(record)]), *kept], rows


def score_table(record: Record) -> FittingTable | None:
    """Return the table for the terminal; None where no further score was asked for, or for too many of them."""
    heads, rows = score_rows(record)
    if NO_ANSWER in heads:  # which stands on the page
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    return FittingTable(TITLE, heads, rows, caption_of(record)) if 0 < len(rows) <= MOST_PRINTED else None


def caption_of(record: Record) -> str:
    """Return what the columns are; where there are errors, that less of them is better."""
    has_errors = any(not row["is_larger_better"] for row in _rows_of(record.cells))
    has_served = any("served" in row for row in _rows_of(record.cells))
    return CAPTION + (SERVED if has_served else "") + (LESS if has_errors else "")


def _rows_of(cells: tuple[CellRecord, ...]) -> list[dict[str, Any]]:
    return [row for cell in cells for row in cell.tables.get(TABLE, ())]


def _title(row: dict[str, Any]) -> str:
    unit, power = row["unit"], row["power"]
    in_unit = f" ({unit})" if power == 1 else f" (({unit})²)"
    return f"{row['title']}{in_unit if unit and power else ''}"


def _text(row: dict[str, Any], name: str) -> str:
    if row.get(name) is None:
        return ""
    low, high = (math.nan if row[key] is None else row[key] for key in (f"{name}_low", f"{name}_high"))
    return estimate_text(Estimate(row[name], low, high, row["samples"], "",
                                  "failures" if name == "served" else "test set"))
