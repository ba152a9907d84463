"""The files of a finished cell: from an answer to bytes, and back from bytes that are as they were written."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.study.disk import TornError, checked
from simulator.study.frames import no_events, no_requests
from simulator.study.record import CellRecord, cell_from_plain, cell_with_nan, json_text

if TYPE_CHECKING:
    import pandas as pd

NAME_LENGTH = 16
RECORD = "record.json"
FRAMES = ("requests", "events")
CELL_FILES = frozenset({RECORD, *(f"{name}.parquet" for name in FRAMES)})


@dataclass(frozen=True)
class CellAnswer:
    """A finished cell: its record, one row for each request, one row for each switch of a component."""

    record: CellRecord
    requests: pd.DataFrame
    events: pd.DataFrame


def cells_in(cells: Path) -> list[Path]:
    """Return the folders of cells, in the order of their names."""
    if not cells.is_dir():
        return []
    return sorted(path for path in cells.iterdir() if len(path.name) == NAME_LENGTH and path.is_dir())


def labelled(answer: CellAnswer, label: Mapping[str, str], name: str) -> CellAnswer:
    """Return an answer under a label, with a name in its frames: those of one run, as another may call it otherwise."""
    import pandas as pd  # noqa: PLC0415 - heavy

    requests, events = answer.requests, answer.events
    if len(requests):
        requests = requests.assign(cell=pd.Categorical.from_codes([0] * len(requests), categories=pd.Index([name])))
    if len(events):
        events = events.assign(cell=name)
    return CellAnswer(replace(answer.record, label=dict(label)), requests, events)


def files_of(answer: CellAnswer) -> dict[str, bytes]:
    """Return what is written of a cell, by the names of files; its label is not, which is the run's."""
    answer = labelled(answer, {}, answer.record.hash[:NAME_LENGTH])
    files = {RECORD: json_text(asdict(answer.record)).encode()}
    if is_timed(answer.record):
        frames = (answer.requests, answer.events)
        files |= {f"{name}.parquet": parquet_bytes(frame) for name, frame in zip(FRAMES, frames, strict=True)}
    return files


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as the bytes of a Parquet file."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def read_cell(folder: Path, cell_hash: str) -> CellAnswer:
    """Return the cell in a folder.

    Raises:
        TornError: it is not as it was written, or another cell.
    """
    answer = parsed(checked(folder, CELL_FILES))
    if answer.record.hash != cell_hash:
        raise TornError(f"it is the cell {answer.record.hash[:NAME_LENGTH]}")
    return answer


def parsed(files: dict[str, bytes]) -> CellAnswer:
    """Return a cell from the bytes of its files; raise TornError where they are none."""
    import pandas as pd  # noqa: PLC0415 - heavy

    record, requests, events = record_of(files), no_requests(), no_events()
    try:
        if is_timed(record):
            requests, events = (pd.read_parquet(io.BytesIO(files[f"{name}.parquet"])) for name in FRAMES)
    except (OSError, ValueError, KeyError) as error:
        raise TornError("its frames cannot be read") from error
    return CellAnswer(record, requests, events)


def record_of(files: Mapping[str, bytes]) -> CellRecord:
    """Return the record of a cell from the bytes of its files; raise TornError where it is none."""
    try:
        return cell_from_plain(cell_with_nan(json.loads(files[RECORD])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TornError("its record cannot be read") from error


def is_timed(record: CellRecord) -> bool:
    """Return whether a cell has simulated requests, and so frames of them."""
    return "too_late" in record.counts


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return frames of the same columns below each other."""
    import pandas as pd  # noqa: PLC0415 - heavy

    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]
