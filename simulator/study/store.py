"""Run folders: cells written whole or not at all, finished ones found by their hash, nothing overwritten silently.

OUT/run.json                 what this folder belongs to
OUT/lock                     who is writing it now
OUT/cells/HASH/              one finished cell: record.json, frames where requests were simulated, and SHA256SUMS
OUT/record.json, requests.parquet, events.parquet, SHA256SUMS, figures/, report.html      the whole run
OUT/volatile.json            times and host: facts that differ from run to run
OUT/replications/HASH/       replications of a cell that is run to a precision, to which more may be added
OUT/set-aside/               what was found there and is not what was written
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import Problem, RunFolderError
from simulator.study.cell_files import (
    CELL_FILES,
    FRAMES,
    NAME_LENGTH,
    RECORD,
    CellAnswer,
    cells_in,
    files_of,
    is_timed,
    joined,
    parquet_bytes,
    parsed,
    read_cell,
)
from simulator.study.disk import (
    HALF_TEXT,
    SUMS,
    TornError,
    refusals,
    settle,
    with_sums,
    write_bytes,
    write_whole,
)
from simulator.study.elsewhere import Elsewhere
from simulator.study.index import FOLDER, Index, write_index
from simulator.study.lock import LOCK, take
from simulator.study.owner import FORMAT, Owner, read_owner

if TYPE_CHECKING:
    import pandas as pd

HALF_WRITTEN = ".half-written-"
ASIDE = "set-aside"
NOWHERE = Elsewhere()
TELL_NOBODY: Callable[[str], None] = lambda text: None  # noqa: E731


class RunFolder:
    """A folder that belongs to one run.

    Args:
        path: The folder; made when it does not exist.
        hash: Content hash of the run.
        title: The scenario's title, for whoever looks into the folder.
        shard: Which share of the cells is written here by this process; others may write other shards meanwhile.
        tell: Told of what was not as it was written.
        beside: Other folders in which finished cells are looked for.
    """

    def __init__(self, path: Path, hash: str, title: str, *, shard: str = "",  # noqa: A002 - the word of the record
                 tell: Callable[[str], None] = TELL_NOBODY, beside: Elsewhere = NOWHERE) -> None:
        self.path = path
        self.hash = hash
        self.title = title
        self.shard = shard
        self.tell = tell
        self.beside = beside
        self._lock: Path | None = None

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder ours, and nobody else's until the end.

        Raises:
            RunFolderError: it holds another run or other things, is being written, or cannot be written.
        """
        self.claim()
        try:
            yield
        finally:
            self.release()

    def claim(self) -> None:
        """Make the folder ours, or find that it already is.

        Raises:
            RunFolderError: it holds another run or other things, is being written, or cannot be written.
        """
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            self._check_owner()
            self._lock = take(self.path, self.shard)
            try:
                self._own()
            except BaseException:
                self.release()
                raise

    def release(self) -> None:
        """Let others write the folder."""
        if self._lock is not None:
            with suppress(OSError):
                self._lock.unlink()
            self._lock = None

    def _own(self) -> None:
        """Write whose folder this is, and clear what a killed run has left."""
        if self._check_owner():
            shutil.rmtree(self.path / FOLDER, ignore_errors=True)  # of a run that came to nothing
            self._write_owner()
        cells = self.path / "cells"
        cells.mkdir(exist_ok=True)
        left_over = [*cells.glob(f"{HALF_WRITTEN}{self.shard}*")]
        if not self.shard:  # nobody else is at work
            left_over += self.path.glob(f"{HALF_TEXT}*")
        for path in left_over:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        owner = read_owner(self.path)
        if owner and owner.format < FORMAT:
            self._upgrade(cells)

    def _check_owner(self) -> bool:
        """Return whether the folder is nobody's yet; raise RunFolderError where it is another run's."""
        way_out = "give another folder with --out, or move this one away"
        owner = read_owner(self.path)
        if owner is None:
            mine = (HALF_TEXT, LOCK)
            if any(not path.name.startswith(mine) for path in self.path.iterdir()):
                raise RunFolderError(Problem(f"--out {self.path}", "the folder holds other things and no run", way_out))
            return True
        owner.check(self.path)
        if owner.is_of(self.hash):
            return False
        if owner.is_known and self._is_barren():
            return True
        way_out += f"; cells that both have are found with --from {self.path}" if owner.is_known else ""
        raise RunFolderError(Problem(f"--out {self.path}", f"the folder holds another run, {owner}", way_out))

    def _write_owner(self) -> None:
        write_whole(self.path / "run.json", Owner(FORMAT, ((self.hash, self.title),)).text().encode())

    def _is_barren(self) -> bool:
        """Return whether the run of this folder came to nothing, such as one of a model that was wrong."""
        left = {path.name for path in self.path.iterdir()} | {path.name for path in self.path.glob("cells/*")}
        kept = left - {"run.json", "cells", FOLDER}
        return all(name.startswith((HALF_TEXT, HALF_WRITTEN, LOCK)) for name in kept)

    def _upgrade(self, cells: Path) -> None:
        """Write cells that are older than checksums as they are written now."""
        found = 0
        for folder in cells_in(cells):
            files = {name: (folder / name).read_bytes() for name in CELL_FILES if (folder / name).is_file()}
            with suppress(TornError):
                answer = parsed(files)
                folder.rename(cells / f"{HALF_WRITTEN}old-{folder.name}")
                self.keep(answer)
                shutil.rmtree(cells / f"{HALF_WRITTEN}old-{folder.name}")
                found += 1
        self._write_owner()
        self.tell(f"{self.path}: upgraded from an older format, {found} cells with checksums now")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Tell what the disk refuses as a problem of this folder."""
        with refusals(Path(f"--out {self.path}")):
            yield

    def find(self, cell_hash: str) -> CellAnswer | None:
        """Return a finished cell, or None; one that is not as it was written is set aside."""
        folder = self.path / "cells" / cell_hash[:NAME_LENGTH]
        if folder.is_dir():
            try:
                return read_cell(folder, cell_hash)
            except TornError as torn:
                with self._writing():
                    self.set_aside(folder, str(torn))
        if found := self.beside.find(cell_hash):
            self.keep(found)
        return found

    def drop(self, cell_hash: str) -> None:
        """Remove a finished cell that another one has taken the place of."""
        with self._writing():
            shutil.rmtree(self.path / "cells" / cell_hash[:NAME_LENGTH], ignore_errors=True)

    def set_aside(self, path: Path, why: str) -> None:
        """Move what cannot be trusted out of the way, and say so."""
        self.tell(f"{path}: {why}; moved to {move_aside(self.path, path)}, the cell is made again")

    def keep(self, answer: CellAnswer) -> None:
        """Write a finished cell: into a folder of its own that gets its name in one atomic step."""
        cells = self.path / "cells"
        with self._writing():
            half = Path(tempfile.mkdtemp(prefix=HALF_WRITTEN + self.shard, dir=cells))
            try:
                for name, content in with_sums(files_of(answer)).items():
                    write_bytes(half / name, content)
                half.chmod(0o755)
                move_into_place(half, cells / answer.record.hash[:NAME_LENGTH])
            except BaseException:
                shutil.rmtree(half, ignore_errors=True)
                raise

    def write_frames(self, answers: Sequence[CellAnswer]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Write the requests and events of all cells as one file each, where there are any, and return them."""
        requests, events = joined([a.requests for a in answers]), joined([a.events for a in answers])
        frames = tuple(zip(FRAMES, (requests, events), strict=True)) if any(is_timed(a.record) for a in answers) else ()
        with self._writing():
            for name, frame in frames:
                write_whole(self.path / f"{name}.parquet", parquet_bytes(frame))
        return requests, events

    def write_index(self, index: Index) -> None:
        """Write which cells the run has, for whoever looks for it or for labels of its cells."""
        with self._writing():
            write_index(self.path, index)

    def write_record(self, text: str) -> None:
        """Write the record of the whole run and the checksums of its files, last of all."""
        with self._writing():
            settle(self.path / "cells")
            write_whole(self.path / RECORD, text.encode())
            files = {name: (self.path / name).read_bytes() for name in CELL_FILES if (self.path / name).is_file()}
            write_whole(self.path / SUMS, with_sums(files)[SUMS])


def move_aside(folder: Path, path: Path) -> Path:
    """Move something of a run folder into its side folder, under a name that is free there, and return where it is."""
    aside, number = folder / ASIDE, 1
    aside.mkdir(exist_ok=True)
    while (target := aside / f"{path.name}-{number}").exists():
        number += 1
    return path.rename(target)


def move_into_place(half: Path, place: Path) -> None:
    """Give a cell its name; where another process was quicker with the same cell, its cell stays."""
    try:
        half.rename(place)
    except OSError:
        if not place.is_dir():
            raise
        shutil.rmtree(half)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all; raise RunFolderError where the disk refuses it."""
    with refusals(path):
        write_whole(path, text.encode())
