"""What fits together: a scenario against its topology, its model and the disk; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from simulator.dataflow.graph import PartGraph
from simulator.durations import EmpiricalService
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.evaluate.blocks import TableOutcomes
from simulator.failures.bernoulli import BernoulliBlock
from simulator.failures.blocks import build_process
from simulator.failures.error_states import error_problems
from simulator.failures.load import LoadCascadeBlock
from simulator.failures.slow import Slow
from simulator.failures.survival_trace import SurvivalTrace
from simulator.failures.trace_block import TraceBlock
from simulator.model.blocks import ModelFile
from simulator.model.edge_codecs import codec_problems
from simulator.model.graph import part_graph
from simulator.model.partitions import expanded
from simulator.network.arrivals import ClosedArrivals, TraceArrivals
from simulator.network.blocks import AFTER_FIRST, DeadlineWait, FirstWait, TimeoutWait
from simulator.network.disturbances import disturbance_problems
from simulator.scenario.answered import answered_problems
from simulator.scenario.apart import apart_problems
from simulator.scenario.certifying import certify_problems
from simulator.scenario.designing import design_problems
from simulator.scenario.judging import judging_problems
from simulator.scenario.other_parts import sharing_problems
from simulator.scenario.parts import Parts, Problems
from simulator.scenario.placing import hedge_problems, placement_of, placement_problems, route_problems
from simulator.scenario.scenario import Scenario
from simulator.scenario.searching import search_problems
from simulator.scenario.sensitive import sensitivity_problems
from simulator.scenario.struck import strikable
from simulator.topology.graph import Topology


def cross_problems(parts: Parts) -> Problems:
    """Return everything that does not fit together, as far as both sides could be read."""
    problems: list[Problem] = []
    graph = None
    if parts.model:
        graph, wrong = _graph(parts.model, parts)
        problems += [*wrong, *_partition_problems(parts.model, parts)]
    if parts.scenario:
        problems += [*_measure_problems(parts.scenario, parts), *_path_problems(parts.scenario, parts)]
    if parts.scenario and parts.topology:
        problems += _failure_problems(parts.scenario, parts.topology, parts)
        names = None if graph is None else [edge.name for edge in graph.edges]
        found = disturbance_problems(parts.scenario.disturbances, parts.topology, names)
        problems += [replace(problem, place=parts.document.place(problem.place)) for problem in found]
    if parts.scenario and parts.model:
        problems += _held_problems(parts.scenario, parts.model, parts)
        problems += [*_wait_problems(parts.scenario, parts.model, parts), *_failout_problems(parts.model, parts),
                     *_codec_problems(parts.model, parts)]
    if parts.scenario and parts.model and parts.topology:
        problems += placement_problems(parts.scenario, parts.model, parts.topology, parts)
        problems += _loop_problems(parts.scenario, graph, parts)
        on = strikable(parts.topology, parts.model, placement_of(parts.scenario, parts.model))
        problems += [replace(problem, place=parts.document.place(problem.place))
                     for problem in error_problems(parts.scenario.errors, on)]
        problems += hedge_problems(parts.scenario, graph, parts)
        problems += route_problems(graph, parts.scenario, parts.model, parts)
    problems += [*sharing_problems(parts), *apart_problems(parts), *judging_problems(parts), *design_problems(parts),
                 *search_problems(parts), *sensitivity_problems(parts), *certify_problems(parts),
                 *answered_problems(parts)]
    for other in parts.others.values():
        problems += _other_problems(other)
    return tuple(problems)


def _other_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what does not fit together of another model on the same machines."""
    if not (parts.scenario and parts.model):
        return
    graph, wrong = _graph(parts.model, parts)
    yield from (*wrong, *_partition_problems(parts.model, parts), *_missing(service_paths(parts.model), parts))
    yield from _wait_problems(parts.scenario, parts.model, parts)
    if parts.topology:
        yield from placement_problems(parts.scenario, parts.model, parts.topology, parts)
        yield from route_problems(graph, parts.scenario, parts.model, parts)


def data_paths(scenario: Scenario) -> dict[str, str]:
    """Return the paths of data that a scenario names, by dotted key."""
    paths = {"outcomes.path": scenario.outcomes.path} if isinstance(scenario.outcomes, TableOutcomes) else {}
    others = {f"others.{name}.": other.workload.arrivals for name, other in scenario.others.items()}
    for head, arrivals in {"": scenario.workload and scenario.workload.arrivals, **others}.items():
        if isinstance(arrivals, TraceArrivals):
            paths[f"{head}workload.arrivals.path"] = arrivals.path
    for place, block in trace_blocks(scenario).items():
        named = {"path": block.path, "nodes": block.nodes}
        paths |= {f"{place}.{key}": path for key, path in named.items() if path is not None}
    return paths


