"""A new scenario from a few answers: its text, and everything that is wrong with it before it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from simulator.dataflow.build import spans
from simulator.dataflow.graph import Edge
from simulator.documents.yaml_text import document_of, read_document
from simulator.errors import Problem, ScenarioError
from simulator.failures.settings import fallible
from simulator.model.blocks import ModelFile
from simulator.scenario.checks import checked_parts, sweep_problems
from simulator.scenario.parts import model_at
from simulator.scenario.shelf import files, find
from simulator.topology.files import read_topology
from simulator.topology.graph import NO_FAILURE, Topology

OPTIONS = {
    "topology": "topology", "model": "model", "failures": "survival", "failures.0.mttr": "mttr",
    "workload.arrivals.rate": "rate", "workload.requests": "requests", "policy.deadline": "deadline",
    "sweep.strategy": "strategies",
}
MOST_ENUMERATED = 12  # components that can fail, up to which a curve over their failure probability is quick
GUESSED_SURVIVAL = 0.9


@dataclass(frozen=True)
class Answers:
    """What a new scenario is asked for, each as it is typed.

    Args:
        topology: A name on the shelf or a path.
        model: A name on the shelf or a path.
        failures: ``none``, ``bernoulli`` or ``renewal``.
        survival: A setting of the topology, or a probability, for all that can fail.
        mttr: Mean time to repair, for renewal.
        rate: Requests a second.
        requests: How many, in each replication.
        deadline: After which an answer is late; ``none`` for no deadline.
        strategies: Names, with commas between them.
    """

    topology: str
    model: str
    failures: str
    survival: str
    mttr: str
    rate: str
    requests: str
    deadline: str
    strategies: str


@dataclass(frozen=True)
class Files:
    """The topology and the model that a new scenario is for."""

    topology: Topology
    model: ModelFile

    @property
    def settings(self) -> tuple[str, ...]:
        """The named settings of the topology under which something can fail."""
        return tuple(name for name in self.topology.settings if name != NO_FAILURE)

    @property
    def has_strategies(self) -> bool:
        """Whether strategies differ: the model is a network, and has skips."""
        edges = [Edge(edge.source, edge.target) for edge in self.model.hyperconnections]
        return self.model.has_layers and any(spans((*self.model.sources, *self.model.parts), edges))

    def placement(self) -> dict[str, str]:
        """Return the node of each source and part that no node is named like, spread over the nodes in order."""
        nodes = [node.name for node in self.topology.nodes]
        names = [*self.model.sources, *self.model.parts]
        steps = (len(nodes) - 1) / max(len(names) - 1, 1)
        return {name: nodes[round(at * steps)] for at, name in enumerate(names) if name not in nodes}

    def that_fail(self) -> tuple[str, ...]:
        """Return the components that can fail: as the topology says, else the nodes of the parts that are no exits."""
        placed = self.placement()
        nodes = [placed.get(name, name) for name, part in self.model.parts.items() if not part.is_exit]
        return fallible(self.topology) or tuple(dict.fromkeys(nodes))


def topology_named(name: str) -> Topology:
    """Return the topology of a name on the shelf or a path; raise ScenarioError where there is none."""
    return read_topology(find("topology", name, place="option --topology"))


def model_named(name: str) -> ModelFile:
    """Return the model of a name on the shelf or a path; raise ScenarioError where there is none."""
    model, _, problems = model_at(find("model", name, place="option --model"))
    if model is None or problems:
        raise ScenarioError(*problems)
    return model


def fitting_models(topology: Topology) -> tuple[str, ...]:
    """Return the models of the shelf whose sources and parts are all named like nodes of a topology."""
    nodes = set(topology.node_by_name)
    written = {name: read_document(path).value for name, path in files("model").items()}
    return tuple(name for name, value in written.items()
                 if value.get("parts") and {*(value.get("sources") or {}), *value["parts"]} <= nodes)


def scenario_text(answers: Answers, found: Files) -> str:
    """Return the text of a scenario file."""
    return "\n".join([*_head(answers, found), "", *_what_fails(answers, found), *_requests(answers),
                      *_measured(answers, found), "", "seed: 1", "replications: 20", ""])


def problems_of(text: str, path: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with the text of a new scenario, each at the option that said it."""
    document = document_of(text, str(path))
    _, problems = checked_parts(document, path.parent)
    found = (*problems, *sweep_problems(document, path.parent, problems))
    return tuple(Problem(_option(problem.place), problem.message, problem.way_out) for problem in found)


def _option(place: str) -> str:
    """Return the option that said what stands at a place, the place itself where none did."""
    key = place.rpartition(" ")[2]
    while key and key not in OPTIONS:
        key = key.rpartition(".")[0]
    return f"option --{OPTIONS[key]}" if key else place


def _head(answers: Answers, found: Files) -> Iterator[str]:
    yield "# Written by 'sim new', to be edited. 'sim check' tells all that is wrong with it, and prints every default."
    yield f"title: {_quoted(f'{Path(answers.model).stem} on {Path(answers.topology).stem}')}"
    yield f"topology: {_quoted(answers.topology)}  # where: machines and links"
    yield f"model: {_quoted(answers.model)}  # what: parts and hyperconnections"
    if placed := found.placement():
        yield f"placement: {_flow(placed)}"


def _what_fails(answers: Answers, found: Files) -> Iterator[str]:
    if answers.failures == "none":
        return
    key = "availability" if answers.failures == "renewal" else "survival"
    is_setting = answers.survival in found.topology.settings
    is_for_all = is_setting or bool(fallible(found.topology))
    value = answers.survival if is_for_all else _flow(dict.fromkeys(found.that_fail(), answers.survival))
    repaired = f", mttr: {answers.mttr}" if answers.failures == "renewal" else ""
    yield "failures:"
    yield f"  - {{kind: {answers.failures}, {key}: {value}{repaired}}}"


def _requests(answers: Answers) -> Iterator[str]:
    yield f"workload: {{arrivals: {{kind: poisson, rate: {answers.rate}}}, requests: {answers.requests}}}"
    if answers.deadline != "none":
        yield f"policy: {{deadline: {answers.deadline}}}"


def _measured(answers: Answers, found: Files) -> Iterator[str]:
    yield "measure:"
    if found.model.has_layers:
        yield "  - expected_accuracy"
        if answers.failures != "none" and len(found.that_fail()) <= MOST_ENUMERATED:
            yield "  - accuracy_vs_failure: {points: 11}"
    yield "  - timed"
    if found.has_strategies:
        yield f"sweep: {{strategy: [{answers.strategies.replace(',', ', ')}]}}  # one cell for each"


def _flow(values: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in values.items()) + "}"


def _quoted(text: str) -> str:
    """Return a text as YAML, in quotes where it would be read as something else."""
    return text if re.fullmatch(r"[A-Za-z0-9./][\w./ -]*", text) else json.dumps(text, ensure_ascii=False)
