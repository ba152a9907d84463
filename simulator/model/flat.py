"""The same numbers in a third of the time: Dense layers on pictures as one matrix product.

A Dense layer acts on the last axis. On a tensor of more than two axes the backends multiply one small matrix for each
row of each picture; with the leading axes laid out as one it is a single large product.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from simulator.model.backend import keras


def with_flat_rows(piece: Any) -> Any:
    """Return a model that predicts what a part's chain of layers does; the piece itself where nothing is gained.

    It shares the layers, hence the weights, of the piece.
    """
    wide = any(_is_dense(layer) and len(layer.input.shape) > 2 for layer in piece.layers)
    return FlatRows(piece) if wide else piece


def _is_dense(layer: Any) -> bool:
    return type(layer) is keras.layers.Dense


class FlatRows(keras.Model):  # type: ignore[misc]
    """A chain of layers in which each run of Dense layers works on a matrix."""

    def __init__(self, piece: Any) -> None:
        super().__init__()
        self.chain = [layer for layer in piece.layers if not isinstance(layer, keras.layers.InputLayer)]

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
