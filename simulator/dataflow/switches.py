"""Deliveries with hyperconnections switched off: every set of switches under every pattern, in one walk.

A hyperconnection that is off brings no message, as if its link were dead; nothing else changes, and nothing is trained
again. A delivery says which edges were taken, so most of the 2^(components + switches) cases end in the same few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY, PartGraph
from simulator.dataflow.join import Join
from simulator.dataflow.reach import Reach

Bools = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class SwitchedDeliveries:
    """What is delivered in each case.

    Args:
        deliveries: The distinct ones.
        place: Of each set of switches and pattern, the place of its delivery, shape ``(coalitions, patterns)``.
    """

    deliveries: tuple[int, ...]
    place: Places


def switched(
    reach: Reach, down: Sequence[frozenset[str]], switches: Sequence[int], coalitions: Sequence[int]
) -> SwitchedDeliveries:
    """Return what is delivered with some hyperconnections off, with no delays; for parts on one node each.

    Args:
        reach: Part graph, placement and routes; without replicas and silent errors.
        down: What is down in each pattern.
        switches: Indices of the hyperconnections that can be off.
        coalitions: Which of them are on, as sets of bits: bit i is ``switches[i]``.
    """
    graph, table, rows = reach.graph, dict[int, int](), []
    up = {part.name: np.array([reach.placement[part.name] not in names for names in down]) for part in graph.parts}
    ways = [np.array([reach.is_up(edge, names) for names in down]) for edge in range(len(graph.edges))]
    bit = {edge: place for place, edge in enumerate(switches)}
    for coalition in coalitions:
        there = [ways[edge] if edge not in bit or coalition >> bit[edge] & 1 else np.zeros_like(ways[edge])
                 for edge in range(len(graph.edges))]
        rows.append([table.setdefault(found, len(table)) for found in _deliveries(graph, up, there)])
    return SwitchedDeliveries(tuple(table), np.array(rows, dtype=np.intp))


def _deliveries(graph: PartGraph, up: dict[str, Bools], there: list[Bools]) -> list[int]:
    """Return the delivery of each pattern, given who is up and which hyperconnections are there."""
    sends: dict[str, Bools] = {}
    data: dict[str, Bools] = {}
    taken: dict[int, Bools] = {}
    for part in graph.parts:
        name = part.name
        if part.join is None:
            sends[name] = data[name] = up[name]
            continue
        present = {edge: there[edge] & sends[graph.edges[edge].source] for edge in part.join.edges}
        met, took = taken_by(part.join, present, len(up[name]))
        took = {edge: mask & met & up[name] for edge, mask in took.items()}
        taken |= took
        sends[name] = up[name] if graph.starved_emits else up[name] & met
        data[name] = _any([mask & data[graph.edges[edge].source] for edge, mask in took.items()], len(up[name]))
    return _walked_back(graph, data, taken)


def _walked_back(graph: PartGraph, data: dict[str, Bools], taken: dict[int, Bools]) -> list[int]:
    """Return the taken edges walked back from the first exit with data, pattern by pattern, as deliveries."""
    count = len(next(iter(data.values())))
    needed = {part.name: np.zeros(count, dtype=bool) for part in graph.parts}
    is_open, exits = np.ones(count, dtype=bool), dict[str, Bools]()
    for name in graph.exits:
        exits[name] = data[name] & is_open
        is_open &= ~data[name]
        needed[name] = needed[name] | exits[name]
    used: dict[int, Bools] = {}
    for part in reversed(graph.parts):
        for edge in part.join.edges if part.join else ():
            used[edge] = taken[edge] & needed[part.name]
            needed[graph.edges[edge].source] = needed[graph.edges[edge].source] | used[edge]
    columns = np.array([*used.values(), *exits.values()])
    distinct, place = np.unique(columns, axis=1, return_inverse=True)
    found = [_delivery(graph, list(used), list(exits), column) for column in distinct.T]
    return [found[row] for row in place.reshape(-1).tolist()]


def _delivery(graph: PartGraph, edges: list[int], exits: list[str], column: Bools) -> int:
    answered = [name for name, does in zip(exits, column[len(edges):], strict=True) if does]
    took = [edge for edge, is_used in zip(edges, column, strict=False) if is_used]
    return graph.delivery(answered[0], took) if answered else EMPTY


def taken_by(join: Join, present: dict[int, Bools], count: int) -> tuple[Bools, dict[int, Bools]]:
    """Return where a join's needs are met, and where it takes each input if they are: ``Join.take`` for many patterns.

    Args:
        join: The join.
        present: Where each input is present, shape ``(patterns,)``.
        count: How many patterns there are.
    """
    taken: dict[int, Bools] = {}
    is_complete = np.ones(count, dtype=bool)
    for group in join.groups:
        is_open = np.ones(count, dtype=bool)
        whole = np.zeros(count, dtype=bool)
        for alternative in group:
            some = _any([present[edge] for edge in alternative], count)
            taken |= {edge: present[edge] & is_open for edge in alternative}
            whole |= is_open & np.all([present[edge] for edge in alternative], axis=0)
            is_open = is_open & ~some
        is_complete &= whole
    needed = 1 if isinstance(join.needs, str) else join.needs
    number = np.sum([*taken.values()], axis=0, dtype=np.int64) if taken else np.zeros(count, dtype=np.int64)
    met = np.asarray(number >= needed)
    return (met & is_complete if join.needs == "all" else met), taken


def _any(masks: Sequence[Bools], count: int) -> Bools:
    return np.any(masks, axis=0) if masks else np.zeros(count, dtype=bool)

