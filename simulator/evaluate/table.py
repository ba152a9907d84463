"""Outcomes from a table: the accuracy of every pattern, without a model."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.evaluate.blocks import TableOutcomes

PLACE = "outcomes"
Row = Mapping[str, str | None]


@dataclass(frozen=True)
class TableAccuracy:
    """The accuracy of each pattern of some components.

    Args:
        components: Names of the components, in the order of a pattern's columns.
        values: Accuracy by pattern number, shape ``(2**components,)``; bit i of the number is component i, 1 for up.
    """

    components: tuple[str, ...]
    values: NDArray[np.float64]

    @staticmethod
    def parse(text: str, block: TableOutcomes, components: Sequence[str]) -> TableAccuracy:
        """Return the table that a CSV text holds.

        Raises:
            ScenarioError: with all problems: a column that is missing, a pattern that is missing or there twice, a
                value that is not 0 or 1 for a component, or not in [0, 1] for an accuracy.
        """
        rows = csv.DictReader(text.splitlines())
        header = list(rows.fieldnames or ())
        problems = [*_column_problems(header, block, components)]
        if problems:
            raise ScenarioError(*problems)
        values = np.full(1 << len(components), np.nan)
        for number, row in enumerate(rows, 2):
            found = [*_row_problems(row, number, block, components)]
            if not found:
                pattern = sum(1 << place for place, name in enumerate(components) if row[name] == "1")
                if not np.isnan(values[pattern]):
                    found = [Problem(_at(block, number), f"the pattern {_text(pattern, components)} is there twice")]
                values[pattern] = float(row[block.column] or "nan")
            problems += found
        if problems := [*problems, *_missing_problems(values, block, components)]:
            raise ScenarioError(*problems)
        return TableAccuracy(tuple(components), values)

    def accuracy(self, up: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the accuracy of each pattern, shape ``(patterns,)``.

        Args:
            up: Which components are up, shape ``(patterns, components)``.
        """
        found: NDArray[np.float64] = self.values[up.astype(np.int64) @ (1 << np.arange(len(self.components)))]
        return found


def _at(block: TableOutcomes, row: int) -> str:
    return f"{block.path}:{row}"


def _text(pattern: int, components: Sequence[str]) -> str:
    return " ".join(f"{name}={pattern >> place & 1}" for place, name in enumerate(components))


def _column_problems(header: Sequence[str], block: TableOutcomes, components: Sequence[str]) -> Iterator[Problem]:
    for name in components:
        if name not in header:
            message = f"no column for the component {name!r}, which can fail"
            yield Problem(_at(block, 1), message, did_you_mean(name, header))
    if block.column not in header:
        way_out = did_you_mean(block.column, header)
        yield Problem(f"{PLACE}.column", f"{block.path} has no column {block.column!r}", way_out)


def _row_problems(row: Row, number: int, block: TableOutcomes, components: Sequence[str]) -> Iterator[Problem]:
    for name in components:
        if row[name] not in ("0", "1"):
            yield Problem(_at(block, number), f"{name} is {row[name]!r}", "write 1 for up and 0 for down")
    value = row[block.column]
    if not _is_accuracy(value):
        yield Problem(_at(block, number), f"{block.column} is {value!r}", "an accuracy is a number from 0 to 1")


def _is_accuracy(text: str | None) -> bool:
    try:
        return 0 <= float(text or "") <= 1
    except ValueError:
        return False


def _missing_problems(
    values: NDArray[np.float64], block: TableOutcomes, components: Sequence[str],
) -> Iterator[Problem]:
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        first = _text(int(missing[0]), components)
        message = f"{len(missing)} of {len(values)} patterns have no accuracy, the first is {first}"
        yield Problem(block.path, message, "give one row for each pattern")
