"""The measure ``neurons`` of a cell: against exact sums, paired, the same bytes again, and told where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.study.record import json_text
from simulator.study.run import run

SIGMAS = 4.5  # false alarm below 1e-5 a number
NUMBERS = 300  # of which the largest is looked at: false alarm of a test 2e-3 at most, seeds are fixed


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("SIM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    yield
    patch.undo()


def load(options, name="neurons-errors", **more):
    plain = {"crash": {"at": "first", "p": 0.05}, "inputs": 10, "repetitions": 400} | options
    return simulator.load(name, set={"measure": [{"neurons": plain}], **more})


def cell_of(folder, options, **more):
    (cell,) = run(load(options, **more), folder / "run").record.cells
    return cell


def by_name(cell, table="neuron_errors"):
    return {row["estimator"]: row for row in cell.tables[table]}


def test_what_is_drawn_is_what_exact_sums_say(tmp_path):
    cell = cell_of(tmp_path, {"estimators": ["exact", "single_crash", "path_bound"], "repetitions": 2000})
    rows = cell.tables["neuron_inputs"]
    off = [abs(row["mean"] - row["exact mean"]) / row["mean_error"] for row in rows if row["mean_error"] > 0]
    assert len(off) >= 20
    assert max(off) < SIGMAS
    assert by_name(cell)["exact"]["relative_error_of_deviation"] < 0.05
    assert by_name(cell)["path_bound"]["beyond"] == 0
    assert cell.tables["neuron_losses"][0]["estimator"] == "monte_carlo"
    loss = by_name(cell, "neuron_losses")
    assert abs(loss["exact"]["mean"] - loss["monte_carlo"]["mean"]) < SIGMAS * loss["monte_carlo"]["mean_error"]
    assert sum(row["share"] for row in cell.tables["neuron_histogram"]) == pytest.approx(1)
    for row in cell.tables["neuron_tails"]:
        assert row["measured"] - SIGMAS * row["measured_error"] <= row["cantelli by exact"] <= row["chebyshev by exact"]
        assert row["measured"] <= row["chernoff"]
        assert row["measured"] <= row["hoeffding"]


def test_the_same_run_gives_the_same_bytes_and_accuracy_is_paired(tmp_path):
    first, second = (cell_of(tmp_path / name, {}) for name in ("a", "b"))
    assert json_text(first.tables) == json_text(second.tables)
    change = first.estimates["neuron_accuracy"].value - first.estimates["neuron_accuracy_without"].value
    assert first.estimates["neuron_accuracy_change"].value == pytest.approx(change)
    assert {row["kind"] for row in first.tables["neuron_errors"]} >= {"Monte Carlo", "estimate", "upper bound"}


def test_nothing_crashes_at_p_0_and_the_error_is_0(tmp_path):
    cell = cell_of(tmp_path, {"crash": {"at": "hidden", "p": 0.0}})
    assert cell.estimates["neuron_error_deviation"].value == 0
    assert cell.estimates["neuron_accuracy_change"].value == 0
    assert cell.tables["neuron_tails"] == []


def test_sets_of_points_meet_the_crashes_that_each_meets_alone(tmp_path):
    points = [{"at": "inputs", "p": 0.05}, {"at": "first", "p": 0.02}, {"at": "second", "p": 0.0}]
    cell = cell_of(tmp_path, {"crash": points, "apart": "subsets", "estimators": "first_order"})
    rows = {row["crash"]: row for row in cell.tables["neuron_additivity"]}
    assert len(rows) == 7
    # The third point never crashes: with it or without it, to the last bit.
    assert rows["inputs + second"]["variance"] == pytest.approx(rows["inputs"]["variance"], abs=0)
    assert rows["inputs + first + second"]["variance"] == pytest.approx(rows["inputs + first"]["variance"], abs=0)
    assert rows["inputs + first"]["mean_off"] < 0.5


def test_what_cannot_be_had_is_told_and_the_rest_is_there(tmp_path):
    asked = ["exact", "path_bound", "first_order"]
    cell = cell_of(tmp_path, {"crash": {"at": "hidden", "p": 0.05}, "estimators": asked})
    assert set(by_name(cell)) == {"monte_carlo", "first_order"}
    assert "neurons: exact would take 5.37e+08 passes an input" in " ".join(cell.notes)
    assert "no path_bound: path_bound takes the weights of a chain of dense layers" in " ".join(cell.notes)


def test_legacy_adds_what_the_reference_computes(tmp_path):
    cell = cell_of(tmp_path, {"legacy": True, "estimators": ["first_order", "pairs"]})
    found = by_name(cell)
    assert set(found) == {"monte_carlo", "first_order", "first_order (ref)", "pairs"}
    ratio = found["first_order (ref)"]["deviation"] / found["first_order"]["deviation"]
    assert ratio == pytest.approx(1 / np.sqrt(0.95))  # p in place of p (1 - p)


@pytest.mark.parametrize(("options", "told"), [
    ({"crash": {"at": "frist", "p": 0.1}}, "crash.0.at: the network has no place 'frist'; did you mean"),
    ({"crash": {"at": "last", "p": 0.1}}, "is an output of the model"),
    ({"crash": [{"at": "first", "p": 0.1}, {"at": "hidden", "p": 0.1}]}, "crashes twice"),
])
def test_a_crash_that_cannot_be_is_told(tmp_path, options, told):
    with pytest.raises(ScenarioError) as error:
        run(load(options), tmp_path / "run")
    assert told in str(error.value)


def test_where_there_is_no_network_nothing_can_crash_in_it():
    with pytest.raises(ScenarioError, match="no part of the model has layers"):
        simulator.load("queue", set={"measure": [{"neurons": {"crash": {"at": "hidden", "p": 0.1}}}]})


@pytest.mark.parametrize(("options", "told"), [
    ({"crash": {"at": "first", "p": 1.5}}, "crash"), ({"estimators": ["frist_order"]}, "estimators"),
    ({"apart": "points"}, "only one thing crashes"), ({"crash": []}, "crash"),
])
def test_a_block_that_cannot_be_is_told(options, told):
    with pytest.raises(ScenarioError, match=told):
        load(options)
