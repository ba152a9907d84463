"""Real backbone networks from the ``topohub`` package, written as topology files.

``topohub`` is an optional extra: it is needed to make such a file, not to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.errors import ScenarioError
from simulator.units import TIME_LADDER, text_of

FIBRE_KM_PER_S = 199_861.64  # light in fibre: 2/3 of 299,792.458 km/s
HEAD = """\
# The backbone {name}: {nodes} places and {links} links of the topohub package (MIT licence, P. Jurkiewicz,
# doi 10.1016/j.softx.2023.101540). A link's latency is its length at 2/3 of the speed of light.
# Speed, memory and bandwidth are made up. A place that is down still relays: its host crashed, not its router.
# Made by:
#   python -c "from simulator.topology.backbone import *; print(from_topohub('{name}'), end='')"
title: {title}
"""
NODE = "  {name}: {{kind: fog, speed: 1 GFLOP/s, memory: 1 GB, position: [{x:g}, {y:g}]}}"
LINK = "  - {{between: [{ends}], latency: {latency}, bandwidth: 1 Gbps}}  # {km:.0f} km"


def from_topohub(name: str) -> str:
    """Return a backbone of the ``topohub`` package as the text of a topology file.

    Args:
        name: Its key in the package, such as ``"sndlib/nobel-germany"``; its places need names, each its own.

    Raises:
        ScenarioError: ``topohub`` is not installed, or knows no such backbone with named places.
    """
    try:
        import topohub  # noqa: PLC0415
    except ImportError as error:
        raise ScenarioError("the package 'topohub' is not installed; pip install 'graceful-sim[backbones]'") from error
    try:
        found = topohub.get(name, use_names=True)
    except (KeyError, ValueError, OSError) as error:
        message = f"topohub has no backbone {name!r} with named places; try 'sndlib/nobel-germany'"
        raise ScenarioError(message) from error
    return topology_text(name, found)


def topology_text(name: str, found: Mapping[str, Any]) -> str:
    """Return the text of a topology file.

    Args:
        name: The backbone's key, for its head and title.
        found: Node-link data: ``nodes`` with ``id`` and ``pos`` (longitude, latitude), ``edges`` with ``source``,
            ``target`` and ``dist`` in km.
    """
    nodes, edges = found["nodes"], found["edges"]
    head = HEAD.format(name=name, nodes=len(nodes), links=len(edges), title=f"The backbone {name.split('/')[-1]}")
    lines = [NODE.format(name=node["id"], x=node["pos"][0], y=node["pos"][1]) for node in nodes]
    links = [
        LINK.format(ends=f"{edge['source']}, {edge['target']}", latency=fibre_latency(edge["dist"]), km=edge["dist"])
        for edge in edges
    ]
    return head + "\n".join(["nodes:", *lines, "links:", *links]) + "\n"


def fibre_latency(length_km: float) -> str:
    """Return the propagation delay of a fibre, to the microsecond.

    >>> fibre_latency(249.82)
    '1.25 ms'
    """
    return text_of(round(length_km / FIBRE_KM_PER_S * 1e6) * 1000, "nanosecond", TIME_LADDER[3:])