def trace_blocks(scenario: Scenario) -> dict[str, TraceBlock]:
    """Return the traces that a scenario replays, or counts survivals in, by dotted key."""
    blocks = {f"failures.{place}": block for place, block in enumerate(scenario.failures)}
    blocks |= {f"slow.{place}.when": slow.when for place, slow in enumerate(scenario.slow)}
    blocks |= {f"errors.{place}.when": error.when for place, error in enumerate(scenario.errors) if error.when}
    blocks |= {f"{place}.survival.trace": block.survival.block for place, block in blocks.items()
               if isinstance(block, BernoulliBlock) and isinstance(block.survival, SurvivalTrace)}
    return {place: block for place, block in blocks.items() if isinstance(block, TraceBlock)}


def service_paths(model: ModelFile) -> dict[str, str]:
    """Return the paths of measured service times that a model file names, by dotted key."""
    laws = {name: block.service for name, block in model.parts.items()}
    return {f"parts.{name}.service.path": law.path for name, law in laws.items()
            if isinstance(law, EmpiricalService) and law.path}


def _graph(model: ModelFile, parts: Parts) -> tuple[PartGraph | None, Problems]:
    strategy, skips = (parts.scenario.strategy, parts.scenario.skips) if parts.scenario else ("select", "all")
    try:
        return part_graph(model, strategy, skips), ()
    except ScenarioError as error:
        return None, tuple(Problem(_place(p.place, parts), p.message, p.way_out) for p in error.problems)


def _place(path: str, parts: Parts) -> str:
    """Return where a dotted path is written: in the scenario where it has it, else in the model file."""
    return (parts.document if path in parts.document.places else parts.model_document).place(path)


def _partition_problems(model: ModelFile, parts: Parts) -> Iterator[Problem]:
    try:
        expanded(model, parts.scenario.partition if parts.scenario else None)
    except ScenarioError as error:
        yield from (Problem(_place(p.place, parts), p.message, p.way_out) for p in error.problems)
    for name, block in model.sources.items():
        if block.beside is not None and block.beside not in model.parts:
            yield Problem(_place(f"sources.{name}.beside", parts), f"no part named {block.beside!r}",
                          did_you_mean(block.beside, model.parts))


def _failure_problems(scenario: Scenario, topology: Topology, parts: Parts) -> Iterator[Problem]:
    for number, block in enumerate(scenario.slow):
        found = (*block.problems(f"slow.{number}", topology), *_evented_problems(number, block, topology),
                 *_slow_by_load(number, block, scenario, topology))
        yield from (Problem(parts.document.place(p.place), p.message, p.way_out) for p in found)
    try:
        build_process(scenario.failures, topology)
    except ScenarioError as error:
        yield from (Problem(parts.document.place(p.place), p.message, p.way_out) for p in error.problems)


def _slow_by_load(number: int, block: Slow, scenario: Scenario, topology: Topology) -> Iterator[Problem]:
    """Yield a problem for each machine that is slow at times and fails by its load."""
    try:
        slow = build_process([block.when], topology).components
    except ScenarioError:
        return
    loads = {name for one in scenario.failures if isinstance(one, LoadCascadeBlock) for name in one.components}
    for name in (name for name in slow if name in loads):
        yield Problem(f"slow.{number}.when", f"{name!r} fails by its load, which knows no slow spells",
                      "let one of the two name other machines")


def _evented_problems(number: int, block: Slow, topology: Topology) -> Iterator[Problem]:
    try:
        names = build_process([block.when], topology).components
    except ScenarioError:
        return
    for name in names:
        node = topology.node_by_name.get(name)
        if node and not node.serving.is_foreseen:
            discipline = "batch" if node.serving.batch else node.serving.discipline
            said = f"{name!r} serves by {discipline}, which knows no slow spells"
            yield Problem(f"slow.{number}.when", said, "let it serve in order of arrival, or name other machines")


def _loop_problems(scenario: Scenario, graph: PartGraph | None, parts: Parts) -> Iterator[Problem]:
    arrivals = scenario.workload.arrivals if scenario.workload else None
    if isinstance(arrivals, ClosedArrivals) and graph and len(graph.exits) > 1:
        said = f"'closed' needs a model with one exit, and this one has {len(graph.exits)}"
        yield Problem(parts.document.place("workload.arrivals"), said, "write poisson or periodic arrivals")


def _wait_problems(scenario: Scenario, model: ModelFile, parts: Parts) -> Iterator[Problem]:
    wait = scenario.policy.wait
    named = {"after": wait.after_ns} if isinstance(wait, AFTER_FIRST) else {}
    named |= {"k": wait.k} if isinstance(wait, FirstWait) else {}
    for key, by_part in named.items():
        for part in by_part if isinstance(by_part, Mapping) else ():
            if part not in model.parts:
                place = parts.document.place(f"policy.wait.{key}.{part}")
                yield Problem(place, f"no part named {part!r} in the model", did_you_mean(part, model.parts))
    if isinstance(wait, DeadlineWait) and scenario.policy.deadline_ns is None:
        yield Problem(parts.document.place("policy.wait"), "'deadline' waits for a deadline, but there is none",
                      "write 'policy: {deadline: 250 ms, ...}'")
    if scenario.policy.skips == "on_demand" and isinstance(wait, DeadlineWait | TimeoutWait):
        yield Problem(parts.document.place("policy.skips"), f"'on_demand', but with 'wait: {wait.kind}' nobody learns "
                      "of what is down", "write wait: {kind: heartbeat, period: 1 s, after: 80 ms}, or perfect")


