"""What an exit's softmax takes: an expansion of scores is honest there, and not in probabilities or a loss."""

from __future__ import annotations

from typing import Any

from simulator.model.backend import arrays_of, keras

layers = keras.layers


def before_softmax(part: Any) -> Any:
    """Return a part without the softmax it ends in, with the weights it has now; the part itself where it has none.

    Args:
        part: A sub-model with one input and one output.
    """
    end = part.layers[-1]
    if isinstance(end, layers.Softmax) or (isinstance(end, layers.Activation) and _is_softmax(end)):
        return keras.Model(part.input, end.input)
    if not _is_softmax(end):
        return part
    plain = type(end).from_config({**end.get_config(), "activation": "linear"})
    scores = plain(end.input)
    plain.set_weights(arrays_of(end))
    return keras.Model(part.input, scores)


def _is_softmax(layer: Any) -> bool:
    return getattr(layer, "activation", None) is keras.activations.softmax
