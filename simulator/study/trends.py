"""What the cells of a study say side by side: slopes along an axis, and which number foretells which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.student import columns
from simulator.expect.trend_blocks import TrendBlock
from simulator.expect.trends import foretells, slope_over_repeats
from simulator.scenario.designs import points_of
from simulator.scenario.load import Loaded
from simulator.scenario.trending import axis_among, number_keys
from simulator.study.record import CellRecord
from simulator.study.repeats import points

Floats = NDArray[np.float64]
SLOPE = "slope"


def trend_rows(loaded: Loaded, cells: Sequence[CellRecord]) -> list[dict[str, Any]]:
    """Return a row for each slope and each coefficient that ``trends`` asks for; none where it is not asked.

    ``of``: the number; ``against``: the axis, or the number that is foretold; ``statistic``: slope, pearson, kendall or
    rank_loss; then the estimate. A slope's row also has ``x``, ``y`` (geometric means over repeats), ``y_low`` and
    ``y_high`` (Student's t over the logarithms).
    """
    block = loaded.scenario.trends
    return [] if block is None else [*_slopes(block, loaded, cells), *_foretold(block, loaded, cells)]


def check_names(loaded: Loaded, cell: CellRecord) -> None:
    """Raise ScenarioError where a number is asked for that this cell, the first, does not have."""
    block = loaded.scenario.trends
    if block is None:
        return
    asked = [(f"trends.slopes.{place}", name) for place, name in enumerate(block.slopes)]
    for truth, names in block.foretold.items():
        asked += [("trends.foretold", truth), *((f"trends.foretold.{truth}.{n}", name) for n, name in enumerate(names))]
    known = numbers(cell)
    wrong = [Problem(loaded.place(place), f"the first cell has no number {name!r}", did_you_mean(name, list(known)))
             for place, name in asked if name not in _grid(loaded)[0] and name not in known]
    if wrong:
        raise ScenarioError(*wrong)


def numbers(cell: CellRecord) -> dict[str, float]:
    """Return the numbers of a cell: its estimates, and each number of a table as ``table.row.column``.

    A row is named by its first text, columns in the order of the alphabet: a record's file keeps no other.
    """
    found = {name: estimate.value for name, estimate in cell.estimates.items()}
    for table, rows in cell.tables.items():
        for row in rows:
            named = next((row[key] for key in sorted(row) if isinstance(row[key], str)), "")
            found |= {f"{table}.{named}.{column}": float(value) for column, value in row.items()
                      if isinstance(value, int | float) and not isinstance(value, bool)}
    return found


def _grid(loaded: Loaded) -> list[Mapping[str, Any]]:
    """Return the values that each point of the grid sets, in order."""
    return [point.values for point in points_of(loaded.scenario, loaded.model)]


def _slopes(block: TrendBlock, loaded: Loaded, cells: Sequence[CellRecord]) -> Iterator[dict[str, Any]]:
    at = _grid(loaded)
    axis = axis_among(block.along, number_keys(at))
    if axis is None:
        return
    grid, x = points(cells), np.array([float(point[axis]) for point in at])
    for name in block.slopes:
        y = np.array([[numbers(cell).get(name, np.nan) for cell in point.cells] for point in grid]).T
        yield {"of": name, "against": axis, "statistic": SLOPE, **slope_over_repeats(x, y).as_dict(), **_line(x, y)}


def _line(x: Floats, y: Floats) -> dict[str, list[float]]:
    if not np.all(y > 0):
        return {}
    middle, half = columns(np.log(y))
    half = np.nan_to_num(half)
    return {"x": x.tolist(), "y": np.exp(middle).tolist(), "y_low": np.exp(middle - half).tolist(),
            "y_high": np.exp(middle + half).tolist()}


def _foretold(block: TrendBlock, loaded: Loaded, cells: Sequence[CellRecord]) -> Iterator[dict[str, Any]]:
    grid, at = points(cells), _grid(loaded)

    def values(name: str) -> Floats:
        return np.array([[float(here[name]) if name in here else numbers(cell).get(name, np.nan)
                          for cell in point.cells] for point, here in zip(grid, at, strict=True)]).T

    for truth, names in block.foretold.items():
        for name in names:
            for statistic, found in foretells(values(name), values(truth)).items():
                yield {"of": name, "against": truth, "statistic": statistic, **found.as_dict()}
