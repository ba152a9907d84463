"""Links from measured matrices."""

from pathlib import Path

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.topology.files import plain_topology, read_topology

DATA = Path("../shared/data")
PLANETLAB, INTEL = DATA / "latency/planetlab_rtt_490x18.npz", DATA / "iot_links/intel_lab_links.npz"
HEAD = "nodes: {a: , b: , c: }\n"


def topology(folder, text):
    (folder / "net.yaml").write_text(HEAD + text)
    return read_topology(folder / "net.yaml")


def problems(folder, text):
    with pytest.raises(ScenarioError) as refused:
        topology(folder, text)
    return [str(problem) for problem in refused.value.problems]


def saved(folder, **arrays):
    np.savez(folder / "m.npz", **arrays)


def test_half_a_round_trip_is_the_latency_of_a_link(tmp_path):
    trips = np.array([[0, 10, 20, 7], [10, 0, 30, 7], [20, 30, 0, 9], [7, 7, 9, 0.0]])
    saved(tmp_path, rtt_ms_upper=trips)
    found = topology(tmp_path, "measured: [{kind: round_trips, path: m.npz, nodes: {a: 0, b: 3, c: 2}}]\n")
    assert [(link.name, link.latency_ns) for link in found.links] == [
        ("a-b", 3_500_000), ("a-c", 10_000_000), ("b-c", 4_500_000)]


def test_rows_of_upper_triangles_are_slots_and_the_median_is_taken_without_one(tmp_path):
    dice = np.random.default_rng(1)
    trips = dice.random((3, 6, 6)) * 100
    trips += trips.transpose(0, 2, 1)
    saved(tmp_path, mine=np.stack([each[np.triu_indices(6, 1)] for each in trips]))
    block = "measured: [{kind: round_trips, path: m.npz, array: mine, nodes: {c: 5, a: 1, b: 4}%s}]\n"
    rows = {"a": 1, "b": 4, "c": 5}
    for more, expected in (("", np.median(trips, axis=0)), (", slot: 2", trips[2])):
        for link in topology(tmp_path, block % more).links:
            one, other = (rows[end] for end in link.ends)
            assert link.latency_ns == round(expected[one, other] * 5e5)


def test_a_share_delivered_is_one_less_the_loss_and_too_weak_radios_have_no_link(tmp_path):
    shares = np.array([[0, 0.9, 0.05], [0.7, 0, 0.6], [0.05, 0, 0]])
    saved(tmp_path, delivery_prob=shares)
    block = "measured: [{kind: delivered, path: m.npz, nodes: {a: 0, b: 1, c: 2}}]\n"
    assert [(link.name, link.loss) for link in topology(tmp_path, block).links] == [("a-b", 0.2), ("b-c", 0.4)]
    written = topology(tmp_path, "links: [{between: [c, a], latency: 3 ms}]\n" + block)
    assert [(link.name, link.loss) for link in written.links] == [("c-a", 0.95), ("a-b", 0.2), ("b-c", 0.4)]


def test_what_is_written_of_a_link_stays(tmp_path):
    saved(tmp_path, rtt_ms_upper=np.full((3, 3), 8.0), delivery_prob=np.full((3, 3), 0.5))
    found = topology(tmp_path, "links:\n  - {between: [b, a], bandwidth: 1 Mbps, loss: 0.25}\n"
                     "  - {between: [a, c], latency: 1 ms}\nmeasured:\n"
                     "  - {kind: round_trips, path: m.npz, nodes: {a: 0, b: 1, c: 2}}\n"
                     "  - {kind: delivered, path: m.npz, nodes: {a: 0, b: 1, c: 2}}\n")
    assert [(link.name, link.latency_ns, link.loss) for link in found.links] == [
        ("b-a", 4_000_000, 0.25), ("a-c", 1_000_000, 0.5), ("b-c", 4_000_000, 0.5)]
    assert found.links[0].bandwidth_bps == 1e6
    assert plain_topology(found)["links"][2] == {"between": ["b", "c"], "latency": "4 ms", "loss": 0.5}


def test_every_problem_has_its_place_and_a_missing_file_its_origin(tmp_path):
    saved(tmp_path, rtt_ms_upper=np.ones((4, 4)), delivery_prob=np.full((2, 2), 7.0))
    said = problems(tmp_path, "links: [{between: [a, b]}, {between: [b, c]}]\nmeasured:\n"
                    "  - {kind: round_trips, path: gone.npz, nodes: {a: 0, b: 3}}\n"
                    "  - {kind: delivered, path: gone.npz, nodes: {a: 0, b: 3}}\n"
                    "  - {kind: round_trips, path: m.npz, nodes: {a: 0, d: 1, c: 4}}\n"
                    "  - {kind: round_trips, path: m.npz, slot: 1, nodes: {a: 0, c: 3}}\n"
                    "  - {kind: round_trips, path: m.npz, array: x, nodes: {a: 0, c: 3}}\n"
                    "  - {kind: delivered, path: m.npz, nodes: {a: 0, c: 1}}\n")
    for place, (line, words) in enumerate([
        ("4 measured.0.path", "NetLatency-Data"), ("5 measured.1.path", "SensorAnomalyDetection"),
        ("6 measured.2.nodes.d", "no node named 'd'"), ("6 measured.2.nodes.c", "4 is not below 4"),
        ("7 measured.3.slot", "1 is not below 1"), ("8 measured.4.array", "no array 'x'"),
        ("9 measured.5.array", "not all probabilities"),
    ]):
        assert f"net.yaml:{line}" in said[place] and words in said[place]
    assert len(said) == 7


@pytest.mark.skipif(not PLANETLAB.exists(), reason="the PlanetLab round trips are not on this machine")
def test_planetlab_round_trips(tmp_path):
    nodes = "{a: 0, b: 1, c: 489}"
    found = topology(tmp_path, f"measured: [{{kind: round_trips, path: {PLANETLAB}, slot: 0, nodes: {nodes}}}]\n")
    trips = np.load(PLANETLAB)["rtt_ms_upper"][0].astype(float)
    assert [link.latency_ns for link in found.links] == [round(trips[i] * 5e5) for i in (0, 488, 976)]


@pytest.mark.skipif(not INTEL.exists(), reason="the Intel lab's links are not on this machine")
def test_intel_lab_deliveries(tmp_path):
    found = topology(tmp_path, f"measured: [{{kind: delivered, path: {INTEL}, nodes: {{a: 0, b: 29, c: 31}}}}]\n")
    shares = np.load(INTEL)["delivery_prob"].astype(float)
    by_name = {link.name: link.loss for link in found.links}
    assert by_name["a-b"] == pytest.approx(1 - shares[29, 0], abs=1e-6)  # the base station sent nothing
    assert by_name["b-c"] == pytest.approx(1 - (shares[29, 31] + shares[31, 29]) / 2, abs=1e-6)
