"""Topologies from files: our YAML, and GraphML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx

from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import Document, read_document
from simulator.durations import UniformService
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.topology.blocks import GilbertElliott, LinkBlock, NodeBlock, Survival, TopologyFile
from simulator.topology.devices import devices
from simulator.topology.graph import NO_FAILURE, Link, Node, Topology
from simulator.topology.graphml import is_graphml, read_graphml
from simulator.topology.measured import MeasuredLink, measured_links
from simulator.topology.serving import serving_problems

ONLY_SETTING = "normal"


def read_topology(path: Path) -> Topology:
    """Return the topology of a YAML or GraphML file.

    Raises:
        ScenarioError: with every problem: not readable, unknown keys, wrong values, unknown ends of links, duplicates,
            self loops, parts of the graph that are not connected.
    """
    return topology_of(read_graphml(path) if is_graphml(path) else read_document(path), path.parent)


def topology_of(document: Document, beside: Path = Path()) -> Topology:
    """Return the topology that a document describes; raise ScenarioError with every problem of it.

    Args:
        document: Plain values with places.
        beside: The folder that the paths of measured matrices may start from.
    """
    file, problems = read_block(TopologyFile, document)
    if file and file.measured:
        file, unread = with_measured(file, document, beside)
        problems = (*problems, *unread)
    if file:
        problems = (*problems, *_graph_problems(file, document), *_survival_problems(file, document),
                    *_machine_problems(file, document))
    if problems or not file:
        raise ScenarioError(*problems)
    settings = {name: None for _, survival in _survivals(file) if isinstance(survival, dict) for name in survival}
    named = tuple(settings) or (ONLY_SETTING,)
    return Topology(file.title, tuple(_node(name, block, named) for name, block in file.nodes.items()),
                    tuple(_link(block, named) for block in file.links), file.routing == "around")


def with_measured(file: TopologyFile, document: Document, beside: Path) -> tuple[TopologyFile, tuple[Problem, ...]]:
    """Return the file with what was measured in its links, and what is wrong with the matrices."""
    links = {frozenset(block.between): block for block in file.links}
    problems: list[Problem] = []
    for place, measured in enumerate(file.measured):
        at = f"measured.{place}"
        problems += [Problem(document.place(f"{at}.nodes.{name}"), f"no node named {name!r}",
                             did_you_mean(name, file.nodes)) for name in measured.nodes if name not in file.nodes]
        try:
            for pair, found in measured_links(measured, beside):
                _lay_over(links, pair, found)
        except ScenarioError as error:
            problems += [Problem(document.place(f"{at}.{p.place}"), p.message, p.way_out) for p in error.problems]
    rest = tuple(links[frozenset(block.between)] for block in file.links)
    made = tuple(block for ends, block in links.items() if block not in rest)
    known = tuple(block for block in made if set(block.between) <= set(file.nodes))
    return file.model_copy(update={"links": (*rest, *known)}), tuple(problems)


def _lay_over(links: dict[frozenset[str], LinkBlock], pair: tuple[str, str], found: MeasuredLink) -> None:
    """Give a link what was measured and not written; make it where there is none and it is good enough."""
    there = links.get(frozenset(pair))
    if there is None and found.is_link:
        links[frozenset(pair)] = LinkBlock.model_validate({"between": pair, **found.keys})
    elif there is not None:
        news = LinkBlock.model_validate({"between": there.between, **found.keys})
        links[frozenset(pair)] = there.model_copy(
            update={key: getattr(news, key) for key in found.keys if key not in there.model_fields_set})


def link_name(block: LinkBlock) -> str:
    """Return a link's name: as given, else its ends in the order written.

    >>> link_name(LinkBlock(between=("edge", "fog")))
    'edge-fog'
    """
    return block.name or "-".join(block.between)


def plain_topology(topology: Topology) -> dict[str, Any]:
    """Return a topology as plain values with units, in the words of a topology file, nothing left out but defaults."""
    nodes = {node.name: _plain(_node_block(node)) for node in topology.nodes}
    routing = {} if topology.reroutes else {"routing": "fixed"}
    return {"title": topology.title, **routing, "nodes": nodes, "links": list(_plain_links(topology.links))}


def _plain_links(links: Iterable[Link]) -> Iterator[dict[str, Any]]:
    """Yield links as plain values; of thousands that differ in name and ends only, one is worked out."""
    known: dict[str, dict[str, Any]] = {}
    for link in links:
        alike = repr(replace(link, name="", ends=("", "")))
        if alike not in known:
            known[alike] = _plain(_link_block(link))
        named = {} if link.name == "-".join(link.ends) else {"name": link.name}
        yield {"between": list(link.ends), **named,
               **{key: value for key, value in known[alike].items() if key not in ("between", "name")}}


def _node_block(node: Node) -> NodeBlock:
    return NodeBlock(
        kind=node.kind, speed_flop_per_s=_limit(node.speed_flop_per_s, "FLOP/s"),
        memory_bytes=_limit(node.memory_bytes, "B"),
        survival=dict(node.survival), forwards_when_down=node.forwards_when_down, position=node.position,
        device=node.device, servers="unlimited" if node.serving.servers is None else node.serving.servers,
        buffer=node.serving.buffer, discipline=node.serving.discipline, batch=node.serving.batch,
        cold_start_ns=_limit(node.serving.cold_start_ns, "ns"),
    )


def _link_block(link: Link) -> LinkBlock:
    return LinkBlock(
        between=link.ends, name=None if link.name == "-".join(link.ends) else link.name,
        latency_ns=_limit(link.latency_ns, "ns"), jitter=link.jitter_law or _limit(link.jitter_ns, "ns"),
        bandwidth_bps=_limit(link.bandwidth_bps, "bps"), loss=_loss(link), survival=dict(link.survival),
        duplex=link.duplex, medium=link.medium,
    )


def _loss(link: Link) -> float | GilbertElliott:
    if link.burst is None:
        return link.loss
    return GilbertElliott(kind="gilbert_elliott", loss=link.loss, burst=link.burst)


def _plain(block: NodeBlock | LinkBlock) -> dict[str, Any]:
    return block.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _limit(number: float | None, unit: str) -> Any:
    """Return a number as text for a block to read; None where there is no limit."""
    return None if number is None or number == float("inf") else f"{number!r} {unit}"


def _survivals(file: TopologyFile) -> Iterator[tuple[str, Survival]]:
    """Yield the place and the survival of every component."""
    yield from ((f"nodes.{name}.survival", block.survival) for name, block in file.nodes.items())
    yield from ((f"links.{place}.survival", block.survival) for place, block in enumerate(file.links))


def _node(name: str, block: NodeBlock, settings: tuple[str, ...]) -> Node:
    device = devices().get(block.device or "")
    speed = block.speed_flop_per_s or (device.speed_flop_per_s if device else float("inf"))
    memory = device.memory_bytes if block.memory_bytes is None and device else block.memory_bytes
    survival = _survival(block.survival, settings)
    return Node(name, block.kind, speed, memory, survival, block.forwards_when_down, block.position, block.serving,
                block.device)


def _link(block: LinkBlock, settings: tuple[str, ...]) -> Link:
    bandwidth = float("inf") if block.bandwidth_bps is None else block.bandwidth_bps
    survival = _survival(block.survival, settings)
    loss, jitter = block.loss, block.jitter
    most = jitter.high_ns if isinstance(jitter, UniformService) and jitter.low_ns == 0 else None
    return Link(
        link_name(block), block.between, block.latency_ns, most or 0, bandwidth,
        loss.loss if isinstance(loss, GilbertElliott) else loss, survival,
        burst=loss.burst if isinstance(loss, GilbertElliott) else None,
        jitter_law=None if most else jitter, duplex=block.duplex, medium=block.medium,
    )


def _survival(survival: Survival, settings: tuple[str, ...]) -> Mapping[str, float]:
    """Return the survival by setting; one number is meant for every setting but ``no_failure``."""
    if isinstance(survival, dict):
        return survival
    return {name: survival for name in settings if name != NO_FAILURE}


def _survival_problems(file: TopologyFile, document: Document) -> Iterator[Problem]:
    for place, survival in _survivals(file):
        if isinstance(survival, dict) and survival.get(NO_FAILURE, 1.0) != 1.0:
            said = f"{survival[NO_FAILURE]!r} is not 1, but under {NO_FAILURE!r} nothing fails"
            yield Problem(document.place(f"{place}.{NO_FAILURE}"), said, "give the setting another name")


def _machine_problems(file: TopologyFile, document: Document) -> Iterator[Problem]:
    for name, block in file.nodes.items():
        if block.device is not None and block.device not in devices():
            place = document.place(f"nodes.{name}.device")
            yield Problem(place, f"no device named {block.device!r}", did_you_mean(block.device, devices()))
        for key, said, way_out in serving_problems(block.serving):
            yield Problem(document.place(f"nodes.{name}.{key}"), said, way_out)


def _graph_problems(file: TopologyFile, document: Document) -> Iterator[Problem]:
    """Yield what is wrong with the links: unknown ends, self loops, duplicates; and nodes that no link reaches."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(file.nodes)
    joined: dict[frozenset[str], str] = {}
    names = dict.fromkeys(file.nodes, "node")
    for index, block in enumerate(file.links):
        place, name, ends = document.place(f"links.{index}"), link_name(block), frozenset(block.between)
        yield from _end_problems(block, file, place)
        if ends in joined:
            said = f"{' and '.join(map(repr, block.between))} are joined already, by {joined[ends]!r}"
            yield Problem(place, said, "keep one link")
        elif name in names:
            said = f"there is a {names[name]} named {name!r} already"
            yield Problem(place, said, "give the link a 'name' of its own")
        joined.setdefault(ends, name)
        names.setdefault(name, "link")
        graph.add_edges_from([block.between] if ends <= set(file.nodes) else [])
        yield from _sharing_problems(block, document, index)
    yield from _islands(graph, document)


