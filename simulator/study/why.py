"""Why each request ended as it did: the component, its cause group, and what was taken in place of what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.expect.timed import Requests
from simulator.failures.cause_spells import cause_spells_of
from simulator.failures.process import Timeline, Times
from simulator.network.blame import BY_CRASH, REASON_BITS, REASON_MASK
from simulator.network.endings import reason
from simulator.seeds import Streams
from simulator.study.assemble import Assembly
from simulator.study.timed import TimedRuns

Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
Column = tuple[str, str]
"""A component that was down, and the cause that had it down; "" is the component's own state."""


@dataclass(frozen=True)
class Life:
    """What is known of one request's life.

    Args:
        delivery: What it was answered from.
        ending: 0 on time, 1 late, 2 lost.
        blame: Code of who is to blame, 0 for nobody.
        down: What was down at some instant of it, each with the names of the causes.
        suspected: Whom a detector suspected at some instant of it.
    """

    delivery: int
    ending: int
    blame: int
    down: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    suspected: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reasons:
    """Puts reasons in words.

    Args:
        assembly: The cell.
    """

    assembly: Assembly

    @cached_property
    def whole(self) -> int:
        """The delivery with everything up."""
        return self.assembly.reach.delivery(frozenset())

    def text(self, life: Life) -> str:
        """Return why: who is to blame and its cause, then what was taken in place of what; empty where all was well.

        ``fog2 was down (rack): edge->fog1 in place of edge->fog2 fog2->fog1``.
        """
        pieces = []
        if life.ending and life.blame:
            told = reason(life.blame, self.assembly.topology.components)
            causes = life.down.get(self.blamed(life), ()) if is_crash(life.blame) else ()
            pieces.append(told + causes_text(causes))
        if life.delivery == EMPTY:
            named = self.blamed(life) if is_crash(life.blame) else ""
            others = ", ".join(name + causes_text(life.down[name]) for name in life.down if name != named)
            pieces += [f"also down: {others}"] if others else []
        if life.delivery & self.assembly.graph.all_marks:
            pieces.append(f"damaged: {self.damage(life.delivery)}")
        if life.delivery != EMPTY and life.delivery & ~self.assembly.graph.all_marks != self.whole:
            pieces.append(self.fallback(life))
        return "; ".join(pieces)

    def damage(self, delivery: int) -> str:
        """Return the hyperconnections and the exit that carry tags of silent errors, with their tags."""
        return " ".join(f"{name}[{', '.join(tags)}]"
                        for name, tags in self.assembly.graph.damage(delivery).items())

    def blamed(self, life: Life) -> str:
        """Return the component that is to blame."""
        return self.assembly.topology.components[(life.blame >> REASON_BITS) - 1]

    def fallback(self, life: Life) -> str:
        """Return what was taken in place of what, and whose fault that is."""
        graph = self.assembly.graph
        missing, taken = set(graph.edges_of(self.whole)), set(graph.edges_of(life.delivery))
        gone, extra = sorted(missing - taken), sorted(taken - missing)
        needed, used = self.needed_by(gone), self.needed_by(taken)
        down = [name for name in life.down if name in needed]
        unused = [name for name in down if name not in used]  # what was used was down at another time of its life
        guilty = [f"{name} {self.word(name)}{causes_text(life.down[name])}" for name in unused or down]
        guilty = guilty or [f"{name} was suspected" for name in life.suspected if name in needed]
        head = ", ".join(guilty) or "not there in time"
        held = graph.held_of(life.delivery)
        names = [" ".join(graph.edges[edge].name for edge in edges) for edges in (extra, gone, held)]
        told = f"; held {names[2]}" if held else ""
        if not gone:
            return f"{head}: also {names[0]}{told}"
        return f"{head}: {names[0]} in place of {names[1]}{told}" if extra else f"{head}: without {names[1]}{told}"

    def _nodes(self, part: str) -> tuple[str, ...]:
        return self.assembly.replicas.get(part, (self.assembly.placement[part],))

    def word(self, name: str) -> str:
        """Return what a component was, or a state of silent errors."""
        return "held" if name in self.assembly.reach.strikes.states else "was down"

    def needed_by(self, edges: Iterable[int]) -> frozenset[str]:
        """Return what some hyperconnections need: all nodes of their ends, and their routes, in no state that loses."""
        needed: set[str] = set()
        edges = [*edges]
        names = {self.assembly.graph.edges[edge].name for edge in edges}
        for mark in self.assembly.graph.marks:
            needed |= {*mark.strikes.values()} if mark.is_lost and mark.place in names else set()
        for edge in edges:
            ends = self.assembly.graph.edges[edge]
            for source, target in product(self._nodes(ends.source), self._nodes(ends.target)):
                route = self.assembly.reach.routes.find(source, target)
                needed |= {source, target, *(route.links if route else ()), *(route.hops if route else ())}
        return frozenset(needed)


def is_crash(blame: int) -> bool:
    """Return whether a component is blamed for having been down."""
    return blame > 0 and blame & REASON_MASK == BY_CRASH


