"""Files that are written whole or not at all, checksums beside them, and what a disk refuses, told to a user."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from simulator.errors import Problem, RunFolderError

SUMS = "SHA256SUMS"  # what 'sha256sum --check' reads
HALF_TEXT = ".half-text-"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class TornError(Exception):
    """Files are not those that were written; the message says which, and why."""


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Tell what the disk refuses as a problem of a folder.

    Raises:
        RunFolderError: the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        way_out = "give a folder that you may write to"
        if error.errno in FULL:
            way_out = "make room there or give another folder, and run again; what is finished is kept"
        raise RunFolderError(Problem(str(path), f"cannot be written ({error.strerror or error})", way_out)) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; what stood there stays until it is."""
    handle, name = tempfile.mkstemp(prefix=HALF_TEXT, dir=path.parent)
    os.close(handle)
    half = Path(name)
    try:
        write_bytes(half, content)
        half.chmod(0o644)
        half.replace(path)
    except BaseException:
        with suppress(OSError):
            half.unlink()
        raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can wait for that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sums_text(files: Mapping[str, bytes]) -> str:
    """Return the checksums of files, a line for each.

    >>> sums_text({"a": b""})[:16]
    'e3b0c44298fc1c14'
    """
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))


def with_sums(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files by name, and the file of their checksums."""
    return {**files, SUMS: sums_text(files).encode()}


def checked(folder: Path, names: frozenset[str]) -> dict[str, bytes]:
    """Return the bytes of the files in a folder that have such names, all of them as they were written.

    Raises:
        TornError: a file is missing, has changed, or has no checksum.
    """
    try:
        written = (folder / SUMS).read_bytes()
        listed = [line.partition("  ")[2] for line in written.decode("ascii").splitlines()]
    except FileNotFoundError:
        raise TornError(f"{SUMS} is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TornError(f"{SUMS} cannot be read") from error
    files = {name: _bytes(folder / name) for name in listed if name in names}
    text = sums_text(files)
    if text.encode() != written:
        known = set(written.decode("ascii").splitlines())
        changed = [line.partition("  ")[2] for line in text.splitlines() if line not in known]
        raise TornError(f"{', '.join(changed) or SUMS} is not as it was written")
    return files


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TornError(f"{path.name} is missing") from None
    except OSError as error:
        raise TornError(f"{path.name} cannot be read ({error.strerror})") from error
