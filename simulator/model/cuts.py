"""Cutting a graph of calls: which sets of tensors separate input from output, and which calls lie between them.

Here a tensor is a name, and nothing is known of Keras.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from simulator.errors import Problem, did_you_mean

Tensors = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One call: it makes tensors of tensors."""

    name: str
    inputs: Tensors
    outputs: Tensors


@dataclass(frozen=True)
class Need:
    """What must be computed for some tensors.

    Args:
        steps: Names of the calls, in order.
        used: The given tensors that are used.
        seen: Every tensor that is used or made, by the tensor that it leads to ("" for the wanted ones).
    """

    steps: Tensors
    used: frozenset[str]
    seen: Mapping[str, str]


@dataclass(frozen=True)
class TensorGraph:
    """Calls in an order in which each comes after those that it needs, between inputs and outputs."""

    inputs: Tensors
    outputs: Tensors
    steps: tuple[Step, ...]

    @cached_property
    def maker(self) -> dict[str, Step]:
        """The call that makes each tensor; inputs have none."""
        return {tensor: step for step in self.steps for tensor in step.outputs}

    @cached_property
    def tensors(self) -> Tensors:
        """All tensors: inputs, then in the order in which they are made."""
        return (*self.inputs, *self.maker)

    def need(self, wanted: Iterable[str], given: Iterable[str] = ()) -> Need:
        """Return what must be computed for the wanted tensors when the given ones are there; inputs always are."""
        stop, steps, used = set(given), set[str](), set[str]()
        seen = dict.fromkeys(wanted, "")
        todo = list(seen)
        while todo:
            tensor = todo.pop()
            if tensor in stop:
                used.add(tensor)
            elif tensor in self.maker:
                step = self.maker[tensor]
                steps.add(step.name)
                fresh = [other for other in step.inputs if other not in seen]
                seen |= dict.fromkeys(fresh, tensor)
                todo += dict.fromkeys(fresh)
        return Need(tuple(step.name for step in self.steps if step.name in steps), frozenset(used), seen)

    def downstream(self, tensors: Iterable[str]) -> set[str]:
        """Return the tensors that depend on any of some tensors, those not included unless they depend on another."""
        start, reached = set(tensors), set[str]()
        for step in self.steps:
            if any(tensor in start or tensor in reached for tensor in step.inputs):
                reached |= set(step.outputs)
        return reached

    def outputs_behind(self, cut: Iterable[str]) -> Tensors:
        """Return the outputs that depend on a cut; one that the cut itself names is answered before it."""
        reached = self.downstream(cut) - set(cut)
        return tuple(output for output in self.outputs if output in reached)

    def crossing(self, cut: Tensors) -> Tensors:
        """Return the tensors of a cut that are needed behind it: its message."""
        used = self.need(self.outputs_behind(cut), cut).used
        return tuple(tensor for tensor in cut if tensor in used)


def leaks(graph: TensorGraph, cut: Sequence[str]) -> dict[str, Tensors]:
    """Return the tensors through which an output behind the cut still sees an input, each with such a path.

    They are the last ones on such paths that do not depend on the cut: put into the cut, they close it.
    """
    reached = graph.downstream(cut)
    need = graph.need(graph.outputs_behind(cut), cut)
    found: dict[str, Tensors] = {}
    for tensor, leads_to in need.seen.items():
        if tensor not in cut and tensor not in reached and leads_to in reached:
            onward = list(_onward(need.seen, tensor))
            found[tensor] = (*_from_input(graph, tensor), *onward[1:])
    return found


def closed(graph: TensorGraph, cut: Tensors) -> Tensors:
    """Return a cut with what leaks put into it, until nothing does: a new tensor may bring other outputs behind it."""
    while more := leaks(graph, cut):
        cut = (*cut, *more)
    return cut


def _onward(seen: Mapping[str, str], tensor: str) -> Iterator[str]:
    while tensor:
        yield tensor
        tensor = seen[tensor]


def _from_input(graph: TensorGraph, tensor: str) -> Tensors:
    path = [tensor]
    while path[-1] in graph.maker and graph.maker[path[-1]].inputs:
        path.append(graph.maker[path[-1]].inputs[0])
    return tuple(reversed(path))


def path_text(path: Sequence[str], through: str) -> str:
    """Return a path for people: its ends, a tensor on it with what follows, and dots for the rest.

    >>> path_text("abcdefghi", "d")
    'a -> ... -> d -> e -> ... -> i'
    """
    middle = list(path).index(through)
    shown = sorted({0, middle, min(middle + 1, len(path) - 1), len(path) - 1})
    gaps = ["... -> " if place - before > 1 else "" for before, place in zip([0, *shown], shown, strict=False)]
    return " -> ".join(f"{gap}{path[place]}" for gap, place in zip(gaps, shown, strict=True))


def cut_problems(graph: TensorGraph, cuts: Sequence[Tensors]) -> tuple[Problem, ...]:
    """Return everything that is wrong with cuts, listed from input to output."""
    problems: list[Problem] = []
    for number, cut in enumerate(cuts):
        unknown = [tensor for tensor in cut if tensor not in graph.tensors]
        problems += [Problem(place(number, cut), f"the model has no tensor {tensor!r}", _near(tensor, graph.tensors))
                     for tensor in unknown]
        problems += [] if unknown else _separation_problems(graph, number, cut)
    if problems:
        return tuple(problems)
    sent = [graph.crossing(cut) for cut in cuts]
    return tuple(problem for number in range(len(cuts)) for problem in _order_problems(graph, sent, number))


def _near(tensor: str, known: Iterable[str]) -> str:
    near = did_you_mean(tensor, known)
    return near if near.startswith("did") else "'sim partition MODEL' without --cuts lists where it can be cut"


def place(number: int, cut: Tensors) -> str:
    """Return where a cut was written."""
    return f"option --cuts {'+'.join(cut)!r} (cut {number + 1})"


def _separation_problems(graph: TensorGraph, number: int, cut: Tensors) -> Iterator[Problem]:
    at = place(number, cut)
    for tensor in dict.fromkeys(tensor for tensor in cut if cut.count(tensor) > 1):
        yield Problem(at, f"{tensor!r} is named {cut.count(tensor)} times", "name it once")
    behind = graph.outputs_behind(cut)
    if not behind:
        yield Problem(at, "no output lies behind it", "cut before the last layer")
        return
    found = leaks(graph, cut)
    for tensor, path in found.items():
        yield Problem(at, f"does not separate input from output: {tensor!r} leaks ({path_text(path, tensor)})",
                      f"write --cuts {'+'.join(closed(graph, cut))!r}, or cut elsewhere")
    crossing = graph.crossing(cut)
    for tensor in cut:
        if tensor not in (*crossing, *graph.outputs) and not found:
            yield Problem(at, f"{tensor!r} is not needed behind the cut", "leave it out")


def _order_problems(graph: TensorGraph, cuts: Sequence[Tensors], number: int) -> Iterator[Problem]:
    cut, before = cuts[number], cuts[number - 1] if number else graph.inputs
    at = place(number, cut)
    early = [tensor for tensor in cut if set(graph.need([tensor], before).seen) & (set(graph.inputs) - set(before))]
    for tensor in early:
        yield Problem(at, f"{tensor!r} lies before cut {number}", "list the cuts from input to output")
    if not early and not graph.need(cut, before).steps:
        way_out = "leave one of them out" if number else "cut behind a layer"
        yield Problem(at, f"no layer lies between it and {f'cut {number}' if number else 'the input'}", way_out)
