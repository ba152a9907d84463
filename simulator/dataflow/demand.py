"""Skips on demand: whether the target of a skip hyperconnection would take it."""

from __future__ import annotations

from dataclasses import replace

from simulator.dataflow.build import spans
from simulator.dataflow.graph import PartGraph
from simulator.dataflow.reach import Reach


def skips(graph: PartGraph) -> frozenset[int]:
    """Return the indices of the hyperconnections that bypass a part."""
    return frozenset(edge for edge, span in enumerate(spans(tuple(graph.position), graph.edges)) if span > 0)


def is_wanted(reach: Reach, edge: int, down: frozenset[str]) -> bool:
    """Return whether the join of a skip's target, were it up, would take it: every better alternative is missing.

    Args:
        reach: Part graph, placement and routes.
        edge: The skip. Its sender fires, whatever is said to be down.
        down: What is down, or believed to be.
    """
    graph = reach.graph
    ends = graph.edges[edge]
    join = graph.part_by_name[ends.target].join
    fed = reach.fed(down, {ends.source})
    present = {each for each in join.edges if fed[graph.edges[each].source] and reach.is_up(each, down)} if join else {}
    return join is not None and edge in replace(join, needs="any").take({*present, edge})
