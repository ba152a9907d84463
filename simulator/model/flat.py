"""The same numbers in a third of the time: Dense layers on pictures as one matrix product.

A Dense layer acts on the last axis. On a tensor of more than two axes the backends multiply one small matrix for each
row of each picture; with the leading axes laid out as one it is a single large product.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from simulator.model.backend import keras
from simulator.model.nodes import calls


def with_flat_rows(piece: Any) -> Any:
    """Return a model that predicts what a part's chain of layers does; the piece itself where nothing is gained.

    It shares the layers, hence the weights, of the piece.
    """
    made = list(calls(piece))
    tensors = [piece.input, *(call.outputs[0] for call in made)]
    is_chain = all(len(call.inputs) == len(call.args) == 1 and call.inputs[0] is tensor and not _says_more(call.kwargs)
                   for call, tensor in zip(made, tensors, strict=False))
    wide = any(_is_dense(call.operation) and len(call.inputs[0].shape) > 2 for call in made)
    return FlatRows(piece) if is_chain and wide else piece


def _says_more(kwargs: Mapping[str, Any]) -> bool:
    """Return whether a call says more than that there is no mask and no training."""
    return any(value is not None and value is not False for value in kwargs.values())


def _is_dense(layer: Any) -> bool:
    return type(layer) is keras.layers.Dense


class FlatRows(keras.Model):  # type: ignore[misc]
    """A chain of layers in which each run of Dense layers works on a matrix."""

    def __init__(self, piece: Any) -> None:
        super().__init__()
        self.chain = [call.operation for call in calls(piece)]

    def call(self, tensor: Any) -> Any:
        """Return the output of the chain."""
        for is_dense, run in groupby(self.chain, key=_is_dense):
            leading = tuple(tensor.shape[1:-1])
            flat = is_dense and len(leading) > 0
            if flat:
                tensor = keras.ops.reshape(tensor, (-1, tensor.shape[-1]))
            for layer in run:
                tensor = layer(tensor)
            if flat:
                tensor = keras.ops.reshape(tensor, (-1, *leading, tensor.shape[-1]))
        return tensor
