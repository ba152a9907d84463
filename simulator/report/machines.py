"""What each machine and each link did, for people: offered load, utilisation, mean number present."""

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
LINK_CAPTION = "of each transmitter: of a direction, of a half-duplex link, of a medium; on the way is not waiting"
LINK_HEADERS = ["link", "offered load", "utilisation", "messages waiting or sent"]
BUSIEST = 8
NOTHING = "–"


def machine_rows(cell: CellRecord) -> Rows:
    """Return a row of texts for each machine of a cell; none where they were not measured."""
    return [
        [str(row["machine"]), _number(row["offered_load"]), _estimate(row, "utilisation"),
         _estimate(row, "number_present")]
        for row in cell.tables.get("machines", [])
    ]


def link_rows(cell: CellRecord) -> Rows:
    """Return a row of texts for each transmitter of a cell, the busiest first; none where they were not measured."""
    return [
        [str(row["link"]), _number(row["offered_load"]), _estimate(row, "utilisation"),
         _estimate(row, "number_present")]
        for row in cell.tables.get("links", [])
    ]


def machine_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print where a run has one cell, of links the busiest; the page has those of all."""
    if len(record.cells) != 1:
        return []
    machines, links = machine_rows(record.cells[0]), link_rows(record.cells[0])
    busiest = f"the {BUSIEST} busiest of {len(links)}; " if len(links) > BUSIEST else ""
    tables = [FittingTable(TITLE, HEADERS, machines, CAPTION)] if machines else []
    return tables + ([FittingTable("Links", LINK_HEADERS, links[:BUSIEST], busiest + LINK_CAPTION)] if links else [])


def machines_html(record: Record) -> str:
    """Return the tables of all cells for the page; "" where nothing was measured."""
    pieces, captions = [], dict[str, None]()
    for cell in record.cells:
        tables = ((HEADERS, machine_rows(cell), CAPTION), (LINK_HEADERS, link_rows(cell), LINK_CAPTION))
        if found := [_html(headers, rows) for headers, rows, _ in tables if rows]:
            captions |= {caption: None for _, rows, caption in tables if rows}
            pieces.append(f"<details><summary>{html.escape(cell.name)}</summary>{''.join(found)}</details>")
    return "".join([*pieces, *(f'<p class="small">{html.escape(caption)}</p>' for caption in captions)])


def _html(headers: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


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
