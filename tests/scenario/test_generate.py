"""A few numbers that stand for a topology or a model file."""

import numpy as np
import pytest
import yaml

import simulator
from simulator.documents.yaml_text import read_document
from simulator.errors import ScenarioError
from simulator.model.graph import part_graph
from simulator.scenario.load import resolved
from simulator.scenario.parts import model_at
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.flow_findings import find_no_flow
from simulator.topology.files import plain_topology, read_topology, topology_of

CHAIN = "generate: {kind: chain, length: 4, span: 1, survival: {poor: 0.5}}\n"
MODEL = "generate: {kind: chain, length: 4, span: 1}\n"
SCENARIO = """
title: a small chain
question: how much flows?
topology: ./chain.yaml
model: ./model.yaml
strategy: dfg
failures: [{kind: bernoulli, survival: poor}]
measure: [no_information_flow]
"""


def written(folder, *, topology=CHAIN, model=MODEL, scenario=SCENARIO):
    for name, text in (("chain.yaml", topology), ("model.yaml", model), ("scenario.yaml", scenario)):
        (folder / name).write_text(text)
    return folder / "scenario.yaml"


def answered(path, overrides=None):
    (cell,) = variants(simulator.load(path, overrides))
    found = Findings()
    find_no_flow(Assembly.of(cell), found)
    return found.estimates["no_information_flow"]


def test_a_generated_chain_is_the_one_that_would_be_written(tmp_path):
    written(tmp_path)
    topology = read_topology(tmp_path / "chain.yaml")
    assert topology.components == ("n0", "n1", "n2", "n3", "n0-n1", "n1-n2", "n2-n3", "n0-n2", "n1-n3")
    assert topology.survival("poor") | {"n1": 1, "n2": 1} == dict.fromkeys(topology.components, 1)
    model, _, problems = model_at(tmp_path / "model.yaml")
    assert not problems
    graph = part_graph(model, "dfg")
    assert [edge.name for edge in graph.edges] == ["n0->n1", "n1->n2", "n2->n3", "n0->n2", "n1->n3"]
    assert (graph.sources, graph.exits) == (("n0",), ("n3",))


def test_what_is_written_beside_it_wins(tmp_path):
    written(tmp_path, topology=CHAIN + "links: [{between: [n0, n1]}, {between: [n1, n2]}, {between: [n2, n3]}]\n")
    assert len(read_topology(tmp_path / "chain.yaml").links) == 3


def test_a_generated_topology_is_told_in_full_and_a_model_in_short(tmp_path):
    loaded = simulator.load(written(tmp_path))
    told = resolved(loaded)
    assert plain_topology(loaded.topology)["nodes"].keys() == {"n0", "n1", "n2", "n3"}
    assert "parts" not in told["model"]
    assert told["model"]["generate"] == {"kind": "chain", "length": 4, "span": 1, "needs": "any"}


@pytest.mark.parametrize(("change", "wanted"), [
    ({"topology": CHAIN.replace("length: 4", "length: 1")}, "length"),
    ({"model": MODEL.replace("span", "spam")}, "spam"),
])
def test_a_mistake_is_told_at_its_place_and_nothing_else(tmp_path, change, wanted):
    with pytest.raises(ScenarioError) as caught:
        simulator.load(written(tmp_path, **change))
    (problem,) = caught.value.problems
    assert wanted in problem.place + problem.message
    assert ":1" in problem.place


def test_the_measure_needs_no_model_that_is_trained(tmp_path):
    found = answered(written(tmp_path))
    assert found.value == 0.25  # both between the ends are down
    assert found.method == "exact along a frontier of 3 over 4 parts"


def test_where_messages_go_around_all_patterns_are_summed(tmp_path):
    around = answered(written(tmp_path, topology=CHAIN.replace("survival", "link_survival")))
    assert around.method == "exact over 32 patterns"
    fixed = answered(written(tmp_path, topology=CHAIN.replace("survival", "link_survival") + "routing: fixed\n"))
    assert fixed.method.startswith("exact along a frontier")
    assert fixed.value > around.value > 0


def test_more_than_can_be_summed_is_refused_with_a_way_out(tmp_path):
    chain = CHAIN.replace("length: 4", "length: 30").replace("survival", "link_survival")
    with pytest.raises(ScenarioError, match="may go around links that are down"):
        answered(written(tmp_path, topology=chain, model=MODEL.replace("length: 4", "length: 30")))


def test_a_route_that_is_fixed_stays_so_when_told_again(tmp_path):
    written(tmp_path, topology=CHAIN + "routing: fixed\n")
    topology = read_topology(tmp_path / "chain.yaml")
    assert not topology.reroutes
    (tmp_path / "again.yaml").write_text(yaml.safe_dump(plain_topology(topology)))
    assert topology_of(read_document(tmp_path / "again.yaml")) == topology
    assert not topology.without_link("n0-n2").reroutes


def test_a_thousand_machines():
    found = answered("no-flow")
    down, most = 0.33, 8  # flow is lost where more than 8 machines in a row are down
    run, lost = np.array([1.0] + [0.0] * most), 0.0
    for _ in range(998):
        lost += run[-1] * down
        run = np.array([run.sum() * (1 - down), *(run[:-1] * down)])
    assert found.value == pytest.approx(lost, rel=1e-9)
