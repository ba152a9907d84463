"""A part graph as the user declared it, before it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from simulator.dataflow.graph import Edge
from simulator.dataflow.join import Needs


@dataclass(frozen=True)
class JoinRule:
    """What the user says about one part's join.

    Args:
        needs: How many of the inputs the part needs in order to fire.
        groups: For each group its alternatives, first choice first, each a tuple of source parts; they hold for
            strategies that select. None: derived from who bypasses whom.
    """

    needs: Needs = "any"
    groups: tuple[tuple[tuple[str, ...], ...], ...] | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The source parts that the groups name, in their order, with repetitions."""
        return tuple(name for group in self.groups or () for alternative in group for name in alternative)


@dataclass(frozen=True)
class Plan:
    """Sources, parts, exits, hyperconnections and join rules, as declared; nothing about them is checked."""

    sources: tuple[str, ...]
    parts: tuple[str, ...]
    exits: tuple[str, ...]
    edges: tuple[Edge, ...]
    rules: Mapping[str, JoinRule]

    @property
    def names(self) -> tuple[str, ...]:
        """The sources, then the parts."""
        return self.sources + self.parts

    def rule(self, part: str) -> JoinRule:
        """Return the join rule of a part."""
        return self.rules.get(part, JoinRule())

    def inputs(self, part: str) -> dict[str, int]:
        """Return the index of the edge into a part, by the part that it comes from."""
        return self._inputs.get(part, {})

    @cached_property
    def _inputs(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for index, edge in enumerate(self.edges):
            found.setdefault(edge.target, {})[edge.source] = index
        return found
