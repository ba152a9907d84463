"""Cells and run folders that nobody simulated, for tests of what lies on the disk."""

from pathlib import Path

import pandas as pd

from simulator.expect.estimate import Estimate
from simulator.scenario.identity import digest
from simulator.study.cell_files import CellAnswer
from simulator.study.frames import no_events, no_requests
from simulator.study.index import Index
from simulator.study.record import CellRecord
from simulator.study.store import RunFolder


def made_up(number, *, value=0.5, is_timed=False, label=None):
    """Return a finished cell; its hash depends on the number only."""
    estimates = {"expected_accuracy": Estimate(value, value - 0.1, value + 0.1, 8, "by hand", "failures")}
    counts = {"number": number, **({"too_late": 0} if is_timed else {})}
    record = CellRecord(digest(str(number)), label or {}, estimates, counts=counts, notes=("made up",))
    if not is_timed:
        return CellAnswer(record, no_requests(), no_events())
    requests = pd.DataFrame({"replication": [0, 0], "cell": pd.Categorical(["x", "x"]), "end_ns": [number, 7]})
    events = pd.DataFrame({"cell": ["x"], "component": ["edge"], "time_ns": [number], "is_up": [True]})
    return CellAnswer(record, requests, events)


def folder_of(path: Path, numbers, *, run="run", **more):
    """Return a run folder with made-up cells, and an index with their labels."""
    folder = RunFolder(path, digest(run), f"title of {run}")
    cells = [made_up(number, **more) for number in numbers]
    with folder.claimed():
        labels = tuple((cell.record.hash, {"number": str(number)}) for cell, number in zip(cells, numbers, strict=True))
        folder.write_index(Index(folder.hash, folder.title, "", {}, labels))
        for cell in cells:
            folder.keep(cell)
    return folder


def contents(path: Path):
    """Return the bytes of all files below a folder, by name."""
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
