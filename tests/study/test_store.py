"""A cell is written whole or not at all; nothing of another run is overwritten; finished work is found."""

import json

import pytest
from small import Told, three_cells, tree_bytes

from simulator.errors import RunFolderError
from simulator.study.cell_files import NAME_LENGTH
from simulator.study.disk import HALF_TEXT
from simulator.study.run import run
from simulator.study.store import ASIDE, HALF_WRITTEN, RunFolder


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of three cells: its folder's files."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    run(three_cells(), folder)
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of the finished run."""
    for name, content in finished.items():
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "run"


def cell_folders(folder):
    return sorted(path for path in (folder / "cells").iterdir() if len(path.name) == NAME_LENGTH)


def refusal(out, **changes):
    with pytest.raises(RunFolderError) as refused:
        run(three_cells(**changes), out)
    assert str(out) in str(refused.value)
    return str(refused.value)


def test_a_finished_run_is_found_and_nothing_is_simulated(folder):
    before, told = tree_bytes(folder), Told()
    done = run(three_cells(), folder, progress=told)
    assert done.was_found
    assert told.simulated == []
    assert told.cells == []  # the run is found as a whole
    assert tree_bytes(folder) == before


def test_without_its_index_a_finished_run_is_found_cell_by_cell_and_the_index_is_made_again(folder):
    (index,) = (folder / "index").iterdir()
    content, told = index.read_bytes(), Told()
    index.write_bytes(content[:-9])
    assert run(three_cells(), folder, progress=told).was_found
    assert [was_found for _, was_found in told.cells] == [True] * 3
    assert index.read_bytes() == content


def test_lost_files_of_the_whole_are_made_again_from_the_cells_to_the_byte(folder):
    before = tree_bytes(folder)
    for name in before:
        (folder / name).unlink()
    assert run(three_cells(), folder).was_found
    assert tree_bytes(folder) == before


def test_a_half_written_cell_is_removed_and_never_read(folder):
    whole = cell_folders(folder)[0]
    half = whole.rename(whole.parent / f"{HALF_WRITTEN}abc")
    before, told = tree_bytes(folder), Told()
    done = run(three_cells(), folder, progress=told)
    assert not done.was_found
    assert sorted(was_found for _, was_found in told.cells) == [False, True, True]
    assert not half.exists()
    assert whole.exists()
    assert tree_bytes(folder) == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("record.json", b'{"hash": "'),
        ("record.json", b"[]"),
        ("record.json", b'{"hash": "x", "estimates": []}'),
        ("requests.parquet", b"PAR1"),
        ("events.parquet", b""),
        ("events.parquet", None),
    ],
)
def test_a_torn_cell_is_set_aside_and_runs_again(folder, name, content):
    torn = cell_folders(folder)[1]
    if content is None:
        (torn / name).unlink()
    else:
        (torn / name).write_bytes(content)
    before, told = tree_bytes(folder), Told()
    (folder / "record.json").unlink()
    run(three_cells(), folder, progress=told)
    assert len(set(told.simulated)) == 1
    assert [path.name for path in (folder / ASIDE).iterdir()] == [f"{torn.name}-1"]
    (said,) = told.aside
    assert str(torn) in said
    assert f"{torn.name}-1" in said
    assert tree_bytes(folder) == before


def test_a_cell_of_another_hash_in_the_place_of_ours_is_not_taken_for_it(folder):
    first, second, _ = cell_folders(folder)
    (first / "record.json").write_bytes((second / "record.json").read_bytes())
    before, told = tree_bytes(folder), Told()
    (folder / "record.json").unlink()
    run(three_cells(), folder, progress=told)
    assert len(set(told.simulated)) == 1
    assert tree_bytes(folder) == before


def test_a_kill_while_the_folder_is_claimed_leaves_it_usable(tmp_path):
    (tmp_path / "run").mkdir()
    left_over = tmp_path / "run" / f"{HALF_TEXT}abc"
    left_over.write_text("{")
    run(three_cells(), tmp_path / "run")
    assert not left_over.exists()


def test_a_folder_of_another_run_is_refused_and_left_as_it_is(folder, finished):
    said = refusal(folder, seed=2)
    assert "another run" in said
    assert "Four queues in a row" in said
    assert {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == finished


def test_a_folder_whose_run_came_to_nothing_is_taken_over(tmp_path):
    with RunFolder(tmp_path, "abc", "a run with a model that was wrong").claimed():
        (tmp_path / "cells" / f"{HALF_WRITTEN}abc").mkdir()
    with RunFolder(tmp_path, "def", "the same, corrected").claimed():
        pass
    assert json.loads((tmp_path / "run.json").read_text())["hash"] == "def"
    (tmp_path / "volatile.json").write_text("{}")
    with pytest.raises(RunFolderError):
        RunFolder(tmp_path, "ghi", "another").claim()


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert "other things and no run" in refusal(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("text", ["{", "[]", '{"hash": 3}'])
def test_a_folder_whose_owner_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert "another run" in refusal(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    assert "cannot be written" in refusal(tmp_path / "run")
    assert "cannot be written" in refusal(tmp_path / "run" / "deeper")


def test_a_disk_that_refuses_a_cell_is_told_as_a_problem_of_the_folder(tmp_path, monkeypatch):
    import pandas as pd

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    assert "No space left on device" in refusal(tmp_path / "run")
    monkeypatch.undo()
    assert not run(three_cells(), tmp_path / "run").was_found


def test_an_empty_folder_is_taken_and_says_whose_it_is(tmp_path):
    RunFolder(tmp_path, "abc", "a title").claim()
    assert json.loads((tmp_path / "run.json").read_text()) == {"format": 2, "hash": "abc", "title": "a title"}
