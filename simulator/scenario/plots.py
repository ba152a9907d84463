"""The YAML blocks of ``plots:``: which figures of a study are drawn; without it they are chosen from its axes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from simulator.blocks import Block
from simulator.expect.blocks import listed

Names = Annotated[tuple[str, ...], Field(min_length=1, max_length=4), BeforeValidator(listed)]


class Lines(Block):
    """Estimates ``y`` along a key ``x`` of the sweep whose values are numbers, with bands: a panel for each.

    With ``panels``, another key of the sweep, of one estimate a panel for each of its values. What the sweep varies
    besides makes the lines.
    """

    kind: Literal["lines"]
    x: str
    y: Names
    panels: str | None = None
    scale: Literal["linear", "log"] | None = None


class HeatMap(Block):
    """An estimate ``of`` over two keys of the sweep: a field for each pair of values, a map for each other point."""

    kind: Literal["heat_map"]
    x: str
    y: str
    of: str


class Front(Block):
    """All cells by two estimates, ``x`` to be low and ``y`` to be high (or as said), and those that none beats."""

    kind: Literal["front"]
    x: str
    y: str
    x_best: Literal["low", "high"] = "low"
    y_best: Literal["low", "high"] = "high"


Plot = Annotated[Lines | HeatMap | Front, Field(discriminator="kind")]
