"""Which engine runs a scenario: chosen by itself, said in the record, and without a difference in any number."""

from __future__ import annotations

import json

import pytest

import simulator
from simulator.errors import ScenarioError


def answer(tmp_path, name, engine, **values):
    scenario = simulator.load(name, set={"engine": engine, "replications": 3, "workload.requests": 300, **values})
    (cell,) = json.loads(simulator.run(scenario, out=tmp_path / engine).record.to_json())["cells"]
    return cell


def test_both_engines_give_the_same_numbers_and_the_record_says_which_ran(tmp_path):
    fast, slow = (answer(tmp_path, "queue", engine) for engine in ("auto", "simpy"))
    assert (fast["counts"].pop("vectorised"), slow["counts"].pop("vectorised")) == (900, 0)
    assert fast.pop("hash") != slow.pop("hash")
    assert fast == slow


def test_who_insists_on_the_fast_path_is_told_why_it_cannot_be(tmp_path):
    scenario = simulator.load("queue", set={"engine": "vectorised", "placement": {"second": "first"}})
    with pytest.raises(ScenarioError, match=r"one queue twice.*engine: auto"):
        simulator.run(scenario, out=tmp_path / "run")
