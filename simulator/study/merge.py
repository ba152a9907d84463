"""The union of run folders: every cell that is in one of them, once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulator.errors import Problem, RunFolderError
from simulator.study.cell_files import CELL_FILES, cells_in, record_of
from simulator.study.disk import SUMS, TornError, checked, refusals, write_bytes, write_whole
from simulator.study.index import FOLDER as INDEX
from simulator.study.index import read_index
from simulator.study.lock import LOCK, take
from simulator.study.owner import FORMAT, Owner, read_owner
from simulator.study.store import HALF_WRITTEN, move_aside, move_into_place
from simulator.study.to_precision import FOLDER as REPLICATIONS

MOST_TOLD = 20
DIFFERENT = "the same cell has other bytes in {}"


@dataclass
class Merged:
    """What came of a merge.

    Args:
        cells: How many cells are in the folder now.
        copied: How many of them were copied.
        left_out: What was not as it was written, and is left where it is.
    """

    cells: int = 0
    copied: int = 0
    left_out: list[str] = field(default_factory=list)


def merge(sources: Sequence[Path], out: Path) -> Merged:
    """Copy the cells of run folders into one; what is there already stays.

    The order of the sources does not matter, nor how often a folder is merged.

    Raises:
        RunFolderError: the same cell has different bytes in two folders, one is no run folder, or cannot be written.
    """
    owners = [_owner(source) for source in sources]
    kept = _kept(out)
    done = Merged()
    chosen = _chosen([*([out] if kept else []), *sources], done)
    with refusals(Path(f"--out {out}")):
        out.mkdir(parents=True, exist_ok=True)
        lock = take(out)
        try:
            _write_owner(out, [*([kept] if kept else []), *owners])
            _copy_indices(sources, out)
            _copy_replications(sources, out)
            (out / "cells").mkdir(exist_ok=True)
            for name, folder in chosen.items():
                place = out / "cells" / name
                if place.is_dir() and folder != place:  # what was there is not as it was written
                    move_aside(out, place)
                if not place.is_dir():
                    _copy(folder, place)
                    done.copied += 1
        finally:
            lock.unlink()
    done.cells = len(cells_in(out / "cells"))
    return done


def _owner(source: Path) -> Owner:
    owner = read_owner(source)
    if owner is None or not owner.is_known:
        raise RunFolderError(Problem(str(source), "no run is in this folder", "name run folders, such as runs/first"))
    owner.check(source)
    if owner.format < FORMAT:
        told = f"its cells are older than checksums (format {owner.format})"
        raise RunFolderError(Problem(str(source), told, "run its scenario once more with this folder as --out"))
    return owner


def _kept(out: Path) -> Owner | None:
    """Return whose cells are in the folder already; raise RunFolderError where it holds other things."""
    if read_owner(out):
        return _owner(out)
    if out.exists() and not out.is_dir():
        raise RunFolderError(Problem(f"--out {out}", "is a file", "name a folder"))
    if out.is_dir() and any(not path.name.startswith(LOCK) for path in out.iterdir()):
        raise RunFolderError(Problem(f"--out {out}", "the folder holds other things and no run", "name a new folder"))
    return None


def _chosen(folders: Iterable[Path], done: Merged) -> dict[str, Path]:
    """Return a folder for each cell; raise RunFolderError where two of them are not the same."""
    chosen, sums, problems = dict[str, Path](), dict[str, bytes](), list[Problem]()
    for source in folders:
        for folder in cells_in(source / "cells"):
            try:
                record = record_of(checked(folder, CELL_FILES))
            except TornError as torn:
                done.left_out.append(f"{folder}: {torn}")
                continue
            written = (folder / SUMS).read_bytes()
            if not record.hash.startswith(folder.name):
                done.left_out.append(f"{folder}: it is the cell {record.hash[:16]}")
            elif sums.setdefault(folder.name, written) != written:
                problems.append(Problem(str(folder), DIFFERENT.format(chosen[folder.name]), "leave one of them out"))
            chosen.setdefault(folder.name, folder)
    if problems:
        more = [Problem("", f"... and {len(problems) - MOST_TOLD} more cells")] if len(problems) > MOST_TOLD else []
        raise RunFolderError(*problems[:MOST_TOLD], *more)
    return chosen


def _write_owner(out: Path, owners: Sequence[Owner]) -> None:
    """Write whose cells are there, by hash; of two titles for one run the first in the alphabet."""
    titles: dict[str, str] = {}
    for run_hash, title in sorted(run for owner in owners for run in owner.runs):
        titles.setdefault(run_hash, title)
    write_whole(out / "run.json", Owner(FORMAT, tuple(titles.items()), is_merged=True).text().encode())


def _copy_indices(sources: Sequence[Path], out: Path) -> None:
    """Copy the indices, which say the labels of cells; of two for one run the first by its bytes."""
    found: dict[str, bytes] = {}
    for path in (path for source in (out, *sources) for path in sorted((source / INDEX).glob("*.json"))):
        if read_index(path):
            content = path.read_bytes()
            found[path.name] = min(found.get(path.name, content), content)
    for name, content in found.items():
        (out / INDEX).mkdir(exist_ok=True)
        write_whole(out / INDEX / name, content)


def _copy_replications(sources: Sequence[Path], out: Path) -> None:
    """Copy the replications of cells to which more may be added; of two the first by its bytes."""
    found: dict[Path, Path] = {}
    for source in (out, *sources):
        for path in sorted((source / REPLICATIONS).glob("*/*.npz")):
            known = found.setdefault(path.relative_to(source), path)
            if known != path and path.read_bytes() < known.read_bytes():
                found[path.relative_to(source)] = path
    for name, path in found.items():
        if path != out / name:
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(out / name, path.read_bytes())


def _copy(folder: Path, place: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix=HALF_WRITTEN, dir=place.parent))
    try:
        files = checked(folder, CELL_FILES)
        for name, content in {**files, SUMS: (folder / SUMS).read_bytes()}.items():
            write_bytes(half / name, content)
        half.chmod(0o755)
        move_into_place(half, place)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
