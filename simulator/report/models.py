"""Models that share machines, below each other: endings, latencies and accuracies of each."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from simulator.report.fitting import FittingTable, Rows
from simulator.study.record import CellRecord, Record

TITLE = "Models on the same machines"
CAPTION = "latencies are those of answered requests; ±: 95 % intervals over replications"
COUNTS = (("requests", "requests"),)
ESTIMATES = (
    ("on time %", "share_on_time"), ("late %", "share_late"), ("lost %", "share_lost"),
    ("mean ms", "latency_mean_ms"), ("p50 ms", "latency_p50_ms"), ("p95 ms", "latency_p95_ms"),
    ("p99 ms", "latency_p99_ms"),
    ("served accuracy", "served_accuracy"), ("on-time accuracy", "on_time_accuracy"),
    ("expected accuracy", "expected_accuracy"),
)
NOTHING = "–"


def model_rows(cell: CellRecord) -> tuple[list[str], Rows]:
    """Return the heads and a row of texts for each model of a cell; none where there is one model."""
    rows = cell.tables.get("models", [])
    kept = [(head, name) for head, name in ESTIMATES if any(row.get(name) is not None for row in rows)]
    heads = ["model", *(head for head, _ in COUNTS), *(head for head, _ in kept)]
    return heads, [[str(row["model"]), *(f"{row[name]:,}" for _, name in COUNTS), *(_text(row, n) for _, n in kept)]
                   for row in rows]


def model_tables(record: Record) -> list[FittingTable]:
    """Return a table for each cell whose machines several models share, a column a model."""
    found = []
    for cell in record.cells:
        heads, rows = model_rows(cell)
        if rows:
            title = TITLE if len(record.cells) == 1 else f"{TITLE}: {cell.name}"
            found.append(FittingTable(title, heads, rows, CAPTION, is_turned=True))
    return found


def models_html(record: Record) -> str:
    """Return the tables of all cells for the page; "" where no machines are shared."""
    pieces = []
    for cell in record.cells:
        heads, rows = model_rows(cell)
        if rows:
            head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
            table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
            caption = f'<p class="small">{html.escape(cell.name)}</p>' if len(record.cells) > 1 else ""
            pieces.append(caption + table)
    return "".join([*pieces, f'<p class="small">{html.escape(CAPTION)}</p>'] if pieces else [])


def _text(row: Mapping[str, Any], name: str) -> str:
    """Return an estimate with half its interval; a dash where there is none.

    >>> _text({"a": 0.25, "a_low": 0.24, "a_high": 0.26}, "a"), _text({"a": None}, "a"), _text({}, "a")
    ('0.250 ± 0.010', '–', '–')
    """
    value = row.get(name)
    if value is None or math.isnan(value):
        return NOTHING
    times = 100 if name.startswith("share") else 1
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None or high is None or math.isnan(high - low) or high <= low:
        return f"{times * value:.4g}"
    half = times * (high - low) / 2
    digits = max(0, 1 - math.floor(math.log10(half)))
    return f"{times * value:,.{digits}f} ± {half:,.{digits}f}"
