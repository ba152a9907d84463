"""Detection for people: how long it takes, what it misses, how often it is wrong, and what that costs."""

from __future__ import annotations

import html
import math
from typing import Any

from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import PERCENT, SMALL, Style, cell_head, estimate_text, number_text, present
from simulator.study.record import Record

TITLE = "Detection"
SECONDS, COUNT, PER_HOUR = Style(decimals=2), Style(decimals=0), Style(decimals=1)
COLUMNS = (
    ("served accuracy lost", "detection_loss", SMALL),
    ("on-time accuracy lost", "detection_loss_on_time", SMALL),
    ("answers on time lost %", "detection_loss_answers", PERCENT),
    ("crash to suspicion, s", "detection_time_s", SECONDS),
    ("outages missed %", "missed_outages", PERCENT),
    ("wrong suspicions, /h", "wrong_suspicions_per_h", PER_HOUR),
    ("crash to an answer, s", "time_to_answer_s", SECONDS),
    ("crash to full accuracy, s", "time_to_restore_s", SECONDS),
)
BY_COMPONENT = (
    ("component", "component", COUNT), ("outages", "outages", COUNT), ("detected", "detected", COUNT),
    ("missed", "missed", COUNT), ("crash to suspicion, s", "detection_time_s", SECONDS),
    ("longest, s", "longest_s", SECONDS), ("wrong suspicions", "wrong_suspicions", COUNT),
    ("an hour", "wrong_suspicions_per_h", PER_HOUR), ("crash to an answer, s", "time_to_answer_s", SECONDS),
    ("crash to full accuracy, s", "time_to_restore_s", SECONDS),
)
CAPTION = "lost: against perfect detection on the same draws; ±: 95 % over replications"


def detection_table(record: Record) -> FittingTable | None:
    """Return what detection did, cell by cell; None where that was not asked."""
    cells = [cell for cell in record.cells if "detection" in cell.tables]
    names = present(record, [name for _, name, _ in COLUMNS])
    shown = [column for column in COLUMNS if column[1] in names]
    rows: Rows = [[cell.name, *(estimate_text(cell.estimates.get(name), style) for _, name, style in shown)]
                  for cell in cells]
    headers = [cell_head(record), *(head for head, _, _ in shown)]
    return FittingTable(TITLE, headers, rows, CAPTION, is_turned=True) if cells and shown else None


def detection_html(record: Record) -> str:
    """Return the table for the page, and below it those of the components, cell by cell; "" where nothing was asked."""
    table = detection_table(record)
    if table is None:
        return ""
    turned = [list(row) for row in zip(table.headers, *table.rows, strict=True)]
    pieces = [_html(turned[0], turned[1:])]
    for cell in record.cells:
        if rows := cell.tables.get("detection"):
            columns = [column for column in BY_COMPONENT if any(column[1] in row for row in rows)]
            texts = [[_text(row.get(name), style) for _, name, style in columns] for row in rows]
            inner = _html([head for head, _, _ in columns], texts)
            pieces.append(f"<details><summary>{html.escape(cell.name)}</summary>{inner}</details>")
    return "".join([*pieces, f'<p class="small">{html.escape(CAPTION)}</p>'])


def _html(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _text(value: Any, style: Style) -> str:
    if isinstance(value, str):
        return value
    return number_text(math.nan if value is None else float(value), style)
