"""What a scenario's silent errors can be on."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.failures.error_states import Strikable
from simulator.model.blocks import ModelFile
from simulator.topology.graph import Topology


def strikable(topology: Topology, model: ModelFile, placement: Mapping[str, str]) -> Strikable:
    """Return what errors can be on: ``all`` nodes are those with a part that is no source."""
    holds = {placement[part] for part in model.parts}
    computing = tuple(node.name for node in topology.nodes if node.name in holds)
    return Strikable(topology, computing, tuple(block.name for block in model.hyperconnections))
