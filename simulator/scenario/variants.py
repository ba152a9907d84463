"""The cells of a scenario: the grid of its sweep, in the order of the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulator.documents.yaml_text import Document, shown
from simulator.errors import ScenarioError
from simulator.model.blocks import ModelFile
from simulator.model.partitions import expanded
from simulator.scenario.axes import Point, point_of
from simulator.scenario.cross import cross_problems
from simulator.scenario.designs import points_of
from simulator.scenario.labels import REPEAT
from simulator.scenario.load import Loaded
from simulator.scenario.options import with_values
from simulator.scenario.other_parts import expanded_others, of_one, other_parts, scenario_of
from simulator.scenario.parts import (
    Parts,
    Problems,
    merged_model,
    model_at,
    named_file,
    read_scenario,
    topology_at,
)
from simulator.scenario.scenario import Scenario
from simulator.topology.graph import Topology

NAMES_ANOTHER = re.compile(r"others(\.[^.]+(\.model)?)?")


@dataclass(frozen=True)
class Variant:
    """One cell: one point of the grid.

    Args:
        label: The point, by dotted key, as written; empty for a scenario without a sweep.
        scenario: The scenario at this point, without its sweep.
        topology: Its topology.
        model: Its model, with the scenario's training, failout and data laid over the file's.
        base: The folder that relative paths of data start from.
        others: The other models on the same machines, by name.
    """

    label: dict[str, str]
    scenario: Scenario
    topology: Topology
    model: ModelFile
    base: Path
    others: Mapping[str, ModelFile] = field(default_factory=dict)


def variants(loaded: Loaded) -> tuple[Variant, ...]:
    """Return the cells of a loaded scenario: repeat by repeat its grid, of which the last key varies fastest.

    Raises:
        ScenarioError: two values of the sweep that are fine alone do not go together, or an edited scenario is wrong.
    """
    points = list(points_of(loaded.scenario, loaded.model))
    return tuple(_variant(loaded, point, repeat) for repeat in range(loaded.scenario.repeats.count) for point in points)


def variant_at(loaded: Loaded, values: Mapping[str, Any]) -> Variant:
    """Return the cell of a scenario without a sweep in which some values are replaced, by dotted key.

    Raises:
        ScenarioError: they do not go together.
    """
    return _variant(loaded, point_of(values), 0)


def _variant(loaded: Loaded, grid: Point, repeat: int) -> Variant:
    repeats = loaded.scenario.repeats
    value = loaded.scenario.model_dump(mode="json", by_alias=True, exclude_unset=True,
                                       exclude={"sweep", "repeats", "search", "trends", "precision", "claims", "plots"})
    label = dict(grid.label)
    point = {key: values[repeat] for key, values in repeats.values.items()} | dict(grid.values)
    if repeats.count > 1:
        label[REPEAT] = f"repeat {repeat + 1}"
    document = with_values(Document(shown(loaded.path), value, loaded.places), point, _place(loaded, label))
    scenario, problems = read_scenario(document, loaded.path.parent)
    parts = Parts(document, loaded.path.parent, scenario, loaded.topology, loaded.model, Document("the model", {}, {}))
    if parts.scenario and "seed" not in repeats.values:
        parts = replace(parts, scenario=parts.scenario.model_copy(update={"seed": parts.scenario.seed + repeat}))
    parts, of_files = _with_files(parts, point)
    parts, of_others = _with_others(parts, loaded.others, point)
    problems = (*problems, *of_files, *of_others, *cross_problems(parts))
    if problems or not (parts.scenario and parts.topology and parts.model):
        raise ScenarioError(*problems)
    model = expanded(parts.model, parts.scenario.partition)
    others = expanded_others({name: other.model for name, other in parts.others.items() if other.model}, parts.scenario)
    scenario = _with_model_blocks(parts.scenario, model)
    return Variant(label, scenario, parts.topology, model, loaded.base, others)


def _place(loaded: Loaded, label: Mapping[str, str]) -> str:
    axis = "search" if loaded.scenario.search else "sweep"
    return f"{loaded.place(axis)} at {', '.join(f'{key}={text}' for key, text in label.items())}"


def _with_files(parts: Parts, point: Mapping[str, Any]) -> tuple[Parts, Problems]:
    """Return the parts with the topology and the model that this point names, and the model merged again."""
    problems: Problems = ()
    if "topology" in point:
        path, not_found = named_file(parts.document, "topology", parts.beside)
        topology, wrong = topology_at(path)
        parts, problems = replace(parts, topology=topology), (*problems, *not_found, *wrong)
    if "model" in point:
        path, not_found = named_file(parts.document, "model", parts.beside)
        model, document, wrong = model_at(path)
        parts, problems = replace(parts, model=model, model_document=document), (*problems, *not_found, *wrong)
    if parts.scenario and parts.model:
        model, wrong = merged_model(parts.model, parts.scenario, parts.document)
        parts, problems = replace(parts, model=model), (*problems, *wrong)
    return parts, problems


def _with_others(parts: Parts, known: Mapping[str, ModelFile], point: Mapping[str, Any]) -> tuple[Parts, Problems]:
    """Return the parts with those of the other models; files are read only where this point names another one."""
    if not parts.scenario or any(NAMES_ANOTHER.fullmatch(key) for key in point):
        others, problems = other_parts(parts)
        return replace(parts, others=others), problems
    nothing = Document("the model", {}, {})
    others = {name: of_one(parts, name, known.get(name), nothing) for name in parts.scenario.others}
    return replace(parts, others=others), ()


def _with_model_blocks(scenario: Scenario, model: ModelFile) -> Scenario:
    """Return the scenario with whole ``training`` and ``failout`` blocks where it wrote a part of one."""
    whole = {"training": scenario.training and model.training, "failout": scenario.failout and model.failout}
    return scenario.model_copy(update=whole)


def alone(cell: Variant, name: str) -> Variant:
    """Return a cell's other model as a cell of its own, on the same machines without the rest."""
    scenario = scenario_of(cell.scenario, name)
    return Variant(cell.label, scenario, cell.topology, cell.others[name], cell.base)
