"""The axes of a sweep: lists of values, and designs whose values are chosen for the question."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from simulator.blocks import Block
from simulator.errors import did_you_mean
from simulator.expect.coalitions import Members, chains, coalitions_along
from simulator.model.blocks import ModelFile
from simulator.model.graph import skip_names
from simulator.scenario.axes import Drawn, Labelled, Point, Steps, Together, ends_of, point_of
from simulator.seeds import Streams

if TYPE_CHECKING:
    from simulator.scenario.scenario import Scenario


class Permutations(Block):
    """Subsets of skips, as they join one by one in ``count`` random orders and in the reverse of each.

    Where all 2^skips subsets are too many to train, these give Shapley worths with an interval.
    """

    design: Literal["permutations"]
    count: Annotated[int, Field(ge=2)]


DESIGNS = {"permutations": "Permutations", "zip": "Together", "random": "Drawn", "latin_hypercube": "Drawn"}


def _form_of(value: Any) -> str:
    """Return the name of the block that an axis is written as, by its keys."""
    if isinstance(value, Block):
        return type(value).__name__
    if not isinstance(value, Mapping):
        return "list"
    if "design" in value:
        return DESIGNS[value["design"]]
    return "Labelled" if "values" in value or "labels" in value else "Steps"


def _of_a_known_form(value: Any) -> Any:
    """Return an axis as written; raise ValueError where its design is not known."""
    design = value.get("design", "zip") if isinstance(value, Mapping) else "zip"
    if not isinstance(design, str) or design not in DESIGNS:
        raise ValueError(f"unknown design {design!r}; {did_you_mean(str(design), DESIGNS)}")
    return value


Axis = Annotated[
    Annotated[tuple[Any, ...], Tag("list")] | Annotated[Steps, Tag("Steps")] | Annotated[Labelled, Tag("Labelled")]
    | Annotated[Together, Tag("Together")] | Annotated[Drawn, Tag("Drawn")]
    | Annotated[Permutations, Tag("Permutations")],
    Discriminator(_form_of), BeforeValidator(_of_a_known_form)]


def orders_drawn(scenario: Scenario, model: ModelFile) -> list[list[Members]]:
    """Return the orders of skips of a scenario's design, in pairs; none where its sweep has none."""
    design = scenario.sweep.get("skips")
    if not isinstance(design, Permutations):
        return []
    return chains(len(skip_names(model)), design.count, Streams(scenario.seed).of("", "orders of skips"))


def points_of(scenario: Scenario, model: ModelFile) -> Iterator[Point]:
    """Yield the points of the grid, of which the last axis varies fastest; one without values where nothing varies."""
    axes = [axis_points(scenario, model, name) for name in scenario.sweep]
    for chosen in itertools.product(*axes):
        yield Point({key: value for point in chosen for key, value in point.values.items()},
                    {key: text for point in chosen for key, text in point.label.items()})


def axis_points(scenario: Scenario, model: ModelFile, name: str) -> list[Point]:
    """Return the points of one axis of a sweep, those of a design written out."""
    axis = scenario.sweep[name]
    if isinstance(axis, Permutations):
        axis = _subsets(scenario, model)
    if isinstance(axis, tuple):
        return [point_of({name: value}) for value in axis]
    return axis.points(name, scenario.seed)


def thinned(scenario: Scenario, model: ModelFile, name: str) -> Axis:
    """Return an axis of a sweep with its ends alone, or few of its points."""
    axis = scenario.sweep[name]
    if isinstance(axis, Permutations):
        axis = _subsets(scenario, model)
    return ends_of(axis) if isinstance(axis, tuple) else axis.thinned(name, scenario.seed)


def _subsets(scenario: Scenario, model: ModelFile) -> tuple[Any, ...]:
    """Return the subsets of a design of skips: none of them and all of them first."""
    names = skip_names(model)
    whole = (1 << len(names)) - 1
    met = [row for orders in orders_drawn(scenario, model) for order in orders for row in coalitions_along(order)]
    written = {0: "none", whole: "all"}
    return tuple(written.get(row, [name for place, name in enumerate(names) if row >> place & 1])
                 for row in dict.fromkeys([0, whole, *met]))


def is_permutations(axis: object) -> bool:
    """Return whether an axis, as written, is a design of subsets of skips."""
    return isinstance(axis, Mapping) and axis.get("design") == "permutations"


def written_values(name: str, axis: object) -> Iterator[tuple[str, str, Any]]:
    """Yield what is written of an axis, as far as it is well-formed: the path below it, the key that it sets, a value.

    Of a range that is both ends.
    """
    if isinstance(axis, list):
        yield from ((str(index), name, value) for index, value in enumerate(axis))
    elif isinstance(axis, Mapping) and isinstance(axis.get("over"), Mapping):
        for key, inner in axis["over"].items():
            yield from ((f"over.{key}.{path}", key, value) for path, _, value in written_values(key, inner))
    elif isinstance(axis, Mapping) and isinstance(axis.get("values"), list):
        yield from ((f"values.{path}", key, value) for path, key, value in written_values(name, axis["values"]))
    elif isinstance(axis, Mapping):
        yield from ((end, name, axis[end]) for end in ("from", "to") if end in axis)


def keys_set(name: str, axis: object) -> Sequence[tuple[str, str]]:
    """Return the dotted keys that an axis, as written, sets, each with the path below the axis where it stands."""
    if isinstance(axis, Mapping) and isinstance(axis.get("over"), Mapping):
        return [(key, f".over.{key}") for key in axis["over"]]
    return [(name, "")]


def labels_of(points: Iterable[Point], key: str) -> list[str]:
    """Return how some points are called under one key of their labels."""
    return [point.label[key] for point in points if key in point.label]
