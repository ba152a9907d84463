"""More replications of a cell: those that were simulated before are found, in this run folder or in others."""

from __future__ import annotations

from pathlib import Path

from simulator.scenario.identity import base_hash
from simulator.study.cell_files import NAME_LENGTH
from simulator.study.disk import refusals, write_whole
from simulator.study.fingerprint import fingerprint
from simulator.study.how import How
from simulator.study.store import RunFolder
from simulator.study.to_precision import FOLDER
from simulator.study.work import Cells


def replications_of(folder: RunFolder, cells: Cells, how: How) -> dict[str, str]:
    """Return where the replications of cells are kept, by the name of the cell; what other folders have is copied.

    Without ``--keep-replications`` these are the cells of which some were kept before.

    Args:
        folder: The run folder, claimed.
        cells: The cells with their names.
        how: How they are worked through.
    """
    others = [path / FOLDER for path in folder.beside.folders if (path / FOLDER).is_dir()]
    if not (how.keeps_replications or others or (folder.path / FOLDER).is_dir()):
        return {}
    places = {}
    for cell, name in cells:
        base = base_hash(cell, data=fingerprint(cell))[:NAME_LENGTH]
        own = folder.path / FOLDER / base
        for other in others:
            _copy(other / base, own)
        if cell.scenario.workload is not None and (how.keeps_replications or own.is_dir()):
            places[name] = str(own)
    return places


def _copy(other: Path, own: Path) -> None:
    for path in sorted(other.glob("*.npz")):
        if not (own / path.name).exists():
            with refusals(own):
                own.mkdir(parents=True, exist_ok=True)
                write_whole(own / path.name, path.read_bytes())
