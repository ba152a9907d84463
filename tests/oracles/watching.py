"""Joins that watch a detector, skips on demand, and detectors themselves, the slow and obvious way."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist

import simpy

from benchmarks.textbook_chain import Moment
from benchmarks.textbook_components import News, Request
from benchmarks.textbook_dag import TextbookPlan, World
from simulator.dataflow.join import Join
from simulator.failures.process import Timeline


class WatchingWorld(World):
    """The textbook's world, in which parts look at a timeline of beliefs.

    A join is looked at in its turn whenever an input is settled and whenever anybody is suspected or trusted again.
    """

    def __init__(self, plan: TextbookPlan, beliefs: Timeline | None, after_ns: dict[str, int] | None,
                 bypassing: Collection[int]) -> None:
        super().__init__(plan)
        self.beliefs, self.after_ns, self.bypassing = beliefs, after_ns, bypassing
        self.sent: dict[int, int] = dict.fromkeys(bypassing, 0)
        spells = () if beliefs is None else zip(beliefs.crash_ns, beliefs.repair_ns, strict=True)
        self.changes = sorted({max(0, int(t)) for pair in spells for times in pair for t in times})

    def down_now(self, request: Request) -> set[str]:
        """Return who is believed to be down; without beliefs of their own, who is."""
        if self.after_ns is None:
            return self.down | request.absent
        now, line = self.env.now, self.beliefs
        return set() if line is None else {
            name for name, begins, ends in zip(line.components, line.crash_ns, line.repair_ns, strict=True)
            if any(b <= now < e for b, e in zip(begins.tolist(), ends.tolist(), strict=True))}

    def outputs(self, part: str, down: Collection[str], surely: Collection[str] = ()) -> bool:
        """Return whether a part would put something out with these down."""
        if part in surely:
            return True
        if self.plan.placement[part] in down:
            return False
        join = self.graph.part_by_name[part].join
        if join is None or self.graph.starved_emits:
            return True
        return bool(join.take({e for e in join.edges if self.delivers(e, down, surely)}))

    def delivers(self, edge: int, down: Collection[str], surely: Collection[str] = ()) -> bool:
        """Return whether an input could come with these down."""
        ends = self.graph.edges[edge]
        where = (self.plan.placement[part] for part in (ends.source, ends.target))
        return self.outputs(ends.source, down, surely) and self.routes.find(*where, frozenset(down)) is not None

    def inputs(self, request: Request, part: str, join: Join) -> Generator[simpy.Event, object, News]:
        """Wait until the join fires or is known to starve."""
        if self.after_ns is None:
            return (yield from super().inputs(request, part, join))
        closing, came = None, list[int]()
        while True:
            known = {e: request.news[e] for e in self.graph.inputs[part] if e in request.news}
            present = {e: news.taken for e, news in known.items() if news.taken is not None}
            came += [e for e in present if e not in came]
            down = self.down_now(request)
            fired = {self.graph.edges[e].source for e in present}
            hopeless = {e for e in join.edges if e not in present and not self.delivers(e, down, fired)}
            taken = join.take(set(present))
            if taken and set(join.consult(set(present))) <= set(present) | hopeless:
                return self.fired(taken, present)
            if closing is not None and closing.processed:
                return self.fired(taken, present) if taken else self.starved(known)
            ever = any(join.take(set(came[:count])) for count in range(1, len(came) + 1))
            if len(known) == len(join.edges) and not ever and not (present and self.graph.starved_emits):
                return self.starved(known)
            if closing is None and present:
                closing = self.alarm(request, part, self.after_ns[part])
            waits = [request.settled[e] for e in self.graph.inputs[part] if e not in known]
            waits += [closing] * (closing is not None) + self.next_change()
            yield self.env.any_of(waits)
            yield from self.turn(request, part)

    def next_change(self) -> list[simpy.Event]:
        """Return the next instant at which beliefs change."""
        later = [t for t in self.changes if t > self.env.now]
        return [Moment(self.env, later[0] - int(self.env.now), 0)] if later else []

    def fired(self, taken: tuple[int, ...], present: dict) -> News:
        """Return what a join that fires has behind it."""
        return News(int(self.env.now), frozenset(taken).union(*(present[e] for e in taken)))

    def starved(self, known: dict) -> News:
        """Return the news of a part that starves."""
        lost = [(news.when_ns, edge) for edge, news in known.items() if news.taken is None and news.cause != "?"]
        return News(int(self.env.now), None, known[max(lost)[1]].cause if lost else "")

    def travel(self, request: Request, edge: int, marks: set[int]) -> Generator[simpy.Event, object, str]:
        """Carry a message, unless it is a skip that nobody wants."""
        if edge not in self.bypassing:
            return (yield from super().travel(request, edge, marks))
        ends, down = self.graph.edges[edge], self.down_now(request)
        join = self.graph.part_by_name[ends.target].join
        here = {e for e in join.edges if self.delivers(e, down, {ends.source})} | {edge}
        takes = [next(a for a in group if here & set(a)) for group in join.groups if any(here & set(a) for a in group)]
        if not any(edge in alternative for alternative in takes):
            return "?"
        where = (self.plan.placement[part] for part in (ends.source, ends.target))
        route = self.routes.find(*where, frozenset(self.down | request.absent))
        self.sent[edge] += bool(route and route.links)
        return (yield from super().travel(request, edge, marks))


def phi_suspicions(came: list[int], wait, until_ns: int, history: int) -> list[tuple[int, int]]:
    """Return the suspicions of a phi-accrual detector, each quantity from its definition.

    Args:
        came: When heartbeats came, in order; the first ``history`` of them only fill the window.
        wait: The detector's block.
        until_ns: Where to stop.
        history: How many came before time 0.
    """
    quantile = -NormalDist().inv_cdf(10**-wait.threshold)
    gaps = [wait.period_ns, *(b - a for a, b in pairwise(came[:history]))]
    found, last = [], came[history - 1]
    for now in [*came[history:], 1 << 60]:
        window = gaps[-wait.window:]
        mean = Fraction(sum(window), len(window))
        variance = sum((gap - mean) ** 2 for gap in window) / len(window)
        since = last + math.ceil(float(mean) + quantile * max(wait.floor_ns, math.sqrt(variance)))
        if now > since:
            found.append((since, now))
        else:
            gaps.append(now - last)
        last = now
    return [spell for spell in found if spell[0] <= until_ns]
