"""The cells of a run as one table: what the sweep varies, and estimates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.estimate import Estimate
from simulator.report.fitting import FittingTable
from simulator.report.numbers import FRACTION, MILLISECONDS, Style, estimate_text
from simulator.report.tables import INTERVALS, SUMMARY
from simulator.study.record import CellRecord
from simulator.study.tidy import unit_of
from simulator.study.whole import CellsOfRun

ALL = "all"
MOST_UNASKED = 6  # estimates that are shown where none of the summary's are there


def results_table(found: CellsOfRun, names: Sequence[str] | None = None, sort: str | None = None,
                  width: int | None = None) -> FittingTable:
    """Return the table of the cells of a run.

    Args:
        found: The cells.
        names: Estimates to show, or ``["all"]``; None: those of the summary.
        sort: Estimate by which the cells are sorted, the highest first; those without it are last.
        width: Columns of the terminal: estimates that were not asked for are left out as far as they do not fit.

    Raises:
        ScenarioError: no cell has such an estimate.
    """
    known = list(dict.fromkeys(name for cell in found.cells for name in sorted(cell.estimates)))
    asked = [*(names or ()), *([sort] if sort else [])]
    problems = [Problem("option --columns" if name in (names or ()) else "option --sort", f"no estimate {name!r}",
                        did_you_mean(name, known)) for name in asked if name not in (*known, ALL)]
    if problems:
        raise ScenarioError(*problems)
    shown = _shown(known, names)
    cells = sorted(found.cells, key=lambda cell: _rank(cell, sort)) if sort else list(found.cells)
    table, left_out = _table(found.title, cells, shown), list[str]()
    while names is None and width is not None and len(shown) > 1 and not _fits(table, width):
        left_out.insert(0, shown.pop())
        table = _table(found.title, cells, shown)
    more = f"; --columns shows more: {', '.join(left_out)}" if left_out else ""
    return replace(table, caption=f"{INTERVALS}{more}")


def _table(title: str, cells: Sequence[CellRecord], shown: Sequence[str]) -> FittingTable:
    keys = list(dict.fromkeys(key for cell in cells for key in cell.label))
    heads = [*(keys or ["cell"]), *(_head(name) for name in shown)]
    rows = [[*([cell.label.get(key, "") for key in keys] or [cell.name]),
             *(_text(name, cell.estimates.get(name)) for name in shown)] for cell in cells]
    return FittingTable(f"{title}: {len(cells)} cell{'s' * (len(cells) != 1)}", heads, rows)


def _fits(table: FittingTable, width: int) -> bool:
    """Return whether the cells are rows at a width, each of them with all columns."""
    shown = table.tables(width)
    return len(shown) == 1 and len(shown[0].columns) == len(table.headers) and shown[0].row_count == len(table.rows)


def lines(table: FittingTable) -> Iterator[str]:
    """Yield a table of very many rows line by line, however wide."""
    widths = [max(map(len, column)) for column in zip(table.headers, *table.rows, strict=True)]
    yield table.title
    for row in [table.headers, *table.rows]:
        yield "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
    yield table.caption


def _shown(known: Sequence[str], names: Sequence[str] | None) -> list[str]:
    if names is not None:
        return list(known) if ALL in names else list(names)
    return [column.name for column in SUMMARY if column.name in known] or list(known)[:MOST_UNASKED]


def _rank(cell: CellRecord, sort: str | None) -> tuple[bool, float]:
    estimate = cell.estimates.get(sort or "")
    is_missing = estimate is None or math.isnan(estimate.value)
    return is_missing, 0.0 if estimate is None or is_missing else -estimate.value


def _head(name: str) -> str:
    unit = unit_of(name)
    return name if unit in ("fraction", "") or name.endswith(f"_{unit}") else f"{name} {unit}"


def _text(name: str, estimate: Estimate | None) -> str:
    style: Style = MILLISECONDS if unit_of(name) == "ms" else FRACTION
    return estimate_text(estimate, style)
