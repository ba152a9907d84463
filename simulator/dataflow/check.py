"""What can be wrong with a declared part graph, all of it at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from simulator.dataflow.plan import Plan
from simulator.errors import Problem, did_you_mean


def plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return everything that is wrong with a declared part graph; places are keys of a model file."""
    problems = [*_name_problems(plan), *_edge_problems(plan), *_cycle_problems(plan)]
    for part in plan.parts:
        problems += [*_input_problems(plan, part), *_needs_problems(plan, part), *_group_problems(plan, part)]
    return (*problems, *_exit_problems(plan))


def _name_problems(plan: Plan) -> Iterator[Problem]:
    for name, times in Counter(plan.names).items():
        if times > 1:
            way_out = "give each source and part its own name"
            yield Problem(f"parts.{name}", f"{name!r} is declared {times} times", way_out)
    if not plan.sources:
        yield Problem("sources", "the model has no source", "name at least one part that holds a sensor's data")


def _edge_problems(plan: Plan) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    known = set(plan.names)
    for index, edge in enumerate(plan.edges):
        place = f"hyperconnections.{index}"
        for name in (edge.source, edge.target):
            if name not in known:
                yield Problem(place, f"no part named {name!r}", did_you_mean(name, plan.names))
        if edge.target in plan.sources:
            yield Problem(place, f"{edge.name!r} feeds a source", "a source holds a sensor's data and takes no input")
        if edge.name in seen:
            message = f"{edge.name!r} is declared twice, first at hyperconnections.{seen[edge.name]}"
            yield Problem(place, message, "delete one")
        seen.setdefault(edge.name, index)


def _cycle_problems(plan: Plan) -> Iterator[Problem]:
    feeds: dict[str, list[str]] = {}
    for edge in plan.edges:
        feeds.setdefault(edge.target, []).append(edge.source)
    try:
        TopologicalSorter(feeds).prepare()
    except CycleError as error:
        around = " -> ".join(error.args[1])
        yield Problem("hyperconnections", f"the parts feed each other in a cycle: {around}", "cut one of these edges")


def _input_problems(plan: Plan, part: str) -> Iterator[Problem]:
    if not plan.inputs(part):
        yield Problem(f"parts.{part}", f"{part!r} has no input", "add a hyperconnection to it, or make it a source")


def _needs_problems(plan: Plan, part: str) -> Iterator[Problem]:
    needs, inputs = plan.rule(part).needs, plan.inputs(part)
    if isinstance(needs, int) and not 1 <= needs <= max(len(inputs), 1):
        way_out = f"write 'any', 'all' or a number from 1 to {len(inputs)}"
        yield Problem(f"parts.{part}.needs", f"{part!r} needs {needs} of its {len(inputs)} inputs", way_out)


def _group_problems(plan: Plan, part: str) -> Iterator[Problem]:
    named, inputs, place = Counter(plan.rule(part).named), plan.inputs(part), f"parts.{part}.groups"
    if plan.rule(part).groups is None:
        return
    for name, times in named.items():
        if name not in inputs:
            yield Problem(place, f"{name!r} is not an input of {part!r}", did_you_mean(name, inputs))
        if times > 1:
            yield Problem(place, f"{name!r} is named {times} times", "name each input once")
    if left_out := [name for name in inputs if name not in named]:
        message = f"the inputs {', '.join(map(repr, left_out))} of {part!r} are in no group"
        yield Problem(place, message, "name each input once")


def _exit_problems(plan: Plan) -> Iterator[Problem]:
    if not plan.exits:
        yield Problem("parts", "no part is an exit", "write 'exit: true' at the part whose output is the answer")
    fed, reached = set[str](), list(plan.sources)
    feeds: dict[str, list[str]] = {}
    for edge in plan.edges:
        feeds.setdefault(edge.source, []).append(edge.target)
    while reached:
        name = reached.pop()
        reached += [] if name in fed else feeds.get(name, [])
        fed.add(name)
    for name in plan.exits:
        if name not in plan.parts:
            yield Problem(f"parts.{name}", f"the exit {name!r} is not a part", did_you_mean(name, plan.parts))
        elif name not in fed:
            way_out = "lead a path of hyperconnections to it"
            yield Problem(f"parts.{name}", f"the exit {name!r} is fed by no source", way_out)
