"""The figure of the topology: machines, links, and the parts and hyperconnections laid over them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.textpath import TextPath

from simulator.dataflow.graph import Edge, PartGraph
from simulator.dataflow.placement import Where, as_nodes, node_pairs
from simulator.report.layout import Point, apart, best_bend, bezier, fitted, is_inside, layered, part_depths
from simulator.report.style import INK, styled
from simulator.topology.graph import Link, Topology
from simulator.units import duration_text

NAME_PT, PARTS_PT, LATENCY_PT = 11.0, 9.0, 8.5
KIND_COLORS = ("#CDE7F5", "#FBE3B4", "#BFE6D8", "#F0D3E2", "#F6C9AE", "#DDDDDD", "#D5D0EC")
LINK, SIMPLE, SKIP = "#C9CFD4", "#1F3A5F", "#B5470A"
MOST_LABELS = 40  # links above which latencies are left out
CROWD = 15  # nodes above which those without parts are small and their links thin and straight


@dataclass(frozen=True)
class Plan:
    """What is drawn where, in inches.

    Args:
        topology: The machines and links.
        graph: The parts and hyperconnections.
        placement: Node of each part, or its nodes.
    """

    topology: Topology
    graph: PartGraph
    placement: Mapping[str, Where]

    @cached_property
    def parts_on(self) -> dict[str, list[str]]:
        """The parts on each node, in order of the graph."""
        on: dict[str, list[str]] = {node.name: [] for node in self.topology.nodes}
        for part in self.graph.parts:
            for node in as_nodes(self.placement[part.name]):
                on[node].append(part.name)
        return on

    def pairs(self, edge: Edge) -> tuple[tuple[str, str], ...]:
        """Return from which nodes to which a hyperconnection leads."""
        return node_pairs(self.placement[edge.source], self.placement[edge.target])

    @cached_property
    def is_crowded(self) -> bool:
        """Whether there are so many nodes that those without parts must step back."""
        return len(self.topology.nodes) > CROWD

    def name_pt(self, node: str) -> float:
        """Return the font size of a node's name."""
        return 8.0 if self.is_crowded and not self.parts_on[node] else NAME_PT

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """The text of each node: its name, then its parts, a few a line."""
        return {name: [name, *wrapped(parts)] for name, parts in self.parts_on.items()}

    @cached_property
    def sizes(self) -> dict[str, Point]:
        """Width and height of each node's box."""
        found = {}
        for name, lines in self.lines.items():
            size = self.name_pt(name)
            width = max(_text_inches(line, PARTS_PT if place else size) for place, line in enumerate(lines))
            found[name] = (max(0.5, width + 0.24), (0.36 if size == NAME_PT else 0.24) + 0.16 * (len(lines) - 1))
        return found

    @cached_property
    def positions(self) -> dict[str, Point]:
        """The centre of each node's box, with the lower left of the drawing at 0, 0."""
        given = {node.name: node.position for node in self.topology.nodes if node.position is not None}
        if len(given) == len(self.topology.nodes) and len(set(given.values())) == len(given):
            at = apart(fitted(given, 7.5, 5.0), {name: (w + 0.15, h + 0.12) for name, (w, h) in self.sizes.items()})
        else:
            grid = layered(self.topology, self.graph, self.placement)
            across = max(width for width, _ in self.sizes.values()) + 0.95
            down = max(height for _, height in self.sizes.values()) + 0.22
            at = {name: (across * x, down * y) for name, (x, y) in grid.items()}
        return at

    @cached_property
    def skips(self) -> frozenset[str]:
        """Names of the hyperconnections that bypass at least one part."""
        depth = part_depths(self.graph)
        return frozenset(edge.name for edge in self.graph.edges if depth[edge.target] - depth[edge.source] > 1)

    def curve(self, pair: tuple[str, str]) -> tuple[Point, Point, float]:
        """Return start, end and bend of what is drawn from one node to another, on the side chosen for the pair."""
        first, bend = self.bends[frozenset(pair)]
        return self.positions[pair[0]], self.positions[pair[1]], bend if first == pair[0] else -bend

    @cached_property
    def bends(self) -> dict[frozenset[str], tuple[str, float]]:
        """For each pair of joined nodes: the node that the bend is seen from, and the bend."""
        at, chosen, drawn = self.positions, dict[frozenset[str], tuple[str, float]](), list[list[Point]]()
        fed = [pair for edge in self.graph.edges for pair in self.pairs(edge)]
        pairs = {frozenset(ends): ends for ends in fed if ends[0] != ends[1]}
        for link in self.topology.links:
            if self.is_crowded and frozenset(link.ends) not in pairs:
                chosen[frozenset(link.ends)] = (link.ends[0], 0.0)
            else:
                pairs.setdefault(frozenset(link.ends), link.ends)
        for key, (a, b) in sorted(pairs.items(), key=lambda item: (_length(at, item[1]), item[1])):
            boxes = [(at[name], self.sizes[name]) for name in at if name not in key]
            bend = best_bend(at[a], at[b], boxes, drawn)
            drawn.append(bezier(at[a], at[b], bend))
            chosen[key] = (a, bend)
        return chosen


