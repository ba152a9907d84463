"""Results as a tidy table: every estimate of every cell, with a unit that the documentation agrees with."""

import io
import re

import pandas as pd
import pytest
from cells_made_up import folder_of, made_up
from small import three_cells

import simulator
from simulator.errors import RunFolderError, ScenarioError
from simulator.scenario.identity import digest
from simulator.study.filters import passing
from simulator.study.record import Record
from simulator.study.run import run
from simulator.study.tidy import csv_text, parquet, unit_of
from simulator.study.whole import read_cells
from tests.house.commands import ROOT, python

WORDS = {"fraction": "fraction", "probability": "fraction", "milliseconds": "ms", "seconds": "s", "bytes": "B",
         "joules": "J", "per second": "1/s", "per hour": "1/h", "–": "", "of the output": "",
         "a number": "sendings/message", "fraction of arrivals": "fraction", "fraction of time": "fraction",
         "fraction x seconds": "s"}


def documented():
    """Return the unit of each estimate as docs/words.md has it, where it says one."""
    section = (ROOT / "docs/words.md").read_text().partition("## Names of estimates")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", section, flags=re.MULTILINE)
    return [(name, unit.strip()) for names, unit in rows for name in re.findall(r"`(\w+)`", names)]


@pytest.mark.parametrize(("name", "unit"), [pair for pair in documented() if not pair[1].startswith("as ")])
def test_the_unit_of_an_estimate_is_the_documented_one(name, unit):
    assert unit_of(name) == WORDS[unit]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of three cells."""
    return run(three_cells(**{"workload.requests": 20}), tmp_path_factory.mktemp("finished") / "run").folder


def test_one_call_gives_every_estimate_of_every_cell(finished):
    frame, record = simulator.results(finished), Record.from_json((finished / "record.json").read_text())
    assert list(frame.columns) == ["policy.deadline", "cell", "estimate", "unit", "value", "low", "high", "method",
                                   "samples", "uncertainty"]
    for cell in record.cells:
        mine = frame[frame["policy.deadline"] == cell.label["policy.deadline"]].set_index("estimate")
        assert set(mine["cell"]) == {cell.hash[:16]}
        assert set(mine.index) == set(cell.estimates)
        for name, estimate in cell.estimates.items():
            row = mine.loc[name]
            assert (row["value"], row["low"], row["high"]) == pytest.approx(
                (estimate.value, estimate.low, estimate.high), nan_ok=True, rel=0)
            assert (row["method"], row["samples"]) == (estimate.method, estimate.samples)
    assert len(frame) == sum(len(cell.estimates) for cell in record.cells)
    pd.testing.assert_frame_equal(simulator.results(finished / "record.json"), frame)


def test_what_is_exported_reads_back_the_same(finished):
    cells, frame = read_cells(finished).cells, simulator.results(finished)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet(cells))), frame, check_dtype=False)
    again = pd.read_csv(io.StringIO(csv_text(cells)), keep_default_na=False, na_values={"value": [""], "low": [""],
                                                                                         "high": [""]})
    pd.testing.assert_frame_equal(again, frame, check_dtype=False, rtol=0)


def test_of_a_run_that_is_not_finished_the_finished_cells_are_shown_with_their_labels(tmp_path):
    folder_of(tmp_path, [3, 1, 2])
    torn = tmp_path / "cells" / digest("1")[:16]
    (torn / "record.json").write_text("{")
    found = read_cells(tmp_path)
    assert [cell.label for cell in found.cells] == [{"number": "3"}, {"number": "2"}]
    assert "2 of 3 cells are" in found.note
    assert torn.name in found.note
    assert set(simulator.results(tmp_path)["number"]) == {"3", "2"}


def test_a_record_that_is_not_as_it_was_written_is_told_and_not_read(finished, tmp_path):
    for name in ("run.json", "record.json", "SHA256SUMS", "requests.parquet", "events.parquet"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    text = (tmp_path / "record.json").read_text()
    (tmp_path / "record.json").write_text(text.replace("0.9", "0.8", 1))
    with pytest.raises(RunFolderError, match=r"record.json is not as it was written.*run the scenario again"):
        simulator.results(tmp_path)


@pytest.mark.parametrize("name", ["", "run.json", "nowhere"])
def test_where_no_run_is_that_is_told(tmp_path, name):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(RunFolderError, match="no finished run is in this folder; give the folder"):
        simulator.results(tmp_path / name if name else tmp_path)


CELLS = (made_up(1, value=0.5, label={"strategy": "dfg", "policy.deadline": "8 s"}).record,
         made_up(2, value=0.7, label={"strategy": "vanilla", "policy.deadline": "8 s"}).record)


@pytest.mark.parametrize(("tests", "left"), [
    ([], [0, 1]), (["strategy=dfg"], [0]), (["strategy != dfg"], [1]), (["deadline=8 s"], [0, 1]),
    (["expected_accuracy>0.6"], [1]), (["expected_accuracy <= 0.5"], [0]), (["expected_accuracy>=0.5", "strategy=dfg"],
                                                                              [0]),
])
def test_cells_that_pass_all_tests_are_chosen(tests, left):
    assert passing(CELLS, tests) == tuple(CELLS[place] for place in left)


@pytest.mark.parametrize(("text", "said"), [
    ("strategy", "is no test"), ("strateg=dfg", "did you mean 'strategy'?"), ("strategy=dfgg", "did you mean 'dfg'?"),
    ("strategy>1", "only = and !="), ("expected_accuracy=1", "is a number"), ("expected_accuracy>high", "'high' is no"),
])
def test_a_wrong_test_is_told(text, said):
    with pytest.raises(ScenarioError) as told:
        passing(CELLS, [text])
    assert said in str(told.value)


def test_to_import_the_package_is_light_though_results_are_frames():
    code = "import simulator, sys; simulator.results; print({'pandas', 'numpy', 'pyarrow'} & set(sys.modules))"
    assert python("-c", code).said.strip() == "set()"
