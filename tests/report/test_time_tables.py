"""Metrics of time for people: tables that fit 60 columns, the page, the figures."""

from dataclasses import replace

import pytest
from factory import STRATEGIES, bare_record, cell, curve, estimate, record
from rich.console import Console

from simulator.report.all_tables import tables_of
from simulator.report.figures import accuracy_around_outages, accuracy_vs_deadline, outage_curves
from simulator.report.page import page_text
from simulator.report.time_tables import LEVEL, level_table, levels_of, time_html, time_tables
from simulator.report.write import curve_figures

NAMES = [name for _, name, _ in LEVEL]


def row(level, share):
    """Return a row of the table ``availability`` with an interval, and an exact value but for one, which is unknown."""
    values = dict.fromkeys(NAMES, share)
    ends = {f"{name}_{end}": share + (0.01 if end == "high" else -0.01) for name in NAMES for end in ("low", "high")}
    exact = {f"{name}_exact": share + 0.002 for name in NAMES if name != "first_crossing_s"}
    return {"accuracy": level, **values, **ends, **exact, "degraded_spell_s_exact": None}


def timed_cell(name, share):
    costs = {"goodput_per_s": estimate(2.31, 0.06), "latency_p50_degraded_ms": estimate(55.1, 0.5),
             "bytes_per_correct_answer": estimate(4213, 70)}
    bare = cell(name)
    x, value = [-1.0, 0.5, 1.5], [share, 0.2, share]
    around = {f"accuracy_around_outages:{down}": curve(x, value, 0.02, "time (s)", "served accuracy", "t")
              for down in ("edge", "fog2", "fog1", "cloud")}
    deadline = {"accuracy_vs_deadline": curve([0, 60, 300], [0, share, share], 0.01, "time (ms)", "share", "t")}
    return replace(bare, estimates=bare.estimates | costs, curves=bare.curves | around | deadline,
                   tables=bare.tables | {"availability": [row(0.6, share), row(0.7, share - 0.1)]})


@pytest.fixture
def timed_record():
    return record([timed_cell(name, share) for name, share in zip(STRATEGIES, (0.75, 0.9, 0.98), strict=True)])


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_tables_fit_the_terminal(timed_record, width):
    console = Console(width=width, record=True, file=None, force_terminal=False)
    with console.capture() as told:
        for table in tables_of(timed_record):
            console.print(table)
    lines = told.get().splitlines()
    assert any("share of time at it" in line for line in lines)
    assert any("bytes per correct answer" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_the_first_level_is_printed_and_the_page_has_all(timed_record):
    assert levels_of(timed_record) == [0.6, 0.7]
    assert [table.title for table in time_tables(timed_record)] == ["Accuracy of 0.6 or more", "Correct answers"]
    told = time_html(timed_record)
    assert all(f"Accuracy of {level} or more" in told for level in (0.6, 0.7))
    assert "Accuracy in time" in page_text(timed_record, {})


def test_exact_values_stand_below_the_simulated_ones(timed_record):
    table = level_table(timed_record, 0.6)
    told = dict(zip(table.headers[:3], table.rows[0][:3], strict=True))
    assert told == {"strategy": "vanilla", "share of time at it": "0.750 ± 0.010", "  =": "0.752"}
    assert table.headers.count("  =") == len(LEVEL) - 1  # no exact first crossing
    assert "–" in table.rows[0]  # no spell: unknown in the record


def test_nothing_measured_is_nothing_told():
    assert time_tables(bare_record()) == []
    assert time_html(bare_record()) == ""
    assert outage_curves(bare_record()) == ()


def test_figures_are_drawn_for_what_there_is(timed_record):
    assert {"accuracy_around_outages", "accuracy_vs_deadline"} <= set(curve_figures(timed_record, None, None, 250.0))
    figure = accuracy_around_outages(timed_record)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes.get_title(loc="left") for axes in shown]
    assert titles == [f"{name} crashes at 0" for name in outage_curves(timed_record)]
    assert all(len(axes.lines) == 1 + len(STRATEGIES) for axes in shown)
    (axes,) = accuracy_vs_deadline(timed_record, 250.0).axes
    assert axes.get_xlabel() == "Deadline d (ms)"
    assert [text.get_text() for text in axes.texts] == ["deadline 250 ms"]
