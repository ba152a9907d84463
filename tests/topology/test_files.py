"""Topology files: YAML and GraphML give the same frozen graph, and every mistake is told."""

import json
import math

import networkx as nx
import pytest
import yaml

from simulator.errors import ScenarioError
from simulator.topology.devices import devices
from simulator.topology.files import plain_topology, read_topology
from simulator.topology.graph import Link, Node
from simulator.topology.graphml import distance_km
from simulator.topology.serving import Batch, Serving

YAML = """\
title: Three
nodes:
  a: {kind: sensor, position: [1, 2]}
  b: {kind: fog, speed: 100 MFLOP/s, memory: 16 MB, survival: {normal: 0.9, poor: 0.8}, forwards_when_down: false}
  c: {survival: 0.5}
links:
  - {between: [a, b], latency: 5 ms, jitter: 1 ms, bandwidth: 1 Mbps, loss: 0.01}
  - {between: [c, b], name: wire, survival: {poor: 0.7}}
"""
NODES = (
    Node("a", "sensor", position=(1.0, 2.0)),
    Node("b", "fog", 1e8, 16_000_000, {"normal": 0.9, "poor": 0.8}, forwards_when_down=False),
    Node("c", survival={"normal": 0.5, "poor": 0.5}),
)
LINKS = (
    Link("a-b", ("a", "b"), 5_000_000, 1_000_000, 1e6, 0.01),
    Link("wire", ("c", "b"), survival={"poor": 0.7}),
)


def written(folder, text, name="net.yaml"):
    (folder / name).write_text(text)
    return folder / name


def problems_of(path):
    with pytest.raises(ScenarioError) as refused:
        read_topology(path)
    return [(p.place.split("/")[-1], p.message) for p in refused.value.problems]


def test_yaml_gives_the_frozen_graph(tmp_path):
    topology = read_topology(written(tmp_path, YAML))
    assert (topology.title, topology.nodes, topology.links) == ("Three", NODES, LINKS)
    assert topology.components == ("a", "b", "c", "a-b", "wire")
    assert topology.settings == ("no_failure", "normal", "poor")


def test_one_survival_number_holds_in_every_named_setting_and_is_normal_where_none_is_named(tmp_path):
    topology = read_topology(written(tmp_path, "nodes: {a: {survival: 0.5}}"))
    assert topology.survival("normal") == {"a": 0.5}
    assert topology.survival("no_failure") == {"a": 1.0}


def test_what_is_written_out_reads_back_the_same(tmp_path):
    topology = read_topology(written(tmp_path, YAML))
    assert read_topology(written(tmp_path, yaml.safe_dump(plain_topology(topology), sort_keys=False))) == topology


def test_graphml_with_our_names_gives_the_same_as_yaml(tmp_path):
    graph = nx.Graph(title="Three")
    graph.add_node("a", kind="sensor", position="1, 2")
    graph.add_node(
        "b",
        kind="fog",
        speed="100 MFLOP/s",
        memory="16 MB",
        survival_normal=0.9,
        survival_poor=0.8,
        forwards_when_down=False,
    )
    graph.add_node("c", survival=0.5)
    graph.add_edge("a", "b", latency="5 ms", jitter="1 ms", bandwidth="1 Mbps", loss=0.01)
    graph.add_edge("c", "b", name="wire", survival_poor=0.7)
    nx.write_graphml(graph, tmp_path / "net.graphml")
    topology = read_topology(tmp_path / "net.graphml")
    assert topology.nodes == NODES
    assert {frozenset(link.ends): link.latency_ns for link in topology.links} == {
        frozenset("ab"): 5_000_000,
        frozenset("bc"): 0,
    }
    assert topology.link_by_name["wire"].survival == {"poor": 0.7}


def test_a_topology_zoo_graph_gets_latencies_from_distances_and_bandwidths_from_speeds(tmp_path):
    graph = nx.MultiGraph(Network="Zoo")
    graph.add_node("0", label="Wien", Longitude=16.37, Latitude=48.21)
    graph.add_node("1", label="Berlin", Longitude=13.41, Latitude=52.52)
    graph.add_node("2", label="Berlin", Longitude=13.0, Latitude=52.0)
    graph.add_node("3", label="Nowhere")
    for edge in (("0", "1"), ("0", "1"), ("1", "1"), ("1", "2"), ("2", "3")):
        graph.add_edge(*edge, LinkSpeedRaw=1e9)
    nx.write_graphml(graph, tmp_path / "zoo.graphml")
    topology = read_topology(tmp_path / "zoo.graphml")
    assert topology.title == "Zoo"
    assert [node.name for node in topology.nodes] == ["Wien", "Berlin 1", "Berlin 2", "Nowhere"]
    assert [link.name for link in topology.links] == ["Wien-Berlin 1", "Berlin 1-Berlin 2", "Berlin 2-Nowhere"]
    first = topology.links[0]
    assert first.bandwidth_bps == 1e9
    assert first.latency_ns == pytest.approx(
        chord_km(16.37, 48.21, 13.41, 52.52) / (299_792.458 * 2 / 3) * 1e9, rel=1e-6
    )
    assert topology.links[2].latency_ns == 0  # Nowhere has no position


