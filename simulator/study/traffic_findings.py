"""The traffic of a cell: what skip hyperconnections cost in bytes, always sent or on demand, against none at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulator.dataflow.build import spans
from simulator.dataflow.graph import PartGraph
from simulator.dataflow.reach import Reach
from simulator.expect.exact import Patterns
from simulator.expect.intervals import exactly
from simulator.expect.traffic import Sending, Traffic, expected_traffic
from simulator.model.graph import part_graph
from simulator.study.answers import dataset_of
from simulator.study.assemble import Assembly, given_costs
from simulator.study.findings import Findings
from simulator.topology.routes import Routes

Payload = Mapping[str, int]


def message_bytes(assembly: Assembly, graphs: Sequence[PartGraph], *, quick: bool) -> list[Payload]:
    """Return, for each graph of the cell's model, the bytes of the message on each hyperconnection; nothing is trained.

    Args:
        assembly: The cell.
        graphs: Part graphs of its model, with and without skips.
        quick: Whether random data may stand in for a missing data set, of which only the shapes are looked at.
    """
    if not assembly.has_layers:
        return [given_costs(assembly.model, graph).payload_bytes for graph in graphs]
    from simulator.model.split import SplitModel  # noqa: PLC0415 - Keras

    data = dataset_of(assembly, quick)
    return [SplitModel(assembly.model, graph, data.shape, data.classes).costs().payload_bytes for graph in graphs]


def find_traffic(assembly: Assembly, patterns: Patterns, found: Findings, *, quick: bool) -> None:
    """Add the expected bytes of a request to the findings: in all, on each hyperconnection and on each link.

    Three ways of sending are compared: every skip always, skips on demand, and the same model without skips.
    """
    plain = replace(part_graph(assembly.model, "vanilla"), starved_emits=assembly.graph.starved_emits)
    without = Reach(plain, assembly.placement, Routes(assembly.topology), assembly.replicas)
    sizes, plain_sizes = message_bytes(assembly, (assembly.graph, plain), quick=quick)
    always = expected_traffic(Sending(assembly.reach), sizes, patterns)
    on_demand = expected_traffic(Sending(assembly.reach, on_demand=True), sizes, patterns)
    vanilla = expected_traffic(Sending(without), plain_sizes, patterns)
    count, method = len(patterns.probability), f"exact over {len(patterns.probability)} patterns"
    found.estimates["traffic_always_on_bytes"] = exactly(always.sent_bytes, count, method)
    found.estimates["traffic_on_demand_bytes"] = exactly(on_demand.sent_bytes, count, method)
    found.estimates["traffic_vanilla_bytes"] = exactly(vanilla.sent_bytes, count, method)
    found.tables["traffic"] = traffic_rows(assembly.graph, always, on_demand, vanilla)


def traffic_rows(graph: PartGraph, always: Traffic, on_demand: Traffic, vanilla: Traffic) -> list[dict[str, Any]]:
    """Return a row for each hyperconnection (``simple`` or ``skip``), then one for each ``link``."""
    span = spans(tuple(graph.position), graph.edges)
    kinds = {edge.name: "skip" if bypassed else "simple" for edge, bypassed in zip(graph.edges, span, strict=True)}
    rows = [
        _row(kind, name, always.edges[name], on_demand.edges[name], vanilla.edges.get(name, 0.0))
        for name, kind in kinds.items()
    ]
    return rows + [_row("link", name, always.links[name], on_demand.links[name], vanilla.links[name])
                   for name in always.links]


def _row(what: str, name: str, always: float, on_demand: float, vanilla: float) -> dict[str, Any]:
    return {"what": what, "name": name, "always_on_bytes": always, "on_demand_bytes": on_demand,
            "vanilla_bytes": vanilla}

