"""A whole run, read back: its record where it is finished, else the cells that are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from simulator.errors import Problem, RunFolderError
from simulator.study.cell_files import CELL_FILES, RECORD, cells_in, record_of
from simulator.study.disk import SUMS, TornError, checked
from simulator.study.index import indices
from simulator.study.owner import read_owner
from simulator.study.record import CellRecord, Record

NO_RUN = "give the folder that 'sim run' named, such as runs/first-1a2b3c4d"


@dataclass(frozen=True)
class CellsOfRun:
    """The finished cells of a run.

    Args:
        title: Of the scenario, or of the scenarios whose runs were merged.
        cells: In the order of the sweep.
        note: What is missing, "" where nothing is.
    """

    title: str
    cells: tuple[CellRecord, ...]
    note: str = ""


def read_record(run: Path) -> Record:
    """Return the record of a finished run.

    Args:
        run: Its folder, or a record by itself.

    Raises:
        RunFolderError: there is none, it is not as it was written, or a later version has written it.
    """
    folder = run if run.is_dir() else run.parent
    if run.is_dir() and (owner := read_owner(folder)):
        owner.check(folder)
    try:
        text = record_text(run)
        return Record.from_json(text)
    except TornError as torn:
        told = f"{torn}; the cells are not touched by that"
        raise RunFolderError(Problem(str(run), told, f"run the scenario again with --out {folder}")) from torn
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunFolderError(Problem(str(run), "no finished run is in this folder", NO_RUN)) from error


def record_text(run: Path) -> str:
    """Return the text of a run's record, as it was written; raise TornError where it is not, OSError where none is."""
    if run.is_dir() and (run / RECORD).is_file() and (run / SUMS).is_file():
        return checked(run, CELL_FILES)[RECORD].decode("utf-8")
    return (run / RECORD if run.is_dir() else run).read_text(encoding="utf-8")


def read_cells(run: Path) -> CellsOfRun:
    """Return the finished cells of a run, whether or not it is finished itself.

    Raises:
        RunFolderError: there are none, or the record is not as it was written.
    """
    if (run / RECORD).is_file() or not (run / "cells").is_dir():
        record = read_record(run)
        return CellsOfRun(record.title, record.cells)
    owner = read_owner(run)
    if owner is None:
        raise RunFolderError(Problem(str(run), "no run is in this folder", NO_RUN))
    owner.check(run)
    labels = {name: label for index in indices(run) for name, label in index.cells}
    found, torn = dict[str, CellRecord](), list[str]()
    for folder in cells_in(run / "cells"):
        try:
            cell = record_of(checked(folder, CELL_FILES))
            found[cell.hash] = cell
        except TornError as error:
            torn.append(f"{folder.name} ({error})")
    order = [*(name for name in labels if name in found), *(name for name in found if name not in labels)]
    cells = tuple(replace(found[name], label=labels.get(name, {"cell": name[:16]})) for name in order)
    total = len(labels) or len(found)
    note = f"the run is not finished: {len(cells)} of {total} cells are" if len(cells) < total or not labels else ""
    note = note or "the record of the whole is not written yet: run the scenario again with this folder as --out"
    return CellsOfRun(str(owner), cells, "; left out: ".join([note, *(["; ".join(torn)] if torn else [])]))
