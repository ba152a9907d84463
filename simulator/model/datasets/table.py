"""Any table of the user's own, with a column of labels and, where rows are alike, a column of groups."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.datasets.blocks import TableData
from simulator.model.datasets.dataset import Array, DataSet, split
from simulator.model.datasets.files import arrays_of, existing
from simulator.model.datasets.scale import scaled


@dataclass(frozen=True)
class Columns:
    """What is read of a table.

    Args:
        x: Samples, shape ``(rows, features)`` or, of one array of an npz, ``(rows, *shape)``.
        label: One entry a row.
        group: One entry a row, as text; None where each row stands for itself.
    """

    x: Array
    label: Array
    group: Array | None


def load_table(block: TableData, base: Path) -> DataSet:
    """Return the table's rows as samples; clusters are the groups.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: columns are missing or hold no numbers, or groups are not there.
    """
    path = existing(base / block.path)
    columns = _npz(path, block) if path.suffix == ".npz" else _csv(path, block)
    if not np.isfinite(columns.x).all():
        row = int(np.argwhere(~np.isfinite(columns.x))[0][0])
        raise ScenarioError(Problem("data.path", f"row {row + 1} of {str(path)!r} has a value that is no finite number",
                                    "fill it in or leave the row out"))
    x = _folded(columns.x, block, path)
    y, classes = _targets(columns.label, block) if block.target else _classes(columns.label, block)
    is_test, groups = _held_out(columns, block)
    x = scaled(x, is_test, standardise=block.standardise)
    made = split(x, y, is_test, groups, title=path.stem, classes=block.classes or classes)
    return replace(made, unit=block.unit)


def _folded(x: Array, block: TableData, path: Path) -> Array:
    if block.shape is None:
        return x
    if math.prod(block.shape) != math.prod(x.shape[1:]):
        told = f"{list(block.shape)} does not hold the {math.prod(x.shape[1:])} features of a row of {str(path)!r}"
        raise ScenarioError(Problem("data.shape", told, "write a shape of as many numbers, or leave it out"))
    return x.reshape(len(x), *block.shape)


def _targets(target: Array, block: TableData) -> tuple[Array, int]:
    """Return the number of each row, and that one number is an answer."""
    try:
        numbers = target.astype(np.float64)
        is_number = np.isfinite(numbers)
    except ValueError:
        is_number = np.array([_is_number(text) for text in target])
    if not is_number.all():
        told = f"column {block.target!r} holds {str(target[~is_number][0])!r}, which is no number"
        raise ScenarioError(Problem("data.target", told, "fill it in or leave the row out; for classes write label"))
    return numbers, 1


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _classes(label: Array, block: TableData) -> tuple[Array, int]:
    """Return the class of each row and their number: whole numbers as they are, words in alphabetical order."""
    try:
        numbers = label.astype(np.float64)
    except ValueError:
        words, y = np.unique(label, return_inverse=True)
        return y.astype(np.int64), len(words)
    strange = label[~(np.isfinite(numbers) & (numbers == np.floor(numbers)))]
    if len(strange):
        told = f"column {block.label!r} holds {str(strange[0])!r}, which is no class"
        raise ScenarioError(Problem("data.label", told, "write whole numbers from 0, or words"))
    return numbers.astype(np.int64), int(numbers.max()) + 1


def _held_out(columns: Columns, block: TableData) -> tuple[Array, Array]:
    """Return which rows are test rows, and the number of each row's group."""
    count = len(columns.label)
    if columns.group is None:
        if block.test_groups:
            told = f"{list(block.test_groups)} are named, but no column of groups"
            raise ScenarioError(Problem("data.test_groups", told, "write data.group"))
        shares = np.floor(np.arange(count + 1) * block.test_share + 1e-9)
        return np.diff(shares) > 0, np.arange(count)
    names, first, number = np.unique(columns.group, return_index=True, return_inverse=True)
    asked = [str(name) for name in block.test_groups]
    unknown = [name for name in asked if name not in names]
    if unknown:
        raise ScenarioError(*(Problem("data.test_groups", f"no group {name!r} in column {block.group!r}",
                                      did_you_mean(name, map(str, names[:20]))) for name in unknown))
    by_appearance = np.argsort(first)
    last = math.ceil(len(names) * block.test_share - 1e-9)  # a tenth of ten groups is one, whatever floats say
    held = np.isin(names, asked).nonzero()[0] if asked else by_appearance[-last:]
    return np.isin(number, held), number


