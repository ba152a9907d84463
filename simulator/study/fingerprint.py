"""What a cell reads beside its scenario, as a hash: another data set is another cell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from simulator.evaluate.blocks import TableOutcomes
from simulator.network.arrivals import TraceArrivals
from simulator.scenario.cross import service_paths, trace_blocks
from simulator.scenario.variants import Variant, alone
from simulator.study.assemble import find_file, has_layers

PACKAGE = "seglearn"  # brings the data that have no path


@dataclass(frozen=True)
class Read:
    """Something that a cell reads beside its scenario.

    Args:
        what: What it is read for, such as ``data csv``.
        files: Hash of each file, folder or package, by its path or name, in order.
    """

    what: str
    files: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Return the words that enter a fingerprint."""
        return f"{self.what} {' '.join(found for _, found in self.files)}"


def fingerprint(cell: Variant) -> str:
    """Return a hash of the contents of all files and folders that a cell reads; one that is missing counts so.

    Without a model of layers and without files it is empty.
    """
    said = [str(read) for read in _own_reads(cell)]
    others = [f"{name} {fingerprint(alone(cell, name))}" for name in cell.others]
    return "; ".join([*said, *others, *(str(read) for read in _shared_reads(cell))])


def reads(cell: Variant) -> Iterator[Read]:
    """Yield what a cell reads, what its other models read included."""
    yield from _own_reads(cell)
    for name in cell.others:
        for read in reads(alone(cell, name)):
            yield Read(f"{name}: {read.what}", read.files)
    yield from _shared_reads(cell)


def _own_reads(cell: Variant) -> Iterator[Read]:
    """Yield what a cell's own model and requests read."""
    data = cell.model.data
    if data is not None and cell.scenario.outcomes is None and has_layers(cell.model):
        path = getattr(data, "path", None)
        found = find_file(path, cell.base) if path else None
        whole = (str(found), path_hash(found)) if found else (PACKAGE, package(PACKAGE))
        yield Read(f"data {data.kind}", (whole,))
    if cell.model.keras is not None:
        yield _read("keras", cell.model.keras.file)
    if isinstance(cell.scenario.outcomes, TableOutcomes):
        yield _read("outcomes", find_file(cell.scenario.outcomes.path, cell.base))
    workload = cell.scenario.workload
    if workload is not None and isinstance(workload.arrivals, TraceArrivals):
        yield _read("arrivals", find_file(workload.arrivals.path, cell.base))


def _shared_reads(cell: Variant) -> Iterator[Read]:
    """Yield what a cell's machines read."""
    for path in service_paths(cell.model).values():
        yield _read("service", find_file(path, cell.base))
    for block in trace_blocks(cell.scenario).values():
        yield _read("trace", *(find_file(path, cell.base) for path in (block.path, block.nodes) if path is not None))


def _read(what: str, *paths: Path) -> Read:
    return Read(what, tuple((str(path), file_hash(path)) for path in paths))


def hash_now(name: str) -> str:
    """Return the present hash of what a cell has read, by its path or name."""
    return package(name) if name == PACKAGE else path_hash(Path(name))


def path_hash(path: Path) -> str:
    """Return the hash of a file, or of a folder: of the names, sizes and bytes of all files below it."""
    if not path.is_dir():
        return file_hash(path)
    files = sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for name, file in files:
        digest.update(f"{name}\0{file.stat().st_size}\0{file_hash(file)}\n".encode())
    return digest.hexdigest()


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, or ``missing``."""
    try:
        told = path.stat()
        return _digest(path.resolve(), told.st_size, told.st_mtime_ns)
    except OSError:
        return "missing"


@cache
def _digest(path: Path, _size: int, _changed_ns: int) -> str:
    """Return the SHA-256 of a file's bytes; the many cells of a study read it once, as long as it does not change."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package(name: str) -> str:
    """Return a package's name and version: its data sets change only with it."""
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        return "missing"
