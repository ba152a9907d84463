"""The tables and the figure of a study with repeats."""

from __future__ import annotations

import math
from dataclasses import replace

import factory
import pytest

from simulator.report.figures import has_lines, repeats_bars, repeats_lines
from simulator.report.page import page_text
from simulator.report.repeats_table import as_estimate, axes_of, individual, rows_of, side_by_side, tables
from simulator.study.record import Record
from simulator.study.repeats import differences, summed_up

SURVIVAL = "failures.0.survival"
LEVELS = {("vanilla", "poor"): 0.5, ("vanilla", "normal"): 0.7, ("dfg", "poor"): 0.6, ("dfg", "normal"): 0.72}


def cell(label, level, repeat):
    """Return a cell of a repeat: its accuracy is the level and a hundredth for each repeat."""
    rows = [{"down": node, "probability": 0.1, "accuracy": level - loss + 0.01 * repeat, "low": 0, "high": 1}
            for node, loss in (("fog", 0.1), ("edge", 0.2))]
    plain = factory.cell("", level + 0.01 * repeat)
    return replace(plain, label={**label, "repeat": f"repeat {repeat}"}, tables={"individual_failures": rows})


def record(repeats=3, levels=LEVELS, keys=("strategy", SURVIVAL)):
    cells = [cell(dict(zip(keys, names, strict=True)), level, repeat)
             for repeat in range(1, repeats + 1) for names, level in levels.items()]
    return factory.record(cells, repeats=summed_up(cells, is_one_test_set=True),
                          differences=differences(cells, is_one_test_set=True))


def test_the_last_axis_is_the_columns():
    assert axes_of(rows_of(record())) == (["strategy"], SURVIVAL)
    assert axes_of([{"label": {"a": "1"}}]) == (["a"], None)
    assert axes_of([{"label": {"a": "1", "b": "2", "c": "3"}}]) == (["a", "b"], "c")
    assert axes_of([{"label": {}}]) == axes_of([]) == ([], None)


def test_the_numbers_stand_side_by_side_with_interval_and_deviation():
    heads, rows = side_by_side(rows_of(record()))
    assert heads == ["strategy", "poor", "normal"]
    # Mean of the level + 0.01, 0.02, 0.03; t(2 degrees of freedom) 4.3027 times 0.01 / sqrt(3).
    assert rows == [["vanilla", "0.520 ± 0.025 (sd 0.010)", "0.720 ± 0.025 (sd 0.010)"],
                    ["dfg", "0.620 ± 0.025 (sd 0.010)", "0.740 ± 0.025 (sd 0.010)"]]


@pytest.mark.parametrize(("keys", "levels", "heads", "names"), [
    (("strategy",), {("vanilla",): 0.5, ("dfg",): 0.6}, ["strategy", "expected accuracy"], ["vanilla", "dfg"]),
    ((), {(): 0.5}, ["point", "expected accuracy"], ["all"]),
    (("a", "b", "c"), {("1", "2", "x"): 0.5, ("1", "3", "x"): 0.6}, ["a, b", "x"], ["1, 2", "1, 3"]),
])
def test_any_number_of_axes_makes_a_table(keys, levels, heads, names):
    made, rows = side_by_side(rows_of(record(levels=levels, keys=keys)))
    assert made == heads
    assert [row[0] for row in rows] == names
    assert all(len(row) == len(heads) for row in rows)


def test_a_single_repeat_has_neither_interval_nor_deviation():
    single = record(repeats=1)
    assert side_by_side(rows_of(single))[1][0] == ["vanilla", "0.510", "0.710"]
    assert math.isnan(as_estimate(rows_of(single)[0]).low)


def test_the_tables_are_accuracy_differences_and_individual_failures():
    accuracy, gaps, single = tables(record())
    assert accuracy.title.endswith(": expected accuracy")
    assert accuracy.caption == "±: 95 % interval, the training seed; sd: over 3 repeats"
    assert gaps.title == "Expected accuracy, difference from vanilla"
    assert (gaps.headers, gaps.rows) == (["strategy", "poor", "normal"], [["dfg", "0.100 (sd 0)", "0.020 (sd 0)"]])
    assert single.title == "Accuracy when exactly one machine is down"
    assert tables(factory.record()) == []


def test_individual_failures_are_the_mean_over_repeats_for_each_value_of_the_first_axis():
    heads, rows = individual(record())
    assert heads == ["strategy", "fog down", "edge down"]
    # Every setting has the same outcomes in truth; here they are averaged: (0.5 + 0.7) / 2 + 0.02 - 0.1 and - 0.2.
    assert rows == [["vanilla", "0.520", "0.420"], ["dfg", "0.580", "0.480"]]


