"""``sim results``, ``export``, ``merge`` and ``hash``: what a user sees, and what is told where something is wrong."""

import io
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

import simulator
from simulator.cli.main import app
from simulator.study.run import run as run_study

SETS = {"workload.requests": 20, "replications": 2, "sweep": {"policy.deadline": ["8 s", "12 s"], "seed": [1, 2]}}


def sim(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of four cells."""
    out = tmp_path_factory.mktemp("finished") / "run"
    run_study(simulator.load("queue", set=SETS), out)
    return out


def test_results_are_a_table_of_all_cells_that_fits_80_columns(finished, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = sim("results", finished)
    assert told.exit_code == 0
    assert "Four queues in a row: 4 cells" in told.stdout
    assert len(re.findall(r"^ (?:8|12) s +[12]\b", told.stdout, flags=re.MULTILINE)) == 4
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert re.search(r"--columns shows more: .*share_lost", told.stdout.replace("\n", " "))


def test_columns_tests_and_an_order_can_be_chosen(finished):
    chosen = ("--columns", "latency_mean_ms", "--where", "deadline=8 s", "--sort", "latency_mean_ms")
    told = sim("results", finished, *chosen)
    values = [float(text) for text in re.findall(r"^ 8 s +[12] +([\d.]+)", told.stdout, flags=re.MULTILINE)]
    assert len(values) == 2
    assert values == sorted(values, reverse=True)
    assert "share_late" not in told.stdout
    assert "share_lost" in sim("results", finished, "--columns", "all").stdout


@pytest.mark.parametrize(("words", "said"), [
    (["results", "RUN", "--columns", "latency_mean"], "option --columns: no estimate 'latency_mean'; did you mean"),
    (["results", "RUN", "--sort", "nothing"], "option --sort: no estimate 'nothing'"),
    (["results", "RUN", "--where", "deadline=9 s"], "no cell has '9 s'"),
    (["results", "nowhere"], "nowhere: no finished run is in this folder; give the folder"),
    (["export", "RUN", "--format", "xls"], "option --format: no format 'xls'"),
    (["export", "RUN", "--format", "parquet"], "add --out results.parquet"),
    (["export", "RUN", "--out", "nowhere/x.csv"], "cannot be written (No such file or directory)"),
    (["merge", "RUN", "nowhere", "--out", "x"], "nowhere: no run is in this folder"),
    (["hash", "queue", "queue", "queue"], "3 scenarios; name one, or two to compare"),
    (["hash", "queu"], "did you mean 'queue'?"),
    (["run", "queue", "--from", "nowhere"], "option --from nowhere: no run is in this folder"),
])
def test_what_is_wrong_is_told_with_the_way_out(finished, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    told = sim(*(finished if word == "RUN" else word for word in words))
    assert told.exit_code == 2
    assert said in told.stderr


def test_an_export_is_what_python_gives(finished, tmp_path):
    frame = simulator.results(finished)
    printed = sim("export", finished)
    assert printed.exit_code == 0
    assert len(pd.read_csv(io.StringIO(printed.stdout))) == len(frame)
    for name in ("x.csv", "x.parquet"):
        assert sim("export", finished, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "x.csv").read_text() == printed.stdout
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "x.parquet"), frame, check_dtype=False)


def test_of_a_merge_the_cells_are_counted_and_shown_before_the_record_is_written(finished, tmp_path):
    told = sim("merge", finished, finished, "--out", tmp_path / "all")
    assert told.exit_code == 0
    assert "4 cells, 4 of them copied now" in told.stdout
    assert "4 cells, 0 of them" in sim("merge", finished, "--out", tmp_path / "all").stdout
    shown = sim("results", tmp_path / "all")
    assert "12 s" in shown.stdout
    assert "the record of the whole is not written yet" in shown.stderr


def test_hashes_are_those_of_the_cells_of_a_run(finished):
    words = [word for key, value in SETS.items() for word in ("--set", f"{key}={value}")]
    told = sim("hash", "queue", *words)
    names = re.findall(r"^([0-9a-f]{64})  policy.deadline=(?:8|12) s seed=[12]$", told.stdout, flags=re.MULTILINE)
    assert {name[:16] for name in names} == {path.name for path in (finished / "cells").iterdir()}


def test_what_enters_a_hash_is_a_tree_and_the_other_cells_say_what_they_have_otherwise():
    told = sim("hash", "queue", "--explain", "--set", "sweep={policy.deadline: [8 s, 12 s]}").stdout
    assert "topology (what 'queue-chain' holds)" in told
    assert re.search(r"requests  20000$", told, flags=re.MULTILINE)
    assert 'scenario.policy.deadline: "8 s" -> "12 s"' in told


def test_two_scenarios_are_compared():
    told = sim("hash", "queue", "queue", "--set", "workload.requests=7").stdout
    assert "0 cells are the same, 1 are in the first only, 1 in the second only" in told
    assert "scenario.workload.requests: 20000 -> 7" in told
    assert "1 cells are the same, 0 are" in sim("hash", "queue", "queue").stdout
