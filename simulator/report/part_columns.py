"""Where parts stand in a drawing of the network alone: columns by depth, each part at the middle of what feeds it."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter

from simulator.report.layout import Point


def columns_of(pairs: Sequence[tuple[str, str]]) -> dict[str, Point]:
    """Return column and row of each part, from who feeds whom; the rows of a column are at least one apart.

    >>> columns_of([("a", "b"), ("b", "c"), ("a", "c")])
    {'a': (0.0, 0.0), 'b': (1.0, 0.0), 'c': (2.0, 0.0)}
    """
    feeds: dict[str, list[str]] = {name: [] for pair in pairs for name in pair}
    for source, target in pairs:
        feeds[target].append(source)
    depth: dict[str, int] = {}
    for name in TopologicalSorter(feeds).static_order():
        depth[name] = max((depth[source] + 1 for source in feeds[name]), default=0)
    row: dict[str, float] = {}
    for level in range(max(depth.values(), default=-1) + 1):
        members = [name for name in feeds if depth[name] == level]
        near = {name: [row[one] for one in feeds[name] if depth[one] == level - 1] for name in members}
        wish = {name: sum(near[name]) / len(near[name]) if near[name] else float(-place)
                for place, name in enumerate(members)}
        row |= _apart(sorted(members, key=lambda name: -wish[name]), wish)
    return {name: (float(depth[name]), row[name]) for name in sorted(feeds, key=lambda name: depth[name])}


def _apart(members: Sequence[str], wish: dict[str, float]) -> dict[str, float]:
    rows: list[float] = []
    for name in members:
        rows.append(min(wish[name], rows[-1] - 1) if rows else wish[name])
    shift = (sum(wish[name] for name in members) - sum(rows)) / len(members) if members else 0.0
    return {name: place + shift for name, place in zip(members, rows, strict=True)}
