"""Parts run one after the other on random inputs, against the model that they were cut from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.keras_graph import KerasGraph, piece_between
from simulator.model.regions import Region
from simulator.seeds import stream

CLOSE = 1e-4  # of the largest output: what float32 may differ by when the same sums are taken in another order
Shape = tuple[int, ...]


def difference(opened: KerasGraph, made: Sequence[Region], place: str) -> float:
    """Return how far the composed parts are from the model on two random samples.

    Raises:
        ScenarioError: they are another model.
    """
    dice = stream(0, 0, "partition", "check")
    tensors = {name: _random(opened, name, dice) for name in opened.graph.inputs}
    whole = piece_between(opened, "whole", opened.graph.inputs, opened.graph.outputs)
    expected = _answer(whole, [tensors[name] for name in opened.graph.inputs])
    for region in made:
        piece = piece_between(opened, region.name, region.inputs, region.outputs)
        tensors |= _unpacked(_answer(piece, [tensors[name] for name in region.inputs]), opened.shapes(region.outputs))
    got = _packed([tensors[name] for name in opened.graph.outputs])
    found = float(np.max(np.abs(got - expected)) / max(1e-12, float(np.max(np.abs(expected)))))
    if not found <= CLOSE:
        told = f"the parts composed again differ from the model by {found:.2g} of its largest output"
        raise ScenarioError(Problem(place, told, "cut elsewhere, and please report this model"))
    return found


def _answer(piece: Any, tensors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return what a sub-model says of one message; called as it is, since compiling it would take longer."""
    return np.asarray(keras.ops.convert_to_numpy(piece(_packed(tensors), training=False)))


def _random(opened: KerasGraph, name: str, dice: np.random.Generator) -> NDArray[np.float32]:
    shape = (2, *opened.shape(name))
    is_whole = "int" in str(opened.symbols[name].dtype)
    return (dice.integers(0, 2, shape) if is_whole else dice.random(shape)).astype(np.float32)


def _packed(tensors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    if len(tensors) == 1:
        return tensors[0]
    return np.concatenate([tensor.reshape(len(tensor), -1) for tensor in tensors], axis=1)


def _unpacked(message: NDArray[np.float32], shapes: Mapping[str, Shape]) -> dict[str, NDArray[np.float32]]:
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes.values()])[:-1]
    flat = np.split(message.reshape(len(message), -1), ends, axis=1)
    return {name: part.reshape(-1, *shape) for (name, shape), part in zip(shapes.items(), flat, strict=True)}
