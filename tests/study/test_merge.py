"""The union of run folders: the order and the number of merges do not matter, and conflicts are told."""

import json

import pytest
from cells_made_up import contents, folder_of, made_up
from hypothesis import given, settings
from hypothesis import strategies as st
from small import Told, three_cells, tree_bytes

from simulator.errors import RunFolderError
from simulator.scenario.identity import digest
from simulator.study import disk
from simulator.study.cell_files import NAME_LENGTH
from simulator.study.merge import merge
from simulator.study.run import run
from simulator.study.store import RunFolder
from simulator.study.whole import read_cells

pytestmark = pytest.mark.usefixtures("unhurried_disk")
SETS = st.lists(st.sets(st.integers(1, 5), max_size=3), min_size=3, max_size=3)


@pytest.fixture(scope="module")
def unhurried_disk():
    """Nothing waits until it is on the disk: what is merged is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk.os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder for each set of numbers, made once."""
    made = {}

    def folder(numbers, run_name):
        key = (frozenset(numbers), run_name)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("run")
            folder_of(made[key], sorted(numbers), run=run_name)
        return made[key]

    return folder


@settings(max_examples=8)
@given(SETS)
def test_a_merge_is_commutative_associative_and_idempotent(shelf, tmp_path_factory, sets):
    sources = [shelf(numbers, f"run {place % 2}") for place, numbers in enumerate(sets)]
    out = tmp_path_factory.mktemp("merged")
    merge(sources, out / "whole")
    expected = contents(out / "whole")
    merge(sources[::-1], out / "backwards")
    assert contents(out / "backwards") == expected
    first, second, third = sources
    merge([first, second], out / "left")
    merge([out / "left", third], out / "left, then third")
    merge([second, third], out / "right")
    merge([first, out / "right"], out / "first, then right")
    assert contents(out / "left, then third") == contents(out / "first, then right") == expected
    merge([out / "whole", first, out / "whole"], out / "whole")
    assert contents(out / "whole") == expected
    kept = {name.split("/")[1] for name in expected if name.startswith("cells/")}
    assert kept == {digest(str(number))[:NAME_LENGTH] for number in set().union(*sets)}


def test_the_same_cell_with_other_bytes_is_an_error_that_names_both_and_nothing_is_written(tmp_path):
    folder_of(tmp_path / "a", [1, 2])
    folder_of(tmp_path / "b", [2, 3], value=0.7)
    with pytest.raises(RunFolderError) as told:
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    name = digest("2")[:NAME_LENGTH]
    assert str(tmp_path / "a" / "cells" / name) in str(told.value)
    assert str(tmp_path / "b" / "cells" / name) in str(told.value)
    assert len(told.value.problems) == 1
    assert not (tmp_path / "c").exists()


def test_a_torn_cell_is_left_out_and_a_whole_one_takes_its_place(tmp_path):
    folder_of(tmp_path / "a", [1, 2])
    folder_of(tmp_path / "b", [2])
    torn = tmp_path / "a" / "cells" / digest("2")[:NAME_LENGTH] / "record.json"
    torn.write_text("{")
    done = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert (done.cells, done.copied) == (2, 2)
    assert done.left_out == [f"{torn.parent}: record.json is not as it was written"]
    assert torn.read_text() == "{"
    (tmp_path / "c" / "cells" / torn.parent.name / "record.json").write_text("}")
    merge([tmp_path / "b"], tmp_path / "c")
    assert RunFolder(tmp_path / "c", "", "").find(digest("2")).record == made_up(2).record


def test_replications_to_which_more_may_be_added_are_merged_too(tmp_path):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder, numbers in zip(folders, ((0, 1), (1, 2)), strict=True):
        folder_of(folder, [1])
        (folder / "replications" / "abc").mkdir(parents=True)
        for number in numbers:
            (folder / "replications" / "abc" / f"{number:04}.npz").write_bytes(bytes([number]))
    merge(folders, tmp_path / "c")
    merge(folders[::-1], tmp_path / "d")
    assert contents(tmp_path / "c") == contents(tmp_path / "d")
    assert sorted(path.name for path in (tmp_path / "c" / "replications" / "abc").iterdir()) == [
        "0000.npz", "0001.npz", "0002.npz"]


def test_folders_that_hold_no_run_or_other_things_are_refused(tmp_path):
    folder_of(tmp_path / "a", [1])
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")
    with pytest.raises(RunFolderError, match="no run is in this folder"):
        merge([tmp_path / "a", tmp_path / "thesis"], tmp_path / "c")
    with pytest.raises(RunFolderError, match="other things and no run"):
        merge([tmp_path / "a"], tmp_path / "thesis")
    with pytest.raises(RunFolderError, match="is a file"):
        merge([tmp_path / "a"], tmp_path / "thesis" / "thesis.tex")


SMALL = {"workload.requests": 20}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of three cells."""
    out = tmp_path_factory.mktemp("finished") / "run"
    run(three_cells(**SMALL), out)
    return out


def test_after_a_merge_a_run_finds_its_cells_and_the_whole_has_the_bytes_of_the_run(finished, tmp_path):
    told = Told()
    other = {**SMALL, "sweep": {"policy.deadline": ["10 s", "9 s"]}}
    run(three_cells(**other), tmp_path / "other")
    merge([tmp_path / "other", finished], tmp_path / "merged")
    assert run(three_cells(**SMALL), tmp_path / "merged", progress=told).was_found
    assert tree_bytes(tmp_path / "merged") == tree_bytes(finished)
    assert run(three_cells(**other), tmp_path / "merged").was_found
    assert len(json.loads((tmp_path / "merged" / "run.json").read_text())["merged"]) == 2


def test_without_a_folder_of_its_own_a_run_finds_cells_of_other_runs_under_its_own_labels(
    finished, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    merge([finished], tmp_path / "runs" / "anything")
    told = Told()
    more = three_cells(**SMALL, title="Another title", sweep={"policy.deadline": ["10 s", "11 s"]})
    done = run(more, progress=told)
    assert [was_found for _, was_found in told.cells] == [True, False]
    assert [cell.label for cell in done.record.cells] == [{"policy.deadline": "10 s"}, {"policy.deadline": "11 s"}]
    assert set(done.requests["cell"]) == {"10 s", "11 s"}
    assert read_cells(done.folder).title == "Another title"
