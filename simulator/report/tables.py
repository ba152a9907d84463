"""Tables: one row a cell, narrow enough for a terminal of 100 columns."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator.expect.estimate import Estimate
from simulator.report.numbers import (
    FRACTION,
    MILLISECONDS,
    PERCENT,
    SMALL,
    Style,
    estimate_text,
    number_text,
    present,
)
from simulator.study.record import CellRecord, Record

WIDTH = 100
CAPTION = "all up, expected, served, on time: accuracies; ± and []: 95 % intervals; without one: exact"
Rows = list[list[str]]


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
    "p50 ms": "median latency of answered requests",
    "p95 ms": "95th percentile of the latency of answered requests",
    "late %": "share of arrivals answered after the deadline",
    "lost %": "share of arrivals never answered",
}


def summary_rows(record: Record) -> tuple[list[str], Rows]:
    """Return the heads and, for each cell, the texts of the table that answers the question.

    Columns that no cell has an estimate for are left out; an estimate missing in one cell is an empty text.
    """
    columns = [column for column in SUMMARY if present(record, (column.name,))]
    rows = [[cell.name, *(estimate_text(cell.estimates.get(column.name), column.style) for column in columns)]
            for cell in record.cells]
    return [cell_head(record), *(column.head for column in columns)], rows


def cell_head(record: Record) -> str:
    """Return the head of the first column: what the sweep varies, or ``cell``."""
    keys = {", ".join(cell.label) for cell in record.cells}
    return keys.pop() if len(keys) == 1 and keys != {""} else "cell"


def table_title(record: Record) -> str:
    """Return the title; it says SYNTHETIC where the data are, and quick where the run was cut short."""
    marks = ["SYNTHETIC data"] * record.is_synthetic + ["quick run"] * record.is_quick
    return f"{record.title} ({', '.join(marks)})" if marks else record.title


def rich_table(record: Record) -> Table:
    """Return the summary as a rich table of at most 100 columns; intervals move under their numbers where they must."""
    headers, rows = summary_rows(record)
    table = fitting_table(table_title(record), headers, rows)
    table.caption = CAPTION
    return table


def agreement_rows(record: Record) -> tuple[list[str], Rows]:
    """Return served against expected accuracy: difference, the parts of the gap, its bound, and whether it holds."""
    controlled = present(record, ("served_accuracy_controlled",))
    parts, bounded = gap_parts(record), present(record, ("gap_bound",))
    headers = [cell_head(record), "expected", "served", *("controlled" for _ in controlled), "difference"]
    headers += [part.removeprefix("gap_").replace("_", " ") for part in parts] + ["bound", "holds"] * len(bounded)
    rows = []
    for cell in record.cells:
        gap, seen = difference(cell), cell.estimates
        if gap is not None:
            compared = ("expected_accuracy", "served_accuracy", *controlled)
            row = [cell.name, *(estimate_text(seen.get(name)) for name in compared)]
            row += [signed_text(gap), *(estimate_text(seen.get(name), SMALL) for name in (*parts, *bounded))]
            rows.append(row + [bound_holds(cell)] * len(bounded))
    return headers, rows


def agreement_table(record: Record) -> Table | None:
    """Return the agreement as a rich table; None where no cell has both an expected and a served accuracy."""
    headers, rows = agreement_rows(record)
    return fitting_table("Served against expected accuracy", headers, rows) if rows else None


def gap_parts(record: Record) -> tuple[str, ...]:
    """Return the names of the estimates that are parts of the gap, in order of name."""
    names = {name for cell in record.cells for name in cell.estimates if name.startswith("gap_")}
    return tuple(sorted(names - {"gap_bound"}))


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
    spread = half_width(cell.estimates["served_accuracy"]) + half_width(cell.estimates["expected_accuracy"])
    return "yes" if abs(gap) <= bound.value + spread else "no"


def signed_text(value: float) -> str:
    """Return a difference with its sign.

    >>> signed_text(-0.004), signed_text(0.0021)
    ('−0.0040', '+0.0021')
    """
    text = number_text(abs(value), SMALL)
    return f"+{text}" if value > 0 else f"−{text}" if value < 0 else text


def fitting_table(title: str, headers: list[str], rows: Rows) -> Table:
    """Return a rich table that fits 100 columns: intervals beside their numbers, else under them, else on two lines."""
    console = Console(width=1000)
    layouts = ((" ± ", " [", ", "), ("\n± ", "\n[", ", "), ("\n± ", "\n[", ",\n"))
    for plus_minus, bracket, comma in layouts:
        shown = [[row[0], *(_laid(text, plus_minus, bracket, comma) for text in row[1:])] for row in rows]
        heads = [head.replace(" %", "\n%").replace(" ms", "\nms") if "\n" in plus_minus else head for head in headers]
        table = plain_table(title, heads, shown)
        if console.measure(table).maximum <= WIDTH:
            break
    return table


def _laid(text: str, plus_minus: str, bracket: str, comma: str) -> str:
    return text.replace(" ± ", plus_minus).replace(" [", bracket).replace(", ", comma)


def plain_table(title: str, headers: list[str], rows: Rows) -> Table:
    """Return a rich table of texts: first column to the left, numbers to the right."""
    table = Table(title=Text(title), box=SIMPLE_HEAD, title_style="bold", title_justify="left", pad_edge=False,
                  caption_justify="left")
    for place, head in enumerate(headers):
        table.add_column(Text(head), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text) for text in row))
    return table
