"""The cache folder of trained weights and of what they answered, how a file gets into it, and on how many threads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
DEFAULT_THREADS = 2
USED: ContextVar[set[Path] | None] = ContextVar("files used", default=None)


def cache_folder() -> Path:
    """Return the cache folder: ``SIM_CACHE_DIR``, or the user's."""
    return Path(os.environ.get("SIM_CACHE_DIR") or platformdirs.user_cache_dir("graceful-sim"))


@contextmanager
def files_used() -> Iterator[set[Path]]:
    """Return the set of the files of the cache that are read or written until the end."""
    files: set[Path] = set()
    before = USED.set(files)
    try:
        yield files
    finally:
        USED.reset(before)


def note_use(path: Path) -> None:
    """Say that a file of the cache is read or written, to whoever wants to know."""
    files = USED.get()
    if files is not None:
        files.add(path)


def has_onednn() -> bool:
    """Return whether TensorFlow computes with oneDNN: it does unless the user says ``TF_ENABLE_ONEDNN_OPTS=0``."""
    return os.environ.get(ONEDNN, "1") != "0"


def thread_count() -> int:
    """Return the number of threads that training and prediction use.

    Raises:
        ScenarioError: ``SIM_THREADS`` is not a whole number >= 1.
    """
    text = os.environ.get("SIM_THREADS", str(DEFAULT_THREADS))
    if not text.isdecimal() or int(text) < 1:
        raise ScenarioError(Problem("SIM_THREADS", f"{text!r} is not a whole number >= 1", "write SIM_THREADS=2"))
    return int(text)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into an npz, whole or not at all.

    Raises:
        ScenarioError: the folder cannot be written.
    """
    note_use(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        told = f"cannot write trained weights to {str(path.parent)!r}: {error.strerror}"
        raise ScenarioError(Problem("SIM_CACHE_DIR", told, "set SIM_CACHE_DIR to a folder of yours")) from error
