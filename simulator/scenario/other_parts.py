"""The other models of a scenario as scenarios of their own, with what they name and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from simulator.blocks import Block
from simulator.documents.yaml_text import Document
from simulator.errors import Problem
from simulator.model.blocks import ModelFile
from simulator.model.partitions import expanded
from simulator.network.arrivals import ClosedArrivals
from simulator.network.blocks import Workload
from simulator.network.disturbances import Disturbance, Loses
from simulator.scenario.parts import Parts, Problems, model_at, named_file
from simulator.scenario.scenario import Scenario

FEW = 100
OWN: dict[str, object] = {"codecs": {}, "outcomes": None, "failout": None, "training": None, "data": None, "others": {}}


def scenario_of(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario in which another model is the only one, with the same failures, machines and links.

    What the scenario itself writes of codecs, outcomes, training, failout and data is not for it, nor are losses of
    named hyperconnections. Where the number of its requests is not said, it is that of the scenario, as a first guess.
    """
    other = scenario.others[name]
    policy = scenario.policy.model_copy(update=_values(other.policy))
    own = {key: value for key, value in _values(other).items() if key not in {"policy", "priority", "workload"}}
    guess = scenario.workload.requests if scenario.workload else FEW
    workload = Workload.model_construct(**_values(other.workload) | {"requests": other.workload.requests or guess})
    troubles = tuple(each for each in scenario.disturbances if not _is_of_one(each))
    return scenario.model_copy(update={**OWN, **own, "workload": workload, "policy": policy, "disturbances": troubles})


def _values(block: Block) -> dict[str, Any]:
    return {name: getattr(block, name) for name in type(block).model_fields}


def _is_of_one(trouble: Disturbance) -> bool:
    return isinstance(trouble, Loses) and trouble.edge is not None


def other_parts(parts: Parts) -> tuple[dict[str, Parts], Problems]:
    """Return each other model's parts, as far as they could be read, and what is wrong with its model file."""
    found: dict[str, Parts] = {}
    problems: list[Problem] = []
    for name in parts.scenario.others if parts.scenario else ():
        document = document_of(parts.document, name)
        path, not_found = named_file(document, "model", parts.beside)
        model, model_document, wrong = model_at(path)
        problems += [*not_found, *wrong]
        found[name] = of_one(parts, name, model, model_document)
    return found, tuple(problems)


def of_one(parts: Parts, name: str, model: ModelFile | None, model_document: Document) -> Parts:
    """Return the parts of one other model."""
    scenario = parts.scenario and scenario_of(parts.scenario, name)
    return replace(parts, document=document_of(parts.document, name), scenario=scenario, model=model,
                   model_document=model_document)


def document_of(document: Document, name: str) -> Document:
    """Return what a scenario writes of another model, as a document of its own with the places of the whole."""
    head = f"others.{name}"
    value = document.value.get("others") if isinstance(document.value, Mapping) else None
    mine = value.get(name) if isinstance(value, Mapping) else None
    places = {path.removeprefix(head).lstrip("."): place for path, place in document.places.items()
              if path == head or path.startswith(f"{head}.")}
    return Document(document.name, mine if isinstance(mine, Mapping) else {}, places)


def expanded_others(others: Mapping[str, ModelFile], scenario: Scenario) -> dict[str, ModelFile]:
    """Return the other models of a scenario, each split as it is asked for."""
    return {name: expanded(model, scenario.others[name].partition) for name, model in others.items()
            if name in scenario.others}


def sharing_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what does not go together with other models."""
    scenario = parts.scenario
    if scenario is None or not scenario.others:
        return
    if scenario.workload is None:
        yield Problem(parts.document.place("others"), "they share machines with a model that has no workload",
                      "write 'workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 2000}'")
    if scenario.engine == "vectorised":
        yield Problem(parts.document.place("engine"), "'vectorised' cannot run several models on the same machines",
                      "write engine: auto, which takes SimPy")
    asked = {f"others.{name}.": other.workload.arrivals for name, other in scenario.others.items()}
    for place, arrivals in {"": scenario.workload and scenario.workload.arrivals, **asked}.items():
        if isinstance(arrivals, ClosedArrivals):
            yield Problem(parts.document.place(f"{place}workload.arrivals"),
                          "'closed' does not go together with several models", "write poisson or periodic arrivals")
