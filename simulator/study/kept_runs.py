"""Replications on a disk: what was simulated stays simulated when more of them are added to a cell.

OUT/replications/HASH/0012.npz: the rows of replication 12 of a cell, whose name leaves its number of replications out;
plain values as JSON, arrays beside them, a checksum at the end. One that is not as it was written is simulated again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulator.failures.process import Timeline
from simulator.network.held_log import HeldLog
from simulator.network.plan import MachineLoad, Sendings
from simulator.study.disk import refusals, write_whole
from simulator.study.timed import TimedRuns

KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (TimedRuns, Timeline, MachineLoad, HeldLog, Sendings)}
TEXT = "plain"
DIGEST = 32  # bytes at the end of a file: the SHA-256 of what is before them
Arrays = dict[str, np.ndarray[Any, np.dtype[Any]]]


@dataclass(frozen=True)
class KeptRuns:
    """The replications of one cell, in a folder of their own."""

    folder: Path

    def find(self, replication: int) -> TimedRuns | None:
        """Return a replication, None where it was not simulated yet, or cannot be read."""
        try:
            content = self._path(replication).read_bytes()
            content, written = content[:-DIGEST], content[-DIGEST:]
            if hashlib.sha256(content).digest() != written:
                return None
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                arrays: Arrays = {name: file[name] for name in file.files}
            found = _decoded(json.loads(arrays.pop(TEXT).tobytes()), arrays)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return None
        return found if isinstance(found, TimedRuns) else None

    def keep(self, replication: int, piece: TimedRuns) -> None:
        """Write a replication whole or not at all."""
        arrays: Arrays = {}
        text = json.dumps(_encoded(piece, arrays)).encode()
        content = io.BytesIO()
        every: dict[str, Any] = {TEXT: np.frombuffer(text, dtype=np.uint8), **arrays}
        np.savez_compressed(content, **every)
        with refusals(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            whole = content.getvalue()
            write_whole(self._path(replication), whole + hashlib.sha256(whole).digest())

    def _path(self, replication: int) -> Path:
        return self.folder / f"{replication:04}.npz"


def _encoded(value: Any, arrays: Arrays) -> Any:
    """Return a value as JSON holds it: what is no number, word or truth is a list that begins with what it is."""
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return ["array", name]
    if is_dataclass(value):
        return [type(value).__name__, *(_encoded(getattr(value, field.name), arrays) for field in fields(value))]
    if isinstance(value, Mapping):
        return ["map", *([_encoded(key, arrays), _encoded(each, arrays)] for key, each in value.items())]
    if isinstance(value, tuple | list):
        return ["row", *(_encoded(each, arrays) for each in value)]
    return value.item() if isinstance(value, np.generic) else value


def _decoded(value: Any, arrays: Arrays) -> Any:
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "array":
        return arrays[rest[0]]
    if kind == "map":
        return {_decoded(key, arrays): _decoded(each, arrays) for key, each in rest}
    inner = [_decoded(each, arrays) for each in rest]
    return KINDS[kind](*inner) if kind in KINDS else tuple(inner)
