"""A finished run is found by what was asked, and only while everything that was looked at is the same."""

import pytest

import simulator
from simulator.study import index as of_index
from simulator.study.finished import finished
from simulator.study.index import indices
from simulator.study.run import run


@pytest.fixture
def asked(tmp_path):
    """A scenario whose arrivals are in a file, finished in a folder."""
    (tmp_path / "births.csv").write_text("arrival\n1\n2\n4\n")

    def load(**more):
        arrivals = {"kind": "trace", "path": str(tmp_path / "births.csv")}
        few = {"workload": {"arrivals": arrivals, "requests": 20}, "replications": 2}
        return simulator.load("queue", set={**few, **more})

    run(load(), tmp_path / "run")
    return load


def test_it_is_found_while_nothing_has_changed(asked, tmp_path):
    found = finished(asked(), tmp_path / "run", quick=False)
    assert found.was_found
    assert len(found.requests) == 40
    assert found.record.cells[0].estimates


def test_a_file_that_was_read_has_changed(asked, tmp_path):
    (index,) = indices(tmp_path / "run")
    assert list(index.reads) == [str(tmp_path / "births.csv")]
    (tmp_path / "births.csv").write_text("arrival\n1\n2\n5\n")
    assert finished(asked(), tmp_path / "run", quick=False) is None


@pytest.mark.parametrize("more", [{"seed": 2}, {"title": "Another"}, {"sweep": {"seed": [1]}}])
def test_something_else_is_asked(asked, tmp_path, more):
    assert finished(asked(**more), tmp_path / "run", quick=False) is None


def test_the_quick_version_is_asked(asked, tmp_path):
    assert finished(asked(), tmp_path / "run", quick=True) is None


def test_the_code_has_changed(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(of_index, "code_hash", lambda: "another")
    assert finished(asked(), tmp_path / "run", quick=False) is None


@pytest.mark.parametrize("name", ["record.json", "requests.parquet", "events.parquet", "SHA256SUMS"])
def test_a_file_of_the_whole_is_not_as_it_was_written(asked, tmp_path, name):
    (tmp_path / "run" / name).write_bytes((tmp_path / "run" / name).read_bytes()[:-1])
    assert finished(asked(), tmp_path / "run", quick=False) is None


def test_a_cell_is_missing(asked, tmp_path):
    (cell,) = (tmp_path / "run" / "cells").iterdir()
    cell.rename(tmp_path / "elsewhere")
    assert finished(asked(), tmp_path / "run", quick=False) is None
