"""Run folders: cells written whole or not at all, finished ones found by their hash, nothing overwritten silently.

OUT/run.json                 what this folder belongs to
OUT/cells/HASH/              one finished cell: record.json and, where requests were simulated, their frames
OUT/record.json, requests.parquet, events.parquet, figures/, report.html      the whole run
OUT/volatile.json            times and host: facts that differ from run to run
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, RunFolderError
from simulator.study.frames import no_events, no_requests
from simulator.study.record import FORMAT, CellRecord, cell_from_plain, cell_with_nan, json_text

if TYPE_CHECKING:
    import pandas as pd

HALF_WRITTEN = ".half-written-"
HALF_TEXT = ".half-text-"
NAME_LENGTH = 16
OWNER_SAYS = {"format", "hash", "title"}


@dataclass(frozen=True)
class CellAnswer:
    """A finished cell: its record, one row for each request, one row for each switch of a component."""

    record: CellRecord
    requests: pd.DataFrame
    events: pd.DataFrame


class RunFolder:
    """A folder that belongs to one run.

    Args:
        path: The folder; made when it does not exist.
        hash: Content hash of the run.
        title: The scenario's title, for whoever looks into the folder.
    """

    def __init__(self, path: Path, hash: str, title: str) -> None:  # noqa: A002 - the word of the record
        self.path = path
        self.hash = hash
        self.title = title

    def claim(self) -> None:
        """Make the folder ours, or find that it already is.

        Raises:
            RunFolderError: it holds another run or other things, or cannot be written.
        """
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            self._own()
            cells = self.path / "cells"
            cells.mkdir(exist_ok=True)
            for left_over in cells.glob(HALF_WRITTEN + "*"):
                shutil.rmtree(left_over)
            for left_over in self.path.glob(f"{HALF_TEXT}*"):
                left_over.unlink()

    def _own(self) -> None:
        """Write whose folder this is, or raise RunFolderError where it is not ours."""
        way_out = "give another folder with --out, or move this one away"
        owner = self._owner()
        if owner is None:
            if any(not path.name.startswith(HALF_TEXT) for path in self.path.iterdir()):
                raise RunFolderError(Problem(f"--out {self.path}", "the folder holds other things and no run", way_out))
            self._write_owner()
        elif owner.get("hash") != self.hash and set(owner) == OWNER_SAYS and self._is_barren():
            self._write_owner()
        elif owner.get("hash") != self.hash:
            other = f"{owner.get('title')!r} ({str(owner.get('hash'))[:NAME_LENGTH]})"
            raise RunFolderError(Problem(f"--out {self.path}", f"the folder holds another run, {other}", way_out))

    def _write_owner(self) -> None:
        plain = {"format": FORMAT, "hash": self.hash, "title": self.title}
        write_text(self.path / "run.json", json.dumps(plain) + "\n")

    def _is_barren(self) -> bool:
        """Return whether the run of this folder came to nothing, such as one of a model that was wrong."""
        left = {path.name for path in self.path.iterdir()} | {path.name for path in self.path.glob("cells/*")}
        return all(name in {"run.json", "cells"} or name.startswith((HALF_TEXT, HALF_WRITTEN)) for name in left)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Tell what the disk refuses as a problem of this folder."""
        try:
            yield
        except OSError as error:
            told = f"cannot be written ({error.strerror})"
            raise RunFolderError(Problem(f"--out {self.path}", told, "give a folder that you may write to")) from error

    def _owner(self) -> dict[str, Any] | None:
        try:
            owner = json.loads((self.path / "run.json").read_text())
        except FileNotFoundError:
            return None
        except ValueError:
            return {"title": "unreadable run.json", "hash": ""}
        return owner if isinstance(owner, dict) else {"title": "foreign run.json", "hash": ""}

    def find(self, cell_hash: str) -> CellAnswer | None:
        """Return a finished cell, or None; a torn or foreign one is set aside and counts as not finished."""
        folder = self.path / "cells" / cell_hash[:NAME_LENGTH]
        if not folder.is_dir():
            return None
        answer = read_cell(folder)
        if answer is None or answer.record.hash != cell_hash:
            folder.rename(Path(tempfile.mkdtemp(prefix=".torn-", dir=folder.parent)) / folder.name)
            return None
        return answer

    def keep(self, answer: CellAnswer) -> None:
        """Write a finished cell: into a folder of its own that gets its name in one atomic step."""
        cells = self.path / "cells"
        with self._writing():
            half = Path(tempfile.mkdtemp(prefix=HALF_WRITTEN, dir=cells))
            (half / "record.json").write_text(json_text(asdict(answer.record)))
            for name, frame in (("requests", answer.requests), ("events", answer.events)):
                if is_timed(answer.record):
                    frame.to_parquet(half / f"{name}.parquet", index=False)
            half.chmod(0o755)
            half.rename(cells / answer.record.hash[:NAME_LENGTH])

    def write_frames(self, answers: Sequence[CellAnswer]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Write the requests and events of all cells as one file each, where there are any, and return them."""
        requests, events = joined([a.requests for a in answers]), joined([a.events for a in answers])
        frames = (("requests", requests), ("events", events)) if any(is_timed(a.record) for a in answers) else ()
        with self._writing():
            for name, frame in frames:
                half = self.path / f".{name}.parquet"
                frame.to_parquet(half, index=False)
                half.replace(self.path / f"{name}.parquet")
        return requests, events

    def write_record(self, text: str) -> None:
        """Write the record of the whole run, last of all."""
        with self._writing():
            write_text(self.path / "record.json", text)


def read_cell(folder: Path) -> CellAnswer | None:
    """Return the cell in a folder, or None where something in it cannot be read."""
    import pandas as pd  # noqa: PLC0415 - heavy

    try:
        record = cell_from_plain(cell_with_nan(json.loads((folder / "record.json").read_text())))
        requests, events = no_requests(), no_events()
        if is_timed(record):
            requests, events = (pd.read_parquet(folder / f"{name}.parquet") for name in ("requests", "events"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return CellAnswer(record, requests, events)


def is_timed(record: CellRecord) -> bool:
    """Return whether a cell has simulated requests, and so frames of them."""
    return "too_late" in record.counts


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of the same columns below each other."""
    import pandas as pd  # noqa: PLC0415 - heavy

    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, half = tempfile.mkstemp(prefix=HALF_TEXT, dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(half).chmod(0o644)
    Path(half).replace(path)
