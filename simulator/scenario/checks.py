"""Everything that is wrong with a scenario, its sweep included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.documents.yaml_text import Document
from simulator.errors import Problem
from simulator.scenario.cross import cross_problems
from simulator.scenario.options import with_values
from simulator.scenario.parts import Parts, Problems, read_parts


def checked_parts(document: Document, beside: Path) -> tuple[Parts, Problems]:
    """Return a scenario's parts and everything that is wrong with them, the sweep not included."""
    parts, problems = read_parts(document, beside)
    return parts, (*problems, *cross_problems(parts))


def sweep_problems(document: Document, beside: Path, known: Problems) -> Problems:
    """Return what is wrong with each value of the sweep when it alone is put in its place; not what is ``known``."""
    found = dict.fromkeys(_axis_problems(document))
    for place, key, value in _points(document):
        point = with_values(without_sweep(document), {key: value}, place)
        problems = (*point.problems, *checked_parts(replace(point, problems=()), beside)[1])
        found.update(dict.fromkeys(problem for problem in problems if problem not in known))
    return tuple(found)


def without_sweep(document: Document) -> Document:
    """Return a scenario's document without its sweep and repeats, and without the problems of its text."""
    value = {key: value for key, value in document.value.items() if key not in {"sweep", "repeats"}}
    return Document(document.name, value, document.places)


def _axis_problems(document: Document) -> Iterator[Problem]:
    sweep = document.value.get("sweep")
    for key, values in sweep.items() if isinstance(sweep, Mapping) else ():
        place = document.place(f"sweep.{key}")
        if values == []:
            yield Problem(place, "[] has no values", "write a list of values")
        if key.partition(".")[0] == "sweep":
            yield Problem(place, f"a sweep cannot vary {key!r}", "name another key")


def _points(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Yield the place, the dotted key and the value of each point on each axis of a well-formed sweep."""
    repeats = document.value.get("repeats")
    axes = {"sweep": document.value.get("sweep"),
            "repeats.with": repeats.get("with") if isinstance(repeats, Mapping) else None}
    for where, axis in axes.items():
        for key, values in axis.items() if isinstance(axis, Mapping) else ():
            for index, value in enumerate(values if isinstance(values, list) and not key.startswith("sweep") else ()):
                yield document.place(f"{where}.{key}.{index}"), key, value
