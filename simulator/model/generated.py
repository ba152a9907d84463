"""Models without layers that a few numbers describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from simulator.blocks import Generator
from simulator.topology.generated import chain_names, chain_pairs


class ChainModel(Generator):
    """A chain: the source ``n0``, then parts up to ``length`` in all, the last of which answers.

    ``span`` is how many parts a skip hyperconnection bypasses at most; ``needs`` is that of every part with more than
    one input. The names are those of a generated topology of the same kind.
    """

    unread: ClassVar[Mapping[str, Any]] = {"sources": {}, "parts": {}, "hyperconnections": ()}

    kind: Literal["chain"]
    length: Annotated[int, Field(ge=2)]
    span: Annotated[int, Field(ge=0)] = 0
    needs: Literal["any", "all"] = "any"

    def plain(self) -> dict[str, Any]:
        """Return ``sources``, ``parts`` and ``hyperconnections``, as they would be written."""
        source, *parts = chain_names(self.length)
        return {"sources": {source: {}},
                "parts": {name: {"needs": self.needs, "exit": name == parts[-1]} for name in parts},
                "hyperconnections": [{"from": a, "to": b} for a, b in chain_pairs(self.length, self.span)]}
