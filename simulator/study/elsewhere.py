"""Finished cells in other run folders: a cell is known by its hash, wherever it was made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from simulator.errors import Problem, RunFolderError
from simulator.study.cell_files import NAME_LENGTH, CellAnswer, read_cell
from simulator.study.disk import TornError
from simulator.study.owner import FORMAT, read_owner

RUNS = Path("runs")


@dataclass(frozen=True)
class Elsewhere:
    """Run folders in which finished cells are looked for; nothing is written there."""

    folders: tuple[Path, ...] = field(default=())

    @cached_property
    def places(self) -> dict[str, list[Path]]:
        """The folders of cells by the beginning of their hash."""
        found: dict[str, list[Path]] = {}
        for folder in self.folders:
            owner = read_owner(folder)
            if owner is not None and owner.format == FORMAT and (folder / "cells").is_dir():
                for name in os.listdir(folder / "cells"):
                    if len(name) == NAME_LENGTH:
                        found.setdefault(name, []).append(folder / "cells" / name)
        return found

    def find(self, cell_hash: str) -> CellAnswer | None:
        """Return a finished cell, None where none of the folders has it as it was written."""
        for place in self.places.get(cell_hash[:NAME_LENGTH], ()):
            try:
                return read_cell(place, cell_hash)
            except TornError:
                continue
        return None


def elsewhere(named: Iterable[str], out: Path | None) -> Elsewhere:
    """Return where cells of a run are looked for beside its folder.

    Args:
        named: Folders that the user names; there must be runs in them.
        out: The folder that the user names for the run; where there is none, all folders in ``runs`` are looked at.

    Raises:
        RunFolderError: there is no run in a folder that is named.
    """
    folders = [Path(name) for name in named]
    if wrong := [folder for folder in folders if read_owner(folder) is None]:
        way_out = "name the folder of a run, or of several that were merged"
        raise RunFolderError(*(Problem(f"option --from {folder}", "no run is in this folder", way_out)
                               for folder in wrong))
    beside = sorted(path for path in RUNS.glob("*") if (path / "run.json").is_file()) if out is None else []
    return Elsewhere(tuple(dict.fromkeys([*folders, *beside])))