def _end_problems(block: LinkBlock, file: TopologyFile, place: str) -> Iterator[Problem]:
    for end in dict.fromkeys(block.between):
        if end not in file.nodes:
            yield Problem(place, f"no node named {end!r}", did_you_mean(end, file.nodes))
    if block.between[0] == block.between[1]:
        yield Problem(place, f"a link from {block.between[0]!r} to itself", "name two different nodes")


def _sharing_problems(block: LinkBlock, document: Document, index: int) -> Iterator[Problem]:
    """Yield what is wrong with a link that shares its transmitter: it needs one."""
    shared = {"medium": repr(block.medium)} if block.medium is not None else {}
    shared |= {"duplex": "'half'"} if block.duplex == "half" else {}
    for key, said in shared.items():
        if block.bandwidth_bps is None:
            yield Problem(document.place(f"links.{index}.{key}"), f"{said} shares a transmitter, but nobody waits for "
                          "one of unlimited bandwidth", "write a 'bandwidth', such as 10 Mbps")


def _islands(graph: nx.Graph[str], document: Document) -> Iterator[Problem]:
    mainland, *islands = sorted(nx.connected_components(graph), key=lambda piece: (-len(piece), min(piece)))
    for island in islands:
        cut_off = ", ".join(repr(node) for node in sorted(island))
        said = f"no path of links joins {cut_off} with {min(mainland)!r}"
        yield Problem(document.place(f"nodes.{min(island)}"), said, "add a link")
