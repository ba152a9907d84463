"""Everything that is wrong with a scenario, its sweep included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator.documents.yaml_text import Document
from simulator.errors import Problem, did_you_mean
from simulator.scenario.axes import Labelled, Steps
from simulator.scenario.cross import cross_problems
from simulator.scenario.designs import is_permutations, keys_set, written_values
from simulator.scenario.labels import label_text
from simulator.scenario.options import with_values
from simulator.scenario.other_parts import other_parts
from simulator.scenario.parts import Parts, Problems, read_parts
from simulator.scenario.searching import searched_ends
from simulator.scenario.trending import trend_problems

OF_MANY_CELLS = {"sweep", "repeats", "search", "trends"}
OF_THE_WHOLE = OF_MANY_CELLS | {"precision", "assert", "plots"}


def checked_parts(document: Document, beside: Path) -> tuple[Parts, Problems]:
    """Return a scenario's parts and everything that is wrong with them, the sweep not included."""
    parts, problems = read_parts(document, beside)
    others, of_others = other_parts(parts)
    parts = replace(parts, others=others)
    return parts, (*problems, *of_others, *cross_problems(parts))


def sweep_problems(document: Document, beside: Path, known: Problems) -> Problems:
    """Return what is wrong with each value of the sweep when it alone is put in its place; not what is ``known``."""
    found = dict.fromkeys(_axis_problems(document))
    for place, key, value in _points(document):
        point = with_values(without_sweep(document), {key: value}, place)
        problems = (*point.problems, *checked_parts(replace(point, problems=()), beside)[1])
        found.update(dict.fromkeys(problem for problem in problems if problem not in known))
    return tuple(found)


def without_sweep(document: Document) -> Document:
    """Return a scenario's document without what is of many cells, and without the problems of its text."""
    value = {key: value for key, value in document.value.items() if key not in OF_THE_WHOLE}
    return Document(document.name, value, document.places)


def _axis_problems(document: Document) -> Iterator[Problem]:
    axes = _axes(document)
    for name, values in axes["sweep"].items():
        place = document.place(f"sweep.{name}")
        if values == []:
            yield Problem(place, "[] has no values", "write a list of values")
        if is_permutations(values) and name != "skips":
            yield Problem(place, "a design chooses subsets of skips", "write a list of values, or name 'skips'")
    yield from _key_problems(document, axes["sweep"])
    varied = {key for name, values in axes["sweep"].items() for key, _ in keys_set(name, values)}
    for key in axes["repeats.with"]:
        place = document.place(f"repeats.with.{key}")
        if _is_of_a_grid(key):
            yield Problem(place, f"repeats cannot vary {key!r}", "name another key")
        if key in varied:
            yield Problem(place, f"{key!r} is varied by the sweep too", "name it in one of the two")
    yield from _against_problems(document, axes["sweep"])
    yield from trend_problems(document)


def _key_problems(document: Document, sweep: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each key that a sweep cannot set, or sets twice."""
    varied: dict[str, str] = {}
    for name, values in sweep.items():
        for key, below in keys_set(name, values):
            at = document.place(f"sweep.{name}{below}")
            if _is_of_a_grid(key):
                yield Problem(at, f"a sweep cannot vary {key!r}", "name another key")
            if key in varied:
                yield Problem(at, f"{key!r} is varied by the sweep's {varied[key]!r} too", "name it in one of the two")
            varied[key] = name


def _against_problems(document: Document, sweep: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each value to compare with that the sweep's first key does not have."""
    repeats = document.value.get("repeats")
    against = repeats.get("against") if isinstance(repeats, Mapping) else None
    key, values = next(iter(sweep.items()), ("", []))
    known = _labels(key, values)
    for index, value in enumerate(against if isinstance(against, list) else ()):
        place, named = document.place(f"repeats.against.{index}"), label_text(value, key)
        if not key:
            yield Problem(place, f"{named!r}, but there is no sweep to compare in", "leave it out, or write a sweep")
        elif named not in known:
            yield Problem(place, f"{named!r} is no value of {key!r}, the sweep's first", did_you_mean(named, known))


def _labels(key: str, values: Any) -> list[str]:
    """Return how the values of an axis, as written, are called, as far as they are known without a model."""
    if isinstance(values, list):
        return [label_text(value, key) for value in values]
    if is_permutations(values):
        return ["none", "all"]
    form = Labelled if isinstance(values, Mapping) and "values" in values else Steps
    try:
        points = form.model_validate(values).points(key, 0)
    except ValidationError:
        return []
    return [point.label[key] for point in points]


def _axes(document: Document) -> dict[str, Mapping[str, Any]]:
    """Return the well-formed axes of a scenario: by dotted key, those of the sweep and those of the repeats."""
    repeats = document.value.get("repeats")
    given = {"sweep": document.value.get("sweep"),
             "repeats.with": repeats.get("with") if isinstance(repeats, Mapping) else None}
    return {where: axis if isinstance(axis, Mapping) else {} for where, axis in given.items()}


def _is_of_a_grid(key: str) -> bool:
    return key.partition(".")[0] in OF_THE_WHOLE


def _points(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Yield the place, the dotted key and the value of each point on each axis of a sweep, and each end of a search."""
    for where, axis in _axes(document).items():
        for name, values in axis.items():
            for path, key, value in written_values(name, values):
                if not _is_of_a_grid(key):
                    yield document.place(f"{where}.{name}.{path}"), key, value
    for key, ends in searched_ends(document).items():
        for end, value in ends.items():
            yield document.place(f"search.over.{key}.{end}"), key, value
