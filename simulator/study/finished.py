"""A finished run, found by what was asked, without making its cells again."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
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
class Run:
    """A finished run.

    Args:
        record: Every estimate, with its provenance.
        folder: Where it is kept.
        was_found: Whether nothing had to be run.
        frames: Returns one row for each request, and one row for each crash and repair.
    """

    record: Record
    folder: Path
    was_found: bool
    frames: Callable[[], tuple[pd.DataFrame, pd.DataFrame]]

    @cached_property
    def both_frames(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The frames, read when they are first asked for."""
        return self.frames()

    @property
    def requests(self) -> pd.DataFrame:
        """One row for each request."""
        return self.both_frames[0]

    @property
    def events(self) -> pd.DataFrame:
        """One row for each crash and repair."""
        return self.both_frames[1]

    def table(self) -> pd.DataFrame:
        """Return the estimates as a frame: one row for each cell and estimate."""
        import pandas as pd  # noqa: PLC0415 - heavy

        return pd.DataFrame(
            [
                {**cell.label, "estimate": name, **estimate.as_dict()}
                for cell in self.record.cells
                for name, estimate in cell.estimates.items()
            ]
        )


def runs_of(loaded: Loaded, *, quick: bool) -> list[Path]:
    """Return the folders that runs of a scenario get when none is named."""
    return sorted(Path("runs").glob(f"{loaded.path.stem}{'-quick' if quick else ''}-*"))


def finished(loaded: Loaded, out: Path | None, *, quick: bool) -> Run | None:
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


def _read(folder: Path, run_hash: str) -> Run | None:
    owner = read_owner(folder)
    if owner is None or owner.format != FORMAT or not owner.is_of(run_hash):
        return None
    try:
        files = checked(folder, CELL_FILES)
        record = Record.from_json(files[RECORD].decode("utf-8"))
    except (TornError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Run(record, folder, True, partial(_frames, files)) if record.hash == run_hash else None


def _frames(files: Mapping[str, bytes]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames of a run from the bytes of its files, which are those that were written."""
    import pandas as pd  # noqa: PLC0415 - heavy

    if len(files) == 1:
        return no_requests(), no_events()
    requests, events = (pd.read_parquet(io.BytesIO(files[f"{name}.parquet"])) for name in FRAMES)
    return requests, events
