"""How a user names what crashes in a split network, and which tensors that means."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.keras_graph import KerasGraph
from simulator.model.nodes import INSIDE
from simulator.neurons.blocks import CrashBlock
from simulator.neurons.crash_points import CrashPoint

INPUTS, HIDDEN = "inputs", "hidden"
LINEAR = "linear"
ACTIVATIONS = frozenset({"Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Relu", "Relu6", "Sigmoid",
                         "Tanh", "Silu", "Gelu", "Softplus"})
WITHOUT_WEIGHTS = frozenset({"Add", "Identity"})
"""Names of layers that are no layers of a file: the sum of a join, a tensor that is passed on."""


def crash_points(graph: KerasGraph, blocks: Sequence[CrashBlock], place: str) -> list[list[CrashPoint]]:
    """Return the crash points that each block means: one, or as many as ``inputs`` or ``hidden`` has.

    Args:
        graph: The network.
        blocks: What the user wrote.
        place: Where, for problems.

    Raises:
        ScenarioError: a place does not exist, or means nothing here; all problems at once.
    """
    known, problems, found = names(graph), [], []
    for number, block in enumerate(blocks):
        wanted = {INPUTS: list(graph.graph.inputs), HIDDEN: hidden(graph)}.get(block.at)
        if wanted is None and block.at in known:
            wanted = [known[block.at]]
        if wanted:
            found.append([CrashPoint(tensor, block.p, block.unit) for tensor in wanted])
            continue
        at = f"{place}.crash[{number}].at"
        problems.append(Problem(at, "the network has no activation inside it", "name a layer") if block.at == HIDDEN
                        else Problem(at, f"the network has no place {block.at!r}",
                                     did_you_mean(block.at, [INPUTS, HIDDEN, *known])))
    if problems:
        raise ScenarioError(*problems)
    return found


def hidden(graph: KerasGraph) -> list[str]:
    """Return the tensors that come out of an activation, but for the outputs, in order."""
    found = []
    for step in graph.graph.steps:
        operation = graph.calls[step.name].operation
        name = getattr(getattr(operation, "activation", None), "__name__", LINEAR)
        if (name != LINEAR or type(operation).__name__ in ACTIVATIONS) and step.outputs[0] not in graph.graph.outputs:
            found.append(step.outputs[0])
    return found


def names(graph: KerasGraph) -> dict[str, str]:
    """Return every name of a tensor: the graph's own, parts for what they put out, ``part/2`` for their layers."""
    found = {tensor: tensor for tensor in graph.graph.tensors} | dict(graph.aliases)
    count: dict[str, int] = {}
    for step in graph.graph.steps:
        part, inside, layer = step.name.partition(INSIDE)
        if inside:
            count[part] = count.get(part, 0) + 1
            found[f"{part}{INSIDE}{count[part]}"] = step.outputs[0]
            found.setdefault(layer, step.outputs[0])
    return found
