"""Metrics of time for people: time at a level of accuracy, spells below it, and what a correct answer costs."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.held_table import held_table
from simulator.report.numbers import (
    FRACTION,
    MILLISECONDS,
    Style,
    cell_head,
    estimate_text,
    is_regression,
    number_text,
    present,
)
from simulator.study.record import CellRecord, Record

TITLE = "Accuracy in time"
ONE = Style(decimals=1)
PER_HOUR = Style(decimals=2, scale=3600.0)
LEVEL = (
    ("share of time at it", "availability", FRACTION),
    ("falls below it, per hour", "crossings_per_s", PER_HOUR),
    ("spell below it, s", "degraded_spell_s", ONE),
    ("spell at it, s", "good_spell_s", ONE),
    ("from all up to a fall, s", "first_crossing_s", ONE),
    ("accuracy lost, mean", "accuracy_lost", FRACTION),
    ("lost per outage, x s", "accuracy_lost_per_outage_s", FRACTION),
)
COST = (
    ("goodput, /s", "goodput_per_s", FRACTION),
    ("degraded p50 ms", "latency_p50_degraded_ms", MILLISECONDS),
    ("degraded p95 ms", "latency_p95_degraded_ms", MILLISECONDS),
    ("degraded p99 ms", "latency_p99_degraded_ms", MILLISECONDS),
    ("bytes per correct answer", "bytes_per_correct_answer", Style(decimals=0)),
    ("joules per correct answer", "joules_per_correct_answer", FRACTION),
)
CAPTION = "=: exact, where it is known; ±: 95 % over replications"
COST_CAPTION = "correct: and within the deadline; degraded: while anything that matters was down"


def levels_of(record: Record) -> list[float]:
    """Return the levels of accuracy that were asked for, in the order of the scenario."""
    return list(dict.fromkeys(row["accuracy"] for cell in record.cells for row in cell.tables.get("availability", [])))


def level_table(record: Record, level: float) -> FittingTable:
    """Return the metrics of one level, cell by cell, with the exact values below the simulated ones."""
    cells = [(cell, row) for cell in record.cells for row in cell.tables.get("availability", [])
             if row["accuracy"] == level]
    headers = [cell_head(record)]
    rows: Rows = [[cell.name] for cell, _ in cells]
    for head, name, style in LEVEL:
        headers.append(head)
        exact = [_exact(row, name, style) for _, row in cells]
        for texts, (_, row) in zip(rows, cells, strict=True):
            texts.append(estimate_text(_estimate(row, name), style))
        if any(exact):
            headers.append("  =")
            for texts, text in zip(rows, exact, strict=True):
                texts.append(text)
    return FittingTable(f"Accuracy of {level:g} or more", headers, rows, CAPTION, is_turned=True)


def cost_table(record: Record) -> FittingTable | None:
    """Return goodput, latency while degraded and costs of a correct answer, cell by cell; None where there are none."""
    names = () if is_regression(record) else present(record, [name for _, name, _ in COST])
    shown = [column for column in COST if column[1] in names]
    cells = [cell for cell in record.cells if any(name in cell.estimates for name in names)]
    rows = [[cell.name, *(_cost(cell, name, style) for _, name, style in shown)] for cell in cells]
    headers = [cell_head(record), *(head for head, _, _ in shown)]
    return FittingTable("Correct answers", headers, rows, COST_CAPTION, is_turned=True) if rows else None


def time_tables(record: Record) -> list[FittingTable]:
    """Return the tables to print: the first level of accuracy, and the costs where these were asked for."""
    held = held_table(record)
    tables = [level_table(record, level) for level in levels_of(record)[:1]] + ([held] if held else [])
    cost = cost_table(record)
    return [*tables, cost] if cost and present(record, ["bytes_per_correct_answer"]) else tables


def time_html(record: Record) -> str:
    """Return the tables of all levels, and the costs, for the page; "" where nothing was measured."""
    tables = [*(level_table(record, level) for level in levels_of(record)), held_table(record), cost_table(record)]
    return "".join(_html(table) for table in tables if table)


def _html(table: FittingTable) -> str:
    turned = [list(row) for row in zip(table.headers, *table.rows, strict=True)]
    head = "".join(f"<th>{html.escape(text)}</th>" for text in turned[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in turned[1:])
    body = body.replace("<td>  =", "<td>&emsp;=")
    return (f'<h3>{html.escape(table.title)}</h3><div class="wide"><table><thead><tr>{head}</tr></thead>'
            f'<tbody>{body}</tbody></table></div><p class="small">{html.escape(table.caption)}</p>')


def _cost(cell: CellRecord, name: str, style: Style) -> str:
    return estimate_text(cell.estimates.get(name), style)


def _exact(row: Mapping[str, Any], name: str, style: Style) -> str:
    value = row.get(f"{name}_exact")
    return "" if f"{name}_exact" not in row else number_text(math.nan if value is None else value, style)


def _estimate(row: Mapping[str, Any], name: str) -> Estimate:
    value, low, high = (math.nan if row[key] is None else row[key] for key in (name, f"{name}_low", f"{name}_high"))
    return Estimate(value, low, high, 0, "", "failures")
