"""Answers on the disk: predictions by delivery and costs, by what they depend on; to repeat them needs no Keras."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.evaluate.part_by_part import Classes
from simulator.model.data import DataSet
from simulator.model.keep import cache_folder, has_onednn, note_use, write_arrays
from simulator.scenario.identity import digest
from simulator.study.assemble import Assembly
from simulator.study.fingerprint import file_hash
from simulator.study.memory import answers_name, errors_name

FORMAT = 1  # raise it when evaluation changes, so that old answers are not taken for new ones
CODED, UNCODED, RANKS = "coded", "uncoded", "ranks"


@dataclass(frozen=True)
class Kept:
    """What is kept of a trained network.

    Args:
        weights: Hash of its weights.
        costs: FLOP, bytes and memory.
        coded: Answer to every test sample by delivery, shape ``(samples,)``: a class or, in a regression, a number;
            grows as they are asked for.
        uncoded: The same without codecs that are not trained; None where there are none.
        ranks: How many classes the exit scores higher than the true one, by delivery; only where that was asked for.
    """

    weights: str
    costs: Costs
    coded: dict[int, Classes] = field(default_factory=dict)
    uncoded: dict[int, Classes] | None = None
    ranks: dict[int, Classes] = field(default_factory=dict)


def kept_path(assembly: Assembly, dataset: DataSet) -> Path:
    """Return the file of a cell's answers: its name depends on model, training, data, seed and versions."""
    given = assembly.model.keras
    parts = (str(FORMAT), answers_name(assembly), dataset.fingerprint, file_hash(given.file) if given else "",
             *environment(), *filter(None, [errors_name(assembly)]))
    return cache_folder() / "answers" / f"{digest(chr(10).join(parts))[:32]}.npz"


def environment() -> tuple[str, ...]:
    """Return what training and prediction depend on besides words and data, without importing Keras."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    without = () if has_onednn() else ("without onednn",)
    return (backend, _version(backend), _version("keras"), os.environ.get("SIM_THREADS", ""), *without)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def read_kept(path: Path) -> Kept | None:
    """Return the answers in a file, None where there is none or it is torn."""
    try:
        note_use(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        plain = json.loads(arrays.pop("about").tobytes())
        costs = plain["costs"]
        costs.pop("service", None)  # the model file's, laid over them when a plan is made
        found = Kept(plain["weights"], Costs(**costs), {}, {} if plain["has_uncoded"] else None)
        for name, array in arrays.items():
            kind, _, delivery = name.partition(":")
            _of(found, kind)[int(delivery, 16)] = array if kind == RANKS else _wide(array)
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    return found


def write_kept(path: Path, kept: Kept) -> None:
    """Write answers whole or not at all.

    Raises:
        ScenarioError: the folder cannot be written.
    """
    plain = {"weights": kept.weights, "costs": asdict(kept.costs), "has_uncoded": kept.uncoded is not None}
    arrays: dict[str, Any] = {"about": np.frombuffer(json.dumps(plain).encode(), np.uint8)}
    for kind in (CODED, UNCODED, RANKS):
        arrays |= {f"{kind}:{delivery:x}": _narrow(answers) for delivery, answers in _of(kept, kind).items()}
    write_arrays(path, arrays)


def _of(kept: Kept, kind: str) -> dict[int, Classes]:
    uncoded = {} if kept.uncoded is None else kept.uncoded
    return {CODED: kept.coded, UNCODED: uncoded, RANKS: kept.ranks}[kind]


def _narrow(answers: Classes) -> Classes:
    if answers.dtype.kind == "f":
        return answers
    return answers.astype(np.uint8 if answers.max(initial=0) <= np.iinfo(np.uint8).max else np.int32)


def _wide(answers: Classes) -> Classes:
    return answers if answers.dtype.kind == "f" else answers.astype(np.intp)
