"""Traffic for people: bytes of a request in all, on each hyperconnection and on each link."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping
from typing import Any

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import Style, cell_head, number_text
from simulator.study.record import CellRecord, Record

TITLE = "Expected bytes of a request"
CAPTION = "in brackets: against the same model without skips"
LINK_CAPTION = "both directions of a link together; skips: always or on demand"
MOST_PRINTED = 4  # cells whose links are printed; the page has them all
WHOLE = Style(decimals=0)
WAYS = (("without skips", "vanilla"), ("always", "always_on"), ("on demand", "on_demand"))
PAGE_NOTE = (
    "A part that fires sends over its hyperconnections, whether the receiver is up or not; a message without a route "
    "of up links is not sent. <b>always</b>: every skip is sent; <b>on demand</b>: a skip is sent only where the join "
    "of its target would take it; <b>without skips</b>: the same model under the strategy vanilla. A message counts "
    "on every link that it crosses."
)


def has_traffic(record: Record) -> bool:
    """Return whether any cell has measured its traffic."""
    return any("traffic" in cell.tables for cell in record.cells)


def bytes_text(value: float) -> str:
    """Return a number of bytes in whole bytes; what is less than one never reads as 0.

    >>> bytes_text(369024.2), bytes_text(0.0), bytes_text(0.02)
    ('369,024', '0', '0.02')
    """
    return f"{value:,.0f}" if value >= 1 else number_text(value, WHOLE)


def total_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and, for each cell with traffic, the bytes of all messages of a request, each message once."""
    rows = []
    for cell in record.cells:
        if "traffic" in cell.tables:
            without, *others = (cell.estimates[f"traffic_{way}_bytes"].value for _, way in WAYS)
            rows.append([cell.name, bytes_text(without), *(_against(value, without) for value in others)])
    return [cell_head(record), *(head for head, _ in WAYS)], rows


def part_rows(cell: CellRecord, kinds: Collection[str]) -> tuple[list[str], Rows]:
    """Return the heads and a row for each hyperconnection or link of these kinds (``simple``, ``skip``, ``link``)."""
    found: list[Mapping[str, Any]] = [row for row in cell.tables.get("traffic", []) if row["what"] in kinds]
    rows = [[str(row["name"]), *(bytes_text(row[f"{way}_bytes"]) for _, way in WAYS)] for row in found]
    return ["link" if kinds == {"link"} else "hyperconnection", *(head for head, _ in WAYS)], rows


def traffic_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print: all messages of each cell, and the links of each where the cells are few."""
    if not has_traffic(record):
        return []
    tables = [FittingTable(TITLE, *total_rows(record), CAPTION)]
    cells = [cell for cell in record.cells if "traffic" in cell.tables]
    for cell in cells if len(cells) <= MOST_PRINTED else ():
        title = f"{TITLE} on each link" + (f": {cell.name}" if cell.label else "")
        tables.append(FittingTable(title, *part_rows(cell, {"link"}), LINK_CAPTION))
    return tables


def traffic_html(record: Record) -> str:
    """Return the same for the page, with every hyperconnection and every cell; "" where nothing was measured."""
    if not has_traffic(record):
        return ""
    pieces = [_html_table(*total_rows(record)), f'<p class="small">{PAGE_NOTE}</p>']
    for cell in record.cells:
        if "traffic" in cell.tables:
            tables = "".join(_html_table(*part_rows(cell, kinds)) for kinds in ({"simple", "skip"}, {"link"}))
            pieces.append(f"<details><summary>{html.escape(cell.name)}</summary>{tables}</details>")
    return "".join(pieces)


def _against(value: float, without: float) -> str:
    share = f" ({100 * (value / without - 1):+.1f} %)".replace("-", "−") if without else ""
    return bytes_text(value) + share


def _html_table(headers: list[str], rows: Rows) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
