"""What the tables say."""

import io
import math
from dataclasses import replace

import factory
import pytest
from rich.console import Console

from simulator.cli.run import notes_of
from simulator.expect.estimate import Estimate
from simulator.report.agreement import agreement_rows, bound_holds
from simulator.report.answer import answer
from simulator.report.fitting import FittingTable, width_of
from simulator.report.numbers import MILLISECONDS, PERCENT, estimate_text, interval_text
from simulator.report.tables import agreement_table, rich_table, summary_rows
from simulator.study.record import CellRecord, Record


def printed(table, width=100):
    console = Console(width=width, file=io.StringIO(), color_system=None)
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
        (0.00002, 0.00002, 0.00002, "0.00002"),
        (0.0000000312, 0.0000000312, 0.0000000312, "3.1e-08"),
        (-0.0002, -0.0005, 0.0001, "−0.0002 ± 0.0003"),
        (0.4814, 0.48107, 0.48173, "0.4814 ± 0.0003"),  # a narrow interval brings the decimals that show it
        (math.nan, math.nan, math.nan, "–"),
        (0.155, 0.155, 0.155 + 2.8e-17, "0.155"),  # as an exact number comes out of float64
        (0.155, 0.155 - 5.6e-17, 0.155 + 5.6e-17, "0.155"),
    ],
)
def test_a_number_is_shown_with_the_interval_it_has(value, low, high, text):
    assert estimate_text(Estimate(value, low, high, 20, "")) == text


def test_a_symmetric_interval_never_shows_less_than_it_covers():
    estimate = Estimate(0.5, 0.4885, 0.5121, 20, "")
    assert float(interval_text(estimate).removeprefix("± ")) >= 0.012


def test_a_narrow_interval_never_reads_as_zero_nor_as_a_power_of_ten():
    for half in (0.4, 0.038, 0.0049):
        text = interval_text(Estimate(55.1, 55.1 - half, 55.1 + half, 20, ""), MILLISECONDS)
        assert "e-" not in text
        assert float(text.removeprefix("± ")) == pytest.approx(half, rel=0.5)


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


MANY = factory.record([factory.cell(f"resilinet_plus, {n} ms", 0.6) for n in range(9)])


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("record", [factory.record(), factory.record(is_synthetic=True), factory.bare_record(), MANY])
def test_tables_fit_the_terminal_and_break_no_word(record, width):
    for table, rows_of in ((rich_table(record), summary_rows), (agreement_table(record), agreement_rows)):
        if table is not None:
            text = printed(table, width)
            assert max(len(line) for line in text.splitlines()) <= width
            headers, rows = rows_of(record)
            words = {word for texts in (headers, *rows) for cell in texts for word in cell.split()}
            assert words <= set(text.split())


def test_a_wide_terminal_shows_intervals_beside_their_numbers_with_the_signs_in_line():
    text = printed(rich_table(factory.record()), 220)
    lines = [line for line in text.splitlines() if "vanilla" in line or "dfg" in line]
    assert len(lines) == 2 and lines[0].index("±") == lines[1].index("±")


def test_a_narrow_terminal_shows_a_column_for_each_cell():
    lines = printed(rich_table(factory.record()), 80).splitlines()
    assert any(all(name in line for name in factory.STRATEGIES) for line in lines)
    (served,) = (line for line in lines if line.split()[:1] == ["served"])
    assert "0.489 ± 0.012" in served and "0.683 ± 0.012" in served


def test_more_cells_than_fit_go_on_in_a_table_below():
    text = printed(agreement_table(MANY), 80)
    assert "(continued)" in text
    assert all(f" {n} ms" in text for n in range(9))


def test_intervals_survive_the_markup_of_the_terminal():
    text = printed(rich_table(factory.record()))
    assert "[0.660, 0.723]" in text and "± 0.012" in text


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
        "served − expected",
        "  in flight",
        "  congestion",
        "  detection",
        "bound",
        "bound holds",
        "zero-delay identity",
        "patterns",
        "deliveries evaluated",
        "part runs",
    ]
    assert rows[0][3] == "−0.0040"
    assert rows[0][8:] == ["yes", "2,000 of 2,000", "8", "5", "11"]


def test_the_zero_delay_identity_is_told_for_each_cell_and_over_all():
    one = factory.cell("dfg")
    broken = replace(one, counts={**one.counts, "zero_delay_equal": 1_999})
    text = printed(agreement_table(factory.record([factory.cell(), broken])))
    assert "2,000 of 2,000" in text and "1,999 of 2,000" in text
    assert "zero-delay identity: 3,999 of 4,000 requests" in " ".join(text.split())


def test_without_accuracies_the_identity_and_the_counts_are_told_all_the_same():
    cell = replace(factory.cell(), estimates={})
    text = printed(agreement_table(factory.record([cell])))
    assert "Checks and counts" in text and "2,000 of 2,000" in text
    assert "expected" not in text and "bound" not in text


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


def test_long_heads_of_turned_tables_take_lines_so_that_more_cells_stand_beside_each_other():
    names = [f"heartbeat period {period} after 40 ms, on_demand" for period in ("100 ms", "1 s", "10 s")]
    table = FittingTable("t", ["cell", "served"], [[name, "0.728 ± 0.007"] for name in names], is_turned=True)
    (shown,) = table.tables(80)
    assert width_of(shown) <= 80
    heads = [str(column.header) for column in shown.columns]
    assert [head.replace("\n", " ") for head in heads] == ["cell", *names]
    assert all(len(line) <= 18 for head in heads for line in head.split("\n"))


def test_title_and_caption_of_a_narrow_table_take_the_width_of_the_terminal_not_of_the_table():
    table = FittingTable("Expected accuracy, difference from vanilla", ["strategy", "x"], [["dfg", "1"]], "c " * 60)
    lines = printed(table, 80).splitlines()
    assert lines[0] == "Expected accuracy, difference from vanilla"
    assert [len(line.strip()) for line in lines if line.startswith("c c")] == [79, 39], "as wide as the terminal"
    assert all(len(line) <= 80 for line in lines)
    assert printed(FittingTable("", ["a"], [["b"]])).splitlines()[0].strip() == "", "no title, no line for it"


def test_a_note_on_several_cells_is_told_once_with_their_names():
    cells = [CellRecord("", {"a": name}, notes=notes) for name, notes in
             (("x", ("few", "slow")), ("y", ("few",)), ("z", ("few", "slow")))]
    record = Record("t", "", "", 1, {}, {}, tuple(cells))
    assert notes_of(record) == ["note on all cells: few", "note on x; z: slow"]
