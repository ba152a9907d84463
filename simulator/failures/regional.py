"""Regional failures: a disk around an epicentre, such as a storm or a flood, on the nodes' positions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.geometry import Floats, Globe, Place, Plane, Surface
from simulator.failures.settings import show_listed
from simulator.failures.shocks import Shocks
from simulator.failures.strikes import Shock, Strikes
from simulator.topology.graph import Topology

SURFACES: Mapping[str, Surface] = {"plane": Plane(), "globe": Globe()}
KILLS: Mapping[str, Callable[[Floats], Floats]] = {
    "all": lambda share: (share <= 1).astype(np.float64),
    "linear": lambda share: np.maximum(0.0, 1 - share),
    "exponential": lambda share: np.exp(-share),
}
RADIUS = "write radius: 2.5, a list such as [1, 2, 5] of equally likely ones, or {mean: 2.5} for an exponential one"
MEANS = 5.0  # reach of the box beyond the nodes, in mean radii, where the radius or the damage is exponential


def read_radius(value: object) -> float | tuple[float, ...] | dict[str, float]:
    """Return a radius, several, or the mean of an exponential one, as a file has it.

    Raises:
        ValueError: none of these; quotes the value.
    """
    listed: list[Any] = [value]
    if isinstance(value, Mapping):
        listed = list(value.values()) if set(value) == {"mean"} else []
    elif isinstance(value, list | tuple):
        listed = list(value)
    if not listed or not all(is_length(length) for length in listed):
        raise ValueError(f"{value!r} is no radius > 0; {RADIUS}")
    lengths = tuple(float(length) for length in listed)
    if isinstance(value, Mapping):
        return {"mean": lengths[0]}
    return lengths if isinstance(value, list | tuple) else lengths[0]


def is_length(value: object) -> bool:
    """Return whether the value is a finite number > 0."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


LENGTH_SCHEMA = {"type": "number", "exclusiveMinimum": 0}
Radius = Annotated[float | tuple[float, ...] | dict[str, float], PlainValidator(read_radius),
                   PlainSerializer(show_listed), WithJsonSchema({
    "description": RADIUS, "anyOf": [
        LENGTH_SCHEMA, {"type": "array", "items": LENGTH_SCHEMA},
        {"type": "object", "properties": {"mean": LENGTH_SCHEMA}}]})]


