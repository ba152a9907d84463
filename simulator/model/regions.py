"""From cuts to parts: a chain of parts between the cuts, and an exit of its own for each output that is not the last's.

A part whose calls serve an output and also something else (the next part, or another output) is the trunk; what only
the output needs is a head, an exit part that stands beside its trunk. So nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from simulator.model.cuts import TensorGraph, Tensors


@dataclass(frozen=True)
class Region:
    """A part to be.

    Args:
        name: Name of the part.
        inputs: What it is sent, in the order of the message.
        outputs: What it makes for others, in order; of an exit its answer.
        is_exit: Whether its output is an output of the model.
        feeder: The part that feeds it; None for the first, which the sources feed.
        is_head: Whether it stands beside its feeder rather than behind it.
    """

    name: str
    inputs: Tensors
    outputs: Tensors
    is_exit: bool
    feeder: str | None
    is_head: bool = False


def regions(graph: TensorGraph, cuts: Sequence[Tensors], names: Sequence[str]) -> tuple[Region, ...]:
    """Return the parts of a graph that cuts make, trunks and heads, from input to output.

    Args:
        graph: The graph.
        cuts: Cuts that have no problem, from input to output.
        names: Names of the parts of the chain, one more than cuts.
    """
    made: list[Region] = []
    sent_over = [graph.crossing(cut) for cut in cuts]
    answered: set[str] = set()
    for number, name in enumerate(names):
        given = sent_over[number - 1] if number else graph.inputs
        sent = sent_over[number] if number < len(cuts) else ()
        behind = graph.outputs_behind(cuts[number]) if sent else ()
        own = tuple(output for output in graph.outputs if output not in behind and output not in answered)
        answered |= set(own)
        feeder = names[number - 1] if number else None
        made += _region(graph, name, given, sent, own, feeder)
    return tuple(made)


def _region(graph: TensorGraph, name: str, given: Tensors, sent: Tensors, own: Tensors,
            feeder: str | None) -> Iterator[Region]:
    """Yield one part, or a trunk and its heads."""
    if not own or (not sent and len(own) == 1):
        yield Region(name, given, sent or own, not sent, feeder)
        return
    needs = [set(graph.need([output], given).steps) for output in own]
    shared = set(graph.need(sent, given).steps) if sent else set()
    shared |= {step for number, steps in enumerate(needs) for step in steps
               if any(step in other for other in needs[number + 1:])}
    there = {*given, *(tensor for step in graph.steps if step.name in shared for tensor in step.outputs)}
    inputs = [_in_order(graph, graph.need([output], there).used) for output in own]
    yield Region(name, given, tuple(dict.fromkeys([*sent, *(t for taken in inputs for t in taken)])), False, feeder)
    for output, taken in zip(own, inputs, strict=True):
        yield Region(f"{name}_{legal(output)}", taken, (output,), True, name, is_head=True)


def _in_order(graph: TensorGraph, tensors: Iterable[str]) -> Tensors:
    wanted = set(tensors)
    return tuple(tensor for tensor in graph.tensors if tensor in wanted)


def legal(name: str) -> str:
    """Return a name with nothing but letters, digits and underscores.

    >>> legal("tower@2/dense:1")
    'tower_2_dense_1'
    """
    return "".join(letter if letter.isalnum() else "_" for letter in name)
