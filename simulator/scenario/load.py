"""From a scenario's name or path to the scenario, its topology and its model; every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.documents.yaml_text import Document, plain_value, read_document, shown
from simulator.errors import Problem, ScenarioError
from simulator.model.blocks import ModelFile
from simulator.scenario.checks import checked_parts, sweep_problems
from simulator.scenario.cross import data_paths, service_paths
from simulator.scenario.options import with_values
from simulator.scenario.parts import forget_files
from simulator.scenario.scenario import Scenario
from simulator.scenario.shelf import find, folder
from simulator.topology.files import plain_topology
from simulator.topology.graph import Topology


@dataclass(frozen=True)
class Loaded:
    """A scenario with what it names.

    Args:
        scenario: What was asked, as written.
        topology: Where.
        model: The model file, with the scenario's ``training``, ``failout`` and ``data`` laid over its own.
        places: Where each dotted path of the scenario is written, ``file:line``.
        path: The scenario's file.
        base: The folder that relative paths of data start from.
        raw: The scenario's plain values.
        others: The other models on the same machines, by name.
    """

    scenario: Scenario
    topology: Topology
    model: ModelFile
    places: Mapping[str, str]
    path: Path
    base: Path
    raw: Mapping[str, Any]
    others: Mapping[str, ModelFile] = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Return where a dotted path of the scenario is written, ``file:line path``."""
        return Document(shown(self.path), self.raw, self.places).place(path)


def load(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Loaded:
    """Return a scenario with its topology and model.

    Args:
        name_or_path: A path, or a name on the shelf.
        overrides: Values to replace, by dotted key; text is read as YAML.

    Raises:
        ScenarioError: with every problem of the scenario, its options, its topology and its model.
    """
    forget_files()
    path = find("scenario", str(name_or_path))
    document, problems = _with_options(read_document(path), overrides or {})
    parts, more = checked_parts(document, path.parent)
    problems = (*problems, *more)
    problems = (*problems, *sweep_problems(document, path.parent, problems))
    if problems or not (parts.scenario and parts.topology and parts.model):
        raise ScenarioError(*problems)
    base = data_folder(parts.scenario, parts.model, path)
    others = {name: other.model for name, other in parts.others.items() if other.model}
    return Loaded(parts.scenario, parts.topology, parts.model, document.places, path, base, document.value, others)


def resolved(loaded: Loaded) -> dict[str, Any]:
    """Return everything that was asked, with defaults and units: the scenario, its topology and its model."""
    plain = {
        "scenario": loaded.scenario.model_dump(mode="json", by_alias=True),
        "topology": plain_topology(loaded.topology),
        "model": loaded.model.model_dump(mode="json", by_alias=True, exclude=loaded.model.stood_for),
    }
    others = {name: model.model_dump(mode="json", by_alias=True) for name, model in loaded.others.items()}
    return plain | ({"others": others} if others else {})


def data_folder(scenario: Scenario, model: ModelFile, path: Path) -> Path:
    """Return the folder that the relative paths of data start from: here, where all are found, else the scenario's."""
    of_data = getattr(model.data, "path", None)
    named = [*data_paths(scenario).values(), *service_paths(model).values(), *([of_data] if of_data else [])]
    is_shipped = path.parent.resolve() == folder("scenario").resolve()
    are_here = bool(named) and all(Path(name).exists() for name in named)
    return Path() if is_shipped or are_here else path.parent


def _with_options(document: Document, overrides: Mapping[str, Any]) -> tuple[Document, tuple[Problem, ...]]:
    values, problems = {}, []
    for key, value in overrides.items():
        try:
            values[key] = plain_value(value) if isinstance(value, str) else value
        except ValueError as error:
            problems.append(Problem(f"option --set {key}", str(error), "write --set key=value"))
    return with_values(document, values), tuple(problems)
