"""A run that is killed loses at most the cell that was running, and goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small import THREE_CELLS, Told, three_cells, tree_bytes

from simulator.study.run import run
from tests.house.commands import ROOT

KILLED = """
import os, signal, sys
from pathlib import Path
import simulator.study.store as store
from simulator.study.progress import Progress
from simulator.study.run import run
sys.path.insert(0, "tests/study")
from small import three_cells

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Second(Progress):
    def simulating(self, label, requests, total):
        if label == "10 s" and requests:
            die()

point, progress = sys.argv[1], None
if point == "simulating":
    progress = Second()
if point == "cell":  # after the requests of the second cell, before its events
    import pandas as pd
    real, calls = pd.DataFrame.to_parquet, []
    def write(frame, *args, **more):
        real(frame, *args, **more)
        calls.append(1)
        if len(calls) == 3:
            die()
    pd.DataFrame.to_parquet = write
if point == "claim":
    store.Path.replace = die
if point == "record":
    store.RunFolder.write_record = lambda *_: die()
run(three_cells(), Path(sys.argv[2]), progress=progress)
"""


def killed(point, out):
    done = subprocess.run([sys.executable, "-c", KILLED, point, out], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a run that nobody interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    run(three_cells(), folder)
    return tree_bytes(folder)


@pytest.mark.parametrize(("point", "finished"), [("claim", 0), ("simulating", 1), ("cell", 1), ("record", 3)])
def test_after_a_kill_only_the_rest_runs_and_the_bytes_are_those_of_an_uninterrupted_run(
    tmp_path, whole, point, finished
):
    killed(point, tmp_path / "run")
    assert not (tmp_path / "run" / "record.json").exists()
    told = Told()
    run(three_cells(), tmp_path / "run", progress=told)
    assert [was_found for _, was_found in told.cells] == [True] * finished + [False] * (3 - finished)
    assert tree_bytes(tmp_path / "run") == whole


def started(out, *more):
    """Start the command on three cells of a second or so each, and wait until the first is finished."""
    words = [
        word
        for key, value in {**THREE_CELLS, "workload.requests": 6000}.items()
        for word in ("--set", f"{key}={value}")
    ]
    command = [sys.executable, "-m", "simulator", "run", "queue", "--out", str(out), *words, *more]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        # A job in the background of a shell ignores interrupts, and hands that down: here they must be heard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    for _ in range(3000):
        if any(Path(out).glob("cells/[0-9a-f]*")) or process.poll() is not None:
            break
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(("sent", "more"), [
    (signal.SIGINT, ()), pytest.param(signal.SIGTERM, ("--jobs", "2"), marks=pytest.mark.slow)])
def test_ctrl_c_ends_with_130_and_leaves_what_is_finished(tmp_path, sent, more):
    process = started(tmp_path / "run", *more)
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "what is finished is kept, and the same command goes on from there" in said
    assert not list((tmp_path / "run").glob("lock*"))
    told = Told()
    run(three_cells(**{"workload.requests": 6000}), tmp_path / "run", progress=told)
    found = [was_found for _, was_found in told.cells]
    assert found[0]
    assert not found[-1]
