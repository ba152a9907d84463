"""Files of the cache that travel: weights and answers, by their names, which are hashes of what they rest on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from simulator.model.keep import cache_folder


def packed_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Return the bytes of files of the cache, by their path in it."""
    root = cache_folder()
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(paths) if path.is_file()}


def add_files(files: Mapping[str, bytes]) -> None:
    """Put files into the cache that are not there; each whole or not at all."""
    for name, content in files.items():
        path = cache_folder() / name
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(half).replace(path)
