"""Tables: one row a cell, narrow enough for a terminal of 100 columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from simulator.expect.estimate import Estimate
from simulator.report.numbers import (
    FRACTION,
    MILLISECONDS,
    PERCENT,
    SIGNED_GAP,
    Style,
    estimate_text,
    number_text,
    present,
)
from simulator.study.record import CellRecord, Record

WIDTH = 100
Rows = list[list[str]]


@dataclass(frozen=True)
class Column:
    """A column of the summary: its head, and the estimates that it shows one under the other."""

    head: str
    names: tuple[str, ...]
    style: Style = FRACTION


SUMMARY = (
    Column("all up", ("all_up_accuracy",)),
    Column("expected", ("expected_accuracy",)),
    Column("served", ("served_accuracy",)),
    Column("on time", ("on_time_accuracy",)),
    Column("no flow %", ("no_information_flow",), PERCENT),
    Column("p50 / p95 ms", ("latency_p50_ms", "latency_p95_ms"), MILLISECONDS),
    Column("late %", ("share_late",), PERCENT),
    Column("lost %", ("share_lost",), PERCENT),
)
LEGEND = {
    "all up": "accuracy when no component is down",
    "expected": "expected accuracy over all patterns",
    "served": "mean worth of the answers over all arrivals",
    "on time": "share of arrivals answered correctly within the deadline",
    "no flow %": "probability that no information flows from a source to the exit",
    "p50 / p95 ms": "median and 95th percentile of the latency of answered requests",
    "late %": "share of arrivals answered after the deadline",
    "lost %": "share of arrivals never answered",
}


def summary_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and, for each cell, the texts of the table that answers the question.

    Columns that no cell has an estimate for are left out; an estimate missing in one cell is an empty text.
    """
    columns = [column for column in SUMMARY if present(record, column.names)]
    rows = [[cell.name, *(_shown(cell, column) for column in columns)] for cell in record.cells]
    return [cell_head(record), *(column.head for column in columns)], rows


def cell_head(record: Record) -> str:
    """Return the head of the first column: what the sweep varies, or ``cell``."""
    keys = {", ".join(cell.label) for cell in record.cells}
    return keys.pop() if len(keys) == 1 and keys != {""} else "cell"


def _shown(cell: CellRecord, column: Column) -> str:
    texts = [estimate_text(cell.estimates.get(name), column.style) for name in column.names]
    return " / ".join(texts) if any(texts) else ""


def table_title(record: Record) -> str:
    """Return the title; it says SYNTHETIC where the data are, and quick where the run was cut short."""
    marks = ["SYNTHETIC data"] * record.is_synthetic + ["quick run"] * record.is_quick
    return f"{record.title} ({', '.join(marks)})" if marks else record.title


def rich_table(record: Record) -> Table:
    """Return the summary as a rich table of at most 100 columns; intervals move under their numbers where they must."""
    headers, rows = summary_rows(record)
    return fitting_table(table_title(record), headers, rows)


def agreement_rows(record: Record) -> tuple[list[str], Rows]:
    """Return served against expected accuracy: difference, the parts of the gap, its bound, and whether it holds."""
    parts = gap_parts(record)
    bounded = present(record, ("gap_bound",))
    controlled = present(record, ("served_accuracy_controlled",))
    headers = [cell_head(record), "expected", "served", *("controlled" for _ in controlled), "served − expected",
               *(part.removeprefix("gap_").replace("_", " ") for part in parts), *(head for _ in bounded for head in ("bound", "holds"))]
    rows = []
    for cell in record.cells:
        if difference(cell) is None:
            continue
        seen = cell.estimates
        row = [cell.name, estimate_text(seen["expected_accuracy"]), estimate_text(seen["served_accuracy"])]
        row += [estimate_text(seen.get(name)) for name in controlled]
        row += [_signed(difference(cell)), *(estimate_text(seen.get(part), SIGNED_GAP) for part in parts)]
        row += [text for _ in bounded for text in (estimate_text(seen.get("gap_bound"), SIGNED_GAP), bound_holds(cell))]
        rows.append(row)
    return headers, rows


def agreement_table(record: Record) -> Table | None:
    """Return the agreement as a rich table; None where no cell has both an expected and a served accuracy."""
    headers, rows = agreement_rows(record)
    return fitting_table("Served against expected accuracy", headers, rows) if rows else None


def gap_parts(record: Record) -> tuple[str, ...]:
    """Return the names of the estimates that are parts of the gap, in order of first appearance."""
    names = {name: None for cell in record.cells for name in cell.estimates if name.startswith("gap_") and name != "gap_bound"}
    return tuple(names)


def difference(cell: CellRecord) -> float | None:
    """Return served minus expected accuracy; None where the cell lacks one of them."""
    served, expected = cell.estimates.get("served_accuracy"), cell.estimates.get("expected_accuracy")
    return served.value - expected.value if served and expected else None


def half_width(estimate: Estimate) -> float:
    """Return the larger half of the interval; 0 where the number is exact or has none."""
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return 0.0 if math.isnan(half) else half


def bound_holds(cell: CellRecord) -> str:
    """Return ``yes`` when |served − expected| <= bound + both half-widths, else ``no``; "" where there is no bound."""
    gap, bound = difference(cell), cell.estimates.get("gap_bound")
    if gap is None or bound is None or math.isnan(gap) or math.isnan(bound.value):
        return ""
    allowed = bound.value + half_width(cell.estimates["served_accuracy"]) + half_width(cell.estimates["expected_accuracy"])
    return "yes" if abs(gap) <= allowed else "no"


def _signed(value: float | None) -> str:
    if value is None or math.isnan(value):
        return number_text(math.nan)
    return ("+" if value > 0 else "") + number_text(value, SIGNED_GAP).replace("-", "−", 1)


def fitting_table(title: str, headers: list[str], rows: Rows) -> Table:
    """Return a rich table that fits 100 columns: intervals beside their numbers, else under them, else on two lines."""
    console = Console(width=1000)
    layouts = ((" ± ", " [", ", "), ("\n± ", "\n[", ", "), ("\n± ", "\n[", ",\n"))
    for plus_minus, bracket, comma in layouts:
        shown = [[row[0], *(_laid(text, plus_minus, bracket, comma) for text in row[1:])] for row in rows]
        table = plain_table(title, headers, shown)
        if console.measure(table).maximum <= WIDTH:
            break
    return table


def _laid(text: str, plus_minus: str, bracket: str, comma: str) -> str:
    if " / " in text and "\n" in plus_minus:
        return " /\n".join(text.split(" / "))
    return text.replace(" ± ", plus_minus).replace(" [", bracket).replace(", ", comma)


def plain_table(title: str, headers: list[str], rows: Rows) -> Table:
    """Return a rich table of texts: first column to the left, numbers to the right."""
    table = Table(title=title, box=SIMPLE_HEAD, title_style="bold", title_justify="left", pad_edge=False, width=None)
    for place, head in enumerate(headers):
        table.add_column(head, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*(text.replace("[", r"\[") for text in row))
    return table
