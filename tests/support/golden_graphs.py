"""The part graphs of the literature, and the shelf's topologies read without the loader."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, product
from pathlib import Path

import yaml

from simulator.dataflow.build import Mode, build_graph
from simulator.dataflow.graph import Edge, PartGraph
from simulator.dataflow.reach import Reach
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.routes import Routes
from simulator.units import magnitude

ROOT = Path(__file__).parents[2]
HEALTH = (["iot"], ["edge", "fog2", "fog1", "cloud"])
HEALTH_SIMPLE = ["iot edge", "edge fog2", "fog2 fog1", "fog1 cloud"]
HEALTH_SKIPS = ["fog2 cloud", "edge fog1", "iot fog2"]  # in the order of a skip configuration
CNN = (["iot"], ["edge", "fog", "cloud"])
CNN_SIMPLE = ["iot edge", "edge fog", "fog cloud"]
CNN_SKIPS = ["edge cloud", "iot fog"]
CAMERA = ([f"cam{i}" for i in range(1, 7)], ["e1", "e2", "e3", "e4", "f3", "f4", "f2", "f1", "c"])
CAMERA_SIMPLE = ["cam1 e1", "cam2 e1", "cam3 e2", "cam4 e3", "cam5 e3", "cam6 e4", "e1 f3", "e2 f4", "e3 f4", "e4 f4",
                 "f3 f2", "f4 f2", "f2 f1", "f1 c"]
CAMERA_SKIPS = ["f2 c", "f3 f1", "f4 f1", "e1 f2", "e2 f2", "e3 f2", "e4 f2"]


def edges(words: Sequence[str]) -> list[Edge]:
    """Return edges from words such as ``"iot edge"``."""
    return [Edge(*word.split()) for word in words]


def health(skips: Sequence[int] = (1, 1, 1), mode: Mode = "select") -> PartGraph:
    """Return ResiliNet's health graph with a configuration of its skips."""
    return build_graph(*HEALTH, ["cloud"], edges([*HEALTH_SIMPLE, *compress(HEALTH_SKIPS, skips)]), mode)


def cnn(skips: Sequence[int] = (1, 1), mode: Mode = "select") -> PartGraph:
    """Return ResiliNet's graph of the convolutional nets with a configuration of its skips."""
    return build_graph(*CNN, ["cloud"], edges([*CNN_SIMPLE, *compress(CNN_SKIPS, skips)]), mode)


def camera(skips: Sequence[int] = (1,) * 7, mode: Mode = "select") -> PartGraph:
    """Return ResiliNet's camera graph with a configuration of its skips."""
    return build_graph(*CAMERA, ["c"], edges([*CAMERA_SIMPLE, *compress(CAMERA_SKIPS, skips)]), mode)


def chain(parts: int, mode: Mode = "select") -> PartGraph:
    """Return a chain of parts behind a source, with a skip over every part that has one before and one behind it."""
    names = [f"p{place:02}" for place in range(1, parts + 1)]
    steps = [Edge(a, b) for hop in (1, 2) for a, b in zip(names, names[hop:], strict=False)]
    return build_graph(["source"], names, names[-1:], [Edge("source", names[0]), *steps], mode)


def shelf_topology(name: str) -> Topology:
    """Return a shipped topology, read in the plainest way."""
    file = yaml.safe_load((ROOT / "topologies" / f"{name}.yaml").read_text(encoding="utf-8"))
    nodes = [Node(n, b["kind"], survival=b.get("survival", {}), forwards_when_down=b.get("forwards_when_down", True))
             for n, b in file["nodes"].items()]
    links = [Link("-".join(b["between"]), tuple(b["between"]), round(magnitude(b.get("latency", 0), "nanosecond")),
                  survival=b.get("survival", {})) for b in file["links"]]
    return Topology(file["title"], tuple(nodes), tuple(links))


def wired(graph: PartGraph) -> Topology:
    """Return a topology with a node for each part and a direct link for each edge."""
    links = [Link(f"{e.source}-{e.target}", (e.source, e.target), 1000) for e in graph.edges]
    return Topology("", tuple(Node(part.name) for part in graph.parts), tuple(links))


def reach_on(graph: PartGraph, topology: Topology) -> Reach:
    """Return reach with each part on the node of its name."""
    return Reach(graph, {part.name: part.name for part in graph.parts}, Routes(topology))


def patterns(names: Sequence[str]) -> Iterator[frozenset[str]]:
    """Yield what is down in each pattern of components, first all of them."""
    for up in product((0, 1), repeat=len(names)):
        yield frozenset(name for name, is_up in zip(names, up, strict=True) if not is_up)
