"""A scenario, its topology and its model, each as far as it could be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulator.blocks import Block
from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import Document, read_document
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.blocks import Data, ModelFile
from simulator.scenario.prefabs import with_prefabs
from simulator.scenario.scenario import Scenario
from simulator.scenario.shelf import Kind, find
from simulator.topology.files import read_topology
from simulator.topology.graph import Topology

FILES = 32  # that are remembered
Problems = tuple[Problem, ...]


@dataclass(frozen=True)
class Parts:
    """What could be read of a scenario and of what it names; None where it could not.

    Args:
        document: The scenario's plain values, with places.
        beside: The scenario's folder.
        scenario: The scenario as written.
        topology: Its topology.
        model: Its model file, with the scenario's training, failout and data laid over its own.
        model_document: The model file's plain values, with places.
        others: The same of each other model on these machines, by name.
    """

    document: Document
    beside: Path
    scenario: Scenario | None
    topology: Topology | None
    model: ModelFile | None
    model_document: Document
    others: Mapping[str, Parts] = field(default_factory=dict)


class DataOnly(Block):
    """A data block by itself."""

    data: Data


def read_parts(document: Document, beside: Path) -> tuple[Parts, Problems]:
    """Return what can be read of a scenario and of what it names, and what is wrong with each of the three files."""
    scenario, problems = read_scenario(document, beside)
    topology_path, not_found = named_file(document, "topology", beside)
    topology, of_topology = topology_at(topology_path)
    model_path, model_not_found = named_file(document, "model", beside)
    model, model_document, of_model = model_at(model_path)
    problems = (*problems, *not_found, *of_topology, *model_not_found, *of_model)
    if model and scenario:
        model, of_data = merged_model(model, scenario, document)
        problems = (*problems, *of_data)
    return Parts(document, beside, scenario, topology, model, model_document), problems


def read_scenario(document: Document, beside: Path) -> tuple[Scenario | None, Problems]:
    """Return a document as a scenario, its prefabs filled in, and everything that is wrong with it."""
    return read_block(Scenario, with_prefabs(document, beside))


def named_file(document: Document, kind: Kind, beside: Path) -> tuple[Path | None, Problems]:
    """Return the file that a scenario names as its topology or model."""
    name = document.value.get(kind)
    if not isinstance(name, str):
        return None, ()  # the block of the scenario says so itself
    try:
        return find(kind, name, beside, document.place(kind)), ()
    except ScenarioError as error:
        return None, error.problems


def topology_at(path: Path | None) -> tuple[Topology | None, Problems]:
    """Return the topology of a file, and everything that is wrong with it."""
    try:
        return (_topology_read(path, _state(path)) if path else None), ()
    except ScenarioError as error:
        return None, error.problems


def model_at(path: Path | None) -> tuple[ModelFile | None, Document, Problems]:
    """Return the model of a file as block and as document, and everything that is wrong with it."""
    nothing = Document("", {}, {})
    if not path:
        return None, nothing, ()
    try:
        model, document, problems = _model_read(path, _state(path))
    except ScenarioError as error:
        return None, nothing, error.problems
    if model and model.keras:
        model = model.model_copy(update={"keras": model.keras.beside(path.parent)})
    return model, document, problems


def _state(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from what it was before, None where it cannot be told."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_size


def forget_files() -> None:
    """Forget the files that were read: what they name in their turn may have changed since."""
    _topology_read.cache_clear()
    _model_read.cache_clear()


@lru_cache(maxsize=FILES)
def _topology_read(path: Path, _state: tuple[int, int] | None) -> Topology:
    """Return the topology of a file; the many values of a sweep read it once, as long as it does not change."""
    return read_topology(path)


@lru_cache(maxsize=FILES)
def _model_read(path: Path, _state: tuple[int, int] | None) -> tuple[ModelFile | None, Document, Problems]:
    document = read_document(path)
    model, problems = read_block(ModelFile, document)
    return model, document, tuple(problems)


def merged_model(model: ModelFile, scenario: Scenario, document: Document) -> tuple[ModelFile, Problems]:
    """Return the model with what the scenario writes of training, failout, codecs, constants and data over its own."""
    changes: dict[str, Any] = {}
    if scenario.training:
        changes["training"] = model.training.model_copy(update=_written(scenario.training))
    if scenario.failout:
        changes["failout"] = model.failout.model_copy(update=_written(scenario.failout))
    if scenario.codecs:
        changes["codecs"] = {**model.codecs, **scenario.codecs}
    if scenario.constants:
        changes["constants"] = {**model.constants, **scenario.constants}
    problems: Problems = tuple(
        Problem(document.place(f"constants.{name}"), f"the model has no constant {name!r}",
                did_you_mean(name, model.constants) if model.constants else "write constants: in the model file")
        for name in scenario.constants if name not in model.constants)
    if scenario.data is not None:
        merged = Document(document.name, {"data": _over(model, scenario.data)}, document.places)
        only, wrong = read_block(DataOnly, merged)
        problems = (*problems, *wrong)
        changes["data"] = only.data if only else model.data
    return model.model_copy(update=changes), problems


def _written(block: Block) -> dict[str, Any]:
    return {name: getattr(block, name) for name in block.model_fields_set}


def _over(model: ModelFile, data: Mapping[str, Any]) -> dict[str, Any]:
    own = model.data.model_dump(mode="json", by_alias=True, exclude_unset=True) if model.data else {}
    return dict(data) if data.get("kind", own.get("kind")) != own.get("kind") else {**own, **data}
