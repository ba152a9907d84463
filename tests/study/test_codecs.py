"""Codecs from a scenario to its record: bytes on the wire, the same deliveries, and what they take from accuracy."""

import json

import numpy as np
import pytest
from small import assemblies, assembly, simulated

import simulator
from simulator.dataflow.graph import EMPTY
from simulator.errors import ScenarioError
from simulator.expect import exact
from simulator.scenario.variants import variants
from simulator.study.assemble import given_costs
from simulator.study.codec_findings import find_codecs, find_messages
from simulator.study.findings import Findings

SIZES = {  # of an output of 2,000 values, which the chain below states in float32
    "float32": 8_000, "float16": 4_000, "int8": 2_008,
}


def chain(folder, codec):
    """Return a loaded chain of three machines whose first link takes 1 us for a byte and whose second takes no time."""
    files = {
        "topology": {"title": "chain", "nodes": {name: {"kind": "server"} for name in "abc"},
                     "links": [{"between": ["a", "b"], "latency": "0 s"},
                               {"between": ["b", "c"], "latency": "0 s", "bandwidth": "8 Mbps"}]},
        "model": {"sources": {"a": {}},
                  "parts": {"b": {"service": {"mean": "1 ms"}, "output": "8 kB"},
                            "c": {"service": {"mean": "1 ms"}, "exit": True}},
                  "hyperconnections": [{"from": "a", "to": "b"}, {"from": "b", "to": "c", "codec": codec}]},
        "scenario": {"title": "chain", "topology": "topology.yaml", "model": "model.yaml", "measure": ["timed"],
                     "workload": {"arrivals": {"kind": "periodic", "every": "1 s"}, "requests": 3}, "replications": 1},
    }
    for name, plain in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


@pytest.mark.parametrize("codec", SIZES)
def test_the_timed_engine_charges_the_bytes_of_the_table(codec, tmp_path):
    (of,) = assemblies(chain(tmp_path, codec))
    found = Findings()
    find_messages(of.graph, given_costs(of.model, of.graph).payload_bytes | {"a->b": 0}, found)
    row = next(row for row in found.tables["hyperconnections"] if row["name"] == "b->c")
    assert (row["codec"], row["bytes"]) == (codec, SIZES[codec])
    runs = simulated(of)
    assert set((runs.end_ns - runs.arrival_ns).tolist()) == {2_000_000 + 1_000 * row["bytes"]}


@pytest.mark.parametrize("strategy", ["vanilla", "resilinet"])
def test_deliveries_are_the_same_whatever_the_codec_but_for_their_tags(strategy):
    plain, coded = assembly("first", strategy), assembly("first", strategy, codecs={"skips": "int8"})
    downs = [frozenset(name for place, name in enumerate(("edge", "fog2", "fog1")) if bits >> place & 1)
             for bits in range(8)]
    assert [plain.reach.delivery(down) for down in downs] == [coded.reach.delivery(down) for down in downs]
    texts = [coded.graph.text(coded.reach.delivery(down)) for down in downs]
    assert any("[int8]" in text for text in texts) == (strategy == "resilinet")
    assert (plain.graph == coded.graph) == (strategy == "vanilla")


def test_a_sweep_over_codecs_has_a_cell_for_each():
    loaded = simulator.load("codecs")
    labels = [cell.label["codecs.skips"] for cell in variants(loaded)]
    tags = [{edge.tag for edge in of.graph.edges} for of in assemblies(loaded)]
    assert labels[:4] == ["float32", "float16", "int8", "top_k 0.1"]
    assert (tags[0], tags[1], tags[-1]) == ({""}, {"", "float16"}, {"", "bottleneck 8"})


@pytest.mark.parametrize(("values", "told"), [
    ({"codecs": {"skp": "int8"}}, "no hyperconnections called 'skp'; did you mean 'skips'"),
    ({"codecs": {"skips": "int9"}}, "unknown kind 'int9'; did you mean 'int8'"),
    ({"codecs": {"skips": {"kind": "top_k"}}}, "write either share: 0.1 or k: 32"),
])
def test_a_mistake_in_codecs_is_told(values, told):
    with pytest.raises(ScenarioError, match=told):
        simulator.load("first", set=values)


class Made:
    """Answers made up: worth by delivery."""

    def __init__(self, coded, plain=None):
        self.outcomes, self.uncoded = Worths(coded), Worths(plain) if plain else None


class Worths:
    def __init__(self, worths):
        self.labels = self.groups = np.arange(4)
        self.correct = {EMPTY: np.full(4, 0.25)} | {key: np.float64(worth) for key, worth in worths.items()}
        self.correct = self.correct.__getitem__

    def ensure(self, deliveries):
        pass


def test_degraded_accuracy_and_codec_loss_are_what_a_sum_by_hand_gives():
    plain = {9: [1, 1, 1, 0], 5: [1, 0, 1, 1], 3: [1, 1, 0, 0]}
    coded = {9: [1, 1, 1, 0], 5: [1, 0, 0, 1], 3: [0, 1, 0, 0]}
    chances = {9: 0.5, 5: 0.3, 3: 0.1, EMPTY: 0.1}
    found = Findings()
    find_codecs(Made(coded, plain), chances, 9, found)
    assert found.estimates["degraded_accuracy"].value == pytest.approx((0.3 * 0.5 + 0.1 * 0.25) / 0.4)
    assert found.estimates["codec_loss"].value == pytest.approx(0.3 * 0.25 + 0.1 * 0.25)
    both = [exact.expected_accuracy(np.array(list(chances.values())), list(chances), Made(worths).outcomes.correct)
            for worths in (plain, coded)]
    difference = both[0].expected_accuracy.value - both[1].expected_accuracy.value
    assert found.estimates["codec_loss"].value == pytest.approx(difference)


def test_without_degraded_answers_or_codecs_there_is_nothing_to_say():
    found = Findings()
    find_codecs(Made({9: [1, 1, 1, 0]}), {9: 0.5, EMPTY: 0.5}, 9, found)
    assert found.estimates == {}


@pytest.mark.slow
def test_the_zero_delay_identity_holds_with_codecs_and_bytes_reach_the_record(tmp_path):
    loaded = simulator.load("first", set={"sweep": {"codecs.skips": ["float32", "int8"]}, "strategy": "resilinet"})
    record = simulator.run(loaded, tmp_path / "run", quick=True).record
    plain, coded = record.cells
    for cell in record.cells:
        assert cell.counts["zero_delay_equal"] == cell.counts["zero_delay_compared"] > 0
    assert (plain.counts["skip_bytes"], coded.counts["skip_bytes"]) == (3 * 512, 3 * 136)
    assert plain.counts["simple_bytes"] == coded.counts["simple_bytes"] == 1200 + 3 * 512
    assert plain.tables["weights"] == coded.tables["weights"]
    assert "codec_loss" in coded.estimates and "codec_loss" not in plain.estimates
