"""What if these components are down? One request's delivery, its accuracy and latency, and the fate of every edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simulator.dataflow.graph import DATA, EMPTY
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.clusters import cluster_mean
from simulator.expect.estimate import Estimate
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.disturbances import Loses
from simulator.network.draws import draws
from simulator.network.endings import ENDINGS, endings, reason
from simulator.network.plan import Times
from simulator.seeds import Streams
from simulator.study.answers import Answers, answers
from simulator.study.assemble import Assembly, given_costs
from simulator.study.progress import Progress

AGES_NS = 1 << 50


@dataclass(frozen=True)
class EdgeFate:
    """What became of a hyperconnection: ``taken``, ``spare`` (it came and was not needed) or ``lost``; and why."""

    name: str
    fate: str
    why: str


@dataclass(frozen=True)
class WhatIf:
    """The answer to what happens when some components are down.

    Args:
        down: Names of all components that are down at the request's birth.
        delivery: What it is answered from, in words; ``-`` for no answer.
        edges: The fate of each hyperconnection, with no delays.
        accuracy: Over the test set; None without a model.
        by_class: Accuracy of each class of the test set.
        latency_ns: From birth to answer, or to the instant when the loss is known.
        ending: ``on_time``, ``late`` or ``lost``.
        reason: Who is to blame, empty when on time.
    """

    down: tuple[str, ...]
    delivery: str
    edges: tuple[EdgeFate, ...]
    accuracy: Estimate | None
    by_class: tuple[tuple[int, Estimate], ...]
    latency_ns: int
    ending: str
    reason: str


def what_if(
    assembly: Assembly,
    down: Sequence[str],
    at_ns: int | None = None,
    *,
    quick: bool = False,
    progress: Progress | None = None,
) -> WhatIf:
    """Return what happens to one request while components are down.

    Args:
        assembly: The cell, for instance of one strategy.
        down: Names of the components that are down throughout the request's life.
        at_ns: Birth of the request on the timeline of replication 0: what the scenario's own failures have taken down
            then is down as well; None: nothing else is.
        quick: Whether random data may stand in for a missing data set.
        progress: Who is told of the training.

    Raises:
        ScenarioError: a component does not exist.
    """
    check_names(assembly, down)
    timeline = frozen(assembly, down, at_ns)
    birth = np.array([at_ns or 0], dtype=np.int64)
    all_down = frozenset(n for n, is_up in zip(timeline.components, timeline.up_at(birth)[0], strict=True) if not is_up)
    judged = (
        answers(assembly, quick=quick, label=assembly.scenario.strategy, progress=progress or Progress())
        if assembly.has_layers and assembly.scenario.outcomes is None
        else None
    )
    plan = assembly.plan(judged.costs if judged else given_costs(assembly.model, assembly.graph))
    alone = plan.policy.model_copy(update={"lost": "at_once", "held": None})  # no repair, no request before it
    spikes = tuple(each for each in plan.disturbances if not isinstance(each, Loses))
    plan = replace(plan, policy=alone, disturbances=spikes)
    log = engine.run(plan, replace(draws(plan, birth, Streams(assembly.scenario.seed)), timeline=timeline))
    ending = endings(np.array([log.delivery[0] != EMPTY]), birth, log.end_ns, log.blame, plan.policy.deadline_ns)
    accuracy, by_class = judge(judged, log.delivery[0])
    return WhatIf(
        tuple(n for n in components_of(assembly) if n in all_down),
        assembly.graph.text(log.delivery[0]),
        edge_fates(assembly, all_down),
        accuracy,
        by_class,
        int(log.end_ns[0] - birth[0]),
        ENDINGS[int(ending[0])],
        reason(int(log.blame[0]), assembly.topology.components) if ending[0] else "",
    )


def check_names(assembly: Assembly, down: Sequence[str]) -> None:
    """Raise ScenarioError when a component does not exist, for all of them at once."""
    known = components_of(assembly)
    problems = [
        Problem("option --down", f"no node or link named {name!r}", did_you_mean(name, known))
        for name in down
        if name not in known
    ]
    if problems:
        raise ScenarioError(*problems)


def components_of(assembly: Assembly) -> tuple[str, ...]:
    """Return the names of nodes, links and states of silent errors."""
    states = (state for error in assembly.errors for state in error.states.values())
    return (*assembly.topology.components, *states)


def frozen(assembly: Assembly, down: Sequence[str], at_ns: int | None) -> Timeline:
    """Return a timeline on which some components are down for good, laid over the scenario's own when asked for."""
    names = [name for name in components_of(assembly) if name in set(down)]
    own: dict[str, tuple[Times, Times]] = {}
    if at_ns is not None and assembly.process.components:
        line = assembly.process.timeline(Streams(assembly.scenario.seed), 1, 2 * at_ns + AGES_NS // 1000)
        own = {
            n: (c, r) for n, c, r in zip(line.components, line.crash_ns, line.repair_ns, strict=True) if n not in names
        }
    forever = (np.array([-1], dtype=np.int64), np.array([AGES_NS], dtype=np.int64))
    lives = own | dict.fromkeys(names, forever)
    ordered = [name for name in components_of(assembly) if name in lives]
    return Timeline(
        tuple(ordered), tuple(lives[n][0] for n in ordered), tuple(lives[n][1] for n in ordered), None, AGES_NS
    )


def judge(judged: Answers | None, delivery: int) -> tuple[Estimate | None, tuple[tuple[int, Estimate], ...]]:
    """Return the accuracy of a delivery over the test set and for each class."""
    if judged is None:
        return None, ()
    outcomes = judged.outcomes
    worth = outcomes.correct(delivery)
    classes = np.unique(outcomes.labels)
    by_class = tuple(
        (int(c), cluster_mean(worth[outcomes.labels == c], outcomes.groups[outcomes.labels == c])) for c in classes
    )
    return cluster_mean(worth, outcomes.groups), by_class


def edge_fates(assembly: Assembly, down: frozenset[str]) -> tuple[EdgeFate, ...]:
    """Return what becomes of each hyperconnection with no delays, and why."""
    graph, fed, delivery = assembly.graph, assembly.reach.fed(down), assembly.reach.delivery(down)
    fates = []
    for place, edge in enumerate(graph.edges):
        lost = why_lost(assembly, place, fed, down)
        if lost:
            fates.append(EdgeFate(edge.name, "lost", lost))
        elif delivery & graph.edge_bit(place):
            tags = ", ".join(graph.tags(delivery, edge.source, edge.name))
            told = f"damaged: {tags}" if tags else ""
            bare = told if fed[edge.source] & DATA else f"{edge.source} is starved: what it sends holds no data"
            fates.append(EdgeFate(edge.name, "taken", bare))
        else:
            fates.append(EdgeFate(edge.name, "spare", why_spare(assembly, place, fed[edge.target], down)))
    return tuple(fates)


def why_lost(assembly: Assembly, place: int, fed: Mapping[str, int], down: frozenset[str]) -> str:
    """Return why nothing comes over a hyperconnection; empty when something does."""
    edge = assembly.graph.edges[place]
    at = assembly.reach.standing(down)
    source, target = at[edge.source], at[edge.target]
    if source in down:
        return f"{source} is down"
    if not fed[edge.source]:
        return f"{edge.source} is starved: none of its inputs came"
    if assembly.reach.is_up(place, down):
        return ""
    if assembly.reach.has_route(place, down):
        return "damaged on its way, and dropped by its receiver"
    if target in down and edge.target in assembly.replicas:
        return f"{' and '.join(assembly.replicas[edge.target])} are down or cannot be reached"
    return f"no route from {source} to {target} over what is up"


def why_spare(assembly: Assembly, place: int, fed: int, down: frozenset[str]) -> str:
    """Return why the answer does not rest on a hyperconnection that came; ``fed`` is what is behind its target."""
    target = assembly.graph.edges[place].target
    node = assembly.reach.standing(down)[target]
    if node in down:
        return f"{node} is down"
    if not fed:
        return f"{target} needs more inputs"
    if fed & assembly.graph.edge_bit(place):
        return f"{target} took it, but the answer does not rest on {target}"
    return "a better input is there"
