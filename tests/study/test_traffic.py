"""The traffic of a cell: with bytes given by hand, from shapes without training, and where no law is stated."""

import json

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.report.traffic import part_rows, total_rows, traffic_html, traffic_tables

NODES = {name: {"survival": 0.5} if name == "b" else {} for name in "abc"}
FILES = {
    "topology": {"title": "three", "nodes": NODES,
                 "links": [{"between": list(pair), "latency": "1 ms"} for pair in ("ab", "bc", "ac")]},
    "model": {"sources": {"a": {"output": "100 B"}}, "parts": {"b": {"output": "300 B"}, "c": {"exit": True}},
              "hyperconnections": [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "a", "to": "c"}]},
}
BERNOULLI = [{"kind": "bernoulli", "survival": {"b": 0.5}}]


def loaded(folder, failures, **more):
    """Return a scenario of three machines without Keras; the source's messages have 100 B, b's have 300 B."""
    scenario = {"title": "t", "topology": "topology.yaml", "model": "model.yaml", "measure": ["traffic"],
                "failures": failures, **more}
    for name, plain in {**FILES, "scenario": scenario}.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


def test_bytes_may_be_given_by_hand(tmp_path):
    (cell,) = simulator.run(loaded(tmp_path, BERNOULLI), tmp_path / "run").record.cells
    rows = {row["name"]: row for row in cell.tables["traffic"]}
    assert rows["b->c"]["what"] == "simple" and rows["a->c"]["what"] == "skip" and rows["b-c"]["what"] == "link"
    assert rows["b->c"]["on_demand_bytes"] == rows["b-c"]["vanilla_bytes"] == 150
    assert [rows["a->c"][f"{way}_bytes"] for way in ("always_on", "on_demand", "vanilla")] == [100, 50, 0]
    assert cell.estimates["traffic_on_demand_bytes"].value == 100 + 150 + 50
    assert cell.estimates["traffic_on_demand_bytes"].method == "exact over 2 patterns"


def test_traffic_alone_trains_nothing_and_on_demand_saves_only_where_joins_select(tmp_path):
    shipped = simulator.load("traffic", set={"sweep": {"strategy": ["dfg", "resilinet"]}})
    record = simulator.run(shipped, tmp_path / "run").record
    dfg, resilinet = ({name: e.value for name, e in cell.estimates.items()} for cell in record.cells)
    assert "weights" not in record.cells[0].tables
    assert dfg["traffic_on_demand_bytes"] == dfg["traffic_always_on_bytes"] == resilinet["traffic_always_on_bytes"]
    always, on_demand = (resilinet[f"traffic_{way}_bytes"] for way in ("always_on", "on_demand"))
    vanilla = resilinet["traffic_vanilla_bytes"]
    assert vanilla < on_demand < vanilla + 0.35 * (always - vanilla)


def test_failures_without_a_law_are_noted(tmp_path):
    scripted = [{"kind": "scripted", "outages": [{"component": "b", "from": "1 s", "to": "2 s"}]}]
    (cell,) = simulator.run(loaded(tmp_path, scripted), tmp_path / "run").record.cells
    assert not cell.estimates and "traffic" not in cell.tables
    assert any(note.startswith("no expected traffic: ") for note in cell.notes)


def test_too_many_components_are_refused_by_the_name_of_the_measure(tmp_path):
    many = loaded(tmp_path, [{"kind": "bernoulli", "survival": {"b": 0.5, "a": 0.5}}],
                  measure=[{"traffic": {"max_components": 1}}])
    with pytest.raises(ScenarioError, match=r"measure.traffic: 2 components can fail"):
        simulator.run(many, tmp_path / "run")


def test_the_tables_fit_a_narrow_terminal_and_the_page_has_every_hyperconnection(tmp_path):
    record = simulator.run(loaded(tmp_path, BERNOULLI), tmp_path / "run").record
    assert total_rows(record)[1] == [["all", "250", "350 (+40.0 %)", "300 (+20.0 %)"]]
    assert part_rows(record.cells[0], {"link"})[1] == [
        ["a-b", "100", "100", "100"], ["b-c", "150", "150", "150"], ["a-c", "0", "100", "50"]]
    assert all(table.__rich_measure__ for table in traffic_tables(record)) and len(traffic_tables(record)) == 2
    assert "a-&gt;c" in traffic_html(record)
