"""A record made again from what it says, and what is then not the same, to the byte."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from simulator.study.again import loaded_again
from simulator.study.cell_files import FRAMES
from simulator.study.compare import changed_settings
from simulator.study.progress import Progress
from simulator.study.record import CellRecord, Record, without_nan
from simulator.study.run import run
from simulator.study.versions import circumstances
from simulator.study.whole import read_record

MOST_TOLD = 10
Change = tuple[str, Any, Any]


@dataclass(frozen=True)
class Rerun:
    """A record, made again.

    Args:
        versions: What is not as it was when the record was made: its name, then and now; None where it was not there.
        changes: The first numbers that came out otherwise: where, then and now.
        is_same: Whether every byte of the record (but for these versions) is the same.
        frames: The tables of requests and events that are not the same to the byte.
    """

    versions: tuple[Change, ...]
    changes: tuple[Change, ...]
    is_same: bool
    frames: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return 0 where all is the same, 1 where it is not on the same versions, 3 where versions differ, too."""
        if self.is_same and not self.frames:
            return 0
        return 3 if self.versions else 1


def rerun(path: Path, progress: Progress | None = None) -> Rerun:
    """Return what is not the same when a record is made again; paths of data start from here.

    Args:
        path: The run folder, or its record.
        progress: Who is told.

    Raises:
        ScenarioError: a file that it names is no longer there, or what it says is not understood by this version.
        RunFolderError: there is no record.
    """
    before = read_record(path)
    folder = path if path.is_dir() else path.parent
    with tempfile.TemporaryDirectory() as temporary:
        done = run(loaded_again(before, folder), Path(temporary) / "run", quick=before.is_quick, progress=progress)
        versions = tuple(changed_settings(before.versions, circumstances()))
        frames = tuple(name for name in FRAMES if _differ(folder, done.folder, f"{name}.parquet"))
    changes = tuple(islice(_changes(before, done.record), MOST_TOLD))
    is_same = _text(before) == _text(done.record)
    return Rerun(versions, changes, is_same or _is_relabelled(before, done.record), frames)


def _differ(before: Path, after: Path, name: str) -> bool:
    """Return whether both folders have a file and it is not the same."""
    paths = before / name, after / name
    return all(path.is_file() for path in paths) and paths[0].read_bytes() != paths[1].read_bytes()


def _text(record: Record) -> str:
    """Return a record as text, without versions."""
    return json.dumps(without_nan(asdict(record) | {"versions": {}}), sort_keys=True)


def _is_relabelled(before: Record, after: Record) -> bool:
    """Return whether only words differ: a value that is a block is called by its keys, whose order is not kept."""
    has_rows = before.repeats or before.differences or before.hyperconnections or before.search
    return not has_rows and [_bare(cell) for cell in before.cells] == [_bare(cell) for cell in after.cells]


def _bare(cell: CellRecord) -> str:
    return json.dumps(without_nan(asdict(cell) | {"label": {}}), sort_keys=True)


def _changes(before: Record, after: Record) -> Iterator[Change]:
    """Yield what came out otherwise, cell by cell."""
    if len(before.cells) != len(after.cells):
        yield "cells", len(before.cells), len(after.cells)
    for one, other in zip(before.cells, after.cells, strict=False):
        mine, theirs = (without_nan(asdict(cell) | {"label": {}}) for cell in (one, other))
        yield from ((f"{one.name}: {path}", *pair) for path, *pair in changed_settings(mine, theirs))
