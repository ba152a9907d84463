"""The record of a run: one answer with its provenance, as plain values."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate

FORMAT = 1
LEGEND_WIDTH = 36  # letters a line
NUMBERS = ("value", "low", "high")
NUMBERS_OF_REPEATS = (*NUMBERS, "deviation", "training_half")  # test_half may be null, for unknown


@dataclass(frozen=True)
class CellRecord:
    """The answer of one cell.

    Args:
        hash: The cell's content hash.
        label: The point of the grid, such as ``{"strategy": "dfg"}``; empty for a scenario without a sweep.
        estimates: By name; the names and units are listed in docs/words.md. Latencies are in milliseconds.
        curves: By measure name (``accuracy_vs_failure``, ``accuracy_over_time``, ``latency``).
        counts: Whole numbers (patterns, deliveries, part runs, arrivals, on_time, late, lost, too_late, ...).
        tables: Lists of rows: ``deliveries`` (delivery, probability, accuracy), ``reasons``, ``cycles``, ``weights``.
        notes: Warnings that belong to the answer, such as too few failure cycles, or SYNTHETIC data.
    """

    hash: str
    label: dict[str, str]
    estimates: dict[str, Estimate] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The label as one word, for tables and file names."""
        return ", ".join(self.label.values()) or "all"

    @property
    def legend(self) -> str:
        """The label for figures, where no head says what a number counts: ``resilinet, repairmen 2``; in lines."""
        text = ", ".join(_with_unit(key, text) for key, text in self.label.items()) or "all"
        return "\n".join(textwrap.wrap(text, LEGEND_WIDTH))


def _with_unit(key: str, text: str) -> str:
    begins_as_number = bool(text) and text[0] in "-.0123456789"
    return f"{key.rpartition('.')[2].replace('_', ' ')} {text}" if begins_as_number else text


@dataclass(frozen=True)
class Record:
    """The answer of a run: its cells, and everything that is needed to run it again.

    ``axes`` are the keys of the cells' labels in the order of the sweep, which JSON does not keep. With repeats,
    ``repeats`` sums up each point of the grid over them and ``differences`` pairs the points
    (``simulator.study.repeats`` says what is in a row); without they are empty. ``hyperconnections`` says which of them
    matter (``simulator.study.connections``), where that was asked. ``search`` has the trials of a search and what its
    best is worth on fresh seeds (``simulator.study.search``); the cells are then the start and the best. ``trends`` has
    slopes along an axis and what foretells what (``simulator.study.trends``). ``precision`` says of
    each cell how many replications were added and why no more (``simulator.study.to_precision``). ``order`` has the
    order of the scenario's nodes, sources and parts, which decides what comes first at one instant.
    """

    title: str
    question: str
    hash: str
    seed: int
    scenario: dict[str, Any]
    versions: dict[str, str]
    cells: tuple[CellRecord, ...]
    axes: list[str] = field(default_factory=list)
    repeats: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    hyperconnections: list[dict[str, Any]] = field(default_factory=list)
    precision: list[dict[str, Any]] = field(default_factory=list)
    search: dict[str, Any] = field(default_factory=dict)
    trends: list[dict[str, Any]] = field(default_factory=list)
    order: dict[str, list[str]] = field(default_factory=dict)
    is_quick: bool = False
    is_synthetic: bool = False
    format: int = FORMAT

    @property
    def notes(self) -> dict[str, tuple[str, ...]]:
        """The notes of all cells, each once, with the names of the cells that it is on."""
        found: dict[str, list[str]] = {}
        for cell in self.cells:
            for note in dict.fromkeys(cell.notes):
                found.setdefault(note, []).append(cell.name)
        return {note: tuple(names) for note, names in found.items()}

    def to_json(self) -> str:
        """Return the record as JSON text with sorted keys; the same run gives the same bytes."""
        return self._json

    @cached_property
    def _json(self) -> str:
        return json_text(asdict(self))

    @staticmethod
    def from_json(text: str) -> Record:
        """Return the record read back; raise ValueError or KeyError where the text is no record."""
        plain = with_nan(json.loads(text))
        for row in (*plain["cells"], *sums_of(plain), *plain.get("precision", ())):
            label = row["label"]
            row["label"] = {key: label[key] for key in plain.get("axes", ()) if key in label} | label
        cells = tuple(cell_from_plain(cell) for cell in plain.pop("cells"))
        return Record(cells=cells, **plain)


def json_text(plain: Any) -> str:
    """Return plain values as strict JSON with sorted keys; NaN, which JSON does not know, becomes null.

    What holds no further list or mapping is on one line, so that a row of a table is a line of the file.
    """
    return "".join(_lines(without_nan(plain), "")) + "\n"


def _lines(value: Any, margin: str) -> Iterator[str]:
    """Yield JSON text piece by piece, line ends and margins with it."""
    inner = list(value.values() if isinstance(value, Mapping) else value) if _holds(value) else []
    if not any(_holds(one) and one for one in inner):
        yield json.dumps(value, sort_keys=True, allow_nan=False)
        return
    is_mapping = isinstance(value, Mapping)
    names = sorted(value) if is_mapping else range(len(inner))
    yield "{" if is_mapping else "["
    for place, name in enumerate(names):
        yield f"{',' if place else ''}\n{margin} " + (f"{json.dumps(name)}: " if is_mapping else "")
        yield from _lines(value[name], margin + " ")
    yield f"\n{margin}" + ("}" if is_mapping else "]")


def _holds(value: Any) -> bool:
    return isinstance(value, Mapping | list)


def without_nan(plain: Any) -> Any:
    """Return plain values with None in place of NaN.

    >>> without_nan({"low": float("nan"), "x": [1.0]})
    {'low': None, 'x': [1.0]}
    """
    if isinstance(plain, Mapping):
        return {key: without_nan(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [without_nan(value) for value in plain]
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def with_nan(plain: dict[str, Any]) -> dict[str, Any]:
    """Return a record's plain values with NaN where an estimate, a curve or a sum over repeats says null."""
    for cell in plain["cells"]:
        cell_with_nan(cell)
    for row in sums_of(plain):
        row |= {name: math.nan for name in NUMBERS_OF_REPEATS if row[name] is None}
    for row in plain.get("trends", ()):
        row |= {name: math.nan for name in NUMBERS if row[name] is None}
    return plain


def sums_of(plain: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a record that sum up cells: over repeats, as differences, and of hyperconnections."""
    return [row for name in ("repeats", "differences", "hyperconnections") for row in plain.get(name, ())]


def cell_with_nan(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell's plain values with NaN where an estimate or a curve says null."""
    for numbers in (*cell["estimates"].values(), *cell["curves"].values()):
        for name, value in numbers.items():
            if value is None:
                numbers[name] = math.nan
            elif isinstance(value, list):
                numbers[name] = [math.nan if item is None else item for item in value]
    return cell


def cell_from_plain(plain: dict[str, Any]) -> CellRecord:
    """Return a cell's record from plain values."""
    estimates = {name: Estimate(**values) for name, values in plain["estimates"].items()}
    curves = {name: curve_from_plain(values) for name, values in plain["curves"].items()}
    return CellRecord(
        plain["hash"], plain["label"], estimates, curves, plain["counts"], plain["tables"], tuple(plain["notes"])
    )


def curve_from_plain(plain: dict[str, Any]) -> Curve:
    """Return a curve from plain values, in which its tuples are lists."""
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in plain.items()}
    return Curve(**values)
