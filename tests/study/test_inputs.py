"""A cell with uncertain survivals: its intervals against runs at the ends, and what is refused or noted."""

from __future__ import annotations

import itertools

import pytest
from shared import chain

from simulator.errors import ScenarioError
from simulator.scenario.variants import variants
from simulator.study.run import run


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))


def cell(folder, name, survival, **more):
    (found,) = run(chain(folder, failures=[{"kind": "bernoulli", "survival": survival}], **more),
                   folder / name).record.cells
    return found


@pytest.mark.parametrize("no_answer", ["expected_guess", "exclude"])
def test_the_interval_over_ranges_is_that_of_runs_at_their_ends(tmp_path, no_answer):
    policy = {"policy": {"no_answer": no_answer}}
    found = cell(tmp_path, "ranges", {"edge": [0.4, 0.9], "fog": [0.5, 0.7]}, **policy)
    for name in ("expected_accuracy", "no_information_flow"):
        ends = [cell(tmp_path, f"{name} {edge} {fog}", {"edge": edge, "fog": fog}, **policy).estimates[name].value
                for edge, fog in itertools.product((0.4, 0.9), (0.5, 0.7))]
        estimate = found.estimates[f"{name}_inputs"]
        assert (estimate.low, estimate.high) == pytest.approx((min(ends), max(ends)), abs=1e-12)
        assert (estimate.value, estimate.uncertainty) == (found.estimates[name].value, "inputs")
    assert {row["component"] for row in found.tables["inputs"]} == {"edge", "fog"}


def test_certain_survivals_have_no_such_interval(tmp_path):
    found = cell(tmp_path, "run", {"edge": 0.5, "fog": 0.6})
    assert "expected_accuracy_inputs" not in found.estimates
    assert "inputs" not in found.tables


def test_outcomes_of_a_table_are_enough(tmp_path):
    (tmp_path / "table.csv").write_text("edge,fog,accuracy\n1,1,0.9\n1,0,0.8\n0,1,0.7\n0,0,0.1\n")
    outcomes = {"kind": "table", "path": str(tmp_path / "table.csv"), "column": "accuracy"}
    found = cell(tmp_path, "run", {"edge": [0.5, 1.0], "fog": 0.8}, outcomes=outcomes)
    estimate = found.estimates["expected_accuracy_inputs"]
    assert (estimate.low, estimate.value, estimate.high) == pytest.approx((0.73, 0.805, 0.88))


def test_beside_silent_errors_it_is_refused(tmp_path):
    errors = [{"kind": "noisy", "on": ["edge"], "relative": 0.1, "chance": 0.1}]
    with pytest.raises(ScenarioError, match="uncertain survivals"):
        variants(chain(tmp_path, failures=[{"kind": "bernoulli", "survival": {"edge": [0.5, 0.9]}}], errors=errors))
