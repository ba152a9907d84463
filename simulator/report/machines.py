"""What each machine did, for people: offered load, utilisation, mean number of jobs present."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from simulator.report.fitting import FittingTable, Rows
from simulator.study.record import CellRecord, Record

TITLE = "Machines"
CAPTION = "offered: work that comes in a second, per server; ±: 95 % intervals over replications"
HEADERS = ["machine", "offered load", "utilisation", "jobs present"]
NOTHING = "–"


def machine_rows(cell: CellRecord) -> Rows:
    """Return a row of texts for each machine of a cell; none where they were not measured."""
    return [
        [str(row["machine"]), _number(row["offered_load"]), _estimate(row, "utilisation"),
         _estimate(row, "number_present")]
        for row in cell.tables.get("machines", [])
    ]


def machine_tables(record: Record) -> list[FittingTable]:
    """Return the table to print where a run has one cell; the page has those of all."""
    cells = [cell for cell in record.cells if machine_rows(cell)]
    if len(record.cells) != 1 or not cells:
        return []
    return [FittingTable(TITLE, HEADERS, machine_rows(cells[0]), CAPTION)]


def machines_html(record: Record) -> str:
    """Return the tables of all cells for the page; "" where nothing was measured."""
    pieces = []
    for cell in record.cells:
        if rows := machine_rows(cell):
            head = "".join(f"<th>{html.escape(text)}</th>" for text in HEADERS)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
            table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            pieces.append(f"<details><summary>{html.escape(cell.name)}</summary>{table}</details>")
    return "".join([*pieces, f'<p class="small">{html.escape(CAPTION)}</p>'] if pieces else [])


def _number(value: float | None) -> str:
    """Return a number with three significant digits; a dash where there is none.

    >>> _number(0.70042), _number(None), _number(float("nan"))
    ('0.7', '–', '–')
    """
    return NOTHING if value is None or math.isnan(value) else f"{value:.3g}"


def _estimate(row: Mapping[str, Any], name: str) -> str:
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    half = None if low is None or high is None else (high - low) / 2
    told = _number(half)
    return _number(value) if told == NOTHING else f"{_number(value)} ± {told}"
