"""Topologies that a few numbers describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from simulator.blocks import Generator
from simulator.units import DurationNs

Probability = Annotated[float, Field(ge=0, le=1)]


class ChainTopology(Generator):
    """A chain of ``length`` nodes, ``n0`` to the last, with a direct link between any two that a skip may join.

    ``span`` is how many nodes a link bypasses at most. ``survival`` is of each node between the two ends, which do not
    fail, ``link_survival`` of each link: one probability, or one for each named setting. ``latency`` is of each link.
    """

    unread: ClassVar[Mapping[str, Any]] = {"nodes": {"n0": {}}}

    kind: Literal["chain"]
    length: Annotated[int, Field(ge=2)]
    span: Annotated[int, Field(ge=0)] = 0
    survival: Probability | dict[str, Probability] = {}
    link_survival: Probability | dict[str, Probability] = {}
    latency_ns: DurationNs = 0

    def plain(self) -> dict[str, Any]:
        """Return ``nodes`` and ``links``, as they would be written."""
        names = chain_names(self.length)
        link = {"latency": f"{self.latency_ns} ns", "survival": self.link_survival}
        return {"nodes": {name: {} if name in (names[0], names[-1]) else {"survival": self.survival} for name in names},
                "links": [{"between": pair, **link} for pair in chain_pairs(self.length, self.span)]}


def chain_names(length: int) -> list[str]:
    """Return the names along a generated chain.

    >>> chain_names(3)
    ['n0', 'n1', 'n2']
    """
    return [f"n{place}" for place in range(length)]


def chain_pairs(length: int, span: int) -> list[tuple[str, str]]:
    """Return who is joined with whom where at most so many are bypassed, those of span 0 first.

    >>> chain_pairs(3, 1)
    [('n0', 'n1'), ('n1', 'n2'), ('n0', 'n2')]
    """
    names = chain_names(length)
    return [(names[place], names[place + step]) for step in range(1, span + 2) for place in range(length - step)]
