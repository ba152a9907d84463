"""``sim profile``: parts timed on this machine, and the times read again by a model file."""

import csv

import numpy as np
import pytest
from typer.testing import CliRunner

import simulator
from simulator.cli.main import app
from simulator.scenario.shelf import find
from simulator.study.profile import PartTimes, timed, write_times

SERVICE = "{law: empirical, path: times.csv, column: fog2}"
ASK = """title: x
topology: health-chain
model: watch.yaml
measure: [timed]
strategy: vanilla
training: {epochs: 0}
workload: {arrivals: {kind: periodic, every: 1 s}, requests: 20}
replications: 2
"""


def sim(*words):
    return CliRunner().invoke(app, list(words))


def test_times_are_those_of_the_runs_after_the_warm_up():
    calls = []
    found = timed(lambda: calls.append(1), 7)
    assert found.shape == (7,)
    assert len(calls) == 12
    assert (found >= 0).all()


def test_the_speed_is_that_of_the_median():
    part = PartTimes(np.array([1.0, 2.0, 50.0]), 4e6)
    assert part.median_ms == 2
    assert part.speed_flop_per_s == 2e9
    assert np.isnan(PartTimes(np.ones(2), 0.0).speed_flop_per_s)


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    path = tmp_path / "times.csv"
    times = {"edge": PartTimes(np.array([1.0, 2.0]), 0.0)}
    write_times(times, path)
    before = path.read_text()
    with pytest.raises(simulator.errors.ScenarioError, match="is there already; name another file"):
        write_times(times, path)
    assert path.read_text() == before


def test_parts_are_timed_and_a_model_file_reads_the_times(tmp_path):
    times, model = tmp_path / "times.csv", tmp_path / "watch.yaml"
    ended = sim("profile", "first", "--runs", "5", "--out", str(times), "--strategy", "resilinet")
    assert ended.exit_code == 0, ended.output
    assert all(part in ended.output for part in ("edge", "fog2", "fog1", "cloud", "MFLOP/s"))
    with times.open() as file:
        assert len(list(csv.DictReader(file))) == 5
    text = find("model", "watch-mlp").read_text()
    model.write_text(text.replace("  fog2:\n", f"  fog2:\n    service: {SERVICE}\n", 1))
    (tmp_path / "ask.yaml").write_text(ASK)
    cell = simulator.load(tmp_path / "ask.yaml")
    assert cell.model.parts["fog2"].service.path == "times.csv"
    run = simulator.run(cell, out=tmp_path / "run")
    assert run.record.cells[0].estimates["share_on_time"].value == 1


def test_a_model_without_layers_is_refused():
    ended = sim("profile", "queue")
    assert ended.exit_code == 2
    assert "'queue-chain' has no layers to be timed; give a model of layers" in ended.output
