"""P(no information flow), exactly, at any size: a walk over the parts that remembers only who feeds what is to come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.expect.estimate import Estimate
from simulator.expect.frontier_join import Arrival, Met, met
from simulator.expect.frontier_plan import OTHERWISE, Floats, NotExact, Step, Term, last_uses, plan_of
from simulator.expect.intervals import exactly
from simulator.failures.cause_law import CauseLaw
from simulator.topology.routes import Routes

MOST_CELLS = 1 << 22  # numbers of the widest table


class Frontier:
    """Probabilities of what is known of the open parts, none of the walk so far having been an answer.

    A key is ``(part, "data")``, ``(part, "bare")`` or ``("cause", number)``: whether the part has sent (something that
    rests on a source's data, or on none), or the cause is at work. Key number i is bit i of a state.

    Args:
        weight: Probability of each latent state.
    """

    def __init__(self, weight: Floats) -> None:
        self.table: Floats = weight[:, np.newaxis]
        self.keys: list[tuple[str, object]] = []
        self.widest = 0

    def add(self, keys: Sequence[tuple[str, object]], blocks: Sequence[Floats]) -> None:
        """Add keys as the highest bits; there is a table for each of their 2^keys values."""
        if blocks[0].size * len(blocks) > MOST_CELLS:
            raise NotExact(f"{len(self.keys) + len(keys)} parts and causes are open at once, in "
                           f"{len(self.table)} latent states, which makes too large a table; {OTHERWISE}")
        self.table = np.concatenate(blocks, axis=1)
        self.keys.extend(keys)
        self.widest = max(self.widest, len(self.keys))

    def drop(self, key: tuple[str, object]) -> None:
        """Forget a key: states that differ in nothing else are one."""
        place = self.keys.index(key)
        del self.keys[place]
        split = self.table.reshape(len(self.table), -1, 2, 1 << place)
        self.table = (split[:, :, 0] + split[:, :, 1]).reshape(len(self.table), -1)

    def holds(self, key: tuple[str, object]) -> NDArray[np.bool_]:
        """Return in which states a key is set, shape ``(states of the frontier,)``; nowhere where it is unknown."""
        states = np.arange(self.table.shape[1])
        if key not in self.keys:
            return np.zeros(len(states), dtype=bool)
        held: NDArray[np.bool_] = (states >> self.keys.index(key) & 1).astype(bool)
        return held

    def spared(self, causes: Sequence[int]) -> NDArray[np.bool_]:
        """Return in which states none of some shared causes is at work."""
        free = np.ones(self.table.shape[1], dtype=bool)
        for cause in causes:
            free &= ~self.holds(("cause", cause))
        return free


def no_information_flow(
    graph: PartGraph, placement: Mapping[str, str], routes: Routes, law: CauseLaw
) -> Estimate:
    """Return P(no data of a source reaches an exit), exactly: all terms are positive, so small ones are exact too.

    Parts are taken in topological order. What is remembered is the probability of each state of the parts that still
    feed others and of the causes that still fell others; so the cost is that of the widest such frontier, not of all
    patterns. Nodes, links and causes that fell several of them are all exact.

    Args:
        graph: The part graph.
        placement: Node of each part; parts may share nodes.
        routes: Routes between the nodes.
        law: What fails, as causes that are independent given a latent state.

    Raises:
        NotExact: messages may go around what is down, or the frontier is too wide.
    """
    steps = plan_of(graph, placement, routes, law).steps(law.chance)
    frontier, last = Frontier(law.weight), last_uses(graph, steps)
    for place, step in enumerate(steps):
        take(frontier, graph, step, law.chance, is_asked=step.part.name in last)
        for key in list(frontier.keys):
            if last[name_of(key)] <= place:
                frontier.drop(key)
    states = f", {len(law.weight)} latent states" if len(law.weight) > 1 else ""
    cut = "" if law.is_exact else " cut from a continuous one"
    method = f"exact along a frontier of {frontier.widest} over {len(steps)} parts{states}{cut}"
    return exactly(math.fsum(frontier.table.reshape(-1).tolist()), len(steps), method)


def name_of(key: tuple[str, object]) -> object:
    """Return what a key of the frontier is about: a part by its name, a cause by its number."""
    return key[1] if key[0] == "cause" else key[0]


def take(frontier: Frontier, graph: PartGraph, step: Step, chance: Floats, *, is_asked: bool) -> Floats | None:
    """Take one part: what it sends to others becomes a key, what it answers leaves the table and is returned.

    Shared causes that this step is the first to ask for become keys before.
    """
    for term in (step.node, *step.inputs.values()):
        for cause in term.shared:
            if ("cause", cause) not in frontier.keys:
                at_work = chance[:, [cause]]
                frontier.add([("cause", cause)], [frontier.table * (1 - at_work), frontier.table * at_work])
    name, needs = step.part.name, _met(frontier, graph, step)
    up = np.where(frontier.spared(step.node.shared), step.node.up[:, np.newaxis], 0.0)
    down = np.where(frontier.spared(step.node.shared), step.node.down[:, np.newaxis], 1.0)
    data = frontier.table * (up * needs.data)
    silent = frontier.table * (down + up * (needs.unmet + needs.bare))
    answered = data if step.part.is_exit else None
    if step.part.is_exit:
        data = np.zeros_like(data)
    if not is_asked:
        frontier.table = silent + data
    elif graph.starved_emits:
        none, bare = frontier.table * down, frontier.table * (up * (needs.unmet + needs.bare))
        frontier.add([(name, "bare"), (name, "data")], [none, bare, data, np.zeros_like(data)])
    else:
        frontier.add([(name, "data")], [silent, data])
    return answered


def _met(frontier: Frontier, graph: PartGraph, step: Step) -> Met:
    """Return with what probability a part's needs are met in each state."""
    join, shape = step.part.join, frontier.table.shape
    if join is None:
        return Met(np.zeros(1), np.ones(1), np.zeros(1))
    if join.needs in ("any", 1) and not graph.starved_emits:
        unmet = np.ones(shape)
        for edge, term in step.inputs.items():
            sends = frontier.holds((graph.edges[edge].source, "data")) & frontier.spared(term.shared)
            np.multiply(unmet, term.down[:, np.newaxis], out=unmet, where=sends)
        return Met(unmet, 1 - unmet, np.zeros(1))
    arrivals = {edge: _arrival(frontier, graph.edges[edge].source, term, emits=graph.starved_emits)
                for edge, term in step.inputs.items()}
    return met(join, arrivals, (shape[0], shape[1]))


def _arrival(frontier: Frontier, source: str, term: Term, *, emits: bool) -> Arrival:
    free, up = frontier.spared(term.shared), term.up[:, np.newaxis]
    data, bare = frontier.holds((source, "data")) & free, frontier.holds((source, "bare")) & free
    absent = np.where(data | bare, term.down[:, np.newaxis], 1.0)
    return Arrival(absent, np.where(data, up, 0.0), np.where(bare, up, 0.0) if emits else None)
