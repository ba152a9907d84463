"""What docs/links.md shows can be written, and runs."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from simulator.dataflow.costs import Costs
from simulator.network import engine
from simulator.network.blocks import Workload
from simulator.network.disturbances import Disturbance, disturbance_problems
from simulator.network.draws import draws
from simulator.network.plan import Plan
from simulator.seeds import Streams
from simulator.topology.files import read_topology
from simulator.topology.graph import Link, Node, Topology
from tests.support.small_plans import graph

PAGE = (Path(__file__).resolve().parents[2] / "docs/links.md").read_text()
TEXTS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
BLOCKS = [yaml.safe_load(text) for text in TEXTS]


def of_key(key):
    found = [pytest.param(text, block, id=f"{place}")
             for place, (text, block) in enumerate(zip(TEXTS, BLOCKS, strict=True))
             if key in block and (key == "measured" or "measured" not in block)]
    return pytest.mark.parametrize(("text", "block"), found)


@of_key("links")
def test_links_of_the_page_carry_messages(tmp_path, text, block):
    ends = dict.fromkeys(end for link in block["links"] for end in link["between"])
    (tmp_path / "net.yaml").write_text("nodes: {" + ", ".join(f"{end}: " for end in ends) + "}\n" + text)
    topology = read_topology(tmp_path / "net.yaml")
    first, last = topology.links[0].ends[0], topology.links[-1].ends[1]
    plan = Plan(graph([("s", "c")]), {"s": first, "c": last}, topology, Costs({}, {"s->c": 100}))
    log = engine.run(plan, draws(plan, np.arange(200) * 10**8, Streams(1)))
    assert sum(answer > 0 for answer in log.delivery) > 100
    assert (log.end_ns > np.arange(200) * 10**8).any() or not any(link.latency_ns for link in topology.links)


@of_key("disturbances")
def test_disturbances_of_the_page_are_read(text, block):
    found = TypeAdapter(tuple[Disturbance, ...]).validate_python(block["disturbances"])
    nodes = (Node("sensor"), Node("edge"), Node("cloud"))
    links = (Link("sensor-edge", ("sensor", "edge")), Link("edge-cloud", ("edge", "cloud")))
    assert not list(disturbance_problems(found, Topology("", nodes, links), ["sensor->edge", "edge->cloud"]))


@of_key("workload")
def test_workloads_of_the_page_have_births(text, block):
    workload = Workload.model_validate(block["workload"])
    births = workload.arrivals.births_ns(workload.requests, Streams(1), None)
    assert len(births) == 2000 and (np.diff(births) >= 0).all()


@of_key("measured")
def test_measured_links_of_the_page_are_read(tmp_path, text, block):
    if not all(Path(measured["path"]).exists() for measured in block["measured"]):
        pytest.skip("the matrix is not on this machine")
    (tmp_path / "net.yaml").write_text(text)
    topology = read_topology(tmp_path / "net.yaml")
    assert len(topology.links) >= 2
    assert all(link.latency_ns > 0 or link.loss > 0 for link in topology.links)


def test_every_block_of_the_page_is_tried():
    assert all({"links", "disturbances", "workload", "measured"} & block.keys() for block in BLOCKS)
