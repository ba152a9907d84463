"""Crashes inside the networks of a study with repeats: each point of the grid, the mean over its trainings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.expect.student import student_mean
from simulator.report.fitting import FittingTable, Rows
from simulator.report.numbers import FRACTION, NOT_SEEN, SMALL, Style, estimate_text
from simulator.report.repeats_table import as_estimate
from simulator.study.record import CellRecord, Record
from simulator.study.repeats import Point, points

CAPTION = "mean over {repeats} repeats, ±: 95 %, Student t over them (training seed and draws)"
BASELINE = "baseline"  # orders networks, and says nothing of an error's size
OF_ERRORS = (("deviation", "Deviation of an output's error"), ("size", "Size of the mean error"))
ANSWERS = {"without": "neuron_{}_without", "with": "neuron_{}", "change": "neuron_{}_change",
           "loss change": "neuron_loss_change"}


def repeated_tables(record: Record) -> list[FittingTable]:
    """Return the answers, the deviation and the mean of errors, and the growth of the loss; none without repeats."""
    if not record.repeats or not any(cell.tables.get("neuron_errors") for cell in record.cells):
        return []
    grid = points(record.cells)
    caption = CAPTION.format(repeats=len(grid[0].cells))
    heads, rows = answer_rows(record, grid)
    tables = [FittingTable("Answers while neurons crash", heads, rows, caption)]
    tables += [FittingTable(title, *estimator_rows(grid, "neuron_errors", column), caption)
               for column, title in OF_ERRORS]
    return [*tables, FittingTable("Growth of the loss", *estimator_rows(grid, "neuron_losses", "mean"), caption)]


def answer_rows(record: Record, grid: Sequence[Point]) -> tuple[list[str], Rows]:
    """Return heads and a row for each point: its score without and with crashes."""
    score = "mae" if any("neuron_mae" in cell.estimates for cell in record.cells) else "accuracy"
    found = {(tuple(row["label"].items()), row["estimate"]): as_estimate(row) for row in record.repeats}
    rows = [[_name(point), *(estimate_text(found.get((tuple(point.label.items()), name.format(score))), FRACTION)
                             for name in ANSWERS.values())] for point in grid]
    return [_axes(grid), f"{score} without", *list(ANSWERS)[1:]], rows


def estimator_rows(grid: Sequence[Point], table: str, column: str) -> tuple[list[str], Rows]:
    """Return heads and a row for each estimator, a column for each point: the mean over its cells."""
    names = [row["estimator"] for row in grid[0].cells[0].tables.get(table, ()) if row.get("kind") != BASELINE]
    known = [name for name in names if _values(grid[0].cells, table, name, column)]
    rows = [[_words(name), *(_text(_values(point.cells, table, name, column)) for point in grid)] for name in known]
    return [_axes(grid), *(_name(point) for point in grid)], rows


def _values(cells: Sequence[CellRecord], table: str, name: str, column: str) -> list[float]:
    found = [row.get(column) for cell in cells for row in cell.tables.get(table, ()) if row["estimator"] == name]
    return [float(value) for value in found if value is not None and not math.isnan(value)]


def _text(values: list[float]) -> str:
    if not values:
        return NOT_SEEN
    one = student_mean(np.array(values))
    return estimate_text(one, _style(one))


def _style(one: Estimate) -> Style:
    return FRACTION if abs(one.value) >= 0.1 else SMALL


def _axes(grid: Sequence[Point]) -> str:
    return ", ".join(key.rpartition(".")[2].replace("_", " ") for key in grid[0].label) or "all"


def _name(point: Point) -> str:
    return ", ".join(point.label.values()) or "all"


def _words(name: str) -> str:
    return name.replace("_", " ").replace("monte carlo", "Monte Carlo")
