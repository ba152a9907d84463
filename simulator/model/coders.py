"""Codecs inside a Keras model: the arithmetic as a layer, and the trained encoder and decoder of a bottleneck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import TypeAdapter

from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.codecs import Codec, PayloadCodec
from simulator.model.pieces import Shape, adapter_model

ops = keras.ops


@keras.saving.register_keras_serializable(package="simulator")
class CodecLayer(keras.Layer):  # type: ignore[misc]
    """What the receiver has of what was sent; in training with the gradient of the identity (straight through).

    Args:
        codec: The codec, or its plain values.
    """

    def __init__(self, codec: PayloadCodec | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.codec: PayloadCodec = TypeAdapter(Codec).validate_python(codec)

    def call(self, tensor: Any, training: bool | None = None) -> Any:
        """Return the tensor after its codec."""
        received = self.codec.received(tensor, ops)
        return tensor + ops.stop_gradient(received - tensor) if training else received

    def compute_output_shape(self, shape: Sequence[int | None]) -> tuple[int | None, ...]:
        """Return the shape of the input."""
        return tuple(shape)

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "codec": self.codec.model_dump(mode="json", by_alias=True)}


def coder_models(codec: PayloadCodec, name: str, shape: Shape) -> tuple[Any, ...]:
    """Return the trained encoder and decoder of a hyperconnection; nothing for a codec without weights.

    Args:
        codec: The codec.
        name: Name of the hyperconnection.
        shape: Shape of one sample of what is sent, after the adapter.

    Raises:
        ScenarioError: the bottleneck is as wide as the tensor, or wider.
    """
    narrow = codec.narrowed(shape)
    if narrow is None:
        return ()
    if narrow[-1] >= shape[-1]:
        told = f"a {codec.tag!r} on {name!r} is not narrower than its tensor of shape {shape}"
        way_out = f"write a width from 1 to {shape[-1] - 1}" if shape[-1] > 1 else "write another codec"
        raise ScenarioError(Problem("codecs", told, way_out))
    return adapter_model(f"encoder {name}", shape, narrow), adapter_model(f"decoder {name}", narrow, shape)


def crossing(before: Sequence[Any], after: Sequence[Any], codec: PayloadCodec | None) -> Callable[[Any], Any]:
    """Return what a hyperconnection does to a tensor in a Keras model.

    Args:
        before: The sub-models that it passes first, in their order.
        after: The sub-models that it passes last.
        codec: Whose arithmetic it passes between them; None for none.
    """
    layers = [*before, *([] if codec is None else [CodecLayer(codec)]), *after]

    def cross(tensor: Any) -> Any:
        for layer in layers:
            tensor = layer(tensor)
        return tensor

    return cross
