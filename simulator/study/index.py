"""The index of a run: which cells it has, under which labels, and what was looked at to find that out.

With it a finished run of many cells is found without making its cells again. It is a shortcut and no source: where it
is missing or torn, or anything that it rests on has changed, cells are made and looked up one by one, and it is
written anew. OUT/index/HASH.json: a line with the hash of the rest, then the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from simulator.errors import ScenarioError
from simulator.scenario.identity import digest
from simulator.scenario.load import Loaded, resolved
from simulator.scenario.shelf import PACKAGE, Kind, find
from simulator.scenario.variants import Variant
from simulator.study.cell_files import NAME_LENGTH
from simulator.study.disk import write_whole
from simulator.study.fingerprint import hash_now, path_hash, reads

FOLDER = "index"
KINDS: Mapping[str, Kind] = {"topology": "topology", "model": "model"}


@dataclass(frozen=True)
class Index:
    """What an index says.

    Args:
        hash: Of the run.
        title: Of its scenario.
        asked: Hash of what was asked, and of the code that makes cells of it.
        reads: Hash of each file, folder or package that was looked at, by its path or name.
        cells: Hash and label of each cell.
    """

    hash: str
    title: str
    asked: str
    reads: dict[str, str]
    cells: tuple[tuple[str, dict[str, str]], ...]

    def is_still_true(self) -> bool:
        """Return whether all that was looked at is still the same."""
        return all(hash_now(name) == found for name, found in self.reads.items())


def index_path(folder: Path, run_hash: str) -> Path:
    """Return where the index of a run is."""
    return folder / FOLDER / f"{run_hash[:NAME_LENGTH]}.json"


def write_index(folder: Path, index: Index) -> None:
    """Write the index of a run, unless it is there."""
    path = index_path(folder, index.hash)
    body = json.dumps(asdict(index)).encode()
    content = hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content)


def read_index(path: Path) -> Index | None:
    """Return an index, None where there is none or it is not as it was written."""
    try:
        told, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body.removesuffix(b"\n")).hexdigest().encode() != told:
            return None
        plain = json.loads(body)
        return Index(**plain | {"cells": tuple((name, label) for name, label in plain["cells"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def indices(folder: Path) -> list[Index]:
    """Return all indices of a run folder that can be read."""
    found = (read_index(path) for path in sorted((folder / FOLDER).glob("*.json")))
    return [index for index in found if index]


def index_of(loaded: Loaded, cells: Sequence[Variant], hashes: Sequence[str], whole: str, *, quick: bool) -> Index:
    """Return the index of a run.

    Args:
        loaded: The scenario.
        cells: Its cells.
        hashes: Their hashes.
        whole: The hash of the run.
        quick: Whether it is the quick version.
    """
    found = {name: now for cell in cells for read in reads(cell) for name, now in read.files}
    named = {str(path): path_hash(path) for path in named_files(loaded)}
    labels = tuple((name, dict(cell.label)) for name, cell in zip(hashes, cells, strict=True))
    return Index(whole, loaded.scenario.title, asked(loaded, quick=quick), found | named, labels)


def asked(loaded: Loaded, *, quick: bool) -> str:
    """Return the hash of all that decides which cells a scenario has, but for the files that they name."""
    plain = {"asked": resolved(loaded), "quick": quick, "code": code_hash(), "base": str(loaded.base.resolve()),
             "beside": str(loaded.path.parent.resolve()), "set": sorted(loaded.scenario.model_fields_set)}
    return digest(json.dumps(plain))  # the order of keys counts: it is that of the cells


def named_files(loaded: Loaded) -> Iterable[Path]:
    """Yield the topologies and models that a sweep names."""
    scenario = loaded.scenario
    axes: dict[str, Any] = {**scenario.sweep, **scenario.repeats.values}
    for key, values in axes.items():
        kind = KINDS.get(key.rpartition(".")[2])
        for value in values if kind and isinstance(values, tuple) else ():
            try:
                yield find(kind, str(value), loaded.path.parent)  # type: ignore[arg-type]
            except ScenarioError:
                continue


@cache
def code_hash() -> str:
    """Return the hash of this package's code."""
    files = sorted((path.relative_to(PACKAGE).as_posix(), path) for path in PACKAGE.rglob("*.py"))
    found = hashlib.sha256()
    for name, path in files:
        found.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()
