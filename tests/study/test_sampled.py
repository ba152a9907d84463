"""Expected accuracy by a method, from file to record: its numbers, its notes, and the poster's table."""

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.evaluate.blocks import PartsOutcomes
from simulator.evaluate.by_parts import PartsAccuracy
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from tests.house.commands import ROOT
from tests.support.scores import exact_chain

POSTER = ROOT.parent / "shared/data/poster-logs/accuracy_by_combination.csv"
METHODS = ("auto", "exact", "head", "stratified", "monte_carlo", "importance")


def chain_files(folder, count, q, measure):
    """Write a chain with skips over one part, whose ends never fail, and return the scenario's path."""
    names = ["first", *(f"f{place}" for place in range(count)), "last"]
    pairs = [(names[a], names[a + d]) for a in range(len(names)) for d in (1, 2) if a + d < len(names)]
    nodes = "".join(f"  {name}: {{kind: fog, speed: 1 GFLOP/s, forwards_when_down: false}}\n" for name in names)
    links = "".join(f"  - {{between: [{a}, {b}], latency: 1 ms, bandwidth: 1 Gbps}}\n" for a, b in pairs)
    parts = "".join(f"  {name}: {{needs: any{', exit: true' * (name == 'last')}}}\n" for name in names[1:])
    edges = "".join(f"  - {{from: {a}, to: {b}}}\n" for a, b in pairs)
    survival = ", ".join(f"{name}: {1 - q}" for name in names[1:-1])
    (folder / "top.yaml").write_text(f"title: chain\nnodes:\n{nodes}links:\n{links}")
    (folder / "mod.yaml").write_text(
        f"title: chain\nsources:\n  first: {{}}\nparts:\n{parts}hyperconnections:\n{edges}")
    (folder / "chain.yaml").write_text(
        "title: chain\ntopology: top.yaml\nmodel: mod.yaml\n"
        f"failures: [{{kind: bernoulli, survival: {{{survival}}}}}]\n"
        f"outcomes: {{kind: by_parts, no_answer: 0.1, gain: 0.85, each_lost: 0.97}}\nmeasure: {measure}\n")
    return folder / "chain.yaml"


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_the_chain_from_its_files(tmp_path, method):
    path = chain_files(tmp_path, 8, 0.1, f"[{{expected_accuracy: {{method: {method}, target: {{absolute: 0.02}}}}}}]")
    cell = simulator.run(load(path), tmp_path / "run").record.cells[0]
    found, (truth, lost) = cell.estimates["expected_accuracy"], exact_chain(8, 0.1)
    assert found.low - 1e-9 <= truth <= found.high + 1e-9
    assert cell.estimates["no_information_flow"].value == pytest.approx(lost, abs=0.02)
    is_sampled = method in ("stratified", "monte_carlo", "head", "importance")
    assert ("forwards" in cell.counts) == is_sampled
    assert any("stopped because" in note for note in cell.notes) == is_sampled
    if is_sampled:
        assert cell.tables["likely_patterns"][0]["down"] == "nothing"


@pytest.mark.slow
def test_above_the_size_that_is_summed_a_method_is_chosen_and_a_rerun_gives_the_same_bytes(tmp_path):
    path = chain_files(tmp_path, 21, 0.1, "[{expected_accuracy: {target: {absolute: 0.004}}}]")
    first, again = (simulator.run(load(path), tmp_path / name).record for name in "ab")
    assert first.to_json() == again.to_json()
    found = first.cells[0].estimates["expected_accuracy_sampling"]
    assert found.low <= exact_chain(21, 0.1)[0] <= found.high
    assert ("chosen because 2.1 of 21 causes are at work on average, and what each costs alone and P(no answer) are "
            "known: control variates") in first.cells[0].notes[0]


def test_a_thousand_machines_and_their_exact_chance_of_no_answer(tmp_path):
    loaded = load("long-chain-1000", {"sweep": {}, "failures.0.survival": "seldom"})
    cell = simulator.run(loaded, tmp_path / "run").record.cells[0]
    truth, lost = exact_chain(1000, 0.001)
    found = cell.estimates["expected_accuracy_sampling"]
    assert found.low <= truth <= found.high
    assert cell.estimates["no_information_flow"].value == pytest.approx(lost, rel=1e-9)
    assert "1 of 1,000 causes are at work" in cell.notes[0]
    assert "deliveries" not in cell.tables


def test_exact_refuses_what_it_cannot_sum(tmp_path):
    path = chain_files(tmp_path, 24, 0.02, "[{expected_accuracy: {method: exact}}]")
    with pytest.raises(ScenarioError, match=r"chain\.yaml:6 measure\.expected_accuracy: 24 components can fail"):
        simulator.run(load(path), tmp_path / "run")


def test_a_guarantee_is_not_for_a_ratio(tmp_path):
    path = chain_files(tmp_path, 3, 0.1, "[{expected_accuracy: {method: monte_carlo, guarantee: any_size}}]")
    path.write_text(path.read_text() + "policy: {no_answer: exclude}\n")
    with pytest.raises(ScenarioError, match="expected accuracy is a ratio"):
        load(path)


def test_parts_that_are_not_in_a_delivery_are_counted(tmp_path):
    loaded = load(chain_files(tmp_path, 5, 0.1, "[expected_accuracy]"))
    assembly = Assembly.of(variants(loaded)[0])
    law = PartsOutcomes(kind="by_parts", no_answer=0.1, gain=0.85, each_lost=0.97)
    judged = PartsAccuracy(assembly.graph, law)
    downs = [frozenset(), frozenset({"f0"}), frozenset({"f0", "f2", "f4"}), frozenset({"f1", "f2"})]
    deliveries = [assembly.reach.delivery(down) for down in downs]
    assert [judged.lost(one) for one in deliveries[:3]] == [0, 1, 3]
    assert judged.accuracy(deliveries) == pytest.approx([0.95, 0.1 + 0.85 * 0.97, 0.1 + 0.85 * 0.97**3, 0.1])


def test_a_law_above_one_is_refused():
    with pytest.raises(ValueError, match="make an accuracy above 1"):
        PartsOutcomes(kind="by_parts", no_answer=0.5, gain=0.6, each_lost=1)


@pytest.mark.skipif(not POSTER.exists(), reason="the poster's table is not here")
@pytest.mark.parametrize("method", METHODS)
def test_the_posters_table_through_each_method(tmp_path, method):
    text = (ROOT / "scenarios/poster-table.yaml").read_text().replace("../shared", str(ROOT.parent / "shared"))
    asked = f"[{{expected_accuracy: {{method: {method}}}}}]"
    text = text.partition("sweep:")[0].replace("[expected_accuracy]", asked)
    (tmp_path / "poster.yaml").write_text(text)
    cell = simulator.run(load(tmp_path / "poster.yaml"), tmp_path / "run").record.cells[0]
    (tmp_path / "exact.yaml").write_text(text.replace(method, "exact"))
    truth = simulator.run(load(tmp_path / "exact.yaml"), tmp_path / "exact").record.cells[0]
    found = cell.estimates["expected_accuracy"]
    value = truth.estimates["expected_accuracy"].value
    assert np.isfinite(value)
    assert found.low - 1e-9 <= value <= found.high + 1e-9
