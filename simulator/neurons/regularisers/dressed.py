"""From what a training block says of regularisers to a network that is fitted with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, final

from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.blocks import Training
from simulator.model.keras_graph import KerasGraph, read_graph
from simulator.model.names import names_kept
from simulator.model.nodes import calls
from simulator.model.regularisers import Regularisers, TrainingCrash, VariancePenalty
from simulator.model.split import SplitModel
from simulator.model.train import Dress
from simulator.model.whole import whole_model
from simulator.neurons.blocks import CrashBlock
from simulator.neurons.crash_points import CrashPoint, gated
from simulator.neurons.places import crash_points
from simulator.neurons.regularisers.balanced import Balanced
from simulator.neurons.regularisers.continuity import Continuity
from simulator.neurons.regularisers.variance import CrashVariance
from simulator.seeds import stream

PLACE = "training.regularisers"
KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")


@final
class Sum(keras.regularizers.Regularizer):  # type: ignore[misc]
    """The sum of several regularisers of one weight.

    Args:
        terms: The regularisers.
    """

    def __init__(self, terms: Sequence[Any]) -> None:
        self.terms = tuple(terms)

    def __call__(self, x: Any) -> Any:
        """Return the penalty of a weight."""
        return sum(term(x) for term in self.terms)


def dress_of(training: Training) -> Dress | None:
    """Return what puts a training's regularisers into a network; None where there are none."""
    return None if training.regularisers is None else partial(dressed, block=training.regularisers)


def dressed(split: SplitModel, block: Regularisers) -> Any:
    """Return the whole network as it is fitted, with its regularisers; it shares its weights with the pieces.

    Args:
        split: The pieces.
        block: What is added to the loss.

    Raises:
        ScenarioError: a crash point is not in the network, or there is no layer to balance.
    """
    for weight, terms in weight_terms(split, block):
        own = [] if weight.regularizer is None else [weight.regularizer]
        weight.regularizer = Sum([*own, *terms])
    network = split.training_model
    return network if block.variance is None else _with_variance(split, network, block.variance, block.legacy)


def weight_terms(split: SplitModel, block: Regularisers) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each trained kernel and bias with its regularisers, as far as it has any.

    Raises:
        ScenarioError: there is no layer to balance.
    """
    layers = {name: list(_layers(piece)) for name, piece in split.parts.items()}
    first = next((layer for found in layers.values() for layer in found), None)
    if block.balanced and first is None:
        raise ScenarioError(Problem(f"{PLACE}.balanced", "the network has no layer with a kernel", "leave it out"))
    last = {id(layers[name][-1]) for name in split.graph.exits if layers[name]}
    adapters = [layer for piece in split.adapters.values() for layer in _layers(piece)]
    inner = {id(layer) for found in layers.values() for layer in found} - last
    decay = [keras.regularizers.L1L2(block.l1, block.l2)] if block.l1 or block.l2 else []
    smooth = [Continuity(block.continuity.derivative, block.continuity.smoothness, legacy=block.legacy)
              ] if block.continuity else []
    for layer in [*(layer for found in layers.values() for layer in found), *adapters]:
        along = smooth if id(layer) in inner else []
        even = [Balanced(block.balanced)] if layer is first and block.balanced else []
        for name in KERNELS:
            weight = getattr(layer, name, None)
            if weight is not None and weight.trainable and (terms := [*decay, *along, *even]):
                yield weight, terms
        if getattr(layer, "bias", None) is not None and layer.bias.trainable and along:
            yield layer.bias, along


def _layers(piece: Any) -> Iterator[Any]:
    """Yield the layers of a sub-model that have a kernel, each once, in order of their first call."""
    seen = set()
    for call in calls(piece):
        operation = call.operation
        if id(operation) not in seen and any(getattr(operation, name, None) is not None for name in KERNELS):
            seen.add(id(operation))
            yield operation


def _with_variance(split: SplitModel, network: Any, block: VariancePenalty, legacy: bool) -> Any:
    if len(split.graph.exits) > 1:
        raise ScenarioError(Problem(f"{PLACE}.variance", f"the model has {len(split.graph.exits)} exits",
                                    "leave one exit, or leave the penalty out"))
    seed = int(stream(split.seed, 0, "", "variance penalty").integers(2**31))
    with names_kept(split):
        graph = read_graph(whole_model(split, split.graph.exits[0]), PLACE)
        points = [point for crash in block.crash for point in points_at(graph, crash, f"{PLACE}.variance")]
        found = gated(graph, points)
    return CrashVariance(network, found, block.strength, passes=block.passes, legacy=legacy, seed=seed)


def points_at(graph: KerasGraph, crash: TrainingCrash, place: str) -> list[CrashPoint]:
    """Return the crash points that a block means: one, or as many as ``inputs`` or ``hidden`` has.

    Args:
        graph: The network.
        crash: What the user wrote.
        place: Where, for problems.

    Raises:
        ScenarioError: the network has no such place.
    """
    return crash_points(graph, [CrashBlock(at=crash.at, p=crash.p, unit=crash.unit)], place)[0]