def chord_km(lon1, lat1, lon2, lat2):
    """Return the great-circle distance by the angle between two vectors, another way than the code's."""

    def vector(lon, lat):
        lon, lat = math.radians(lon), math.radians(lat)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    return 6371 * math.acos(sum(a * b for a, b in zip(vector(lon1, lat1), vector(lon2, lat2), strict=True)))


@pytest.mark.parametrize("places", [(0, 0, 90, 0), (0, 90, 33, -90), (179, 10, -179, 10), (5, 5, 5.1, 5.2)])
def test_distances_agree_with_another_formula(places):
    assert distance_km(places[:2], places[2:]) == pytest.approx(chord_km(*places), rel=1e-6)


def test_every_problem_of_a_file_is_told_at_once(tmp_path):
    path = written(tmp_path, YAML.replace("1 Mbps", "1 mb").replace("[c, b]", "[c]").replace("loss: 0.01", "los: 1"))
    assert sorted(place for place, _ in problems_of(path)) == [
        "net.yaml:7 links.0.bandwidth",
        "net.yaml:7 links.0.los",
        "net.yaml:8 links.1.between",
    ]


def test_problems_of_the_graph_are_told_at_once(tmp_path):
    path = written(
        tmp_path,
        """\
nodes: {a: , b: , c: , d: , e: }
links:
  - {between: [a, b]}
  - {between: [b, a]}
  - {between: [c, c]}
  - {between: [a, x]}
  - {between: [d, e], name: c}
""",
    )
    assert problems_of(path) == [
        ("net.yaml:4 links.1", "'b' and 'a' are joined already, by 'a-b'"),
        ("net.yaml:5 links.2", "a link from 'c' to itself"),
        ("net.yaml:6 links.3", "no node named 'x'"),
        ("net.yaml:7 links.4", "there is a node named 'c' already"),
        ("net.yaml:1 nodes.d", "no path of links joins 'd', 'e' with 'a'"),
        ("net.yaml:1 nodes.c", "no path of links joins 'c' with 'a'"),
    ]


@pytest.mark.parametrize("text", ["", "{}", "<graphml><graph>", "<html></html>", json.dumps({"nodes": []})])
def test_what_is_not_graphml_is_told(tmp_path, text):
    path = written(tmp_path, text, "net.graphml")
    assert problems_of(path)[0][0].startswith("net.graphml")


def test_a_wrong_value_in_graphml_is_told(tmp_path):
    graph = nx.Graph()
    graph.add_edge("a", "b", latency="5 mb", loss="often")
    nx.write_graphml(graph, tmp_path / "net.graphml")
    assert [place for place, _ in problems_of(tmp_path / "net.graphml")] == [
        "net.graphml links.0.latency",
        "net.graphml links.0.loss",
    ]


MACHINES = """\
nodes:
  a: {servers: 3, buffer: 10, cold_start: 2 s}
  b: {servers: unlimited, device: jetson-nano}
  c: {discipline: processor_sharing, device: raspberry-pi-4, speed: 1 GFLOP/s}
  d: {batch: {size: 8, wait: 5 ms, further: 0.1}}
links:
  - {between: [a, b]}
  - {between: [b, c]}
  - {between: [c, d]}
"""


def test_how_a_machine_serves_is_read_and_written_out_the_same(tmp_path):
    topology = read_topology(written(tmp_path, MACHINES))
    assert [node.serving for node in topology.nodes] == [
        Serving(3, 10, cold_start_ns=2_000_000_000), Serving(None), Serving(discipline="processor_sharing"),
        Serving(batch=Batch(size=8, wait_ns="5 ms", further=0.1))]
    again = read_topology(written(tmp_path, yaml.safe_dump(plain_topology(topology), sort_keys=False), "again.yaml"))
    assert again == topology


def test_a_device_gives_speed_and_memory_unless_they_are_given(tmp_path):
    nodes = read_topology(written(tmp_path, MACHINES)).node_by_name
    assert (nodes["b"].speed_flop_per_s, nodes["b"].memory_bytes) == (236e9, 4_000_000_000)
    assert (nodes["c"].speed_flop_per_s, nodes["c"].memory_bytes) == (1e9, 4_000_000_000)


def test_every_device_has_a_source_and_says_what_is_estimated():
    for device in devices().values():
        assert device.source
        assert set(device.estimated) <= {"speed", "memory", "idle_watts", "busy_watts"}
        assert 0 < device.idle_watts < device.busy_watts


@pytest.mark.parametrize(
    ("node", "told"),
    [
        ("{servers: 0}", "0 must be >= 1"),
        ("{servers: many}", "'many' is not a whole number"),
        ("{servers: unlimited, buffer: 3}", "3 places, but with unlimited servers nobody waits"),
        ("{servers: unlimited, discipline: priority}",
         "'priority' has no meaning with unlimited servers: nobody waits or shares"),
        ("{batch: {size: 4}, discipline: priority}", "'priority' together with batches is not supported"),
        ("{batch: {size: 4}, buffer: 3}", "3 places cannot hold a batch of 4"),
        ("{batch: {size: 4}, servers: unlimited}", "'unlimited' servers never let a batch gather"),
        ("{discipline: lifo}", "'lifo' is not known here"),
        ("{device: jetson-nanno}", "no device named 'jetson-nanno'"),
    ],
)
def test_machines_that_make_no_sense_are_refused(tmp_path, node, told):
    found = problems_of(written(tmp_path, f"nodes: {{a: {node}}}"))
    assert told in [message for _, message in found]
