"""The measure ``individual_failures`` of a cell: by brute force over parts, from a table, and where nothing fails."""

from __future__ import annotations

import numpy as np
import pytest
from shared import chain
from small import assemblies

from simulator.study.answers import answers
from simulator.study.progress import Progress
from simulator.study.run import run
from tests.support.models import run_by_parts

BAD = {"edge": 0.5, "fog": 0.6}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))


def found(loaded, folder):
    (cell,) = run(loaded, folder / "run").record.cells
    return cell


@pytest.mark.parametrize("strategy", ["dfg", "select"])
def test_the_rows_are_what_the_network_answers_without_that_part(tmp_path, strategy):
    loaded = chain(tmp_path, strategy=strategy, failures=[{"kind": "bernoulli", "survival": "bad"}])
    rows = found(loaded, tmp_path).tables["individual_failures"]
    (of,) = assemblies(loaded)
    data = np.load(tmp_path / "data.npz")
    split = trained_split(of)
    assert {row["down"] for row in rows} == set(BAD)
    for row in rows:
        other = next(name for name in BAD if name != row["down"])
        assert row["probability"] == pytest.approx((1 - BAD[row["down"]]) * BAD[other])
        output = run_by_parts(split, of.graph, frozenset({row["down"]}), np.arange(40))
        assert row["accuracy"] == pytest.approx(np.mean(output.argmax(axis=1) == data["y_test"]))
        assert row["low"] <= row["accuracy"] <= row["high"]
        assert row["delivery"].startswith("cloud <-")
        assert row["down"] not in row["delivery"]


def trained_split(of):
    """Return a runner of the weights that the cell used, found in the cache."""
    from simulator.model.runner import KerasRunner
    from simulator.model.train import trained
    from simulator.study.answers import dataset_of

    dataset = dataset_of(of, quick=False)
    split, was_cached, weights = trained(of.model, of.graph, of.scenario.strategy, dataset, of.model.training,
                                         of.failout, of.scenario.seed)
    assert was_cached
    assert weights == answers(of, quick=False, label="", progress=Progress()).weights
    return KerasRunner(split, dataset.x_test)


def test_under_vanilla_every_failure_is_a_guess(tmp_path):
    cell = found(chain(tmp_path, strategy="vanilla"), tmp_path)
    labels = np.load(tmp_path / "data.npz")
    prior = np.bincount(labels["y_train"], minlength=3) / 64
    guess = float(prior[labels["y_test"]].mean())
    rows = cell.tables["individual_failures"]
    assert [row["accuracy"] for row in rows] == pytest.approx([guess, guess])
    assert {row["delivery"] for row in rows} == {"-"}
    # The closed form of the literature: P(all alive) times a, else a guess.
    alive, accuracy = 0.7 * 0.8, cell.estimates["all_up_accuracy"].value
    assert cell.estimates["expected_accuracy"].value == pytest.approx(alive * accuracy + (1 - alive) * guess)


def test_without_failures_the_table_is_empty(tmp_path):
    cell = found(chain(tmp_path, failures=[{"kind": "bernoulli", "survival": "no_failure"}]), tmp_path)
    assert cell.tables["individual_failures"] == []
    expected, all_up = (cell.estimates[name].value for name in ("expected_accuracy", "all_up_accuracy"))
    assert expected == all_up


def test_outcomes_of_a_table_have_rows_too(tmp_path):
    lines = ["edge,fog,accuracy", "1,1,0.9", "1,0,0.8", "0,1,0.7", "0,0,0.1"]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    outcomes = {"kind": "table", "path": str(tmp_path / "table.csv"), "column": "accuracy"}
    cell = found(chain(tmp_path, outcomes=outcomes), tmp_path)
    rows = {row["down"]: (row["probability"], row["accuracy"]) for row in cell.tables["individual_failures"]}
    assert rows == {"edge": (pytest.approx(0.3 * 0.8), 0.7), "fog": (pytest.approx(0.7 * 0.2), 0.8)}


def test_where_no_law_is_stated_a_note_says_why(tmp_path):
    scripted = [{"kind": "scripted", "outages": [{"component": "fog", "from": "1 s", "to": "2 s"}]}]
    cell = found(chain(tmp_path, failures=scripted), tmp_path)
    assert "individual_failures" not in cell.tables
    assert any("no accuracy of individual failures" in note for note in cell.notes)
