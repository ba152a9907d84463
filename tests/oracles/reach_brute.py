"""The delivery of a pattern, the slow and obvious way: networkx, names and sets; nothing shared with the package."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import networkx as nx

Taken = frozenset[tuple[str, str]]


def delivery(parts: nx.DiGraph, exits: Sequence[str], mode: str, wires: nx.Graph, down: Collection[str],
             relays: Collection[str], *, emits: bool = False) -> tuple[str, Taken] | None:
    """Return (exit, taken edges behind it), or None where there is no answer.

    Args:
        parts: The part graph; a part stands on the node of its name, a part without input is a source.
        exits: The first of them that fires answers.
        mode: ``add`` or ``select``.
        wires: The network; an edge's attribute ``link`` is the link's name.
        down: Nodes and links that are down.
        relays: Nodes that relay while they are down.
        emits: Whether a part that is up but takes nothing sends all the same.
    """
    fed = {}
    for part in nx.lexicographical_topological_sort(parts):
        here = [p for p in parts.predecessors(part) if fed[p] is not None and is_wired(wires, p, part, down, relays)]
        taken = set(here) if mode == "add" else preferred(parts, part, here)
        if part in down or (parts.in_degree(part) and not taken and not emits):
            fed[part] = None
        else:
            fed[part] = frozenset({(p, part) for p in taken}).union(*(fed[p] for p in taken))
    informed = [part for part in exits if any(parts.in_degree(p) == 0 for p, _ in fed[part] or ())]
    return (informed[0], fed[informed[0]]) if informed else None


def is_wired(wires: nx.Graph, a: str, b: str, down: Collection[str], relays: Collection[str]) -> bool:
    """Return whether a path of up links and relaying nodes joins two nodes."""
    up = wires.copy()
    up.remove_edges_from([(x, y) for x, y, link in wires.edges(data="link") if link in down])
    up.remove_nodes_from([n for n in wires if n in down and n not in relays and n not in (a, b)])
    return nx.has_path(up, a, b)


def bypassed(parts: nx.DiGraph, a: str, b: str) -> int:
    """Return the most parts that lie between two parts on any path."""
    return max(len(path) for path in nx.all_simple_paths(parts, a, b)) - 2


def preferred(parts: nx.DiGraph, part: str, here: Collection[str]) -> set[str]:
    """Return the inputs that a select join takes of those that are here.

    Inputs that can stand in for each other, directly or through a third, form a cluster; of each cluster those that
    bypass the fewest parts are taken.
    """
    inputs = list(parts.predecessors(part))
    stands_in = nx.Graph()
    stands_in.add_nodes_from(inputs)
    simple = [p for p in inputs if bypassed(parts, p, part) == 0]
    stands_in.add_edges_from((s, k) for s in simple for k in inputs if k != s and nx.has_path(parts, k, s))
    taken = set()
    for cluster in nx.connected_components(stands_in):
        present = [p for p in cluster if p in here]
        best = min((bypassed(parts, p, part) for p in present), default=0)
        taken |= {p for p in present if bypassed(parts, p, part) == best}
    return taken
