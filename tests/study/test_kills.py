"""A study whose coordinator or workers are killed, at any moment, goes on where it was and ends with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from small import Told, many_cells
from test_executors import same

from simulator.errors import CellsFailed
from simulator.study import cell, disk, store, work
from simulator.study.how import How
from simulator.study.run import run
from tests.house.commands import ROOT

VALUES = (0.5, 0.6, 0.7, 0.8, 0.9)
WRITES = 12  # at most before a kill: of the lock, owner and index, of two files a cell


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A study that nobody interrupted."""
    folder = tmp_path_factory.mktemp("alone") / "run"
    run(many_cells(VALUES), folder)
    return folder


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_a_write(number):
    """Let this process be killed when half of a file is written."""
    real, calls = disk.write_bytes, []

    def write(path, content):
        calls.append(path)
        if len(calls) == number:
            path.write_bytes(content[: len(content) // 2])
            die()
        real(path, content)

    disk.write_bytes = store.write_bytes = write


def die_in_a_call(module, name, number):
    """Let this process be killed when a function is called that often."""
    real, calls = getattr(module, name), []

    def called(*args, **more):
        calls.append(name)
        return real(*args, **more) if len(calls) < number else die()

    setattr(module, name, called)


SPOTS = {
    "write": (die_in_a_write, WRITES),
    "cell": (lambda number: die_in_a_call(cell, "answer", number), 4),
    "move": (lambda number: die_in_a_call(store, "move_into_place", number), 4),
    "time": (lambda number: die_in_a_call(work, "keep_time", number), 4),
    "forget": (lambda number: die_in_a_call(work, "forget_failure", number), 4),
}


def killed_once(spot, number, folder):
    """Run the study in a copy of this process that is killed; return whether it was."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            SPOTS[spot][0](number)
            run(many_cells(VALUES), folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def killed_and_resumed(dice, spot, folder, alone):
    """Kill a study several times, go on each time, and compare it with one that nobody interrupted."""
    finished = kills = 0
    while kills < 4 and killed_once(spot, int(dice.integers(1, SPOTS[spot][1])), folder):
        kills += 1
        before, finished = finished, len(list(folder.glob("cells/[0-9a-f]*")))
        assert finished >= before
    told = Told()
    was_found = run(many_cells(VALUES), folder, progress=told).was_found
    assert was_found or [found for _, found in told.cells].count(True) >= finished
    same(folder, alone)
    return kills


@pytest.mark.parametrize("spot", ["write", "cell", "move"])
def test_a_killed_coordinator_loses_at_most_its_cell(tmp_path, alone, spot):
    dice = np.random.Generator(np.random.PCG64(5))
    assert killed_and_resumed(dice, spot, tmp_path / "run", alone) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("spot", SPOTS)
def test_a_coordinator_that_is_killed_many_times(tmp_path, alone, spot, seed):
    dice = np.random.Generator(np.random.PCG64(seed))
    assert killed_and_resumed(dice, spot, tmp_path / "run", alone) >= 2


class Killing(Told):
    """Kills a worker that is at work, now and then."""

    def __init__(self, dice, share):
        super().__init__()
        self.dice, self.share, self.kills, self.executor = dice, share, 0, None

    def running(self, count):
        busy = [worker for worker in self.executor.all.values() if worker.task and worker.is_ready]
        if busy and self.dice.random() < self.share:
            os.kill(busy[int(self.dice.integers(len(busy)))].process.pid, signal.SIGKILL)
            self.kills += 1


def with_kills(monkeypatch, folder, seed, share):
    """Run the study on two workers that are killed now and then; return how often."""
    killing, real = Killing(np.random.Generator(np.random.PCG64(seed)), share), work.executor_of

    def chosen(how):
        killing.executor = real(how)
        return killing.executor

    monkeypatch.setattr(work, "executor_of", chosen)
    for _ in range(20):
        try:
            run(many_cells(VALUES), folder, progress=killing, how=How(jobs=2))
        except CellsFailed as failed:
            assert "was killed by signal 9, 3 times" in str(failed)
            continue
        return killing.kills
    raise AssertionError(killing.kills)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_workers_that_are_killed_are_replaced_and_the_bytes_are_the_same(tmp_path, alone, monkeypatch, seed):
    assert with_kills(monkeypatch, tmp_path / "run", seed, 0.25) >= 2
    same(tmp_path / "run", alone)
    assert not list((tmp_path / "run").glob("failed/*"))


STUDY = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/study")
from small import many_cells
from simulator.study.executors.processes import Processes
from simulator.study.how import How
from simulator.study.progress import Progress
from simulator.study.run import run

class Telling(Progress):
    def cell(self, label, done, total, was_found):
        print("cell", flush=True)

if __name__ == "__main__":
    real = Processes._hand_out
    def hand_out(self, waiting):
        yield from real(self, waiting)
        print("workers", *(worker.process.pid for worker in self.all.values()), flush=True)
    Processes._hand_out = hand_out
    run(many_cells((0.5, 0.6, 0.7, 0.8, 0.9)), Path(sys.argv[1]), progress=Telling(), how=How(jobs=2))
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_workers_end_with_a_coordinator_that_is_killed(tmp_path, alone, seed):
    dice = np.random.Generator(np.random.PCG64(seed))
    process = subprocess.Popen([sys.executable, "-c", STUDY, tmp_path / "run"], cwd=ROOT, stdout=subprocess.PIPE,
                               text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    left, pids = int(dice.integers(1, 9)), set()
    for line in process.stdout:
        pids |= set(map(int, line.split()[1:]))
        left -= line.startswith("cell")
        if not left:
            break
    process.kill()
    process.wait()
    process.stdout.close()
    assert len(pids) == 2
    for _ in range(500):
        if not any(map(is_alive, pids)):
            break
        time.sleep(0.02)
    assert not any(map(is_alive, pids))
    told = Told()
    run(many_cells(VALUES), tmp_path / "run", progress=told)
    assert [found for _, found in told.cells].count(True) >= 1
    same(tmp_path / "run", alone)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (ROOT / f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
