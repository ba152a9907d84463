"""A study with repeats, summed up: every point of the grid over its repeats, and paired differences between points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.expect.repeats import TEST, Clusters, Repeated, over_repeats
from simulator.scenario.labels import REPEAT
from simulator.study.record import CellRecord, Record

Label = dict[str, str]
OTHER_SAMPLES = frozenset({"data", "model", "outcomes", "seed"})
CLUSTERED = "expected_accuracy"  # the estimate whose worth by cluster is in the record


@dataclass(frozen=True)
class Point:
    """A point of the grid: its label without the repeat, and its cells, repeat by repeat."""

    label: Label
    cells: tuple[CellRecord, ...]


def points(cells: Sequence[CellRecord]) -> list[Point]:
    """Return the points of a grid in the order of their first cells."""
    found: dict[tuple[tuple[str, str], ...], list[CellRecord]] = {}
    for cell in cells:
        found.setdefault(tuple((key, value) for key, value in cell.label.items() if key != REPEAT), []).append(cell)
    return [Point(dict(label), tuple(members)) for label, members in found.items()]


def summed_up(cells: Sequence[CellRecord], *, is_one_test_set: bool) -> list[dict[str, Any]]:
    """Return a row for each point and estimate: ``label, estimate, value, low, high, samples, method, ...``.

    ``deviation`` is the standard deviation over repeats; ``training_half`` and ``test_half`` are the half-widths of the
    intervals of one uncertainty alone, None where it cannot be told apart.

    Args:
        cells: All cells of the study.
        is_one_test_set: Whether all repeats are judged on the same samples.
    """
    return [row for point in points(cells) for row in _rows(point, is_one_test_set)]


def _rows(point: Point, is_one_test_set: bool) -> Iterator[dict[str, Any]]:
    for name in sorted(point.cells[0].estimates):  # a cell that was found has them in another order than a new one
        values = np.array([cell.estimates[name].value for cell in point.cells if name in cell.estimates])
        if np.isnan(values).any():
            continue
        clusters = [clusters_of(cell) for cell in point.cells] if name == CLUSTERED else []
        known = [each for each in clusters if each is not None]
        yield {"label": point.label, "estimate": name,
               **_plain(over_repeats(values, known, is_one_test_set=is_one_test_set))}


def over_points(record: Record) -> list[tuple[Label, dict[str, Estimate]]]:
    """Return the points of a record's grid with their estimates: over the repeats, where there are any."""
    if not record.repeats:
        return [(cell.label, cell.estimates) for cell in record.cells]
    found: dict[tuple[tuple[str, str], ...], dict[str, Estimate]] = {}
    for row in record.repeats:
        numbers = {name: row[name] for name in ("value", "low", "high", "samples", "method", "uncertainty")}
        found.setdefault(tuple(row["label"].items()), {})[row["estimate"]] = Estimate(**numbers)
    return [(dict(label), estimates) for label, estimates in found.items()]


def differences(cells: Sequence[CellRecord], *, is_one_test_set: bool, against: Sequence[str] = (),
                ) -> list[dict[str, Any]]:
    """Return how expected accuracy differs from that of values of the grid's first axis, paired by repeat.

    Seeds, samples and failures are the same on both sides, so that what they have in common cancels. The rows are those
    of ``summed_up``, with ``against``: the value of the first axis that is subtracted. No pair is reported twice.

    Args:
        cells: All cells of the study.
        is_one_test_set: Whether all repeats are judged on the same samples.
        against: Values of the first axis, as in labels; without any it is the first value.
    """
    grid = points(cells)
    axis = next(iter(grid[0].label), None) if grid else None
    if axis is None:
        return []
    by_label = {tuple(point.label.items()): point for point in grid}
    rows, earlier = [], set[str]()
    for base in against or [grid[0].label[axis]]:
        earlier.add(base)
        for point in grid:
            other = by_label.get(tuple({**point.label, axis: base}.items()))
            if other is not None and point.label[axis] not in earlier and _is_paired(point, other):
                rows.append({"label": point.label, "against": base, "estimate": CLUSTERED,
                             **_plain(_difference(point, other, is_one_test_set))})
    return rows


def is_comparable(cells: Sequence[CellRecord]) -> bool:
    """Return whether the cells of a sweep without repeats can be compared pair by pair.

    They can where expected accuracy is exact but for the test set, which is the same for all, so that what is hard for
    every cell cancels. Cells on other data or of another model file are not: their samples may be others.
    """
    if len(cells) < 2 or not all(CLUSTERED in cell.estimates for cell in cells):
        return False
    if any(key.partition(".")[0] in OTHER_SAMPLES for key in cells[0].label):
        return False
    clusters = [clusters_of(cell) for cell in cells]
    first = clusters[0]
    return first is not None and all(
        each is not None and np.array_equal(each.samples, first.samples)
        and cell.estimates[CLUSTERED].uncertainty == TEST and "expected_accuracy_sampling" not in cell.estimates
        for cell, each in zip(cells, clusters, strict=True))


def _difference(point: Point, other: Point, is_one_test_set: bool) -> Repeated:
    pairs = list(zip(point.cells, other.cells, strict=True))
    values = np.array([a.estimates[CLUSTERED].value - b.estimates[CLUSTERED].value for a, b in pairs])
    clusters = [(clusters_of(a), clusters_of(b)) for a, b in pairs]
    known = [a.minus(b) for a, b in clusters if a is not None and b is not None]
    return over_repeats(values, known, is_one_test_set=is_one_test_set)


def _is_paired(point: Point, other: Point) -> bool:
    cells = (*point.cells, *other.cells)
    return len(point.cells) == len(other.cells) and all(CLUSTERED in cell.estimates for cell in cells)


def clusters_of(cell: CellRecord) -> Clusters | None:
    """Return the worth of a cell by cluster, None where its record does not have it."""
    for row in cell.tables.get("clusters", ()):
        return Clusters(np.array(row["samples"]), np.array(row["worth"]))
    return None


def _plain(found: Repeated) -> dict[str, Any]:
    return {**found.estimate.as_dict(), "deviation": found.deviation,
            "training_half": found.training.high - found.training.value,
            "test_half": found.test.high - found.test.value if found.test else None}
