"""Shared-risk groups: what stands in one rack, hangs on one feed or lies in one conduit fails together."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import networkx as nx
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.causes import Causes
from simulator.failures.renewal import Renewal
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

Probability = Annotated[float, Field(ge=0, le=1)]
ALONE = "write survival: 0.99 for a coin a request, or mtbf (or availability) and mttr for crash and repair"


class Group(Block):
    """What is shared: a rack, a power feed, a conduit, a site.

    ``members`` are components, or other groups of the same block. ``survival`` is tossed for each request;
    ``mtbf`` or ``availability`` with ``mttr`` is crash and repair in time.
    """

    members: tuple[str, ...] = Field(min_length=1)
    survival: Probability | None = None
    availability: Probability | None = None
    mtbf_ns: PositiveDurationNs | None = None
    mttr_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _has_one_law(self) -> Self:
        said = [name for name in ("survival", "availability", "mtbf_ns") if getattr(self, name) is not None]
        if len(said) != 1 or (self.mttr_ns is None) == (said != ["survival"]):
            given = [*said, *(["mttr"] if self.mttr_ns is not None else [])]
            raise ValueError(f"has {', '.join(given).replace('_ns', '') or 'no law'}; {ALONE}")
        if self.availability is not None and not 0 < self.availability < 1:
            raise ValueError(f"an availability of {self.availability} has no mean time up; write one between 0 and 1")
        return self

    @property
    def mean_up_ns(self) -> float:
        """Mean time up in nanoseconds, of a group in time."""
        mttr = float(self.mttr_ns or 0)
        return float(self.mtbf_ns) if self.mtbf_ns else mttr * (self.availability or 0) / (1 - (self.availability or 0))


class GroupsBlock(Block):
    """Shared-risk groups: ``groups: {rack: {members: [fog1, fog2], mtbf: 30 d, mttr: 2 h}}``, nested where they are.

    While a group is down all its members are, those of the groups in it too. Groups are independent of each other.
    """

    kind: Literal["groups"]
    groups: dict[str, Group] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_of_one_kind(self) -> Self:
        if len({group.survival is None for group in self.groups.values()}) > 1:
            raise ValueError("coins and crash-and-repair in one block; write one block of kind groups for each")
        return self

    def build(self, topology: Topology) -> Causes:
        """Return the process; raise ScenarioError for unknown members and for groups that hold themselves."""
        problems = [problem for name in self.groups for problem in self._problems(name, topology)]
        if problems:
            raise ScenarioError(*problems)
        names = tuple(self.groups)
        fells = {name: ((1.0, self._components_of(name)),) for name in names}
        hit = frozenset().union(*(members for ((_, members),) in fells.values()))
        components = tuple(name for name in topology.components if name in hit)
        given = self.groups.values()
        if next(iter(given)).survival is not None:
            return Causes(Bernoulli(names, tuple(float(group.survival or 0) for group in given)), fells, components)
        mttr = tuple(float(group.mttr_ns or 0) for group in given)
        return Causes(Renewal(names, tuple(group.mean_up_ns for group in given), mttr), fells, components)

    def _problems(self, name: str, topology: Topology) -> list[Problem]:
        known = {*topology.components, *self.groups}
        place = f"groups.{name}"
        found = [Problem(f"{place}.members.{number}", f"no component or group {member!r}", did_you_mean(member, known))
                 for number, member in enumerate(self.groups[name].members) if member not in known]
        if name in topology.components:
            found.append(Problem(place, f"{name!r} is a component of the topology", "give the group a name of its own"))
        if self._holds_itself(name):
            found.append(Problem(f"{place}.members", f"the group {name!r} holds itself", "take it out of its members"))
        return found

    def _holds_itself(self, name: str) -> bool:
        inside = nx.DiGraph((group, member) for group, block in self.groups.items() for member in block.members)
        return any(nx.has_path(inside, member, name) for member in self.groups[name].members)

    def _components_of(self, name: str) -> frozenset[str]:
        found: set[str] = set()
        for member in self.groups[name].members:
            found |= self._components_of(member) if member in self.groups else {member}
        return frozenset(found)