def causes_text(causes: Iterable[str]) -> str:
    """Return the causes in brackets.

    >>> causes_text(["rack", "feed"]), causes_text([])
    (' (rack, feed)', '')
    """
    named = ", ".join(causes)
    return f" ({named})" if named else ""


def was_down(begin_ns: Times, end_ns: Times, births: Times, ends: Times) -> Bools:
    """Return whether there was an outage at some instant of each life [birth, end]."""
    began = np.searchsorted(begin_ns, ends, side="right")
    over = np.searchsorted(end_ns, births, side="right")
    down: Bools = began > over
    return down


def down_columns(
    assembly: Assembly, timeline: Timeline | None, replication: int, lives: tuple[NDArray[np.int64], Times, Times],
    among: Collection[str],
) -> dict[Column, Bools]:
    """Return for each of some components, and for each of its causes, whether it was down in each life.

    Args:
        assembly: The cell.
        timeline: The failures of the replication, None where nothing can fail.
        replication: Its number.
        lives: Number of each request within the replication, its birth and its end.
        among: The components.
    """
    if timeline is None:
        return {}
    numbers, births, ends = lives
    found: dict[Column, Bools] = {}
    for place, name in enumerate(timeline.components):
        if name in among:
            down = was_down(timeline.crash_ns[place], timeline.repair_ns[place], births, ends)
            found[name, ""] = down if timeline.coins is None else down | ~timeline.coins[numbers, place]
    streams = Streams(assembly.scenario.seed, replication)
    requests = int(assembly.scenario.workload.requests) if assembly.scenario.workload else 0
    for spells in cause_spells_of(assembly.process, streams, requests, timeline.until_ns):
        if spells.component in among and spells.cause != spells.component:
            found[spells.component, spells.cause] = was_down(spells.begin_ns, spells.end_ns, births, ends)
    return {column: down for column, down in found.items() if down.any()}


def doubted(believed: Timeline | None, lives: tuple[Times, Times], among: Collection[str]) -> dict[str, Bools]:
    """Return for each of some machines whether a detector suspected it in each life; only whom it ever did."""
    names = believed.components if believed else ()
    found = {name: was_down(believed.crash_ns[place], believed.repair_ns[place], *lives)
             for place, name in enumerate(names) if believed and name in among}
    return {name: doubt for name, doubt in found.items() if doubt.any()}


def down_at(columns: Mapping[Column, Bools], place: int) -> dict[str, tuple[str, ...]]:
    """Return what was down in one life, each with its causes."""
    chosen = [column for column, down in columns.items() if down[place]]
    return {name: tuple(cause for other, cause in chosen if other == name and cause) for name, own in chosen if not own}


def why_column(assembly: Assembly, runs: TimedRuns, requests: Requests) -> tuple[Codes, list[str]]:
    """Return the reason of each request as a code, and the words of the codes; code 0 is "", nothing to tell."""
    reasons, words = Reasons(assembly), {"": 0}
    codes = np.zeros(len(runs.request), dtype=np.int64)
    is_whole = np.array([delivery == reasons.whole for delivery in runs.deliveries])[runs.delivery]
    is_asked = ~is_whole | (requests.ending > 0)
    among = reasons.needed_by(range(len(assembly.graph.edges))) & assembly.reach.relevant
    for number, timeline in enumerate(runs.timelines):
        mine = np.flatnonzero(is_asked & (runs.replication == number))
        if not len(mine):
            continue
        lives = runs.request[mine].astype(np.int64), runs.arrival_ns[mine], runs.end_ns[mine]
        columns = down_columns(assembly, timeline, number, lives, among)
        doubts = doubted(runs.suspected[number] if runs.suspected else None, lives[1:], among)
        blame = np.where(requests.ending[mine] > 0, runs.blame[mine], 0)
        codes_of = [runs.delivery[mine], requests.ending[mine].astype(np.int64), blame]
        first, kind = kinds([*codes_of, *(doubt.astype(np.int64) for doubt in doubts.values())], columns)
        texts = [
            reasons.text(Life(runs.deliveries[int(runs.delivery[mine[place]])], int(requests.ending[mine[place]]),
                              int(blame[place]), down_at(columns, int(place)),
                              tuple(name for name, doubt in doubts.items() if doubt[place])))
            for place in first
        ]
        codes[mine] = np.array([words.setdefault(text, len(words)) for text in texts], dtype=np.int64)[kind]
    return codes, list(words)


def kinds(codes: list[Codes], columns: Mapping[Column, Bools]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first request of each kind, and the kind of each: those alike in all codes and columns."""
    kind = np.zeros(len(codes[0]), dtype=np.int64)
    for code in [*codes, *(down.astype(np.int64) for down in columns.values())]:
        distinct, place = np.unique(code, return_inverse=True)
        kind = np.unique(kind * len(distinct) + place.reshape(-1), return_inverse=True)[1].reshape(-1)
    _, first, each = np.unique(kind, return_index=True, return_inverse=True)
    return first, each.reshape(-1)
