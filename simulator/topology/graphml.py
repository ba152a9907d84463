"""GraphML in the words of a topology file: our own attribute names, or those of the Internet Topology Zoo."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx

from simulator.documents.yaml_text import Document, read_text, shown
from simulator.errors import Problem, ScenarioError

SURVIVAL = "survival_"
NODE_KEYS = ("kind", "speed", "memory", "forwards_when_down", "device")
LINK_KEYS = ("name", "latency", "jitter", "bandwidth", "loss", "duplex", "medium")
EARTH_RADIUS_KM = 6371.0
FIBRE_KM_PER_S = 299_792.458 * 2 / 3  # light in glass
NUMBERS = {"loss", "forwards_when_down"}


def is_graphml(path: Path) -> bool:
    """Return whether a file is GraphML, by the end of its name."""
    return path.suffix.lower() in {".graphml", ".xml"}


def read_graphml(path: Path) -> Document:
    """Return a GraphML file in the words of a topology file.

    A node is called by its ``label`` (by its id where there is none, or where two are called the same). Positions come
    from ``Longitude`` and ``Latitude``; a link without ``latency`` gets the great-circle distance of its ends at 2/3 of
    the speed of light (none where an end has no position), ``LinkSpeedRaw`` is its bandwidth in bit/s, and parallel
    links are one.

    Raises:
        ScenarioError: the file cannot be read or is not GraphML.
    """
    read_text(path)
    try:
        graph = nx.read_graphml(path)
    except (ParseError, nx.NetworkXException, KeyError, ValueError, TypeError) as error:
        way_out = "give GraphML, or YAML with nodes and links"
        raise ScenarioError(Problem(shown(path), f"is not GraphML: {error}", way_out)) from error
    names = _names(graph)
    nodes = {names[key]: _node(data) for key, data in graph.nodes(data=True)}
    links: dict[frozenset[str], dict[str, Any]] = {}
    for source, target, data in graph.edges(data=True):
        ends = (names[source], names[target])
        if ends[0] != ends[1]:
            links.setdefault(frozenset(ends), _link(ends, data, nodes))
    title = graph.graph.get("title") or graph.graph.get("Network") or path.stem
    value = {"title": str(title), "nodes": nodes, "links": list(links.values())}
    return Document(shown(path), value, {"": shown(path)})


def _names(graph: Any) -> dict[Any, str]:
    labels = {key: str(data.get("label") or key) for key, data in graph.nodes(data=True)}
    times = Counter(labels.values())
    return {key: label if times[label] == 1 else f"{label} {key}" for key, label in labels.items()}


def _node(data: Mapping[str, Any]) -> dict[str, Any]:
    node = _own_keys(data, NODE_KEYS)
    if "position" in data:
        node["position"] = [_number(word) for word in str(data["position"]).strip("[]() ").split(",")]
    elif "Longitude" in data and "Latitude" in data:
        node["position"] = [data["Longitude"], data["Latitude"]]
    return node


def _link(ends: tuple[str, str], data: Mapping[str, Any], nodes: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    link = {"between": list(ends), **_own_keys(data, LINK_KEYS)}
    places = [nodes[end].get("position") for end in ends]
    if "latency" not in link and all(places):
        link["latency"] = f"{distance_km(*places) / FIBRE_KM_PER_S * 1e3:.6f} ms"
    if "bandwidth" not in link and data.get("LinkSpeedRaw"):
        link["bandwidth"] = f"{data['LinkSpeedRaw']} bps"
    return link


def _own_keys(data: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what is written in our own words; ``survival_normal`` is the survival under the setting ``normal``."""
    own = {key: _number(data[key]) if key in NUMBERS else data[key] for key in keys if key in data}
    survival = {key.removeprefix(SURVIVAL): _number(p) for key, p in data.items() if key.startswith(SURVIVAL)}
    if "survival" in data and not survival:
        own["survival"] = _number(data["survival"])
    return {**own, "survival": survival} if survival else own


def _number(value: Any) -> Any:
    """Return text as the number that it is, and anything else as it is."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def distance_km(start: Any, end: Any) -> float:
    """Return the great-circle distance of two (longitude, latitude) in degrees (haversine formula, sphere of 6371 km).

    >>> round(distance_km((0, 0), (90, 0)))
    10008
    """
    (lon1, lat1), (lon2, lat2) = [tuple(map(math.radians, map(float, place))) for place in (start, end)]
    chord = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))
