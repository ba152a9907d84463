"""A part that does not fit its node's memory is refused before anything is trained, all nodes at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.variants import variants
from simulator.study.answers import answers
from simulator.study.assemble import Assembly
from simulator.study.progress import Progress


class Untrained(Progress):
    """Fails when a training is heard of."""

    def trained(self, label: str, was_cached: bool, weights: str) -> None:
        raise AssertionError("trained")


def with_memory(memory_bytes: int) -> Assembly:
    cell = variants(simulator.load("first"))[0]
    nodes = tuple(
        replace(node, memory_bytes=memory_bytes if node.kind == "fog" else None) for node in cell.topology.nodes
    )
    return Assembly(cell.scenario, replace(cell.topology, nodes=nodes), cell.model, cell.base)


def test_each_node_that_is_too_small_is_named_with_what_it_needs_and_has():
    with pytest.raises(ScenarioError) as refused:
        answers(with_memory(1000), quick=True, label="", progress=Untrained())
    assert [problem.place for problem in refused.value.problems] == ["node 'fog2'", "node 'fog1'"]
    assert "fog2 need 66,560 B and its memory is 1,000 B; place a part elsewhere" in str(refused.value)


def test_parts_on_one_node_add_up():
    assembly = with_memory(100_000)
    together = assembly.scenario.model_copy(update={"placement": {"fog2": "fog1"}})
    with pytest.raises(ScenarioError, match="fog2, fog1 need 133,120 B and its memory is 100,000 B"):
        answers(replace(assembly, scenario=together), quick=True, label="", progress=Untrained())
