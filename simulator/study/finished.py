"""A finished run, found by what was asked, without making its cells again."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.scenario.load import Loaded
from simulator.study.cell_files import CELL_FILES, FRAMES, NAME_LENGTH, RECORD
from simulator.study.disk import TornError, checked
from simulator.study.frames import no_events, no_requests
from simulator.study.index import Index, asked, indices
from simulator.study.owner import FORMAT, read_owner
from simulator.study.record import Record

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FinishedRun:
    """A finished run, read back."""

    record: Record
    requests: pd.DataFrame
    events: pd.DataFrame
    folder: Path


def runs_of(loaded: Loaded, *, quick: bool) -> list[Path]:
    """Return the folders that runs of a scenario get when none is named."""
    return sorted(Path("runs").glob(f"{loaded.path.stem}{'-quick' if quick else ''}-*"))


def finished(loaded: Loaded, out: Path | None, *, quick: bool) -> FinishedRun | None:
    """Return the finished run of a scenario, None where none is known; nothing is written.

    Args:
        loaded: The scenario.
        out: Its run folder; where none is given, those of its name are looked at.
        quick: Whether the quick version is meant.
    """
    folders = [out] if out else runs_of(loaded, quick=quick)
    wanted = asked(loaded, quick=quick) if any(path.is_dir() for path in folders) else ""
    for folder in folders:
        for index in indices(folder):
            is_it = index.asked == wanted and _has_cells(folder, index) and index.is_still_true()
            if is_it and (found := _read(folder, index.hash)):
                return found
    return None


def _has_cells(folder: Path, index: Index) -> bool:
    try:
        return {name[:NAME_LENGTH] for name, _ in index.cells} <= set(os.listdir(folder / "cells"))
    except OSError:
        return False


def _read(folder: Path, run_hash: str) -> FinishedRun | None:
    import pandas as pd  # noqa: PLC0415 - heavy

    owner = read_owner(folder)
    if owner is None or owner.format != FORMAT or not owner.is_of(run_hash):
        return None
    try:
        files = checked(folder, CELL_FILES)
        record = Record.from_json(files[RECORD].decode("utf-8"))
        requests, events = no_requests(), no_events()
        if len(files) > 1:
            requests, events = (pd.read_parquet(io.BytesIO(files[f"{name}.parquet"])) for name in FRAMES)
    except (TornError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return FinishedRun(record, requests, events, folder) if record.hash == run_hash else None
