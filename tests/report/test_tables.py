"""What the tables say."""

import io
import math
from dataclasses import replace

import factory
import pytest
from rich.console import Console

from simulator.expect.estimate import Estimate
from simulator.report.answer import answer
from simulator.report.numbers import PERCENT, estimate_text, interval_text
from simulator.report.tables import agreement_rows, agreement_table, bound_holds, rich_table, summary_rows


def printed(table):
    console = Console(width=100, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.687, 0.675, 0.699, "0.687 ± 0.012"),
        (0.687, 0.660, 0.715, "0.687 ± 0.028"),  # halves of 0.027 and 0.028 are one number to a reader
        (0.687, 0.660, 0.735, "0.687 [0.660, 0.735]"),
        (0.687, 0.687, 0.687, "0.687"),
        (1.0, 0.98, 1.0, "1.000 [0.980, 1.000]"),
        (0.00002, 0.00002, 0.00002, "2.0e-05"),
        (math.nan, math.nan, math.nan, "–"),
    ],
)
def test_a_number_is_shown_with_the_interval_it_has(value, low, high, text):
    assert estimate_text(Estimate(value, low, high, 20, "")) == text


def test_a_symmetric_interval_never_shows_less_than_it_covers():
    estimate = Estimate(0.5, 0.4885, 0.5121, 20, "")
    assert float(interval_text(estimate).removeprefix("± ")) >= 0.012


def test_shares_are_in_percent():
    assert estimate_text(Estimate(0.0123, 0.0103, 0.0143, 20, ""), PERCENT) == "1.23 ± 0.20"


def test_the_summary_has_a_row_for_each_cell_and_a_column_for_each_number():
    headers, rows = summary_rows(factory.record())
    assert headers == [
        "strategy",
        "all up",
        "expected",
        "served",
        "on time",
        "no flow %",
        "p50 ms",
        "p95 ms",
        "late %",
        "lost %",
    ]
    assert [row[0] for row in rows] == list(factory.STRATEGIES)
    assert rows[2][3] == "0.683 ± 0.012"
    assert rows[2][5] == "6.74"


def test_what_no_cell_has_is_left_out_and_what_one_cell_lacks_is_empty():
    full, part = factory.cell(), factory.cell("dfg")
    part = replace(part, estimates={"share_lost": part.estimates["share_lost"]})
    headers, rows = summary_rows(factory.record([part]))
    assert headers == ["strategy", "lost %"]
    headers, rows = summary_rows(factory.record([full, part]))
    assert rows[1][headers.index("served")] == ""


@pytest.mark.parametrize("record", [factory.record(), factory.record(is_synthetic=True), factory.bare_record()])
def test_tables_fit_100_columns(record):
    for table in (rich_table(record), agreement_table(record)):
        if table is not None:
            assert max(len(line) for line in printed(table).splitlines()) <= 100
            assert Console(width=1000).measure(table).maximum <= 100


def test_intervals_survive_the_markup_of_the_terminal():
    text = printed(rich_table(factory.record()))
    assert "[0.660," in text and "± 0.012" in text


def test_markup_in_a_name_is_shown_as_it_is():
    record = factory.record([factory.cell("[red]dfg[/red]")], title="[b]x")
    text = printed(rich_table(record))
    assert "[b]x" in text and "[red]" in text


def test_the_title_says_synthetic_only_where_it_is():
    assert "SYNTHETIC" in printed(rich_table(factory.record(is_synthetic=True)))
    assert "SYNTHETIC" not in printed(rich_table(factory.record()))


def test_agreement_shows_difference_parts_and_bound():
    headers, rows = agreement_rows(factory.record())
    assert headers == [
        "strategy",
        "expected",
        "served",
        "difference",
        "congestion",
        "detection",
        "in flight",
        "bound",
        "holds",
    ]
    assert rows[0][3] == "−0.0040"
    assert rows[0][-1] == "yes"


def test_the_bound_fails_beyond_bound_and_half_widths():
    cell = factory.cell("x", 0.6)  # bound 0.0113, half-widths 0.012 and 0.036
    for gap, verdict in ((0.0592, "yes"), (0.0594, "no"), (-0.0594, "no")):
        served = Estimate(0.6 + gap, 0.6 + gap - 0.012, 0.6 + gap + 0.012, 20, "", "failures")
        assert bound_holds(replace(cell, estimates={**cell.estimates, "served_accuracy": served})) == verdict


def test_no_agreement_without_both_accuracies():
    assert agreement_table(factory.bare_record()) is None


def test_the_answer_names_best_and_worst_and_their_intervals():
    text = answer(factory.record())
    assert "highest with resilinet, 0.687" in text and "lowest with vanilla, 0.493" in text
    assert "a difference of 0.194" in text and "do not overlap" in text and "finite test set" in text


def test_the_answer_says_when_the_order_may_be_chance():
    assert "overlap, so" in answer(factory.record([factory.cell("a", 0.60), factory.cell("b", 0.61)]))


def test_the_answer_of_one_cell_is_its_number_against_all_up():
    assert answer(factory.record([factory.cell()])).startswith(
        "Expected accuracy is 0.687 [0.660, 0.723], against 0.781"
    )


def test_the_answer_without_accuracies_falls_back_to_what_there_is():
    cells = [
        replace(factory.cell(n), estimates={"share_on_time": factory.estimate(v)}) for n, v in (("a", 0.9), ("b", 0.8))
    ]
    assert "share of requests on time is highest with a, 90.00 %" in answer(factory.record(cells))
    assert "nothing" in answer(factory.bare_record())
