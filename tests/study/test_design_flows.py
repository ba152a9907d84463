"""Designs along a frontier are worth what the sum over all patterns says, on chains that are short enough for both."""

import json

import pytest

import simulator
from simulator.errors import ScenarioError

LENGTH = 8
SURVIVAL = {f"n{place}": [0.9, 0.5, 0.99][place % 3] for place in range(1, LENGTH - 1)}


def asked(folder, length=LENGTH, survival=None, **design):
    """Return a scenario about designs of a generated chain with skips of span 1 and 2."""
    files = {"topology": {"kind": "chain", "length": length, "span": 2, "latency": "1 ms", "survival": {"poor": 0.9},
                          "link_survival": {"poor": 0.95}}, "model": {"kind": "chain", "length": length, "span": 2}}
    for name, block in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(
            {"title": name, "generate": block} | ({"routing": "fixed"} if name == "topology" else {})))
    scenario = {"title": "t", "topology": "./topology.yaml", "model": "./model.yaml", "strategy": "dfg", "seed": 1,
                "failures": [{"kind": "bernoulli", "survival": survival or SURVIVAL}], "measure": [], "design": design}
    (folder / "scenario.yaml").write_text(json.dumps(scenario))
    return simulator.load(folder / "scenario.yaml")


def cell_of(folder, out, **options):
    return simulator.run(asked(folder, **options), out=folder / out).record.cells[0]


@pytest.mark.slow
def test_a_frontier_and_all_patterns_judge_every_design_alike(tmp_path):
    choose = [{"kind": "skips", "at_most": 2}, {"kind": "harden", "survival": 0.999, "components": ["n1", "n4"]}]
    short, listed = (cell_of(tmp_path, f"most {most}", choose=choose, max_components=most, method="exhaustive")
                     for most in (5, 20))
    one, other = ({row["design"]: row for row in cell.tables["designs"]} for cell in (short, listed))
    assert one.keys() == other.keys()
    for text, row in one.items():
        assert row["value"] == pytest.approx(other[text]["value"], rel=1e-11)
        assert row["lack"] == pytest.approx(1 - row["value"], rel=1e-9)
        assert row["behind"] == pytest.approx(other[text]["behind"], abs=1e-12)
        assert row["latency_ms"] == other[text]["latency_ms"]
    assert short.estimates["design_best"].value == pytest.approx(listed.estimates["design_best"].value, rel=1e-11)
    found = cell_of(tmp_path, "greedy", choose=choose, max_components=5, method="greedy", budget={"cost": 2})
    most = max(row["value"] for row in one.values() if row["cost"] <= 2)
    assert found.estimates["design_bound"].value >= most - 1e-12
    assert found.estimates["design_best"].value <= most + 1e-12


@pytest.mark.slow
def test_the_best_of_fifty_machines_is_proved_to_be_the_best(tmp_path):
    free = {f"n{place}": 0.9 for place in range(1, 49)}
    cell = cell_of(tmp_path, "free", length=50, survival=free, choose=[{"kind": "skips", "at_most": 2}])
    assert cell.counts["designs_judged"] < cell.counts["designs"]
    assert cell.estimates["design_best"].value == pytest.approx(0.9**44, rel=1e-9)
    assert cell.estimates["design_gap"].value == 0
    assert not cell.tables["design"][0]["is_told_apart"], "any two that share no machine are as good"


def test_what_needs_a_list_of_patterns_is_refused_with_its_place(tmp_path):
    with pytest.raises(ScenarioError) as refused:
        asked(tmp_path, length=40, survival="poor", choose=[{"kind": "skips"}], budget={"bytes": "1 kB"})
    (problem,) = refused.value.problems
    assert problem.place.endswith("scenario.yaml:1 design.budget.bytes")
    assert "components can fail" in problem.message
    assert "cost" in problem.way_out
