"""The table of scores, and how a record of errors is called in words."""

import re

from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate
from simulator.report.answer import answer
from simulator.report.curves import accuracy_vs_failure
from simulator.report.numbers import estimate_of, in_words
from simulator.report.page import page_text
from simulator.report.score_table import score_rows, score_table
from simulator.report.tables import rich_table, summary_rows
from simulator.study.record import CellRecord, Record


def row(score, value, **more):
    return {"score": score, "title": score.upper(), "is_larger_better": False, "power": 1, "samples": 9,
            "no_answer": None, "method": "", "unit": "EUR", "all_up": value, "all_up_low": value, "all_up_high": value,
            "expected": value, "expected_low": value - 1, "expected_high": value + 1, **more}


def record(*cells, axes=("strategy",)):
    return Record("Prices", "How far off?", "h", 1, {}, {}, cells, list(axes))


def errors(name, value, **tables):
    estimate = Estimate(value, value - 1, value + 1, 9, "exact", "test set")
    band = (value, value), (value, 3 * value)
    curve = Curve((0.0, 0.5), (value, 2 * value), *band, "p", "expected mae (EUR)", "exact")
    estimates = {"expected_mae": estimate, "all_up_mae": estimate, "served_mae": estimate}
    return CellRecord(name, {"strategy": name}, estimates, {"accuracy_vs_failure": curve},
                      tables={"target": [{"unit": "EUR"}], **tables})


def test_the_cells_of_one_score_stand_below_each_other():
    made = record(errors("dfg", 5.0, scores=[row("rmse", 7.0), row("mse", 40.0, power=2)]),
                  errors("vanilla", 6.0, scores=[row("rmse", 8.0, pooled=9.0, pooled_low=8.5, pooled_high=None)]))
    heads, rows = score_rows(made)
    assert heads == ["score", "strategy", "all up", "expected", "pooled"]
    assert [one[:2] for one in rows] == [["RMSE (EUR)", "dfg"], ["RMSE (EUR)", "vanilla"], ["MSE ((EUR)²)", "dfg"]]
    assert rows[1][4] == "9.000"
    assert score_table(made).caption.endswith("of errors, less is better")
    assert score_table(record(errors("dfg", 5.0))) is None


def test_a_record_of_errors_is_told_as_errors():
    made = record(errors("dfg", 5.0), errors("vanilla", 9.0))
    assert answer(made).startswith("Expected mean absolute error is lowest with dfg, 5.000 ± 1.000 EUR, and highest "
                                   "with vanilla, 9.000")
    heads, rows = summary_rows(made)
    assert heads == ["strategy", "all up", "expected", "served"]
    assert rows[0][1:] == ["5.000 ± 1.000"] * 3
    assert rich_table(made).caption.startswith("all up, expected, served: mean absolute errors (EUR)")
    text = re.sub(r"<style>.*?</style>", "", page_text(made, {}), flags=re.DOTALL)
    assert "accuracy" not in text.replace("accuracy_vs_failure", "")


def test_the_axis_of_errors_has_their_unit():
    figure = accuracy_vs_failure(record(errors("dfg", 5.0)))
    assert figure.axes[0].get_ylabel() == "Expected mean absolute error (EUR)"
    assert figure.axes[0].get_title() == "" or "Mean absolute error" in str(figure.axes[0].get_title(loc="left"))


def test_a_record_of_accuracies_keeps_its_words():
    cell = CellRecord("a", {}, {"expected_accuracy": Estimate(0.5, 0.4, 0.6, 9, "exact")})
    assert in_words(record(cell), "Expected accuracy") == "Expected accuracy"
    assert estimate_of(cell, "expected_accuracy").value == 0.5
    assert estimate_of(cell, "served_accuracy") is None
