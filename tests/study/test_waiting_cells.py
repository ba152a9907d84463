"""Cells that need the same training wait for the first of them; few train at once; none loads more than it needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from shared import chain
from small import Told, many_cells

from simulator.study import work
from simulator.study.executors.task import BLAS, one_thread_for_sums
from simulator.study.executors.waiting import MOST_DEATHS, Waiting
from simulator.study.how import How
from simulator.study.run import run
from tests.house.commands import python


@dataclass(frozen=True)
class Named:
    """A cell as far as its waiting is concerned."""

    name: str
    needs: tuple[str, ...] = ()


def named(**needs):
    return [Named(name, tuple(each.split())) for name, each in needs.items()]


def taken(waiting, last=()):
    """Return the names of all cells that may begin now."""
    found = []
    while task := waiting.take(last):
        found.append(task)
    return found


def names(tasks):
    return [task.name for task in tasks]


def test_cells_that_need_the_same_training_wait_until_the_first_has_its_network():
    waiting = Waiting(named(a1="a", a2="a", a3="a", free="", b1="b", both="a b"), trainers=9)
    begun = taken(waiting)
    assert names(begun) == ["a1", "free", "b1"]
    waiting.has_answered(begun[0])
    assert names(taken(waiting)) == ["a2", "a3"]
    waiting.has_answered(begun[2])
    assert names(taken(waiting)) == ["both"]
    assert len(waiting) == 0


def test_no_more_train_at_once_than_there_are_processors_for():
    waiting = Waiting(named(a="a", b="b", c="c", free=""), trainers=1)
    (a, free) = taken(waiting)
    assert names((a, free)) == ["a", "free"]
    waiting.failed(free)
    assert taken(waiting) == []
    waiting.has_answered(a)
    assert names(taken(waiting)) == ["b"]


@pytest.mark.parametrize(("threads", "count"), [("2", 4), ("3", 2), ("16", 1), ("1", 8)])
def test_trainings_at_once_times_their_threads_are_no_more_than_the_processors(monkeypatch, threads, count):
    monkeypatch.setattr("simulator.study.executors.waiting.processors", lambda: 8)
    monkeypatch.setenv("SIM_THREADS", threads)
    assert Waiting([]).trainers == count


def test_a_training_that_failed_falls_to_the_next_cell():
    waiting = Waiting(named(a1="a", a2="a"), trainers=1)
    (a1,) = taken(waiting)
    waiting.failed(a1)
    assert names(taken(waiting)) == ["a2"]


def test_a_worker_goes_on_with_the_network_that_it_has():
    waiting = Waiting(named(a1="a", a2="a", b1="b", b2="b"), trainers=2)
    a1, b1 = taken(waiting)
    waiting.has_answered(a1)
    waiting.has_answered(b1)
    assert waiting.take(("b",)).name == "b2"
    assert waiting.take(("b",)).name == "a2"


def test_a_cell_whose_worker_died_is_the_next_and_after_some_deaths_no_more():
    waiting = Waiting(named(a="", b=""))
    for death in range(1, MOST_DEATHS + 1):
        task = waiting.take()
        assert task.name == "a"
        assert waiting.died(task) == (death < MOST_DEATHS)
    assert names(taken(waiting)) == ["b"]


def test_ten_thousand_cells_that_wait_for_a_training_cost_nothing():
    waiting = Waiting([Named(str(number), ("a",)) for number in range(10_000)])
    waiting.take()
    assert all(waiting.take() is None for _ in range(10_000))


def has_tensorflow(worker):
    return "tensorflow" in Path(f"/proc/{worker.process.pid}/maps").read_text()


class Looking(Told):
    """Looks which workers have loaded TensorFlow."""

    executor, found = None, ()

    def running(self, count):
        if workers := [worker for worker in self.executor.all.values() if worker.is_ready]:
            self.found = [has_tensorflow(worker) for worker in workers]


def looking(monkeypatch):
    told, real = Looking(), work.executor_of

    def chosen(how):
        told.executor = real(how)
        return told.executor

    monkeypatch.setattr(work, "executor_of", chosen)
    return told


needs_maps = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc: loads are NOT tested")


@needs_maps
@pytest.mark.slow
def test_of_two_workers_one_trains_and_the_other_never_loads_tensorflow(tmp_path, monkeypatch):
    sweep = {"failures.0.survival": ["normal", "poor", "bad"], "policy.deadline": ["1 s", "2 s", "3 s", "4 s"]}
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))
    told = looking(monkeypatch)
    run(chain(tmp_path, sweep=sweep), tmp_path / "run", progress=told, how=How(jobs=2))
    assert sorted(told.found) == [False, True]
    assert len(list((tmp_path / "cache" / "weights").iterdir())) == 1
    assert [was_cached for _, was_cached, _ in told.weights].count(False) == 1
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "other cache"))
    run(chain(tmp_path, sweep=sweep), tmp_path / "alone")
    assert (tmp_path / "run" / "record.json").read_bytes() == (tmp_path / "alone" / "record.json").read_bytes()


@needs_maps
def test_a_worker_that_only_simulates_never_loads_tensorflow(tmp_path, monkeypatch):
    told = looking(monkeypatch)
    run(many_cells((0.5, 0.9)), tmp_path / "run", progress=told, how=How(jobs=2))
    assert told.found
    assert not any(told.found)


LONG_SUM = """
import numpy as np
from simulator.study.executors.task import one_thread_for_sums
numbers = np.random.Generator(np.random.PCG64(1)).random(1_000_003)
with one_thread_for_sums():
    print((numbers @ numbers[::-1]).hex(), (numbers[:90_000].reshape(300, 300) @ numbers[:300]).tobytes().hex()[:999])
"""


def test_a_long_sum_has_the_same_bits_however_many_threads_numpy_has(monkeypatch):
    said = set()
    for threads in ("1", "4"):
        monkeypatch.setenv(BLAS, threads)
        ran = python("-c", LONG_SUM)
        assert ran.code == 0, ran.said
        said.add(ran.said)
    assert len(said) == 1


def test_the_number_of_threads_is_given_back(monkeypatch):
    for before in (None, "3"):
        monkeypatch.delenv(BLAS, raising=False)
        if before:
            monkeypatch.setenv(BLAS, before)
        with one_thread_for_sums():
            assert os.environ[BLAS] == "1"
        assert os.environ.get(BLAS) == before
