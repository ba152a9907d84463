"""Values set from outside a file: ``--set key=value``, and the points of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.documents.yaml_text import Document, brief
from simulator.errors import Problem


def with_values(document: Document, values: Mapping[str, Any], place: str = "") -> Document:
    """Return a document with some values replaced, by dotted key; each has the place given, or ``option --set key``.

    A key that cannot be set (it lies inside a word, or behind the end of a list) is a problem of the document.
    """
    value, places, problems = document.value, dict(document.places), list(document.problems)
    for key, new in values.items():
        at = place or f"option --set {key}"
        steps = key.split(".")
        if wrong := _wrong_step(value, steps):
            problems.append(Problem(at, *wrong))
            continue
        value = _replaced(value, steps, new)
        places = {path: line for path, line in places.items() if path != key and not path.startswith(f"{key}.")}
        places[key] = at
    return Document(document.name, value, places, tuple(problems))


def _wrong_step(value: Any, steps: list[str]) -> tuple[str, str] | None:
    """Return what is wrong with a dotted key, and the way out; None where nothing is."""
    if not all(steps):
        return f"{'.'.join(steps)!r} is not a dotted key", "write a key such as policy.deadline"
    for place, step in enumerate(steps):
        above = ".".join(steps[:place])
        if isinstance(value, list):
            if not step.isdecimal() or int(step) >= len(value):
                return f"{above!r} has no item {step!r}", f"write a number from 0 to {len(value) - 1}"
            value = value[int(step)]
        elif isinstance(value, Mapping):
            value = value.get(step)
        elif value is not None:
            return f"{above!r} is {brief(value)} and has no key {step!r}", f"set {above!r} as a whole"
    return None


def _replaced(value: Any, steps: list[str], new: Any) -> Any:
    """Return a copy with one value replaced; mappings on the way are made where there are none."""
    if not steps:
        return new
    if isinstance(value, list):
        place = int(steps[0])
        return [*value[:place], _replaced(value[place], steps[1:], new), *value[place + 1:]]
    inner = value or {}
    return {**inner, steps[0]: _replaced(inner.get(steps[0]), steps[1:], new)}
