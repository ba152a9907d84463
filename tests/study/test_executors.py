"""Whoever makes the cells of a study, in whatever order, it has the same bytes; what goes wrong is told."""

from __future__ import annotations

import operator
import os
import signal
from dataclasses import replace

import pytest
from small import Told, many_cells

from simulator.errors import CellsFailed, ScenarioError, Unfinished
from simulator.scenario.identity import digest
from simulator.study import cell, work
from simulator.study.executors.task import Task
from simulator.study.how import How, Shard
from simulator.study.run import run
from simulator.study.standing import failure_path

TWO = How(jobs=2)


def all_bytes(folder):
    """Return the bytes of all cells, by their names."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("cells/*/*")}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A study of which every cell was made in this process, in the order of the file."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    run(many_cells(), folder)
    return folder


def same(folder, alone):
    for name in ("record.json", "requests.parquet", "events.parquet"):
        assert (folder / name).exists() == (alone / name).exists()
        if (alone / name).exists():
            assert (folder / name).read_bytes() == (alone / name).read_bytes()
    assert all_bytes(folder) == all_bytes(alone)


def test_two_processes_give_the_bytes_of_one_and_the_order_of_cells_does_not_matter(alone, tmp_path):
    told = Told()
    done = run(many_cells(), tmp_path / "run", progress=told, how=TWO)
    same(tmp_path / "run", alone)
    assert not done.was_found
    assert len(told.cells) == len(done.record.cells)
    run(many_cells(is_reversed=True), tmp_path / "reversed")
    assert all_bytes(tmp_path / "reversed") == all_bytes(alone)


def test_shards_in_any_order_are_together_the_single_run(alone, tmp_path):
    for number in (3, 1, 2):
        with pytest.raises(Unfinished, match="cells are finished") as ended:
            run(many_cells(), tmp_path / "run", how=How(shard=Shard(number, 3)))
        assert ended.value.exit_code == 0
        assert not (tmp_path / "run" / "record.json").exists()
    assert run(many_cells(), tmp_path / "run").was_found
    same(tmp_path / "run", alone)


def test_each_cell_is_in_exactly_one_shard():
    names = [digest(str(place)) for place in range(200)]
    for count in (1, 2, 7):
        shards = [[name for name in names if Shard(number, count).has(name)] for number in range(1, count + 1)]
        assert sorted(name for shard in shards for name in shard) == sorted(names)
        assert min(map(len, shards)) > len(names) / count / 3


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4"])
def test_what_is_no_shard_is_told(text):
    with pytest.raises(ScenarioError, match="is no part of a whole; write --shard 1/4"):
        Shard.of(text)


def test_only_some_cells(tmp_path, alone):
    for only, count in ((("second=0.5",), 2), (("second=0.5", "second=0.7", "third=0.8"), 2), (("third=0.6",), 3)):
        with pytest.raises(Unfinished, match=f"{count} of {count} cells are finished, of 6 in all"):
            run(many_cells(), tmp_path / "run", how=How(only=only))
    for wrong, said in (("fourth=1", "'fourth' is no key of the sweep"), ("second=0.77", "no cell has second=0.77")):
        with pytest.raises(ScenarioError, match=said):
            run(many_cells(), tmp_path / "run", how=How(only=(wrong,)))
    run(many_cells(), tmp_path / "run")
    same(tmp_path / "run", alone)


def test_no_cell_begins_after_the_time_is_over(tmp_path):
    with pytest.raises(Unfinished, match="0 of 6 cells are finished; run the same command again"):
        run(many_cells(), tmp_path / "run", how=How(max_seconds=0.0))


class Reduced:
    """Something that does what it is told to when it is read."""

    def __init__(self, call, *args):
        self.call, self.args = call, args

    def __reduce__(self):
        return (self.call, self.args)


BROKEN = {  # what stands in a cell → what is said of it, and what its file holds
    "unpicklable": (lambda: (lambda: None), "the cell cannot be sent to a worker", "pickle"),
    "unreadable": (lambda: Reduced(operator.truediv, 1, 0), "cannot be read by a worker: ZeroDivision", "Traceback"),
    "raising": (lambda: None, "AttributeError", "simulator/study/cell.py"),
    "killing": (lambda: Reduced(os.abort), f"its worker was killed by signal {signal.SIGABRT:d}, 3 times", "Fatal"),
    "leaving": (lambda: Reduced(os._exit, 7), "its worker ended with exit code 7, 3 times", "exit code 7"),
}


def breaking(monkeypatch, **broken):
    """Let the cells of a study at some places be broken, by place."""
    real, count = Task, []

    def task(cell, name, *args):
        count.append(name)
        what = broken.get(f"at{len(count)}")
        return replace(real(cell, name, *args), cell=BROKEN[what][0]()) if what else real(cell, name, *args)

    monkeypatch.setattr(work, "Task", task)
    return count


@pytest.mark.slow
def test_broken_cells_are_told_with_their_tracebacks_and_the_rest_goes_on(tmp_path, monkeypatch, alone):
    broken = {f"at{place}": what for place, what in enumerate(BROKEN, 2)}
    names, told = breaking(monkeypatch, **broken), Told()
    with pytest.raises(CellsFailed) as ended:
        run(many_cells(), tmp_path / "run", progress=told, how=TWO)
    assert ended.value.exit_code == 4
    assert len(told.cells) == len(names) - len(BROKEN) == 1
    said = {str(problem) for problem in ended.value.problems}
    for name, (_, message, content) in zip(names[1:], BROKEN.values(), strict=True):
        path = failure_path(tmp_path / "run", name)
        assert [one for one in said if message in one and str(path) in one], (message, said)
        assert content in path.read_text()
        assert path.read_text().startswith(f"cell {name}\n0.")
    monkeypatch.undo()
    run(many_cells(), tmp_path / "run", how=How(failed=True))
    same(tmp_path / "run", alone)
    assert list((tmp_path / "run" / "failed").iterdir()) == []


def test_an_error_of_the_user_ends_the_study_and_what_is_finished_is_kept(tmp_path, monkeypatch):
    real, begun = cell.answer, []

    def answer(variant, *args, **more):
        begun.append(variant)
        return real(variant, *args, **more) if len(begun) < 4 else Shard.of("no shard")

    monkeypatch.setattr(cell, "answer", answer)
    with pytest.raises(ScenarioError, match="'no shard' is no part of a whole"):
        run(many_cells(), tmp_path / "run")
    assert len(begun) == 4
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 3
    assert not (tmp_path / "run" / "failed").exists()


def test_an_error_of_the_user_in_a_worker_ends_the_study_too(tmp_path, monkeypatch):
    monkeypatch.setitem(BROKEN, "wrong", (lambda: Reduced(Shard.of, "no shard"), "", ""))
    breaking(monkeypatch, at1="wrong")
    with pytest.raises(ScenarioError, match="'no shard' is no part of a whole"):
        run(many_cells(), tmp_path / "run", how=TWO)


def test_a_raising_cell_in_this_process_is_told_and_the_rest_goes_on(tmp_path, monkeypatch, alone):
    breaking(monkeypatch, at2="raising")
    with pytest.raises(CellsFailed, match=r"cell 0\.5, .*AttributeError.*its traceback is in"):
        run(many_cells(), tmp_path / "run")
    monkeypatch.undo()
    assert len(all_bytes(tmp_path / "run")) == len(all_bytes(alone)) * 5 / 6
    run(many_cells(), tmp_path / "run")
    same(tmp_path / "run", alone)
