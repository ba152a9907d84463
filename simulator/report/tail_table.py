"""The distribution of accuracy for people: a row for each number of the tail, a column for each cell."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import cell_head, estimate_text
from simulator.study.record import CellRecord, Record

TITLE = "Distribution of accuracy over the patterns"
CAPTION = "± and []: 95 % intervals with what was left out, none where exact"
RARE = 1e-3  # chances below are written with a power of ten
MOST_PRINTED = 8  # cells


def has_tail(record: Record) -> bool:
    """Return whether any cell has measured the distribution of accuracy."""
    return any("distribution" in cell.tables for cell in record.cells)


def rare_text(estimate: Estimate) -> str:
    """Return a number that may be very small, with its interval.

    >>> rare_text(Estimate(9.8e-10, 9.1e-10, 1.05e-9, 10, "splitting"))
    '9.8e-10 ± 0.7e-10'
    >>> rare_text(Estimate(0.0, 0.0, 3e-5, 10, "")), rare_text(Estimate(0.25, 0.25, 0.25, 10, ""))
    ('0 [0, 3.0e-05]', '0.250')
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if math.isnan(value) or max(abs(value), abs(high)) >= RARE or value == high == 0:
        return estimate_text(estimate)
    if value == 0:
        return f"0 [{_small(low)}, {_small(high)}]"
    if high <= low:
        return f"{value:.3e}"
    power = math.floor(math.log10(value))
    half = max(high - value, value - low) / 10.0**power
    if low < 0 or half > 1 or abs((high - value) - (value - low)) > 0.1 * (high - low):
        return f"{value:.2g} [{_small(low)}, {_small(high)}]"
    decimals = max(1, -math.floor(math.log10(half)))
    return f"{value / 10.0**power:.{decimals}f}e{power:03d} ± {half:.{decimals}f}e{power:03d}"


def tail_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads, and for each number that any cell has a row with what each cell has."""
    cells = [cell for cell in record.cells if "distribution" in cell.tables]
    found = [{_key(row): rare_text(_estimate(row)) for row in cell.tables["distribution"]} for cell in cells]
    keys = dict.fromkeys(key for numbers in found for key in numbers)
    return [cell_head(record), *keys], [[cell.name, *(numbers.get(key, "") for key in keys)]
                                        for cell, numbers in zip(cells, found, strict=True)]


def tail_table(record: Record) -> FittingTable | None:
    """Return the table to print, a column for each cell; None where there is none, or for too many cells."""
    if not has_tail(record) or len(record.cells) > MOST_PRINTED:
        return None
    heads, rows = tail_rows(record)
    return FittingTable(TITLE, heads, rows, CAPTION, is_turned=True)


def tail_html(record: Record) -> str:
    """Return the table for the page, with the method of each number and the cross-checks; "" where there is none."""
    if not has_tail(record):
        return ""
    heads = [cell_head(record), "number", "value", "how it was found", "another method", "z"]
    rows = [row for cell in record.cells for row in _page_rows(cell)]
    if not any(row[4] for row in rows):
        heads, rows = heads[:4], [row[:4] for row in rows]
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return (f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            f'<p class="small">{html.escape(CAPTION)}</p>')


def _page_rows(cell: CellRecord) -> Rows:
    checks = {row["name"]: row for row in cell.tables.get("cross_checks", [])}
    rows = []
    for row in cell.tables.get("distribution", []):
        check = checks.get(row["name"]) if not row["by"] else None
        other = ["", ""] if check is None else [
            rare_text(Estimate(check["other"], check["other"], check["other"], 0, "")), _z_text(check["z"])]
        rows.append([cell.name, _key(row), rare_text(_estimate(row)), str(row["method"]), *other])
    return rows


def _z_text(z: float | None) -> str:
    return "" if z is None else f"{z:.2f}"


def _key(row: Mapping[str, Any]) -> str:
    name = str(row["name"])
    shown = f"P({name})" if name == "no answer" or name.startswith("accuracy ") else name
    return f"{shown}, {row['by']}" if row["by"] else shown


def _estimate(row: Mapping[str, Any]) -> Estimate:
    value, low, high = (math.nan if row[side] is None else row[side] for side in ("value", "low", "high"))
    return Estimate(value, low, high, 0, str(row["method"]), str(row["uncertainty"]))


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"
