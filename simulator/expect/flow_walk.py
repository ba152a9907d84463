"""P(information flows) of many designs that differ little: each walk goes only over the parts where it is another one.

Along the frontier, what is known before a part is a table of probabilities, and P(an answer | state) behind it does not
depend on what came before. Both are kept for one design, so that another that differs between two parts needs the
steps between them only: the table before the first, the steps in its own way, and what the first design knows of the
rest. All terms are positive: a flow of 1e-80 is as exact as a lack of it of 1e-80.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simulator.dataflow.graph import PartGraph
from simulator.expect.frontier import Frontier, name_of, take
from simulator.expect.frontier_plan import Floats, NotExact, Step, asked, plan_of
from simulator.failures.cause_law import CauseLaw
from simulator.topology.routes import Routes

Last = Mapping[object, int]
Key = tuple[str, object]


class Flow(NamedTuple):
    """P(an answer) and P(none), each exact where it is small."""

    some: float
    none: float


@dataclass(frozen=True)
class Variant:
    """A design: what it has of the candidates, and where it differs from the law as it is.

    Args:
        present: Which of the optional hyperconnections (by number) it has.
        chance: P(at work) of causes (by number) that it changes; of a cause that is never at work it stays 0.
    """

    present: frozenset[int] = frozenset()
    chance: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Known:
    """What is known before one step of a walk: the open keys, their table, and what has been answered so far."""

    keys: tuple[Key, ...]
    table: Floats
    answered: float

    def frontier(self) -> Frontier:
        """Return a frontier to walk on from here."""
        found = Frontier(self.table[:, 0])
        found.keys, found.table = list(self.keys), self.table
        return found


@dataclass(frozen=True)
class Trace:
    """The whole walk of one design.

    Args:
        variant: The design.
        steps: Its steps.
        last: The last step that asks for each part and cause.
        before: What is known before each step, and at the end.
        ahead: P(an answer | state) and P(none | state) before each step, and at the end.
    """

    variant: Variant
    steps: tuple[Step, ...]
    last: Last
    before: tuple[Known, ...]
    ahead: tuple[tuple[Floats, Floats], ...]

    @cached_property
    def flow(self) -> Flow:
        """P(an answer) and P(none) of this design."""
        return Flow(self.before[-1].answered, float(self.before[-1].table.sum()))


class FlowWalk:
    """Walks over one part graph, of designs that have some of the optional hyperconnections, or other chances.

    Args:
        graph: The part graph, with every hyperconnection that a design may have.
        placement: Node of each part.
        routes: Routes between the nodes.
        law: What fails, as the scenario says.
        optional: Hyperconnections (by number) that not every design has.

    Raises:
        NotExact: messages may go around what is down, or a join needs all of its inputs, which are others in each
            design.
    """

    def __init__(self, graph: PartGraph, placement: Mapping[str, str], routes: Routes, law: CauseLaw,
                 optional: frozenset[int]) -> None:
        if strict := [part.name for part in graph.parts if part.join and part.join.needs == "all"]:
            raise NotExact(f"{strict[0]!r} needs all of its inputs, which are others in each design")
        self.optional = optional
        self.graph, self.law, self.plan = graph, law, plan_of(graph, placement, routes, law)
        self.steps = self.plan.steps(law.chance)
        self._uses: dict[object, list[tuple[int, int | None]]] = {}
        self._at: dict[object, int] = {}  # step of each part (by name) and hyperconnection (by number)
        self._of_cause: dict[int, set[int]] = {}  # steps that a cause touches
        for place, step in enumerate(self.steps):
            self._at.update(dict.fromkeys((step.part.name, *step.inputs), place))
            for name in (step.part.name, *step.inputs):
                for cause in self.plan.falls_by[name]:
                    self._of_cause.setdefault(cause, set()).add(place)
            for key, edge in asked(graph, step):
                self._uses.setdefault(key, []).append((place, edge))

    def trace(self, variant: Variant) -> Trace:
        """Return the whole walk of a design.

        Raises:
            NotExact: its frontier is too wide.
        """
        chance = self._chance(variant)
        steps = tuple(self._without(step, variant) for step in self.plan.steps(chance))
        last = {key: place for key in self._uses if (place := self._last(key, variant)) is not None}
        before = [Known((), self.law.weight[:, np.newaxis], 0.0)]
        for place in range(len(steps)):
            before.append(_next(self.graph, before[-1], steps[place], chance, last, place))
        one, shape = np.ones_like(before[-1].table), before[-1].table.shape
        ahead: list[tuple[Floats, Floats]] = [(np.zeros(shape), one)]
        for place in reversed(range(len(steps))):
            ahead.append(self._back(before[place].keys, steps[place], chance, last, place, ahead[-1]))
        return Trace(variant, steps, last, tuple(before), tuple(reversed(ahead)))

    def near(self, trace: Trace, variant: Variant) -> Flow:
        """Return P(an answer) and P(none) of a design from the walk of another one.

        Raises:
            NotExact: its frontier is too wide.
        """
        toggled = [edge for edge in variant.present ^ trace.variant.present if edge in self._at]
        causes = {cause for cause, _ in {*variant.chance} ^ {*trace.variant.chance}}
        touched = {at for cause in causes for at in self._of_cause.get(cause, ())}
        touched |= {at for edge in toggled for at in (self._at[edge], self._at[self.graph.edges[edge].source])}
        if not touched:
            return trace.flow
        chance = self._chance(variant)
        sources = {self.graph.edges[edge].source for edge in toggled}
        shared = {cause for edge in toggled for cause in self.steps[self._at[edge]].inputs[edge].shared}
        last = dict(trace.last)
        for key in (*sources, *shared):
            place = self._last(key, variant)
            if place is None:
                last.pop(key, None)
            else:
                last[key] = place
        place, end = min(touched), max(touched)
        known = trace.before[place]
        while place <= end or known.keys != trace.before[place].keys:
            step = trace.steps[place]
            if place in touched:
                step = self._without(self._changed(self.steps[place], chance), variant)
            known = _next(self.graph, known, step, chance, last, place)
            place += 1
        some, none = trace.ahead[place]
        return Flow(known.answered + float((known.table * some).sum()), float((known.table * none).sum()))

    def _chance(self, variant: Variant) -> Floats:
        if not variant.chance:
            return self.law.chance
        chance = self.law.chance.copy()
        for cause, value in variant.chance:
            chance[:, cause] = value
        return chance

    def _changed(self, step: Step, chance: Floats) -> Step:
        return Step(step.part, self.plan.term(step.part.name, chance),
                    {edge: self.plan.term(edge, chance) for edge in step.inputs})

    def _without(self, step: Step, variant: Variant) -> Step:
        kept = {edge: term for edge, term in step.inputs.items() if self._has(variant, edge)}
        return step if len(kept) == len(step.inputs) else replace(step, inputs=kept)

    def _has(self, variant: Variant, edge: int | None) -> bool:
        return edge not in self.optional or edge in variant.present

    def _last(self, key: object, variant: Variant) -> int | None:
        return max((place for place, edge in self._uses.get(key, ()) if self._has(variant, edge)), default=None)

    def _back(self, keys: tuple[Key, ...], step: Step, chance: Floats, last: Last, place: int,
              ahead: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Return what is ahead before a step: the step is linear, so that a table of ones tells its coefficients."""
        states, latent = 1 << len(keys), len(self.law.weight)
        frontier = Known(keys, np.ones((latent, states)), 0.0).frontier()
        answered = take(frontier, self.graph, step, chance, is_asked=step.part.name in last)
        some, none = (_undropped(frontier.keys, last, place, table) * frontier.table for table in ahead)
        some = some.reshape(latent, -1, states).sum(axis=1)
        if answered is not None:
            some = some + answered.reshape(latent, -1, states).sum(axis=1)
        return some, none.reshape(latent, -1, states).sum(axis=1)


def _next(graph: PartGraph, known: Known, step: Step, chance: Floats, last: Last, place: int) -> Known:
    """Return what is known after a step."""
    frontier = known.frontier()
    answered = take(frontier, graph, step, chance, is_asked=step.part.name in last)
    for key in list(frontier.keys):
        if last.get(name_of(key), -1) <= place:
            frontier.drop(key)
    return Known(tuple(frontier.keys), frontier.table,
                 known.answered + (0.0 if answered is None else float(answered.sum())))


def _undropped(keys: list[Key], last: Last, place: int, table: Floats) -> Floats:
    """Return a table over the keys that are kept behind a step as one over all of them, the others any."""
    kept = [place < last.get(name_of(key), -1) for key in keys]
    shaped = table.reshape(len(table), *(2 if is_kept else 1 for is_kept in reversed(kept)))
    return np.broadcast_to(shaped, (len(table), *(2 for _ in keys))).reshape(len(table), -1)
