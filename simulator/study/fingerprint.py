"""What a cell reads beside its scenario, as a hash: another data set is another cell."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from simulator.evaluate.blocks import TableOutcomes
from simulator.network.arrivals import TraceArrivals
from simulator.scenario.cross import service_paths, trace_blocks
from simulator.scenario.variants import Variant, alone
from simulator.study.assemble import find_file, has_layers

BLOCK = 1 << 20


def fingerprint(cell: Variant) -> str:
    """Return a hash of the contents of all files and folders that a cell reads; one that is missing counts so.

    Without a model of layers and without files it is empty.
    """
    said = []
    data = cell.model.data
    if data is not None and cell.scenario.outcomes is None and has_layers(cell.model):
        path = getattr(data, "path", None)
        said.append(f"data {data.kind} {path_hash(find_file(path, cell.base)) if path else package('seglearn')}")
    if cell.model.keras is not None:
        said.append(f"keras {file_hash(cell.model.keras.file)}")
    if isinstance(cell.scenario.outcomes, TableOutcomes):
        said.append(f"outcomes {file_hash(find_file(cell.scenario.outcomes.path, cell.base))}")
    workload = cell.scenario.workload
    if workload is not None and isinstance(workload.arrivals, TraceArrivals):
        said.append(f"arrivals {file_hash(find_file(workload.arrivals.path, cell.base))}")
    said += [f"{name} {fingerprint(alone(cell, name))}" for name in cell.others]
    said += [f"service {file_hash(find_file(path, cell.base))}" for path in service_paths(cell.model).values()]
    for block in trace_blocks(cell.scenario).values():
        files = [path for path in (block.path, block.nodes) if path is not None]
        said.append(f"trace {' '.join(file_hash(find_file(path, cell.base)) for path in files)}")
    return "; ".join(said)


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