class RegionalBlock(Strikes):
    """A disk fells what lies in it: ``radius: 2.5, every: 365 d, mttr: 8 h`` (or ``probability`` for each request).

    Epicentres are uniform over the bounding box of the nodes' positions and a ``margin`` around it (default: as far as
    a disk reaches). ``positions`` are points of a ``plane``, whose unit the radius has, or longitude and latitude on
    the ``globe``, and then the radius is in kilometres. ``kill`` is ``all`` in the disk, or with a probability that
    falls with the distance: ``linear``, 1 - d / radius, or ``exponential``, exp(-d / radius). Nodes may be hit, with
    ``links: true`` also links, whose distance is that of the straight line between their ends; or what ``among`` lists.

    The epicentre is the middle of a cell of a fixed lattice, ``cells`` along the longer side, so that the stated law is
    exactly that of what is drawn.
    """

    reads_positions: ClassVar[bool] = True

    kind: Literal["regional"]
    radius: Radius
    kill: Literal["all", "linear", "exponential"] = "all"
    positions: Literal["plane", "globe"] = "plane"
    links: bool = False
    among: tuple[str, ...] | None = Field(default=None, min_length=1)
    margin: Annotated[float, Field(ge=0)] | None = None
    cells: Annotated[int, Field(ge=10, le=2000)] = 200

    @model_validator(mode="after")
    def _has_one_reach(self) -> Self:
        if isinstance(self.radius, dict) and self.kill != "all":
            raise ValueError(f"a radius of {self.radius} with kill: {self.kill} is not worked out; write kill: all, or "
                             "radius: 2.5")
        if self.links and self.among is not None:
            raise ValueError("has both 'links: true' and 'among'; list the links in 'among', or leave it out")
        return self

    def build(self, topology: Topology) -> Shocks:
        """Return the process; raise ScenarioError for unknown components, and for nodes without a position."""
        names = self._names(topology)
        ends = {name: ends_of(name, topology) for name in names}
        at = self._places(ends, topology)
        surface = SURFACES[self.positions]
        where, share = surface.lattice(list(at.values()), self._margin, self.cells)
        far = np.stack([distance(surface, where, [at[end] for end in ends[name]]) for name in names], axis=1)
        return Shocks(names, (Shock("epicentre", self.often, *self._marks(share, far)),))

    def _names(self, topology: Topology) -> tuple[str, ...]:
        if self.among is None:
            return topology.components if self.links else tuple(node.name for node in topology.nodes)
        known = topology.components
        if problems := [Problem(f"among.{place}", f"no component {name!r} in the topology", did_you_mean(name, known))
                        for place, name in enumerate(self.among) if name not in known]:
            raise ScenarioError(*problems)
        return tuple(name for name in known if name in self.among)

    def _places(self, ends: Mapping[str, tuple[str, ...]], topology: Topology) -> dict[str, Place]:
        nodes = dict.fromkeys(end for both in ends.values() for end in both)
        given = {name: topology.node_by_name[name].position for name in nodes}
        problems = [Problem("positions", f"the node {name!r} has no position",
                            f"write 'position: [x, y]' for {name} in the topology, or list in 'among' what may be hit")
                    for name, place in given.items() if place is None]
        at = {name: place for name, place in given.items() if place is not None}
        if self.positions == "globe":
            problems += [Problem("positions", f"the node {name!r} at {list(place)} is not on the globe",
                                 "write [longitude, latitude] in degrees, or positions: plane")
                         for name, place in at.items() if abs(place[0]) > 180 or abs(place[1]) > 90]
        if problems:
            raise ScenarioError(*problems)
        return at

    @property
    def _margin(self) -> float:
        if self.margin is not None:
            return self.margin
        if isinstance(self.radius, dict):
            return MEANS * self.radius["mean"]
        reach = max(self.radius) if isinstance(self.radius, tuple) else self.radius
        return MEANS * reach if self.kill == "exponential" else reach

    def _marks(self, share: Floats, far: Floats) -> tuple[Floats, Floats]:
        """Return the probability of each mark, and P(not hit | mark) of each component."""
        if isinstance(self.radius, dict):
            return nested_disks(share, far, self.radius["mean"])
        radii = self.radius if isinstance(self.radius, tuple) else (self.radius,)
        spared = np.concatenate([1 - KILLS[self.kill](far / radius) for radius in radii])
        return gathered(np.tile(share / len(radii), len(radii)), spared)


def ends_of(name: str, topology: Topology) -> tuple[str, ...]:
    """Return the nodes that say where a component lies: a node itself, or the two ends of a link."""
    return topology.link_by_name[name].ends if name in topology.link_by_name else (name,)


def distance(surface: Surface, epicentres: Floats, places: list[Place]) -> Floats:
    """Return how far a node (one place) or a link (two) is from each epicentre."""
    return surface.to_point(epicentres, places[0]) if len(places) == 1 else surface.to_segment(epicentres, *places)


def nested_disks(share: Floats, far: Floats, mean: float) -> tuple[Floats, Floats]:
    """Return the marks of disks of exponential radius: around each epicentre the nearest, the nearest two, ... are hit.

    Args:
        share: Probability of each epicentre, shape ``(epicentres,)``.
        far: Distance of each component, shape ``(epicentres, components)``.
        mean: Mean radius.
    """
    order = np.argsort(far, axis=1, kind="stable")
    reaches = np.exp(-np.take_along_axis(far, order, axis=1) / mean)  # P(the k nearest are hit, or more)
    exactly = -np.diff(reaches, axis=1, prepend=1.0, append=0.0)
    rank = np.argsort(order, axis=1, kind="stable")
    chances, spared = [], []
    for hit in range(far.shape[1] + 1):
        chance, row = gathered(share * exactly[:, hit], (rank >= hit).astype(np.float64))
        chances.append(chance)
        spared.append(row)
    return gathered(np.concatenate(chances), np.concatenate(spared))


def gathered(chance: Floats, spared: Floats) -> tuple[Floats, Floats]:
    """Return marks with those that are alike made one.

    >>> gathered(np.array([0.2, 0.3, 0.5]), np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]))
    (array([0.7, 0.3]), array([[1., 0.],
           [0., 1.]]))
    """
    rows = np.ascontiguousarray(spared)
    keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    total = np.bincount(which, weights=chance).astype(np.float64)
    order = np.argsort(first, kind="stable")
    kept = order[total[order] > 0]
    return total[kept], rows[first[kept]]
