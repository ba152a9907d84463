"""The measure ``sensitivity`` of a cell: against every pattern answered by hand, from a table, and sampled."""

from __future__ import annotations

import csv
from itertools import product

import numpy as np
import pytest
from shared import NODES, PAIRS, SETTINGS, chain
from small import assemblies
from test_sampled import chain_files

import simulator
from simulator.errors import ScenarioError
from simulator.study.answers import answers
from simulator.study.progress import Progress
from simulator.study.run import run

LINKS = tuple(f"{a}-{b}" for a, b in PAIRS)
POOR = {name: settings["poor"] for name, settings in SETTINGS.items()}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))


def measured(folder, options, **scenario):
    loaded = chain(folder, measure=[{"sensitivity": options}], **scenario)
    (cell,) = run(loaded, folder / "run").record.cells
    return loaded, cell


def rows(cell, of, table="importance"):
    return {row["name"]: row for row in cell.tables[table] if row["of"] == of}


def pairs_of(cell, of):
    return [row for row in cell.tables["interactions"] if row["of"] == of]


def accuracy_when_down(loaded):
    (of,) = assemblies(loaded)
    outcomes = answers(of, quick=False, label="", progress=Progress()).outcomes
    return lambda down: float(outcomes.accuracy([of.reach.delivery(frozenset(down))])[0])


def expected(accuracy, down=(), up=()):
    """Return the expected accuracy with some set down and some set up, over the two machines that fail, by hand."""
    total = 0.0
    for states in product((True, False), repeat=len(POOR)):
        dead = {name for name, is_up in zip(POOR, states, strict=True) if not is_up}
        chance = np.prod([p if is_up else 1 - p for p, is_up in zip(POOR.values(), states, strict=True)])
        total += chance * accuracy((dead | set(down)) - set(up))
    return total


def test_every_node_and_link_has_the_importance_that_setting_it_down_by_hand_says(tmp_path):
    loaded, cell = measured(tmp_path, {"of": ["nodes", "links"]})
    accuracy = accuracy_when_down(loaded)
    assert set(rows(cell, "nodes")) == set(NODES)
    assert set(rows(cell, "links")) == set(LINKS)
    for of in ("nodes", "links"):
        for name, row in rows(cell, of).items():
            down = expected(accuracy, down=[name])
            assert row["if_down"] == pytest.approx(down)
            assert row["birnbaum"] == pytest.approx(expected(accuracy, up=[name]) - down)
            assert row["improvement"] == pytest.approx(expected(accuracy, up=[name]) - expected(accuracy))
            assert row["failure"] == pytest.approx(1 - POOR.get(name, 1.0))
            assert row["birnbaum_low"] <= row["birnbaum"] <= row["birnbaum_high"]
            curve = rows(cell, of, "component_curves")[name]
            assert (curve["value"][0], curve["value"][-1]) == pytest.approx((expected(accuracy, up=[name]), down))
    assert cell.estimates["expected_accuracy"].value == pytest.approx(expected(accuracy))


def test_shapley_values_sum_to_what_is_at_stake_with_links_as_players_too(tmp_path):
    loaded, cell = measured(tmp_path, {"of": ["components", "nodes", "links"], "measures": ["shapley"],
                                       "rank_by": "shapley"})
    accuracy = accuracy_when_down(loaded)
    stakes = {"components": accuracy([]) - accuracy(POOR), "nodes": accuracy([]) - accuracy(NODES),
              "links": expected(accuracy) - expected(accuracy, down=LINKS)}
    for of, stake in stakes.items():
        assert sum(row["shapley"] for row in rows(cell, of).values()) == pytest.approx(stake), of


def test_rows_are_ranked_and_say_what_can_be_told_apart(tmp_path):
    _, cell = measured(tmp_path, {"of": "nodes", "rank_by": "shapley"})
    found = cell.tables["importance"]
    assert [row["shapley"] for row in found] == sorted((row["shapley"] for row in found), reverse=True)
    assert all(row["matters"] is (row["shapley_low"] > 1e-12 or row["shapley_high"] < -1e-12) for row in found)
    assert found[-1]["before_next"] is None
    assert [row["down"] for row in cell.tables["failure_counts"]] == list(range(len(NODES) + 1))
    assert len(cell.tables["interactions"]) == len(NODES) * (len(NODES) - 1) / 2


def test_with_a_level_the_risk_is_to_fall_below_it(tmp_path):
    level = 0.5
    loaded, cell = measured(tmp_path, {"below": level})
    accuracy = accuracy_when_down(loaded)
    (first, p), (second, q) = POOR.items()
    chance = {(): p * q, (first,): (1 - p) * q, (second,): p * (1 - q), (first, second): (1 - p) * (1 - q)}
    risk = sum(weight for down, weight in chance.items() if accuracy(down) < level)
    of_first = sum(weight for down, weight in chance.items() if accuracy(down) < level and first in down)
    found = rows(cell, "components")[first]["diagnosis"]
    assert found is None if risk == 0 else found == pytest.approx(of_first / risk)
    assert "diagnosis_low" not in rows(cell, "components")[first]


