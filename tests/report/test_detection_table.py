"""What detection did, for people: a table that fits 60 columns, and the page."""

from dataclasses import replace

import pytest
from factory import STRATEGIES, bare_record, cell, estimate, record
from rich.console import Console

from simulator.report.all_tables import tables_of
from simulator.report.detection_table import COLUMNS, detection_html, detection_table
from simulator.report.page import page_text

ROWS = [{"component": "fog1", "outages": 12, "detected": 10, "missed": 2, "detection_time_s": 0.25, "longest_s": 0.31,
         "wrong_suspicions": 3, "wrong_suspicions_per_h": 1.5, "time_to_answer_s": 2.0, "time_to_restore_s": None},
        {"component": "fog1-cloud", "outages": 1, "time_to_answer_s": 2.0, "time_to_restore_s": 3.0}]


@pytest.fixture
def watched_record():
    found = {name: estimate(0.25, 0.01) for _, name, _ in COLUMNS}
    bare = [cell(name) for name in STRATEGIES]
    return record([replace(one, estimates=one.estimates | found, tables=one.tables | {"detection": ROWS})
                   for one in bare])


@pytest.mark.parametrize("width", [60, 100, 140])
def test_the_table_fits_the_terminal(watched_record, width):
    console = Console(width=width, record=True, file=None, force_terminal=False)
    with console.capture() as told:
        for table in tables_of(watched_record):
            console.print(table)
    lines = told.get().splitlines()
    assert any("crash to suspicion, s" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_the_page_has_the_components_and_a_dash_where_nothing_was_seen(watched_record):
    told = detection_html(watched_record)
    assert told in page_text(watched_record, {})
    assert "<td>fog1-cloud</td><td>1</td><td>–</td>" in told
    assert "<td>0.25</td><td>0.31</td><td>3</td>" in told


def test_where_nobody_asked_nothing_is_told():
    assert detection_table(bare_record()) is None
    assert detection_html(bare_record()) == ""
