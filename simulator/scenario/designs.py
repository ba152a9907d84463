"""Designs: axes of a sweep whose values are chosen for the question instead of being listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.expect.coalitions import Members, chains, coalitions_along
from simulator.model.blocks import ModelFile
from simulator.model.graph import skip_names
from simulator.seeds import Streams

if TYPE_CHECKING:
    from simulator.scenario.scenario import Scenario


class Permutations(Block):
    """Subsets of skips, as they join one by one in ``count`` random orders and in the reverse of each.

    Where all 2^skips subsets are too many to train, these give Shapley worths with an interval.
    """

    design: Literal["permutations"]
    count: Annotated[int, Field(ge=2)]


def orders_drawn(scenario: Scenario, model: ModelFile) -> list[list[Members]]:
    """Return the orders of skips of a scenario's design, in pairs; none where its sweep has none."""
    design = scenario.sweep.get("skips")
    if not isinstance(design, Permutations):
        return []
    return chains(len(skip_names(model)), design.count, Streams(scenario.seed).of("", "orders of skips"))


def values_of(scenario: Scenario, model: ModelFile) -> dict[str, tuple[Any, ...]]:
    """Return the values of each axis of a sweep, those of a design written out: no skips and all of them first."""
    return {key: _subsets(scenario, model) if isinstance(values, Permutations) else values
            for key, values in scenario.sweep.items()}


def _subsets(scenario: Scenario, model: ModelFile) -> tuple[Any, ...]:
    names = skip_names(model)
    whole = (1 << len(names)) - 1
    met = [row for orders in orders_drawn(scenario, model) for order in orders for row in coalitions_along(order)]
    written = {0: "none", whole: "all"}
    return tuple(written.get(row, [name for place, name in enumerate(names) if row >> place & 1])
                 for row in dict.fromkeys([0, whole, *met]))


def is_design(values: object) -> bool:
    """Return whether an axis, as written, is a design."""
    return isinstance(values, Mapping)
