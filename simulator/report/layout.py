"""Where nodes stand in a drawing, and how much an arrow bends: plain geometry, no plotting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.placement import Where, as_nodes, node_pairs
from simulator.topology.graph import Topology

Point = tuple[float, float]
BENDS = (0.0, 0.16, -0.16, 0.28, -0.28, 0.42, -0.42, 0.56, -0.56)


def part_depths(graph: PartGraph) -> dict[str, int]:
    """Return the longest distance of each part from a source, in hyperconnections."""
    depth: dict[str, int] = {}
    for part in graph.parts:
        depth[part.name] = max((depth[graph.edges[edge].source] + 1 for edge in graph.inputs[part.name]), default=0)
    return depth


def layers(topology: Topology, graph: PartGraph, placement: Mapping[str, Where]) -> dict[str, float]:
    """Return the layer of each node: the depth of its deepest part, else the mean of its neighbours'."""
    depth = part_depths(graph)
    layer: dict[str, float] = {}
    for part, where in placement.items():
        for node in as_nodes(where):
            layer[node] = max(layer.get(node, 0.0), float(depth[part]))
    waiting = [node.name for node in topology.nodes if node.name not in layer]
    while waiting:
        near = {name: [layer[other] for other in topology.graph[name] if other in layer] for name in waiting}
        ready = {name: sum(found) / len(found) for name, found in near.items() if found}
        layer.update(ready or dict.fromkeys(waiting, 0.0))
        waiting = [name for name in waiting if name not in layer]
    return layer


def layered(topology: Topology, graph: PartGraph, placement: Mapping[str, Where]) -> dict[str, Point]:
    """Return a position for each node: layers from left to right, each node at the middle of those that feed it.

    One unit is one layer across, and one row down; no two nodes of a layer are nearer than one row.
    """
    layer = layers(topology, graph, placement)
    feeds = _feeding(topology, graph, placement, layer)
    row: dict[str, float] = {}
    order = {node.name: place for place, node in enumerate(topology.nodes)}
    for level in sorted(set(layer.values())):
        members = [node.name for node in topology.nodes if layer[node.name] == level]
        wish = {name: _mean([row[other] for other in feeds[name]], float(place)) for place, name in enumerate(members)}
        members.sort(key=lambda name: (wish[name], order[name]))
        row.update(_spread([wish[name] for name in members], members))
    middle = (max(row.values()) + min(row.values())) / 2 if row else 0.0
    column = {level: float(place) for place, level in enumerate(sorted(set(layer.values())))}
    return {name: (column[layer[name]], middle - row[name]) for name in layer}


def _feeding(
    topology: Topology, graph: PartGraph, placement: Mapping[str, Where], layer: Mapping[str, float],
) -> dict[str, list[str]]:
    """Return the nodes that feed each node from the nearest layer (no skips); for others, neighbours to the left."""
    feeds: dict[str, set[str]] = {node.name: set() for node in topology.nodes}
    for edge in graph.edges:
        for source, target in node_pairs(placement[edge.source], placement[edge.target]):
            feeds[target].add(source)
    for node in topology.nodes:
        if not feeds[node.name]:
            feeds[node.name] = set(topology.graph[node.name])
    nearest: dict[str, list[str]] = {}
    for name, found in feeds.items():
        behind = [other for other in found if layer[other] < layer[name]]
        last = max((layer[other] for other in behind), default=0.0)
        nearest[name] = sorted(other for other in behind if layer[other] == last)
    return nearest


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _spread(wishes: Sequence[float], names: Sequence[str]) -> dict[str, float]:
    """Return rows near the wishes, at least one apart, in their order, with the same mean as the wishes."""
    rows: list[float] = []
    for wish in wishes:
        rows.append(max(wish, rows[-1] + 1.0) if rows else wish)
    shift = _mean(wishes, 0.0) - _mean(rows, 0.0)
    return {name: row + shift for name, row in zip(names, rows, strict=True)}


def fitted(positions: Mapping[str, Point], width: float, height: float) -> dict[str, Point]:
    """Return given positions scaled alike in both directions to fit a box, with its lower left corner at 0, 0."""
    xs, ys = [x for x, _ in positions.values()], [y for _, y in positions.values()]
    span_x, span_y = max(xs) - min(xs), max(ys) - min(ys)
    scale = min(width / span_x if span_x else math.inf, height / span_y if span_y else math.inf)
    scale = 1.0 if math.isinf(scale) else scale
    return {name: ((x - min(xs)) * scale, (y - min(ys)) * scale) for name, (x, y) in positions.items()}


def apart(positions: Mapping[str, Point], sizes: Mapping[str, Point], rounds: int = 200) -> dict[str, Point]:
    """Return positions at which boxes of these (width, height) do not overlap, as far as so many rounds allow."""
    at = {name: list(point) for name, point in positions.items()}
    names = sorted(at)
    for _ in range(rounds):
        is_quiet = True
        for place, a in enumerate(names):
            for b in names[place + 1:]:
                over_x = (sizes[a][0] + sizes[b][0]) / 2 - abs(at[a][0] - at[b][0])
                over_y = (sizes[a][1] + sizes[b][1]) / 2 - abs(at[a][1] - at[b][1])
                if over_x > 0 and over_y > 0:
                    axis, push = (0, over_x) if over_x < over_y else (1, over_y)
                    sign = 1.0 if at[a][axis] >= at[b][axis] else -1.0
                    at[a][axis] += sign * 0.51 * push
                    at[b][axis] -= sign * 0.51 * push
                    is_quiet = False
        if is_quiet:
            break
    return {name: (point[0], point[1]) for name, point in at.items()}


def bezier(start: Point, end: Point, bend: float, steps: int = 24) -> list[Point]:
    """Return points on the curve that matplotlib draws for ``arc3,rad=bend``, both ends included."""
    (x0, y0), (x2, y2) = start, end
    x1, y1 = (x0 + x2) / 2 + bend * (y2 - y0), (y0 + y2) / 2 - bend * (x2 - x0)
    curve = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        curve.append((a * x0 + b * x1 + c * x2, a * y0 + b * y1 + c * y2))
    return curve


def best_bend(start: Point, end: Point, boxes: Iterable[tuple[Point, Point]], drawn: Iterable[list[Point]]) -> float:
    """Return the smallest bend that keeps clear of boxes (centre, size) and, second, of curves already drawn."""
    there = np.array(list(boxes), dtype=np.float64).reshape(-1, 2, 2)
    others = np.array([point for curve in drawn for point in curve], dtype=np.float64).reshape(-1, 2)
    reach = there[:, 1] / 2 + 0.08

    def cost(bend: float) -> float:
        inner = np.array(bezier(start, end, bend)[2:-2])
        hits = np.count_nonzero((np.abs(inner[:, np.newaxis] - there[:, 0]) < reach).all(axis=2))
        off = inner[5:-5, np.newaxis] - others
        close = np.count_nonzero(np.hypot(off[..., 0], off[..., 1]) < 0.12)
        return 10.0 * hits + 0.1 * close + abs(bend)

    return min(BENDS, key=cost)


def is_inside(point: Point, centre: Point, size: Point) -> bool:
    """Return whether a point is in a box."""
    return abs(point[0] - centre[0]) < size[0] / 2 and abs(point[1] - centre[1]) < size[1] / 2
