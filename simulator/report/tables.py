"""Tables: one row a cell, narrow enough for the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.report.agreement import agreement_table
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import (
    FRACTION,
    MILLISECONDS,
    PERCENT,
    Style,
    cell_head,
    estimate_of,
    estimate_text,
    in_words,
    present,
    unit_of,
)
from simulator.study.record import Record

__all__ = ["agreement_table", "has_summary", "rich_table", "summary_rows", "table_title"]

INTERVALS = "± and []: 95 % intervals, none where exact"
ACCURACIES = ("all up", "expected", "served", "on time")


@dataclass(frozen=True)
class Column:
    """A column of the summary: its head, and the estimate that it shows."""

    head: str
    name: str
    style: Style = FRACTION


SUMMARY = (
    Column("all up", "all_up_accuracy"),
    Column("expected", "expected_accuracy"),
    Column("served", "served_accuracy"),
    Column("on time", "on_time_accuracy"),
    Column("no flow %", "no_information_flow", PERCENT),
    Column("mean ms", "latency_mean_ms", MILLISECONDS),
    Column("p50 ms", "latency_p50_ms", MILLISECONDS),
    Column("p95 ms", "latency_p95_ms", MILLISECONDS),
    Column("late %", "share_late", PERCENT),
    Column("lost %", "share_lost", PERCENT),
)
LEGEND = {
    "all up": "accuracy when no component is down",
    "expected": "expected accuracy over all patterns",
    "served": "mean worth of the answers over all arrivals",
    "on time": "share of arrivals answered correctly within the deadline",
    "no flow %": "probability that no information flows from a source to the exit",
    "mean ms": "mean latency of answered requests (shown where no accuracy is)",
    "p50 ms": "median latency of answered requests",
    "p95 ms": "95th percentile of the latency of answered requests",
    "late %": "share of arrivals answered after the deadline",
    "lost %": "share of arrivals never answered",
}


def summary_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and, for each cell, the texts of the table that answers the question.

    Columns that no cell has an estimate for are left out; an estimate missing in one cell is an empty text.
    """
    has_accuracy = bool(present(record, ("served_accuracy", "expected_accuracy")))
    shown = [column for column in SUMMARY if not (has_accuracy and column.name == "latency_mean_ms")]
    columns = [column for column in shown if present(record, (column.name,))]
    rows = [[cell.name, *(estimate_text(estimate_of(cell, column.name), column.style) for column in columns)]
            for cell in record.cells]
    return [cell_head(record), *(column.head for column in columns)], rows


def has_summary(record: Record) -> bool:
    """Return whether the summary has anything to say: whether any cell has an estimate for one of its columns."""
    return bool(present(record, (column.name for column in SUMMARY)))


def table_title(record: Record) -> str:
    """Return the title; it says SYNTHETIC where the data are, and quick where the run was cut short."""
    marks = ["SYNTHETIC data"] * record.is_synthetic + ["quick run"] * record.is_quick
    return f"{record.title} ({', '.join(marks)})" if marks else record.title


def rich_table(record: Record) -> FittingTable:
    """Return the summary as a table that fits the terminal; intervals move under their numbers where they must."""
    headers, rows = summary_rows(record)
    accuracies = ", ".join(head for head in ACCURACIES if head in headers)
    unit = f" ({unit_of(record)})" if unit_of(record) else ""
    caption = in_words(record, f"{accuracies}: accuracies{unit}; {INTERVALS}") if accuracies else INTERVALS
    return FittingTable(table_title(record), headers, rows, caption)
