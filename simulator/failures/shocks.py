"""Marshall-Olkin shocks: each strikes by itself, and fells several components at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Annotated, Literal, final

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.cause_law import CauseLaw
from simulator.failures.cause_spells import CauseSpells
from simulator.failures.cause_union import united_causes
from simulator.failures.joint import looked_up, refuse_large, struck
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.scripted import merged
from simulator.failures.settings import PROBABILITY_SCHEMA, is_probability, show_listed
from simulator.failures.strikes import Shock, Strikes, refuse_long
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False)
class Shocks:
    """Independent shocks; a component is up where no shock at work has hit it (Marshall and Olkin, 1967).

    P(all of U up) is the product over the shocks of P(none at work hits U), which for strikes in time is
    exp(-mttr / every x P(a strike hits some of U)).

    Args:
        components: Names, in the order of the topology.
        shocks: Each with a column for each component.
    """

    components: tuple[str, ...]
    shocks: tuple[Shock, ...]

    def survival(self) -> Floats:
        """Return P(up) of each component, at any instant, shape ``(components,)``."""
        return reduce(np.multiply, (shock.free() for shock in self.shocks), np.ones(len(self.components)))

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        return reduce(np.multiply, (shock.free_pairs() for shock in self.shocks), np.ones((len(self.components),) * 2))

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``, exactly.

        Raises:
            NoLaw: more than 20 components hang together by shocks, or in too many ways.
        """
        total = np.zeros(len(up))
        for columns, table in self._tables:
            total += looked_up(table, up[:, columns])
        return total

    def cause_law(self) -> CauseLaw:
        """Return the shocks as causes.

        A strike in time is a cause for each set that it may fell; a coin has a latent state for each of its marks, if
        it leaves anything to chance.

        Raises:
            NoLaw: there are too many sets or marks.
        """
        return united_causes([shock.cause_law(self.components) for shock in self.shocks], self.components)

    def switches_per_s(self) -> Floats:
        """Return how often each component goes down or up, per second: 2 P(up) x rate of the strikes that hit it."""
        hits = sum((shock.often.strikes_per_ns * (1 - shock.chance @ shock.spared) for shock in self.shocks),
                   start=np.zeros(len(self.components)))
        return 2 * SECOND_NS * self.survival() * hits

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        return self._spared_by(self.shocks, streams, requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the union of what the strikes fell; shocks that toss coins fell for whole requests."""
        outages: list[list[tuple[int, int]]] = [[] for _ in self.components]
        for (_, column), spells in self._spells(streams, until_ns).items():
            outages[column] += spells
        lives: list[tuple[Times, Times]] = [merged(intervals) for intervals in outages]
        tossed = [shock for shock in self.shocks if shock.often.strikes_per_ns == 0]
        coins = self._spared_by(tossed, streams, requests) if tossed else None
        return Timeline(self.components, tuple(crash for crash, _ in lives), tuple(repair for _, repair in lives),
                        coins, until_ns)

    def cause_spells(self, streams: Streams, requests: int, until_ns: int) -> tuple[CauseSpells, ...]:
        """Return when strikes of each shock had which component down."""
        return tuple(CauseSpells(shock, self.components[column], *merged(spells))
                     for (shock, column), spells in self._spells(streams, until_ns).items())

    def _spells(self, streams: Streams, until_ns: int) -> dict[tuple[str, int], list[tuple[int, int]]]:
        found: dict[tuple[str, int], list[tuple[int, int]]] = {}
        for shock in self.shocks:
            begin, end = shock.often.spells(streams, shock.name, until_ns)
            for strike, column in zip(*np.nonzero(shock.felled(streams, len(begin))), strict=True):
                found.setdefault((shock.name, int(column)), []).append((int(begin[strike]), int(end[strike])))
        return found

    def _spared_by(self, shocks: list[Shock] | tuple[Shock, ...], streams: Streams, requests: int) -> Up:
        up = np.ones((requests, len(self.components)), dtype=bool)
        for shock in shocks:
            of_request = np.repeat(np.arange(requests), shock.often.at_work(streams, shock.name, requests))
            strike, column = np.nonzero(shock.felled(streams, len(of_request)))
            up[of_request[strike], column] = False
        return up

    @cached_property
    def _tables(self) -> list[tuple[list[int], Floats]]:
        """For each set of components that hang together by shocks: their columns, and the joint law."""
        together: nx.Graph[int] = nx.Graph()
        together.add_nodes_from(range(len(self.components)))
        for shock in self.shocks:
            hit = np.flatnonzero(shock.may_hit).tolist()
            together.add_edges_from((hit[0], column) for column in hit)
        return [self._table(sorted(columns)) for columns in nx.connected_components(together)]

    def _table(self, columns: list[int]) -> tuple[list[int], Floats]:
        refuse_large(len(columns))
        table = np.zeros(2 ** len(columns))
        table[0] = 1
        for shock in self.shocks:
            if not shock.may_hit[columns].any():
                continue
            causes = shock.often.causes(shock.law(columns))
            refuse_long(sum(map(len, causes)) * len(table), len(columns))
            table = reduce(struck, causes, table)
        return columns, table


def read_fells(value: object) -> tuple[str, ...] | dict[str, float]:
    """Return the components that a shock fells, all of them, or each with a probability, as a file has it.

    Raises:
        ValueError: neither of the two; quotes what is wrong.
    """
    way_out = "write [fog1, fog2], or {fog1: 0.5, fog2: 0.9} for a probability of each"
    if isinstance(value, Mapping) and value:
        if wrong := [f"{name}: {p!r}" for name, p in value.items() if not is_probability(p)]:
            raise ValueError(f"{', '.join(wrong)} is not a probability in [0, 1]; {way_out}")
        return {str(name): float(p) for name, p in value.items()}
    if isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        if twice := [name for place, name in enumerate(value) if name in value[:place]]:
            raise ValueError(f"{', '.join(map(repr, twice))} is named twice; name a component once")
        return tuple(value)
    raise ValueError(f"{value!r} is no list of components; {way_out}")


Fells = Annotated[tuple[str, ...] | dict[str, float], PlainValidator(read_fells), PlainSerializer(show_listed),
                  WithJsonSchema({
    "description": "components, or {component: probability that a strike hits it}", "anyOf": [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": PROBABILITY_SCHEMA}]})]


class ShockBlock(Strikes):
    """A shock: what it ``fells``, all of it or each with a probability; and when it strikes."""

    fells: Fells

    @property
    def hit(self) -> dict[str, float]:
        """The probability with which a strike hits each of its components."""
        return self.fells if isinstance(self.fells, dict) else dict.fromkeys(self.fells, 1.0)


class ShocksBlock(Block):
    """Shocks that fell several components at once: ``shocks: {surge: {fells: [fog1, fog2], every: 30 d, mttr: 2 h}}``.

    Lay ``renewal`` over it for what each component does by itself.
    """

    kind: Literal["shocks"]
    shocks: dict[str, ShockBlock] = Field(min_length=1)

    def build(self, topology: Topology) -> Shocks:
        """Return the process; raise ScenarioError for each component that the topology does not have."""
        known = topology.components
        if problems := [Problem(f"shocks.{name}.fells.{place if isinstance(shock.fells, tuple) else member}",
                                f"no component {member!r} in the topology", did_you_mean(member, known))
                        for name, shock in self.shocks.items() for place, member in enumerate(shock.hit)
                        if member not in known]:
            raise ScenarioError(*problems)
        components = tuple(name for name in known if any(name in shock.hit for shock in self.shocks.values()))
        return Shocks(components, tuple(
            Shock(name, shock.often, np.ones(1), np.array([[1 - shock.hit.get(c, 0.0) for c in components]]))
            for name, shock in self.shocks.items()))
