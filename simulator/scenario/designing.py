"""From a ``design:`` block to the space of its designs, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from simulator.dataflow.build import Paths, spans
from simulator.dataflow.graph import Edge, PartGraph
from simulator.errors import Problem, ScenarioError
from simulator.expect.design_blocks import DesignBlock, Given, Placement, Replicate, Skips
from simulator.expect.design_space import Slot, Space
from simulator.failures.blocks import build_process
from simulator.failures.independent import Independent
from simulator.model.blocks import HyperconnectionBlock, ModelFile
from simulator.model.graph import STRATEGIES, part_graph
from simulator.model.partitions import expanded
from simulator.scenario.parts import Parts
from simulator.scenario.placing import placement_of, replicas_of
from simulator.scenario.scenario import Scenario
from simulator.topology.graph import Topology
from simulator.topology.routes import Routes


def space_of(scenario: Scenario, model: ModelFile, topology: Topology) -> Space:
    """Return the designs that a scenario asks about.

    Raises:
        ScenarioError: a choice names what there is not, or has nothing to choose; all at once, with dotted places.
    """
    given = given_of(scenario, model, topology)
    slots: list[Slot] = []
    at_most, problems = [], list[Problem]()
    for place, choice in enumerate(scenario.design.choose if scenario.design else ()):
        try:
            own = choice.slots(given, place)
        except ScenarioError as error:
            problems += [replace(p, place=f"design.choose.{place}.{p.place}") for p in error.problems]
            continue
        slots += [slot for slot in own if slot.options]
        at_most.append(len(own) if choice.at_most is None else choice.at_most)
    if problems:
        raise ScenarioError(*problems)
    return Space(tuple(slots), tuple(at_most))


def given_of(scenario: Scenario, model: ModelFile, topology: Topology) -> Given:
    """Return what a scenario has to choose from."""
    graph, placed = part_graph(model, scenario.strategy, scenario.skips), placement_of(scenario, model)
    span = spans(tuple(graph.position), graph.edges)
    skips = {edge.name: bypassed for edge, bypassed in zip(graph.edges, span, strict=True) if bypassed > 0}
    choices = scenario.design.choose if scenario.design else ()
    process = build_process(scenario.failures, topology)
    survival = None
    if isinstance(process, Independent):
        survival = dict(zip(process.components, process.survival().tolist(), strict=True))
    wants_new = any(isinstance(choice, Skips) and choice.new for choice in choices)
    new = new_skips(scenario, model, graph, topology) if wants_new else {}
    return Given(skips, new, placed, tuple(replicas_of(scenario)), tuple(topology.node_by_name), survival)


def new_skips(scenario: Scenario, model: ModelFile, graph: PartGraph, topology: Topology) -> Mapping[str, int]:
    """Return the span of each skip that a strategy could add: between parts that a path and a route join.

    A join whose groups are written by hand would not know what a new one is an alternative to; it gets none.
    """
    rule = STRATEGIES[scenario.strategy]
    if not rule.keeps_skips:
        return {}
    by_hand = {name for name, block in model.parts.items() if block.groups is not None and rule.mode == "select"}
    placed, routes = placement_of(scenario, model), Routes(topology)
    names, paths = tuple(graph.position), Paths(tuple(graph.position), graph.edges)
    known = {edge.name for edge in graph.edges}
    found = {}
    for place, source in enumerate(names):
        for target in names[place + 1 :]:
            bypassed, name = paths.span(source, target), Edge(source, target).name
            if bypassed > 0 and name not in known and target not in by_hand and target not in graph.sources and (
                    routes.find(placed[source], placed[target]) is not None):
                found[name] = bypassed
    return found


def with_skips(model: ModelFile, names: tuple[str, ...]) -> ModelFile:
    """Return a model with those of some skips that it does not have yet, behind its own hyperconnections."""
    known = {block.name for block in model.hyperconnections}
    ends = [name.split("->") for name in names if name not in known]
    new = [HyperconnectionBlock.model_validate({"from": source, "to": target}) for source, target in ends]
    return model.model_copy(update={"hyperconnections": (*model.hyperconnections, *new)}) if new else model


def design_problems(parts: Parts) -> Iterator[Problem]:
    """Yield what is wrong with a scenario's ``design:``, with places."""
    scenario, model, topology = parts.scenario, parts.model, parts.topology
    if not (scenario and scenario.design and model and topology):
        return
    found = [*_unfit(scenario, scenario.design, model), *_clashes(scenario.design)]
    try:
        found += _too_many(scenario, scenario.design, model, topology)
        space_of(scenario, model, topology)
    except ScenarioError as error:
        found += [p for p in error.problems if p.place.startswith("design")]  # the others are told elsewhere
    except KeyError:
        pass  # a part without a place, which is told elsewhere
    yield from (replace(problem, place=parts.document.place(problem.place)) for problem in found)


