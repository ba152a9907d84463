"""Crashes inside a network on paper: tables that fit 80 columns, a sentence, figures; and the list of estimators."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from simulator.expect.estimate import Estimate
from simulator.neurons.catalogue import ESTIMATORS, estimator_rows
from simulator.report.answer import answer
from simulator.report.figures import certificate_stages
from simulator.report.neuron_table import neuron_answer, neuron_html, neuron_tables
from simulator.report.write import neuron_figures
from simulator.study.record import CellRecord, Record
from tests.house.commands import python


def cell(label=None):
    said = {"pearson": 0.98, "kendall": 0.9, "rank_loss": 0.05, "relative_error": 0.1, "ratio": 1.1}
    told = {f"{key}_of_{of}": value for key, value in said.items() for of in ("mean", "deviation")}
    base = {"kind": "estimate", "order": "1", "passes": 4, "mean": -0.01, "size": 0.01, "deviation": 0.06}
    tables = {
        "neuron_crashes": [{"at": "<first>", "p": 0.02, "unit": "element", "units": 15}],
        "neuron_errors": [{**base, "estimator": "monte_carlo", "kind": "Monte Carlo", "mean_error": 0.001},
                          {**base, "estimator": "first_order", **told, "relative_error_of_deviation": 0.3},
                          {**base, "estimator": "single_crash", **told},
                          {**base, "estimator": "norm_bound_inf", "kind": "upper bound", "deviation": None,
                           "beyond": 0.25, **{key: value for key, value in told.items() if key.endswith("mean")}}],
        "neuron_losses": [{"estimator": "monte_carlo", "loss": "squared", "mean": 0.1, "deviation": 1.0,
                           "mean_error": 0.01}],
        "neuron_tails": [{"level": 0.1, "measured": 0.02, "measured_error": 0.001, "hoeffding": 0.9, "chernoff": 0.8,
                          "reach": "first order", "chebyshev by measured": 0.5, "cantelli by measured": 0.4}],
        "neuron_inputs": [{"input": i, "output": 0, "mean": -0.01 * i, "deviation": 0.1 * i, "mean_error": 0.001,
                           "first_order mean": -0.011 * i, "first_order deviation": None} for i in range(1, 6)],
        "neuron_histogram": [{"low": -1.0, "high": 0.0, "share": 0.01}, {"low": 0.0, "high": 1.0, "share": 0.99}],
        "neuron_additivity": [{"crash": "a + b", "points": 2, "mean": 0.2, "sum_of_means": 0.21, "mean_off": 0.05,
                               "variance": 0.1, "sum_of_variances": 0.11, "variance_off": 0.1}],
    }
    estimates = {"neuron_accuracy_change": Estimate(-0.02, -0.03, -0.01, 100, "", "test set")}
    return CellRecord("h", label or {}, estimates, {}, {"neuron_inputs": 100, "neuron_repetitions": 1000}, tables)


def record(*cells):
    return Record("t", "q", "h", 1, {}, {}, cells or (cell(),))


def printed(one):
    console = Console(width=80, record=True, file=io.StringIO())
    for table in neuron_tables(one):
        console.print(table)
    return console.export_text()


def test_tables_fit_eighty_columns_and_say_what_each_number_is():
    text = printed(record())
    assert max(map(len, text.splitlines())) <= 80
    assert "continued" not in text
    for words in ("Monte Carlo", "0.010 ± 0.002", "10 / 30", "25", "first order", "Do crashes add?", "chernoff",
                  "estimates unless"):
        assert words in text, words


def test_of_many_cells_only_the_errors_are_printed_and_the_page_has_all():
    many = record(cell({"p": "0.1"}), cell({"p": "0.2"}))
    assert "Order of inputs" not in printed(many)
    assert neuron_html(many).count("Order of inputs") == 2
    assert "&lt;first&gt;" in neuron_html(many)


def test_the_answer_names_the_nearest_and_the_furthest_estimate():
    text = answer(record())
    assert "accuracy changes by −0.020 ± 0.010" in text
    assert "nearest to what was drawn is single crash, whose deviation is off by 10 %" in text
    assert "furthest first order, by 30 %" in text
    assert neuron_answer(record(cell({"p": "1"}), cell({"p": "2"}))) == ""


def repeated():
    cells = tuple(cell({"p": p, "repeat": f"repeat {n}"}) for n in (1, 2, 3) for p in ("0.1", "0.2"))
    row = {"label": {"p": "0.1"}, "estimate": "neuron_accuracy_change", "value": -0.02, "low": -0.04, "high": 0.0,
           "samples": 3, "method": "t", "uncertainty": "training seed", "deviation": 0.01}
    return replace(record(*cells), repeats=[row, row | {"label": {"p": "0.2"}}])


def test_with_repeats_each_point_is_told_as_the_mean_over_them_and_the_first_has_the_details():
    text = printed(repeated())
    assert max(map(len, text.splitlines())) <= 80
    assert "Answers while neurons crash" in text
    assert "0.0600" in text  # the deviation, the same in all repeats
    assert "mean over 3 repeats" in text
    assert neuron_html(repeated()).count("Order of inputs") == 2
    assert {name.split("-")[1] for name in neuron_figures(repeated())} == {"0.1, repeat 1", "0.2, repeat 1"}


def test_a_certificate_is_drawn_training_by_training():
    rows = [{"neurons": 101, "variance": 0.01, "large": 0.8, "counted": 0.1, "counted_low": 0.09, "counted_high": 0.11},
            {"neurons": 201, "variance": 0.1, "large": 0.1, "counted": 0.0, "counted_low": 0.0, "counted_high": 0.001}]
    one = CellRecord("h", {}, tables={"certificate_trainings": rows,
                                      "certificate": [{"legacy": False, "epsilon": 0.009}]})
    (axes,) = certificate_stages(one).axes
    assert axes.get_yscale() == "log"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["101\n1e-02", "201\n1e-01"]


def test_each_cell_has_its_figures():
    assert set(neuron_figures(record())) == {"neuron_scatter", "neuron_histogram"}
    assert set(neuron_figures(record(cell({"p": "1"}), cell({"p": "2"})))) == {
        "neuron_scatter-1", "neuron_histogram-1", "neuron_scatter-2", "neuron_histogram-2"}


def test_every_estimator_is_listed_with_what_it_is_and_costs():
    rows = estimator_rows()
    assert [row[0] for row in rows] == [*ESTIMATORS, "monte_carlo"]
    assert all(all(row) for row in rows)
    ran = python("-m", "simulator", "list", "estimators")
    assert ran.code == 0, ran.said
    assert all(name in ran.said for name in ESTIMATORS)


@pytest.mark.slow
def test_a_check_with_the_model_finds_a_place_that_is_not_in_the_network():
    ran = python("-m", "simulator", "check", "neurons-errors", "--model", "--set", "measure.0.neurons.crash.at=frist")
    assert ran.code == 2, ran.said
    assert "the network has no place 'frist'; did you mean 'first'?" in ran.said


@pytest.mark.parametrize("name", ["estimaters", "model"])
def test_a_list_that_there_is_not_is_told(name):
    ran = python("-m", "simulator", "list", name)
    assert ran.code == 2, ran.said
    assert "did you mean" in ran.said