def test_failures_that_come_together_have_both_numbers_and_no_shares_of_variance(tmp_path):
    together = [{"kind": "groups", "groups": {"rack": {"members": ["edge", "fog"], "survival": 0.8}}},
                {"kind": "bernoulli", "survival": {"edge": 0.9}}]
    loaded, cell = measured(tmp_path, {}, failures=together)
    accuracy = accuracy_when_down(loaded)
    fog = rows(cell, "components")["fog"]
    # The rack fells both; set down by hand, fog says nothing of the edge.
    assert fog["if_down"] == pytest.approx(0.72 * accuracy(["fog"]) + 0.28 * accuracy(["edge", "fog"]))
    assert fog["given_down"] == pytest.approx(accuracy(["edge", "fog"]))
    assert "sobol_total" not in fog
    assert any("intervention" in note for note in cell.notes)
    assert "sobol_total" in cell.tables["sensitivity"][0]["left_out"]
    assert "joint_birnbaum" not in cell.tables["interactions"][0]


def test_where_the_table_does_not_fit_draws_come_near_it(tmp_path):
    loaded, cell = measured(tmp_path, {"of": ["nodes", "links"], "max_components": 3, "draws": 4000, "orders": 500})
    exact = tmp_path / "exact"
    exact.mkdir()
    _, table = measured(exact, {"of": ["nodes", "links"]})
    for of in ("nodes", "links"):
        for name, row in rows(table, of).items():
            drawn = rows(cell, of)[name]
            for measure in ("birnbaum", "improvement", "shapley", "banzhaf", "criticality", "sobol_total",
                            "shapley_effects"):
                half = drawn[f"{measure}_high"] - drawn[measure]
                # 4.5 deviations: a false alarm in 150,000 tests of 54
                assert abs(drawn[measure] - row[measure]) <= 2.3 * half + 1e-9, (name, measure)
        for name, curve in rows(table, of, "component_curves").items():
            drawn = rows(cell, of, "component_curves")[name]
            half = np.subtract(drawn["high"], drawn["low"]) / 2
            assert (np.abs(np.subtract(curve["value"], drawn["value"])) <= 2.3 * half + 0.02).all(), name
        for kind in ("joint_birnbaum", "shapley_interaction"):
            for pair, drawn in zip(*(pairs_of(one, of) for one in (table, cell)), strict=True):
                assert (pair["first"], pair["second"]) == (drawn["first"], drawn["second"])
                half = (drawn[f"{kind}_high"] - drawn[f"{kind}_low"]) / 2
                assert abs(pair[kind] - drawn[kind]) <= 2.3 * half, (pair, kind)
    assert any("sampled" in note for note in cell.notes)
    again = run(loaded, tmp_path / "again").record.cells[0]
    assert again.tables["importance"] == cell.tables["importance"]


def test_a_long_chain_with_given_outcomes_is_ranked_by_draws(tmp_path):
    path = chain_files(tmp_path, 24, 0.1, "[{sensitivity: {draws: 300, orders: 20, pairs: 20}}]")
    (cell,) = run(simulator.load(path), tmp_path / "run").record.cells
    assert len(rows(cell, "components")) == 24
    assert len(cell.tables["interactions"]) == 24 * 23 / 2
    assert sum(row["shapley_effects"] for row in cell.tables["importance"]) == pytest.approx(1)
    assert cell.tables["sensitivity"][0]["left_out"] == ""
    assert any("number of failures" in note for note in cell.notes)


def test_patterns_without_a_worth_are_refused_with_the_reason(tmp_path):
    _, cell = measured(tmp_path, {}, policy={"no_answer": "exclude"})
    assert "importance" not in cell.tables
    assert any("exclude" in note for note in cell.notes)


def test_outcomes_from_a_table_need_no_network(tmp_path):
    accuracy = {(1, 1): 0.9, (1, 0): 0.7, (0, 1): 0.4, (0, 0): 0.1}
    with (tmp_path / "outcomes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("edge", "fog", "accuracy"), *((*up, value) for up, value in accuracy.items())])
    outcomes = {"kind": "table", "path": "outcomes.csv", "column": "accuracy"}
    _, cell = measured(tmp_path, {"of": ["components", "nodes", "links"]}, outcomes=outcomes)
    edge = rows(cell, "components")["edge"]
    assert edge["birnbaum"] == pytest.approx(POOR["fog"] * 0.5 + (1 - POOR["fog"]) * 0.6)
    assert edge["matters"] is None
    assert set(rows(cell, "nodes")) == set(POOR)
    assert any("links" in note for note in cell.notes)


@pytest.mark.parametrize(("options", "told"), [
    ({"of": "machines"}, "machines"),
    ({"measures": ["birnbaum"], "rank_by": "shapley"}, "rank_by"),
    ({"rank_by": "if_down"}, "if_down"),
    ({"below": 1.5}, "1.5"),
    ({"max_components": 30}, "30"),
])
def test_what_cannot_be_asked_is_refused_in_words(tmp_path, options, told):
    with pytest.raises(ScenarioError, match=told):
        chain(tmp_path, measure=[{"sensitivity": options}])


def test_silent_errors_are_not_ranked():
    with pytest.raises(ScenarioError, match="'sensitivity' ranks what is up or down"):
        simulator.load("silent-errors", set={"measure": [{"sensitivity": {}}]})
