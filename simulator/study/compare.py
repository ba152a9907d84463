"""Two runs side by side: cells paired by what they share, and the differences of their estimates, with intervals.

Where root seeds agree, two cells met the same failures and arrivals, replication by replication, and the same test
samples: what they have in common cancels in the difference (common random numbers).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.expect.repeats import over_repeats
from simulator.expect.student import student_mean
from simulator.scenario.labels import REPEAT
from simulator.study.record import CellRecord, Record
from simulator.study.repeats import CLUSTERED, OTHER_SAMPLES, Point, clusters_of, points

REPLICATIONS = "replications"
SAMPLED = "expected_accuracy_sampling"
ROUNDING = 1e-12
LEFT_OUT = ("gap_",)  # parts of a difference themselves
SAME_NUMBER = ("_sampling", "_bounds", "_inputs")  # another interval of it


@dataclass(frozen=True)
class Difference:
    """One estimate of two cells that belong together.

    Args:
        label: What the cells share, and what only one of them says.
        estimate: The name of the estimate.
        before: That of the first run.
        after: That of the second.
        change: The second less the first; its method says how they were paired.
    """

    label: Mapping[str, str]
    estimate: str
    before: Estimate
    after: Estimate
    change: Estimate

    @property
    def differs(self) -> bool:
        """Whether the difference is told from 0."""
        slack = ROUNDING * max(abs(self.before.value), abs(self.after.value), 1.0)
        return self.change.low > slack or self.change.high < -slack


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side.

    Args:
        differences: Of every estimate that both cells of a pair have.
        alone: Labels of the points that have no partner, each with the number of its run, 1 or 2.
        is_common: Whether both have one root seed.
    """

    differences: tuple[Difference, ...]
    alone: tuple[tuple[int, Mapping[str, str]], ...]
    is_common: bool


def compared(first: Record, second: Record) -> Comparison:
    """Return two runs side by side."""
    ours, theirs = points(first.cells), points(second.cells)
    keys = [key for key in _keys(ours) if key in _keys(theirs)]
    found: list[Difference] = []
    matched: set[int] = set()
    alone: list[tuple[int, Mapping[str, str]]] = []
    for one in ours:
        partners = [other for other in theirs if all(other.label[key] == one.label[key] for key in keys)]
        matched |= {id(other) for other in partners}
        alone += [] if partners else [(1, one.label)]
        for other in partners:
            found += _differences(Pair(one, other, first, second))
    alone += [(2, other.label) for other in theirs if id(other) not in matched]
    return Comparison(tuple(found), tuple(alone), first.seed == second.seed)


def _keys(grid: list[Point]) -> list[str]:
    return [key for key in grid[0].label if key != REPEAT] if grid else []


@dataclass(frozen=True)
class Pair:
    """Two points that belong together, with the records that they are of."""

    one: Point
    other: Point
    first: Record
    second: Record

    @property
    def label(self) -> dict[str, str]:
        """What both say, and what only one of them does."""
        return {**self.one.label, **self.other.label}

    @property
    def unshared(self) -> set[str]:
        """The first words of the keys that only one of them has."""
        return {key.partition(".")[0] for key in set(self.one.label) ^ set(self.other.label)}

    @property
    def is_common(self) -> bool:
        """Whether both met the same draws: one root seed, as many repeats."""
        return (self.first.seed == self.second.seed and "seed" not in self.unshared
                and len(self.one.cells) == len(self.other.cells))

    @property
    def is_one_test_set(self) -> bool:
        """Whether both were judged on the same samples."""
        same = self.first.scenario["model"].get("data") == self.second.scenario["model"].get("data")
        return same and self.is_common and not self.unshared & OTHER_SAMPLES

    @property
    def cells(self) -> list[tuple[CellRecord, CellRecord]]:
        """The cells of both, repeat by repeat."""
        return list(zip(self.one.cells, self.other.cells, strict=False))


def _differences(pair: Pair) -> Iterator[Difference]:
    mine, theirs = _estimates(pair.one, pair.first), _estimates(pair.other, pair.second)
    for name, before in mine.items():
        if name in theirs and not name.startswith(LEFT_OUT) and not name.endswith(SAME_NUMBER):
            yield Difference(pair.label, name, before, theirs[name], _change(pair, name, before, theirs[name]))


def _estimates(point: Point, record: Record) -> dict[str, Estimate]:
    """Return the estimates of a point: those over its repeats where there are any."""
    names = ("value", "low", "high", "samples", "method", "uncertainty")
    over = {row["estimate"]: Estimate(**{name: row[name] for name in names}) for row in record.repeats
            if row["label"] == point.label}
    return over or dict(point.cells[0].estimates)


