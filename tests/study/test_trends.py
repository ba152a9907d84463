"""Trends over the cells of a study: against numpy on the record's numbers, as text, and told where they cannot be."""

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.expect.trends import rank_loss
from simulator.report.figures import slopes_along
from simulator.report.page import page_text
from simulator.report.trends_table import trend_tables
from simulator.study.record import CellRecord, Record
from simulator.study.run import run
from simulator.study.trends import numbers

AXIS, MEAN, LATE = "workload.requests", "latency_mean_ms", "latency_p95_ms"
TRENDS = {"slopes": [MEAN], "foretold": {MEAN: [LATE], AXIS: ["share_lost"]}}


def loaded(**more):
    given = {"sweep": {AXIS: [20, 40, 80]}, "repeats": 3, "replications": 2, "trends": TRENDS}
    return simulator.load("hedge", set=given | more)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return run(loaded(), tmp_path_factory.mktemp("run") / "run").record


def values(record, name):
    return np.array([cell.estimates[name].value for cell in record.cells]).reshape(3, 3)  # repeat by repeat


def rows(record, statistic):
    return [row for row in record.trends if row["statistic"] == statistic]


def test_a_slope_is_the_mean_over_repeats_of_the_slopes_that_numpy_fits(record):
    (row,) = rows(record, "slope")
    slopes = [np.polyfit(np.log([20, 40, 80]), np.log(each), 1)[0] for each in values(record, MEAN)]
    assert (row["of"], row["against"]) == (MEAN, AXIS)
    assert row["value"] == pytest.approx(np.mean(slopes))
    assert row["high"] - row["value"] == pytest.approx(4.302653 * np.std(slopes, ddof=1) / np.sqrt(3))
    assert row["y"] == pytest.approx(np.exp(np.log(values(record, MEAN)).mean(axis=0)))


def test_what_foretells_is_told_over_all_cells(record):
    told, truth = values(record, LATE).reshape(-1), values(record, MEAN).reshape(-1)
    pearson, _ = rows(record, "pearson")
    loss, of_axis = rows(record, "rank_loss")
    assert pearson["value"] == pytest.approx(np.corrcoef(told, truth)[0, 1])
    assert loss["value"] == rank_loss(told, truth)
    assert (of_axis["against"], of_axis["of"]) == (AXIS, "share_lost")


def test_a_row_has_one_name_whether_its_cell_was_made_or_read(record):
    made = CellRecord("hash", {}, tables={"errors": [{"name": "first", "kind": "exact", "value": 2.0, "good": True}]})
    read = CellRecord("hash", {}, tables={"errors": [dict(sorted(made.tables["errors"][0].items()))]})
    assert numbers(made) == numbers(read) == {"errors.exact.value": 2.0}


def test_trends_change_no_cell_and_come_back_from_the_file(record, tmp_path):
    plain = run(loaded(trends=None), tmp_path / "run").record
    assert [cell.hash for cell in plain.cells] == [cell.hash for cell in record.cells]
    assert plain.hash == record.hash
    assert Record.from_json(record.to_json()).to_json() == record.to_json()


def test_they_are_in_tables_on_the_page_and_in_a_figure(record):
    slopes, *foretold = trend_tables(record)
    assert slopes.rows[0][0] == "latency mean ms"
    assert [table.title for table in foretold] == ["What foretells latency mean ms", "What foretells requests"]
    assert "Slopes along requests" in page_text(record, {})
    (axes,) = slopes_along(record).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


@pytest.mark.parametrize(("more", "told"), [
    ({"sweep": {}, "repeats": 1}, "there is one cell, and nothing beside it"),
    ({"sweep": {"policy.deadline": ["1 s", "2 s"]}}, "the sweep varies 0 keys whose values are numbers above 0"),
    ({"trends": TRENDS | {"along": "workload.request"}}, "did you mean 'workload.requests'"),
    ({"trends": {}}, "nothing is asked"),
    ({"sweep": {AXIS: {"from": 20, "to": 40, "steps": 3, "whole": True}, "replications": [2, 3]}},
     "the sweep varies 2 keys whose values are numbers above 0"),
])
def test_what_has_no_trend_is_told_before_anything_runs(more, told):
    with pytest.raises(ScenarioError, match=told):
        loaded(**more)


def test_a_number_that_no_cell_has_is_told_after_the_first(tmp_path):
    with pytest.raises(ScenarioError, match=r"has no number 'latency_mean'; did you mean 'latency_mean_ms'"):
        run(loaded(trends={"slopes": ["latency_mean"]}), tmp_path / "run")
