"""From parts and hyperconnections to a checked part graph: order, spans, and the joins of a strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Literal

import numpy as np

from simulator.dataflow.check import plan_problems
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Group, Join
from simulator.dataflow.plan import JoinRule, Plan
from simulator.errors import ScenarioError

Mode = Literal["add", "select"]
UNREACHED = -(2**30)


def topological(parts: Sequence[str], edges: Sequence[Edge]) -> tuple[str, ...]:
    """Return the parts so that each comes after all that feed it; ties in the order of declaration.

    Raises:
        graphlib.CycleError: the edges form a cycle.

    >>> topological(["c", "b", "a"], [Edge("a", "c"), Edge("b", "c")])
    ('b', 'a', 'c')
    """
    feeding: dict[str, list[str]] = {part: [] for part in parts}
    for edge in edges:
        feeding.setdefault(edge.target, []).append(edge.source)
    sorter = TopologicalSorter(feeding)
    sorter.prepare()
    declared = {part: place for place, part in enumerate(parts)}
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=declared.__getitem__)
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def spans(parts: Sequence[str], edges: Sequence[Edge]) -> tuple[int, ...]:
    """Return each hyperconnection's span: how many parts it bypasses, 0 for a simple one.

    The span is the length of the longest path between the ends of the hyperconnection, less one.

    Args:
        parts: All sources and parts, in any order.
        edges: The hyperconnections.

    Raises:
        graphlib.CycleError: the edges form a cycle.

    >>> spans("abc", [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")])
    (0, 0, 1)
    """
    return Paths(parts, edges).spans


def select_groups(target: str, parts: Sequence[str], edges: Sequence[Edge]) -> tuple[Group, ...]:
    """Return the groups of alternatives of a ``select`` join, derived from who bypasses whom.

    Each simple input heads a group. A skip input joins the group of the simple inputs that it bypasses (those that
    its source also feeds); where it bypasses several, their groups merge into one whose first alternative holds them
    all. Within a group the skips follow by span, and skips of the same span are one alternative.

    Args:
        target: The part whose join it is.
        parts: All sources and parts, in any order.
        edges: All hyperconnections.

    >>> edges = [Edge("a", "b"), Edge("b", "c"), Edge("a", "c")]  # c takes b, or else a
    >>> select_groups("c", "abc", edges)
    (((1,), (2,)),)
    """
    return Paths(parts, edges).select_groups(target)


class Paths:
    """The longest paths between all parts of a graph, found once.

    Args:
        parts: All sources and parts, in any order.
        edges: The hyperconnections.

    Raises:
        graphlib.CycleError: the edges form a cycle.
    """

    def __init__(self, parts: Sequence[str], edges: Sequence[Edge]) -> None:
        order = topological(parts, edges)
        self._place = {part: place for place, part in enumerate(order)}
        self._edges = edges
        self._inputs: dict[str, list[int]] = {part: [] for part in order}
        for index, edge in enumerate(edges):
            self._inputs[edge.target].append(index)
        self._longest = np.full((len(order), len(order)), UNREACHED, dtype=np.int32)  # of [to, from], in edges
        for place, part in enumerate(order):
            self._longest[place, place] = 0
            for index in self._inputs[part]:
                np.maximum(self._longest[place], self._longest[self._place[edges[index].source]] + 1,
                           out=self._longest[place])
        self.spans = tuple(self._between(edge.source, edge.target) - 1 for edge in edges)

    def select_groups(self, target: str) -> tuple[Group, ...]:
        """Return the groups of alternatives of a ``select`` join, as the function of that name does."""
        span, inputs = self.spans, self._inputs[target]
        groups = [{index} for index in inputs if span[index] == 0]
        for skip in (index for index in inputs if span[index] > 0):
            bypassed = {index for index in inputs if span[index] == 0
                        and self._between(self._edges[skip].source, self._edges[index].source) >= 0}
            joined = {skip}.union(*(group for group in groups if group & bypassed))
            groups = [group for group in groups if not group & bypassed] + [joined]
        return tuple(_by_span(group, span) for group in sorted(groups, key=lambda group: min((span[i], i)
                                                                                            for i in group)))

    def span(self, source: str, target: str) -> int:
        """Return how many parts a hyperconnection between two parts would bypass; 0 or below: none.

        >>> Paths("abc", [Edge("a", "b"), Edge("b", "c")]).span("a", "c")
        1
        """
        return self._between(source, target) - 1

    def _between(self, source: str, target: str) -> int:
        """Return the number of edges on the longest path; below 0: there is none."""
        return int(self._longest[self._place[target], self._place[source]])


def build_graph(
    sources: Sequence[str], parts: Sequence[str], exits: Sequence[str], edges: Sequence[Edge], mode: Mode,
    rules: Mapping[str, JoinRule] | None = None,
) -> PartGraph:
    """Return the part graph: parts in topological order, edges as declared, and a join for every part.

    Args:
        sources: Names of the parts that hold a sensor's data.
        parts: Names of all other parts.
        exits: Names of the parts whose output is an answer.
        edges: The hyperconnections; their order is the order of the bits of a delivery.
        mode: ``add`` takes every input present; ``select`` takes of each group the first alternative that is present.
        rules: What a part needs, and the groups of its ``select`` join where they are not to be derived.

    Raises:
        ScenarioError: with all problems: an unknown part, a duplicate edge, a cycle, a part without input, an exit
            that is missing or unreachable, needs or groups that do not fit the inputs.
    """
    plan = Plan(tuple(sources), tuple(parts), tuple(exits), tuple(edges), dict(rules or {}))
    if problems := plan_problems(plan):
        raise ScenarioError(*problems)
    paths = Paths(plan.names, plan.edges) if mode == "select" else None
    made = [
        Part(name, None if name in plan.sources else _join(name, plan, paths), name in plan.exits)
        for name in topological(plan.names, plan.edges)
    ]
    return PartGraph(tuple(made), plan.edges)


def _join(name: str, plan: Plan, paths: Paths | None) -> Join:
    rule, inputs = plan.rule(name), plan.inputs(name)
    if paths is None:
        return Join(((tuple(inputs.values()),),), rule.needs)
    if rule.groups is None:
        return Join(paths.select_groups(name), rule.needs)
    return Join(tuple(tuple(tuple(inputs[s] for s in a) for a in group) for group in rule.groups), rule.needs)


def _by_span(group: set[int], span: Sequence[int]) -> Group:
    return tuple(tuple(sorted(i for i in group if span[i] == s)) for s in sorted({span[i] for i in group}))