def objective_of(scenario: Scenario, model: ModelFile) -> str:
    """Return what a design is to have as much as possible of."""
    asked = scenario.design.objective if scenario.design else None
    return asked or ("expected_accuracy" if _has_layers(scenario, model) else "information_flow")


def _has_layers(scenario: Scenario, model: ModelFile) -> bool:
    try:
        whole = expanded(model, scenario.partition)
    except ScenarioError:
        return True  # told elsewhere
    return any(part.layers or part.from_keras for part in whole.parts.values())


def _unfit(scenario: Scenario, design: DesignBlock, model: ModelFile) -> Iterator[Problem]:
    """Yield what does not go with the rest of the scenario."""
    of_accuracy, has_layers = objective_of(scenario, model) == "expected_accuracy", _has_layers(scenario, model)
    if of_accuracy and not has_layers:
        yield Problem("design.objective", "'expected_accuracy' needs a model with layers, and this one has none",
                      "write 'objective: information_flow'")
    if of_accuracy and scenario.outcomes is not None:
        yield Problem("design", "outcomes come from a table, which does not say what another design answers",
                      "write 'objective: information_flow', or leave 'outcomes' out")
    if of_accuracy and scenario.policy.no_answer == "exclude":
        yield Problem("policy.no_answer", "'exclude' would favour designs that seldom answer",
                      "write what no answer is worth, such as expected_guess")
    if design.evaluated == "retrained" and not (of_accuracy and has_layers):
        yield Problem("design.evaluated", "'retrained', but nothing is trained for this objective", "leave it out")
    for place, choice in enumerate(design.choose):
        if isinstance(choice, Skips) and choice.new and of_accuracy and design.evaluated == "given":
            yield Problem(f"design.choose.{place}.new", "a new skip hyperconnection has no weights in a given network",
                          "write 'evaluated: retrained', or 'objective: information_flow'")
        if isinstance(choice, Replicate) and scenario.starved == "emit":
            yield Problem("starved", "'emit' does not say on which of its nodes a starved part with replicas would run",
                          "write 'starved: silent'")


def _too_many(scenario: Scenario, design: DesignBlock, model: ModelFile, topology: Topology) -> Iterator[Problem]:
    """Yield what cannot be asked where too much can fail for a list of patterns."""
    count = len(build_process(scenario.failures, topology).components)
    if count <= design.max_components:
        return
    many = f"{count} components can fail, and max_components allows a list of the patterns of {design.max_components}"
    if objective_of(scenario, model) == "expected_accuracy":
        yield Problem("design", f"{many}: too many for 'expected_accuracy'",
                      "let fewer fail, or write 'objective: information_flow', which needs no list")
    if design.budget.bytes is not None:
        yield Problem("design.budget.bytes", f"{many}: too many to know how many bytes a design sends",
                      "price what is chosen with cost, and limit that")
    for place, choice in enumerate(design.choose):
        if isinstance(choice, Placement | Replicate):
            yield Problem(f"design.choose.{place}.kind", f"{many}: too many for {choice.kind!r}",
                          "choose skips and harden only, or let fewer fail")


def _clashes(design: DesignBlock) -> Iterator[Problem]:
    """Yield what two choices of one design cannot both decide."""
    kinds = [choice.kind for choice in design.choose]
    for place, kind in enumerate(kinds):
        if kind in kinds[:place]:
            yield Problem(f"design.choose.{place}.kind", f"{kind!r} is there twice", "write one choice of each kind")
    moved = {part for choice in design.choose if isinstance(choice, Placement) for part in choice.among}
    for place, choice in enumerate(design.choose):
        for part in choice.on if isinstance(choice, Replicate) else ():
            if part in moved:
                yield Problem(f"design.choose.{place}.on.{part}", f"'placement' decides where {part!r} stands too",
                              "name it in one of the two")
