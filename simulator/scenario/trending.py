"""What is wrong with a ``trends:`` block, and the axis that it means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.documents.yaml_text import Document
from simulator.errors import Problem, did_you_mean


def number_keys(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the keys whose values at all points of a grid are numbers above 0, two of them different.

    >>> number_keys([{"width": 10, "kind": "a"}, {"width": 20, "kind": "b"}])
    ['width']
    """
    columns = {key: [point.get(key) for point in points] for key in (points[0] if points else ())}
    return [key for key, values in columns.items() if _are_numbers(values)]


def axis_among(along: str | None, known: Sequence[str]) -> str | None:
    """Return the axis that slopes are along: the one named, or the only one of numbers; None where there is none."""
    if along is None:
        return known[0] if len(known) == 1 else None
    return along if along in known else None


def trend_problems(document: Document) -> Iterator[Problem]:
    """Yield what does not go with a well-formed ``trends:``, with places."""
    block, sweep, repeats = (document.value.get(key) for key in ("trends", "sweep", "repeats"))
    if not isinstance(block, Mapping):
        return
    count = repeats.get("count", 1) if isinstance(repeats, Mapping) else repeats or 1
    if not sweep and count == 1:
        yield Problem(document.place("trends"), "there is one cell, and nothing beside it",
                      "write a 'sweep', or 'repeats'")
        return
    along, known = block.get("along"), list(_written_keys(sweep))
    if (block.get("slopes") or along) and axis_among(along, known) is None:
        told = f"{along!r} is no key of the sweep whose values are numbers above 0" if along else \
            f"the sweep varies {len(known)} keys whose values are numbers above 0: {', '.join(known) or 'none'}"
        way_out = did_you_mean(along, known) if along and known else f"write 'along: {known[0] if known else 'KEY'}'"
        yield Problem(document.place("trends.along" if along else "trends.slopes"), told, way_out)


def _written_keys(sweep: Any) -> Iterator[str]:
    """Yield the keys of a sweep, as written, whose values are numbers above 0."""
    for name, axis in (sweep if isinstance(sweep, Mapping) else {}).items():
        over = axis.get("over") if isinstance(axis, Mapping) else None
        for key, written in (over if isinstance(over, Mapping) else {name: axis}).items():
            values = [written.get("from"), written.get("to")] if isinstance(written, Mapping) and "from" in written \
                else written.get("values") if isinstance(written, Mapping) else written
            if isinstance(values, list | tuple) and _are_numbers(values):
                yield key


def _are_numbers(values: Sequence[Any]) -> bool:
    return len(set(map(str, values))) > 1 and all(
        isinstance(value, int | float) and not isinstance(value, bool) and value > 0 for value in values)