# -- csv ---------------------------------------------------------------------------------------------------------------


def _csv(path: Path, block: TableData) -> Columns:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = list(block.columns) or [name.strip() for name in next(reader, [])]
            first = next(filter(None, reader), None)
            has_rows = first is not None
        if not has_rows:
            raise ScenarioError(Problem("data.path", f"{str(path)!r} holds no rows",
                                        "write a header and one row a sample"))
        if block.columns and first is not None and len(first) != len(header):
            raise ScenarioError(Problem("data.columns", f"{len(header)} names for the {len(first)} columns of "
                                        f"{str(path)!r}", "write a name for each, in order"))
        features, skip = _features(header, block, path), 0 if block.columns else 1
        named = [header.index(name) for name in (block.truth, block.group) if name is not None]
        words = _read(path, named, str, skip)
        x = _read(path, [header.index(name) for name in features], np.float32, skip)
    except (OSError, ValueError, csv.Error) as error:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} is not a table of numbers: {error}",
                                    "write numbers, or name other columns in data.features")) from error
    words = np.char.strip(words)
    return Columns(x, words[:, 0], words[:, 1] if block.group is not None else None)


def _read(path: Path, columns: Sequence[int], kind: type, skip: int) -> Array:
    table: Array = np.loadtxt(path, dtype=kind, delimiter=",", skiprows=skip, quotechar='"', comments=None,
                              usecols=columns, ndmin=2, encoding="utf-8-sig")
    return table


# -- npz ---------------------------------------------------------------------------------------------------------------


def _npz(path: Path, block: TableData) -> Columns:
    """Return an npz as a table: its arrays are the columns, side by side; a single one keeps its shape."""
    raw = arrays_of(path)
    features = _features(list(raw), block, path)
    count = len(raw[block.truth].reshape(-1))
    named = [*features, *([block.group] if block.group is not None else [])]
    short = [name for name in named if not raw[name].shape or len(raw[name]) != count]
    words = [name for name in features if name not in short and raw[name].dtype.kind not in "biuf"]
    problems = [Problem("data.path", f"array {name!r} of {str(path)!r} has no entry for each of the {count} labels",
                        "name the columns in data.features") for name in short]
    problems += [Problem("data.path", f"array {name!r} of {str(path)!r} holds no numbers",
                         "name the columns in data.features") for name in words]
    if problems:
        raise ScenarioError(*problems)
    whole = raw[features[0]] if len(features) == 1 else np.concatenate([raw[f].reshape(count, -1) for f in features], 1)
    x = whole.reshape(count, -1) if whole.ndim == 1 else whole
    group = raw[block.group].reshape(-1).astype(str) if block.group is not None else None
    return Columns(x, raw[block.truth].reshape(-1), group)


def _features(names: Sequence[str], block: TableData, path: Path) -> list[str]:
    """Return the columns of a sample; all columns that are named are there, once."""
    wanted = [block.truth, *([block.group] if block.group is not None else []), *block.features]
    problems = [Problem("data.path", f"{str(path)!r} has no column {name!r}", did_you_mean(name, names))
                for name in wanted if name not in names]
    problems += [Problem("data.path", f"{str(path)!r} has more than one column {name!r}", "give each a name of its own")
                 for name in sorted({name for name in wanted if names.count(name) > 1})]
    features = list(block.features) or [name for name in names if name not in (block.truth, block.group)]
    if not features:
        problems.append(Problem("data.path", f"{str(path)!r} has no column beside label and group", "give it features"))
    if problems:
        raise ScenarioError(*problems)
    return features
