"""Which nodes the parts stand on, and whether that fits the topology: every problem at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.placement import as_nodes
from simulator.errors import Problem, did_you_mean
from simulator.model.blocks import ModelFile
from simulator.network.blocks import DeadlineWait
from simulator.scenario.parts import Parts
from simulator.scenario.scenario import Scenario
from simulator.topology.graph import Topology
from simulator.topology.routes import Routes


def placement_of(scenario: Scenario, model: ModelFile) -> dict[str, str]:
    """Return the (first) node of each source and part: the scenario's, else its part's (``beside``) or its namesake."""
    given = {part: as_nodes(nodes)[0] for part, nodes in scenario.placement.items()}
    placed = {name: given.get(name, name) for name in model.parts}
    beside = {name: placed.get(block.beside or "", name) for name, block in model.sources.items()}
    return {name: given.get(name, beside[name]) for name in model.sources} | placed


def replicas_of(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the nodes of each part that stands on several, in order."""
    placed = {part: as_nodes(nodes) for part, nodes in scenario.placement.items()}
    return {part: nodes for part, nodes in placed.items() if len(nodes) > 1}


def placement_problems(scenario: Scenario, model: ModelFile, topology: Topology, parts: Parts) -> Iterator[Problem]:
    """Yield what is wrong with the placement: unknown parts and nodes, a node twice, parts without a place."""
    names, placed = (*model.sources, *model.parts), placement_of(scenario, model)
    for part, nodes in scenario.placement.items():
        place = parts.document.place(f"placement.{part}")
        if part not in names:
            yield Problem(place, f"no part named {part!r} in the model", did_you_mean(part, names))
        for node in dict.fromkeys(nodes):
            if node not in topology.node_by_name:
                known = topology.node_by_name
                yield Problem(place, f"no node named {node!r} in the topology", did_you_mean(node, known))
            if nodes.count(node) > 1:
                yield Problem(place, f"{node!r} is there {nodes.count(node)} times", "name each node of a part once")
    for part in names:
        if part not in scenario.placement and placed[part] not in topology.node_by_name:
            said = f"the part {part!r} has no place, and no node is called like it"
            way_out = f"write 'placement: {{{part}: ...}}' with one of {', '.join(map(repr, topology.node_by_name))}"
            yield Problem(parts.document.place("placement"), said, way_out)
    if replicas_of(scenario) and scenario.starved == "emit":
        said = "'emit' does not say on which of its nodes a starved part with replicas would run"
        yield Problem(parts.document.place("starved"), said, "write 'starved: silent', or one node for each part")


def hedge_problems(scenario: Scenario, graph: PartGraph | None, parts: Parts) -> Iterator[Problem]:
    """Yield what is wrong with hedges: nothing that can be hedged, or joins that close by the request's age."""
    if scenario.policy.hedge is None:
        return
    place = parts.document.place("policy.hedge")
    inputs = {part: graph.inputs.get(part, ()) for part in replicas_of(scenario)} if graph else {}
    if not any(len(edges) == 1 for edges in inputs.values()):
        said = "no part has replicas and one hyperconnection into it" if graph else "there are no parts"
        yield Problem(place, said, "write 'placement: {part: [node, another]}' for such a part, or leave hedge out")
    if isinstance(scenario.policy.wait, DeadlineWait):
        said = "'wait: {kind: deadline}' closes parts by the age of the request, hedged ones too"
        yield Problem(place, said, "write 'wait: {kind: timeout, ...}' or perfect")


def route_problems(
    graph: PartGraph | None, scenario: Scenario, model: ModelFile, parts: Parts
) -> Iterator[Problem]:
    """Yield each hyperconnection that no route of links carries, from and to any of the nodes of its ends."""
    topology, placed, replicas = parts.topology, placement_of(scenario, model), replicas_of(scenario)
    if topology is None:
        return
    known = set(topology.node_by_name)
    routes, nodes = Routes(topology), {part: replicas.get(part, (node,)) for part, node in placed.items()}
    for edge in graph.edges if graph else ():
        for ends in product(nodes[edge.source], nodes[edge.target]):
            if known.issuperset(ends) and routes.find(*ends) is None:
                said = f"no route of links from {ends[0]!r} to {ends[1]!r} carries the hyperconnection {edge.name!r}"
                yield Problem(parts.document.place("topology"), said, "add a link, or place the parts elsewhere")
