"""A scenario whose starved parts emit: the two routes still agree, and what-if says where a constant was taken."""

import json

import pytest

import simulator
from simulator.study.whatif import what_if
from tests.study.small import assemblies

# a -> b -> c -> d, and a -> d; machines fail one coin a request; d adds, so that it takes c's constant too
FILES = {
    "topology": {"title": "four", "nodes": {name: {} for name in "abcd"},
                 "links": [{"between": list(pair), "latency": "1 ms"} for pair in ("ab", "bc", "cd", "ad")]},
    "model": {"sources": {"a": {}}, "parts": {"b": {}, "c": {"service": {"mean": "2 ms"}, "output": "100 B"},
                                              "d": {"service": {"mean": "1 ms"}, "exit": True}},
              "hyperconnections": [{"from": a, "to": b} for a, b in ("ab", "bc", "cd", "ad")]},
    "scenario": {"title": "starved", "topology": "topology.yaml", "model": "model.yaml", "strategy": "dfg",
                 "failures": [{"kind": "bernoulli", "survival": dict.fromkeys("bcd", 0.6)}],
                 "measure": ["timed", "traffic"],
                 "workload": {"arrivals": {"kind": "poisson", "rate": "20 /s"}, "requests": 300}, "replications": 2,
                 "sweep": {"starved": ["silent", "emit"]}},
}


def loaded(folder):
    for name, plain in FILES.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


def test_the_zero_delay_identity_holds_and_constants_are_traffic(tmp_path):
    done = simulator.run(loaded(tmp_path), tmp_path / "run")
    silent, emit = done.record.cells
    assert silent.counts["zero_delay_equal"] == emit.counts["zero_delay_equal"] == 300
    sent = [{row["name"]: row["always_on_bytes"] for row in cell.tables["traffic"]} for cell in (silent, emit)]
    assert [bytes_of["c->d"] for bytes_of in sent] == [pytest.approx(36), pytest.approx(60)]  # b and c up; c up
    starved = done.requests.delivery[done.requests.cell == "emit"].str.endswith("(c starved)")
    assert 0.1 < starved.mean() < 0.4  # d up, c up, b down


def test_what_if_says_that_a_constant_was_taken(tmp_path):
    silent, emit = assemblies(loaded(tmp_path))
    fates = {edge.name: (edge.fate, edge.why) for edge in what_if(emit, ["b"]).edges}
    assert fates["c->d"] == ("taken", "c is starved: what it sends holds no data")
    assert what_if(emit, ["b"]).delivery == "d <- c->d a->d (c starved)"
    assert what_if(silent, ["b"]).delivery == "d <- a->d"
