"""What known probabilities of patterns make of timed estimates: the plain one, the sharper one, and the gain."""

from __future__ import annotations

import html
import math

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import (
    ERROR,
    FRACTION,
    MILLISECONDS,
    PERCENT,
    SMALL,
    Style,
    cell_head,
    estimate_text,
    in_words,
)
from simulator.study.record import CellRecord, Record

TITLE = "Timed estimates, weighted by known probabilities"
CAPTION = ("weighted: by the exact probability of what the pattern at a request's birth delivers (served accuracy: by "
           "its difference from that); variance: by what factor it is smaller than over replications alone")
NAMES: dict[str, tuple[str, Style]] = {
    "served_accuracy": ("served", FRACTION),
    "on_time_accuracy": ("on time", FRACTION),
    "latency_mean_ms": ("mean ms", MILLISECONDS),
    "share_late": ("late %", PERCENT),
    "share_lost": ("lost %", PERCENT),
}
MOST_PRINTED = 8  # cells


def sharper_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads, and a row of texts for each cell and estimate that was made sharper."""
    heads = [cell_head(record), "estimate", "over replications", "weighted", "variance"]
    return heads, [row for cell in record.cells for row in _rows(cell)]


def sharper_table(record: Record) -> FittingTable | None:
    """Return the table to print, a column for each cell; None where there is nothing in it, or for too many cells."""
    found = [{row[1]: row for row in _rows(cell)} for cell in record.cells]
    names = [name for name, _ in NAMES.values() if any(name in rows for rows in found)]
    if not names or len(record.cells) > MOST_PRINTED:
        return None
    heads = [cell_head(record), *(head for name in names for head in (name, "  variance"))]
    nothing = [""] * 5
    texts = [[cell.name, *(text for name in names for text in rows.get(name, nothing)[3:])]
             for cell, rows in zip(record.cells, found, strict=True)]
    return FittingTable(TITLE, heads, texts, in_words(record, CAPTION), is_turned=True)


def sharper_html(record: Record) -> str:
    """Return the table for the page; "" where there is nothing in it."""
    heads, rows = sharper_rows(record)
    if not rows:
        return ""
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return (f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            f'<p class="small">{html.escape(in_words(record, CAPTION))}</p>')


def factor_text(factor: float | None, half_width: float | None = None) -> str:
    """Return a factor of variance; without one there is no variance left, or none to compare.

    >>> factor_text(87.65), factor_text(1.04), factor_text(None), factor_text(None, 0.0)
    ('/ 88', '/ 1.0', '–', 'none left')
    """
    if factor is None:
        return "none left" if half_width == 0 else "–"
    return f"/ {factor:.1f}" if factor < 10 else f"/ {factor:,.0f}"


def _known(name: str) -> str:
    return name.replace(ERROR, "accuracy")


def _rows(cell: CellRecord) -> Rows:
    found = []
    for row in sorted(cell.tables.get("sharper", []), key=lambda row: [*NAMES].index(_known(row["plain"]))):
        name, style = NAMES[_known(row["plain"])]
        plain, sharp = cell.estimates.get(row["plain"]), cell.estimates.get(row["estimate"])
        if plain is None or sharp is None or math.isnan(sharp.value) or plain.high == plain.low:
            continue  # nothing to gain
        style = SMALL if style == FRACTION and sharp.high - sharp.low < 0.002 else style
        found.append([cell.name, name, estimate_text(plain, style), estimate_text(sharp, style),
                      factor_text(row["variance_reduction"], row["half_width"])])
    return found