def _change(pair: Pair, name: str, before: Estimate, after: Estimate) -> Estimate:
    """Return the second less the first, as narrow as what they share allows."""
    if all(one.hash == other.hash for one, other in pair.cells) and len(pair.one.cells) == len(pair.other.cells):
        return Estimate(0.0, 0.0, 0.0, before.samples, "the same cell")
    if _is_exact(before) and _is_exact(after):
        value = after.value - before.value
        return Estimate(value, value, value, before.samples, "both exact")
    if pair.is_common and (paired := _paired(pair, name)):
        return paired
    return independent(before, after)


def _paired(pair: Pair, name: str) -> Estimate | None:
    """Return a difference whose parts are paired, None where nothing pairs them."""
    if len(pair.one.cells) > 1:
        return _by_repeat(pair, name)
    (one, other), = pair.cells
    if name == CLUSTERED:
        return _by_sample(one, other) if pair.is_one_test_set else None
    values = [_values(cell, name) for cell in (one, other)]
    if values[0] is None or values[1] is None:
        return None
    count = min(len(values[0]), len(values[1]))
    found = student_mean(values[1][:count] - values[0][:count])
    is_part = count < max(len(values[0]), len(values[1]))
    method = f"paired over {'the first ' * is_part}{found.samples} replications"
    return _named(found, method) if found.samples > 1 else None


def _by_repeat(pair: Pair, name: str) -> Estimate:
    changes = [other.estimates[name].value - one.estimates[name].value for one, other in pair.cells]
    clusters = [(clusters_of(one), clusters_of(other)) for one, other in pair.cells] if name == CLUSTERED else []
    known = [b.minus(a) for a, b in clusters if a is not None and b is not None and a.samples.shape == b.samples.shape]
    found = over_repeats(np.array(changes), known if pair.is_one_test_set else [],
                         is_one_test_set=pair.is_one_test_set).estimate
    return _named(found, f"paired over {len(changes)} repeats")


def _by_sample(one: CellRecord, other: CellRecord) -> Estimate | None:
    """Return the difference of expected accuracy paired by test sample, with what draws of patterns add to it."""
    mine, theirs = clusters_of(one), clusters_of(other)
    if mine is None or theirs is None or not np.array_equal(mine.samples, theirs.samples):
        return None
    value = other.estimates[CLUSTERED].value - one.estimates[CLUSTERED].value
    found = over_repeats(np.array([value]), [theirs.minus(mine)]).estimate
    draws = [half_width(cell.estimates[SAMPLED]) for cell in (one, other) if SAMPLED in cell.estimates]
    more = math.hypot(half_width(found), *draws) if draws else half_width(found)
    return Estimate(value, value - more, value + more, found.samples, f"paired over {found.samples} clusters",
                    found.uncertainty)


def _values(cell: CellRecord, name: str) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    for row in cell.tables.get(REPLICATIONS, ()):
        if row["estimate"] == name:
            return np.array([math.nan if value is None else value for value in row["values"]])
    return None


def independent(before: Estimate, after: Estimate) -> Estimate:
    """Return the difference of two estimates that share nothing: the sides of their intervals add as squares do.

    Where they do share something, such as a test set, that is wider than need be.
    """
    value = after.value - before.value
    low = value - math.hypot(after.value - after.low, before.high - before.value)
    high = value + math.hypot(after.high - after.value, before.value - before.low)
    return Estimate(value, low, high, min(before.samples, after.samples), "not paired", after.uncertainty)


def half_width(estimate: Estimate) -> float:
    """Return half of an interval."""
    return (estimate.high - estimate.low) / 2


def _is_exact(estimate: Estimate) -> bool:
    return estimate.uncertainty == "none" and estimate.high - estimate.low <= ROUNDING * max(1.0, abs(estimate.value))


def _named(estimate: Estimate, method: str) -> Estimate:
    return Estimate(estimate.value, estimate.low, estimate.high, estimate.samples, method, estimate.uncertainty)


def changed_settings(first: Any, second: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield what two scenarios, as plain values, differ in: the dotted key and both values; None where there is none.

    >>> list(changed_settings({"a": {"b": 1}, "c": [1, 2]}, {"a": {"b": 2}, "c": [1, 2]}))
    [('a.b', 1, 2)]
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys([*first, *second]):
            yield from changed_settings(first.get(key), second.get(key), f"{path}.{key}" if path else key)
    elif isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for place, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from changed_settings(one, other, f"{path}.{place}")
    elif first != second:
        yield path, first, second
