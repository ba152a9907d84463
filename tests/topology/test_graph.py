"""The frozen graph, its named settings, and backbones from a package."""

import pytest

from simulator.errors import ScenarioError
from simulator.topology.backbone import fibre_latency, from_topohub, topology_text
from simulator.topology.graph import Link, Node, Topology
from tests.support.golden_graphs import ROOT, shelf_topology


def test_components_are_nodes_then_links():
    topology = Topology("", (Node("a"), Node("b")), (Link("a-b", ("a", "b")),))
    assert topology.components == ("a", "b", "a-b")


def test_what_a_setting_does_not_name_never_fails():
    topology = shelf_topology("health-chain")
    survival = topology.survival("hazardous")
    assert [survival[name] for name in ("iot", "edge", "fog2", "fog1", "cloud")] == [1, .78, .80, .85, 1]
    assert set(topology.survival("no_failure").values()) == {1.0}


def test_settings_begin_with_no_failure():
    assert shelf_topology("camera-tree").settings == (
        "no_failure", "normal", "poor", "hazardous", "poster_high", "poster_medium", "poster_low")


def test_an_unknown_setting_is_told_with_the_nearest():
    with pytest.raises(ScenarioError, match=r"'hazardus' .*did you mean 'hazardous'"):
        shelf_topology("health-chain").survival("hazardus")


@pytest.mark.parametrize(("setting", "expected"), [
    ("normal", [.99, .99, .99, .99, .98, .98, .98, .98]), ("poor", [.95, .95, .9, .9, .8, .8, .75, .75]),
    ("hazardous", [.8, .8, .75, .75, .7, .7, .65, .65]), ("poster_high", [.99, .98, .94, .93, .9, .9, .87, .87]),
    ("poster_medium", [.9, .9, .8, .8, .7, .6, .7, .66]), ("poster_low", [.8, .8, .75, .7, .65, .65, .6, .6])])
def test_the_camera_settings_are_the_published_ones(setting, expected):
    survival = shelf_topology("camera-tree").survival(setting)
    assert [survival[name] for name in ("f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4")] == expected


def test_the_shipped_backbone_is_what_its_head_says():
    pytest.importorskip("topohub")
    shipped = (ROOT / "topologies/backbone-germany.yaml").read_text(encoding="utf-8")
    assert from_topohub("sndlib/nobel-germany") == shipped


def test_an_unknown_backbone_is_told():
    pytest.importorskip("topohub")
    with pytest.raises(ScenarioError, match="no backbone 'sndlib/atlantis'"):
        from_topohub("sndlib/atlantis")


def test_latency_is_length_at_two_thirds_of_the_speed_of_light():
    assert fibre_latency(100) == "500 us"
    assert fibre_latency(199.86164 * 2) == "2 ms"
    edges = [{"source": "A", "target": "B", "dist": 50}]
    text = topology_text("x/y", {"nodes": [{"id": "A", "pos": [1, 2.5]}], "edges": edges})
    assert "  A: {kind: fog, speed: 1 GFLOP/s, memory: 1 GB, position: [1, 2.5]}\n" in text
    assert "  - {between: [A, B], latency: 250 us, bandwidth: 1 Gbps}  # 50 km\n" in text