def test_the_page_shows_the_sums_and_prints_them_from_a_file_too():
    made = record()
    again = Record.from_json(made.to_json())
    for one in (made, again):
        text = page_text(one, {})
        assert "Over the repeats" in text
        assert "0.620 ± 0.025" in text
    assert "Over the repeats" not in page_text(factory.record(), {})


def test_a_record_of_a_single_repeat_is_shown_from_a_file():
    again = Record.from_json(record(repeats=1).to_json())
    assert any("0.510" in text for text in side_by_side(rows_of(again))[1][0])
    assert "Over the repeats" in page_text(again, {})


def test_the_figure_has_a_bar_for_each_row_with_its_interval_and_a_dot_for_each_repeat():
    made = record()
    (axes,) = repeats_bars(made).axes
    bars = [bar for group in axes.containers if hasattr(group, "patches") for bar in group.patches]
    by_point = {tuple(row["label"].values()): row for row in rows_of(made)}
    assert [bar.get_height() for bar in bars] == pytest.approx([by_point[names]["value"] for names in by_point])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["poor", "normal"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["vanilla", "dfg"]
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    assert all(abs(middle - place) < 0.5 for middle, place in zip(middles, (0, 1, 0, 1), strict=True))
    assert len({round(middle, 6) for middle in middles}) == 4
    dots = [line for line in axes.lines if line.get_marker() == "."]
    assert [list(line.get_ydata()) for line in dots] == [
        pytest.approx([level + 0.01, level + 0.02, level + 0.03]) for level in LEVELS.values()]
    (whiskers, *_) = [group for group in axes.containers if not hasattr(group, "patches")]
    low, high = whiskers.lines[2][0].get_segments()[0][:, 1]
    row = by_point["vanilla", "poor"]
    assert (low, high) == pytest.approx((row["low"], row["high"]))
    assert axes.get_xlabel() == "survival"


@pytest.mark.parametrize("keys", [(), ("strategy",), ("a", "b", "c")])
def test_the_figure_is_drawn_for_any_number_of_axes_and_many_bars(keys):
    levels = {tuple(f"{key}{n}" for key in keys): 0.5 + 0.01 * n for n in range(12 if keys else 1)}
    figure = repeats_bars(record(repeats=2, levels=levels, keys=keys))
    bars = [bar for group in figure.axes[0].containers if hasattr(group, "patches") for bar in group.patches]
    assert len(bars) == len(levels)


def test_a_single_repeat_has_bars_without_whiskers():
    (axes,) = repeats_bars(record(repeats=1)).axes
    whiskers = [group for group in axes.containers if not hasattr(group, "patches")]
    segments = [segment for group in whiskers for segment in group.lines[2][0].get_segments()]
    assert all(segment[0, 1] == segment[1, 1] for segment in segments)


ALONG = {(strategy, str(beta)): 0.5 + gain * (1 - beta) for strategy, gain in (("vanilla", 0.0), ("dfg", 0.1))
         for beta in (0, 0.5, 0.75, 1)}
BETA = ("strategy", "failures.0.beta")


def test_a_number_with_four_values_makes_lines_and_names_or_three_values_make_bars():
    assert has_lines(record(levels=ALONG, keys=BETA))
    assert not has_lines(record(levels={k: v for k, v in ALONG.items() if k[1] != "0.75"}, keys=BETA))
    assert not has_lines(record())
    assert not has_lines(record(levels={(f"s{i}",): 0.5 for i in range(5)}, keys=("strategy",)))


def test_lines_go_through_the_means_with_their_bands_and_differences_have_their_own_panel():
    figure = repeats_lines(record(levels=ALONG, keys=BETA))
    left, right = figure.axes
    assert [line.get_label() for line in left.get_lines()] == ["vanilla", "dfg"]
    assert left.get_lines()[1].get_xydata().round(9).tolist() == [[0, 0.62], [0.5, 0.57], [0.75, 0.545], [1, 0.52]]
    band = left.collections[1].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(0.62 + 4.3027 * 0.01 / math.sqrt(3), abs=1e-5)
    assert right.get_lines()[0].get_xydata().round(9).tolist() == [[0, 0.1], [0.5, 0.05], [0.75, 0.025], [1, 0]]
    assert right.get_ylabel() == "Difference from vanilla"
    assert left.get_xlabel() == "Share of failures with a common cause, beta"