def topology_drawing(topology: Topology, graph: PartGraph, placement: Mapping[str, Where]) -> Figure:
    """Return the drawing: nodes coloured by kind with their parts, grey links with latency, hyperconnections as arrows.

    Positions are the topology's where every node has one of its own, else layers from the sources, left to right.
    """
    plan = Plan(topology, graph, placement)
    with styled():
        figure = Figure()
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        boxes = _draw_nodes(axes, plan)
        for link in topology.links:
            _draw_link(axes, plan, link)
        _draw_hyperconnections(axes, plan, boxes)
        _frame(figure, axes, plan)
    return figure


def kinds(topology: Topology) -> dict[str, str]:
    """Return the colour of each kind of node, in order of first appearance."""
    names = list(dict.fromkeys(node.kind for node in topology.nodes))
    return {kind: KIND_COLORS[place % len(KIND_COLORS)] for place, kind in enumerate(names)}


def _draw_nodes(axes: Axes, plan: Plan) -> dict[str, FancyBboxPatch]:
    colors, boxes = kinds(plan.topology), {}
    for node in plan.topology.nodes:
        (x, y), (width, height) = plan.positions[node.name], plan.sizes[node.name]
        box = FancyBboxPatch((x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=0.08",
                             facecolor=colors[node.kind], edgecolor=INK, linewidth=1.0, zorder=4)
        axes.add_patch(box)
        boxes[node.name] = box
        for place, line in enumerate(plan.lines[node.name]):
            down = 0.18 + 0.17 * place if plan.parts_on[node.name] else height / 2
            axes.text(x, y + height / 2 - down, line, ha="center", va="center", zorder=5, color=INK,
                      fontsize=PARTS_PT if place else plan.name_pt(node.name), fontweight="normal" if place else "bold",
                      fontstyle="italic" if place else "normal")
    return boxes


def _draw_link(axes: Axes, plan: Plan, link: Link) -> None:
    start, end, bend = plan.curve(link.ends)
    curve = bezier(start, end, bend)
    axes.plot([x for x, _ in curve], [y for _, y in curve], color=LINK, linewidth=3 if plan.is_crowded else 6, zorder=1)
    if _has_latencies(plan):
        x, y = _seen_middle(plan, link, curve)
        axes.text(x, y, duration_text(link.latency_ns), fontsize=LATENCY_PT, color="#444444", ha="center", va="center",
                  zorder=3,
                  bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.9})