def _held_problems(scenario: Scenario, model: ModelFile, parts: Parts) -> Iterator[Problem]:
    held = scenario.policy.held
    if held is None:
        return
    place = parts.document.place("policy.held")
    if scenario.outcomes is not None:
        yield Problem(place, "a held value needs the network that it goes into, and outcomes are given",
                      "leave out 'held', or name a model with layers instead of 'outcomes'")
    if scenario.starved == "emit":
        yield Problem(place, "with 'starved: emit' a part without inputs fires on nothing, with 'held' on older values",
                      "write 'starved: silent'")
    known = [*model.parts, *(f"{edge.source}->{edge.target}" for edge in model.hyperconnections)]
    for name in held.age_ns if isinstance(held.age_ns, Mapping) else ():
        if name not in known:
            place = parts.document.place(f"policy.held.age.{name}")
            yield Problem(place, f"no part or hyperconnection named {name!r}", did_you_mean(name, known))


def _failout_problems(model: ModelFile, parts: Parts) -> Iterator[Problem]:
    survival, names = model.failout.survival, (*model.sources, *model.parts)
    named = {f"failout.survival.{part}": part for part in (survival if isinstance(survival, Mapping) else ())}
    named |= {f"failout.parts.{place}": part for place, part in enumerate(model.failout.parts or ())}
    for path, part in named.items():
        if part not in names:
            yield Problem(_place(path, parts), f"no part named {part!r} in the model", did_you_mean(part, names))


def _codec_problems(model: ModelFile, parts: Parts) -> Iterator[Problem]:
    for name, problem in codec_problems(model).items():
        at = parts.document if parts.scenario and name in parts.scenario.codecs else parts.model_document
        yield Problem(at.place(problem.place), problem.message, problem.way_out)


def _measure_problems(scenario: Scenario, parts: Parts) -> Iterator[Problem]:
    for name in scenario.measure.asked_of_requests:
        if scenario.workload is None:
            yield Problem(parts.document.place("measure"), f"{name!r} needs requests, but there is no workload",
                          "write 'workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 2000}'")
    if scenario.measure.expected_accuracy and any(isinstance(one, LoadCascadeBlock) for one in scenario.failures):
        yield Problem(parts.document.place("measure"), "'expected_accuracy' needs the probability of each pattern, and "
                      "failures of kind 'load_cascade' are made by the run", "measure 'timed', for served accuracy; or "
                      "write 'renewal' with the availability that a run has measured")
    guarantee = getattr(scenario.measure.expected_accuracy, "guarantee", "asymptotic")
    if guarantee != "asymptotic" and scenario.policy.no_answer == "exclude":
        yield Problem(parts.document.place("measure"), f"guarantee: {guarantee} is for a mean, and with 'no_answer: "
                      "exclude' expected accuracy is a ratio", "leave out 'guarantee', or give no answer a worth")
    for name, does in (("sensitivity", "ranks"), ("predicted_failures", "foretells")):
        if getattr(scenario.measure, name) is not None:
            yield from _law_problems(name, does, scenario, parts)
    yield from _network_problems(scenario, parts)
    around = scenario.measure.around_outages
    known = parts.topology.components if parts.topology else ()
    for component in (around.components or ()) if around and known else ():
        if component not in known:
            yield Problem(parts.document.place("measure"), f"around_outages: no component {component!r}",
                          did_you_mean(component, known))


def _law_problems(name: str, does: str, scenario: Scenario, parts: Parts) -> Iterator[Problem]:
    place = parts.document.place("measure")
    if scenario.errors:
        yield Problem(place, f"{name!r} {does} what is up or down, and there are silent errors too",
                      "leave one of the two out; a sweep can compare them")
    if any(isinstance(one, LoadCascadeBlock) for one in scenario.failures):
        yield Problem(place, f"{name!r} needs the law of failures, and those of kind 'load_cascade' are made by "
                      "the run", "write 'renewal' with the availability that a run has measured")


def _network_problems(scenario: Scenario, parts: Parts) -> Iterator[Problem]:
    is_without = parts.model is not None and not parts.model.has_layers
    if scenario.measure.neurons and (scenario.outcomes or is_without):
        why = "outcomes are given" if scenario.outcomes else "no part of the model has layers"
        yield Problem(parts.document.place("measure"), f"'neurons' crash inside a network, and there is none: {why}",
                      "name a model with layers, such as dense-random, and leave out 'outcomes'")


def _path_problems(scenario: Scenario, parts: Parts) -> Iterator[Problem]:
    of_model = service_paths(parts.model) if parts.model else {}
    yield from _missing({**data_paths(scenario), **of_model}, parts)


def _missing(paths: Mapping[str, str], parts: Parts) -> Iterator[Problem]:
    for key, name in paths.items():
        if not (Path(name).is_file() or (parts.beside / name).is_file()):
            yield Problem(_place(key, parts), f"no file {name!r}",
                          "give a path from here or from the scenario's folder; docs/data.md says where data come from")
