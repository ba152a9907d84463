"""Tables of a study with repeats: the points of the grid side by side, and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import FRACTION, covered, estimate_text, number_text
from simulator.study.record import Record
from simulator.study.repeats import points

MAIN = "expected_accuracy"
Row = dict[str, Any]


def rows_of(record: Record, estimate: str = MAIN) -> list[Row]:
    """Return the rows of the sums over repeats for one estimate."""
    return [row for row in record.repeats if row["estimate"] == estimate]


def as_estimate(row: Row) -> Estimate:
    """Return a row's number with the interval of all that is uncertain."""
    return Estimate(**{name: row[name] for name in ("value", "low", "high", "samples", "method", "uncertainty")})


def axes_of(rows: Sequence[Row]) -> tuple[list[str], str | None]:
    """Return the keys that name the rows of a table, and the one whose values are its columns: the last of several."""
    keys = list(rows[0]["label"]) if rows else []
    return (keys[:-1], keys[-1]) if len(keys) > 1 else (keys, None)


def side_by_side(rows: Sequence[Row]) -> tuple[list[str], Rows]:
    """Return heads and texts: a row for each value of the first axes, a column for each value of the last."""
    named, across = axes_of(rows)
    columns = list(dict.fromkeys(row["label"][across] for row in rows)) if across else [MAIN.replace("_", " ")]
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        name = tuple(row["label"][key] for key in named)
        text = f"{estimate_text(as_estimate(row))}{_deviation(row)}"
        found.setdefault(name, {})[row["label"][across] if across else columns[0]] = text
    heads = [", ".join(named) or "point", *columns]
    return heads, [[", ".join(name) or "all", *(texts.get(column, "") for column in columns)]
                   for name, texts in found.items()]


def _deviation(row: Row) -> str:
    spread = row["deviation"]
    return "" if spread is None or np.isnan(spread) else f" (sd {number_text(spread, FRACTION)})"


def tables(record: Record) -> list[FittingTable]:
    """Return the tables of a study with repeats; none where it has none."""
    rows = rows_of(record)
    if not rows:
        return []
    heads, texts = side_by_side(rows)
    repeats = max(row["samples"] for row in rows)
    caption = f"±: 95 % interval, {covered([as_estimate(row) for row in rows])}; sd: over {repeats} repeats"
    made = [FittingTable(f"{record.title}: expected accuracy", heads, texts, caption)]
    for base in dict.fromkeys(row["against"] for row in record.differences):
        heads, texts = side_by_side([row for row in record.differences if row["against"] == base])
        title = f"Expected accuracy, difference from {base}"
        made.append(FittingTable(title, heads, texts, "paired repeat by repeat and sample by sample"))
    heads, texts = individual(record)
    if texts:
        made.append(FittingTable("Accuracy when exactly one machine is down", heads, texts, "mean over repeats"))
    return made


def individual(record: Record) -> tuple[list[str], Rows]:
    """Return heads and texts of the accuracy of every individual failure, mean over repeats, for the first axis."""
    found: dict[str, dict[str, list[float]]] = {}
    for point in points(record.cells):
        name = next(iter(point.label.values()), "all")
        for cell in point.cells:
            for row in cell.tables.get("individual_failures", ()):
                found.setdefault(name, {}).setdefault(row["down"], []).append(row["accuracy"])
    downs = list(dict.fromkeys(down for by_down in found.values() for down in by_down))
    rows = [[name, *(number_text(float(np.mean(by_down[down]))) if down in by_down else "" for down in downs)]
            for name, by_down in found.items()]
    axis = next(iter(record.cells[0].label), "cell") if record.cells else "cell"
    return [axis, *(f"{down} down" for down in downs)], rows