def _seen_middle(plan: Plan, link: Link, curve: list[Point]) -> Point:
    """Return the middle of the stretch between the two boxes, where the latency is written."""
    ends = [(plan.positions[name], plan.sizes[name]) for name in link.ends]
    seen = [point for point in curve if not any(is_inside(point, centre, size) for centre, size in ends)] or curve
    return seen[len(seen) // 2]


def _draw_hyperconnections(axes: Axes, plan: Plan, boxes: Mapping[str, FancyBboxPatch]) -> None:
    drawn: list[tuple[str, str]] = []
    arrows = ((edge, pair) for edge in plan.graph.edges for pair in plan.pairs(edge))
    for edge, pair in arrows:
        if pair[0] == pair[1]:
            continue
        start, end, bend = plan.curve(pair)
        bend += 0.1 * drawn.count(pair)
        drawn.append(pair)
        is_skip = edge.name in plan.skips
        axes.add_patch(FancyArrowPatch(
            start, end, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=12, zorder=2,
            patchA=boxes[pair[0]], patchB=boxes[pair[1]], shrinkA=1, shrinkB=1, color=SKIP if is_skip else SIMPLE,
            linestyle=(0, (4, 2.5)) if is_skip else "-", linewidth=1.5,
        ))


def _frame(figure: Figure, axes: Axes, plan: Plan) -> None:
    """Fit the figure to the drawing, so that one unit is one inch, and put the legend below."""
    (left, bottom), (right, top) = _corners(plan)
    handles = _legend(plan)
    width = max(right - left + 0.4, 6.4)
    columns = max(1, min(len(handles), int(width / 1.75)))
    foot = 0.3 + 0.24 * -(-len(handles) // columns)
    middle = (right + left) / 2
    figure.set_size_inches(width, top - bottom + 0.65 + foot)
    axes.set_xlim(middle - width / 2, middle + width / 2)
    axes.set_ylim(bottom - 0.2 - foot, top + 0.45)
    axes.set_title(plan.topology.title, y=1.0, pad=-18, x=0.02)
    axes.legend(handles=handles, loc="lower center", ncols=columns, frameon=False, handlelength=1.8, columnspacing=1.4)


def _corners(plan: Plan) -> tuple[Point, Point]:
    """Return the lower left and upper right corner of what is drawn."""
    points = [point for key, (first, _) in plan.bends.items() for other in key - {first}
              for point in bezier(*plan.curve((first, other)))]
    for name, (x, y) in plan.positions.items():
        width, height = plan.sizes[name]
        points += [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)]
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


def _legend(plan: Plan) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [
        Patch(facecolor=color, edgecolor=INK, label=kind) for kind, color in kinds(plan.topology).items()]
    if plan.topology.links:
        label = "link (latency)" if _has_latencies(plan) else "link"
        handles.append(Line2D([], [], color=LINK, linewidth=6, label=label))
    handles.append(Line2D([], [], color=SIMPLE, linewidth=1.5, marker=">", markersize=5, label="hyperconnection"))
    if plan.skips:
        handles.append(Line2D([], [], color=SKIP, linewidth=1.5, linestyle="--", marker=">", markersize=5,
                              label="skip hyperconnection"))
    return handles


def _length(at: Mapping[str, Point], pair: tuple[str, str]) -> float:
    (x0, y0), (x1, y1) = at[pair[0]], at[pair[1]]
    return round(math.hypot(x1 - x0, y1 - y0), 6)


def wrapped(parts: list[str], per_line: int = 22) -> list[str]:
    """Return the parts as lines of about that many letters.

    >>> wrapped(["low"]), wrapped(["left_camera", "right_camera", "low"])
    (['part low'], ['parts left_camera,', 'right_camera, low'])
    """
    lines = [("parts " if len(parts) > 1 else "part ") + parts[0]] if parts else []
    for part in parts[1:]:
        lines[-1] += ","
        if len(lines[-1]) + len(part) < per_line:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    return lines


def _text_inches(text: str, size_pt: float) -> float:
    """Return the width of a text in inches."""
    path = TextPath((0, 0), text or " ", size=size_pt, prop=FontProperties(family="DejaVu Sans", weight="bold"))
    return float(path.get_extents().width) / 72.0


def _has_latencies(plan: Plan) -> bool:
    """Return whether latencies are written on the links; a crowd of numbers is left out."""
    return len(plan.topology.links) <= MOST_LABELS
