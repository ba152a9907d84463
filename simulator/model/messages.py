"""A message: one tensor as it is, or several that cross together, laid end to end in one vector.

Part inputs and outputs are messages, so joins, failout, adapters and byte counts need not know how many tensors a cut
has. The layers below compute nothing: they copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from simulator.model.backend import keras
from simulator.model.nodes import walk
from simulator.model.pieces import adapter_model
from simulator.model.regions import legal

ops = keras.ops
Shape = tuple[int, ...]
MESSAGE_DTYPE = "float32"


def packed_shape(shapes: Sequence[Shape]) -> Shape:
    """Return the shape of one sample of a message.

    >>> packed_shape([(8, 8, 3)]), packed_shape([(8, 8, 3), (10,)])
    ((8, 8, 3), (202,))
    """
    return tuple(shapes[0]) if len(shapes) == 1 else (sum(map(prod, shapes)),)


def is_plain(dtypes: Sequence[str]) -> bool:
    """Return whether a message of tensors of these types is the tensor itself."""
    return len(dtypes) == 1 and dtypes[0] == MESSAGE_DTYPE


@keras.saving.register_keras_serializable(package="simulator")
class Pack(keras.Layer):  # type: ignore[misc]
    """Tensors to a message of float32: one as it is, several as one vector a sample."""

    def call(self, inputs: Sequence[Any]) -> Any:
        """Return the message."""
        cast = [ops.cast(tensor, MESSAGE_DTYPE) for tensor in inputs]
        if len(cast) == 1:
            return cast[0]
        return ops.concatenate([ops.reshape(tensor, (-1, prod(tensor.shape[1:]))) for tensor in cast], axis=1)


@keras.saving.register_keras_serializable(package="simulator")
class Unpack(keras.Layer):  # type: ignore[misc]
    """A message to its tensors.

    Args:
        shapes: Shape of one sample of each.
        dtypes: Type of each.
    """

    def __init__(self, shapes: Sequence[Shape], dtypes: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shapes = [tuple(shape) for shape in shapes]
        self.dtypes = list(dtypes) or [MESSAGE_DTYPE] * len(self.shapes)

    def call(self, inputs: Any) -> list[Any]:
        """Return the tensors."""
        if len(self.shapes) == 1:
            return [ops.cast(inputs, self.dtypes[0])]
        made, start = [], 0
        for shape, dtype in zip(self.shapes, self.dtypes, strict=True):
            flat = inputs[:, start : start + prod(shape)]
            made.append(ops.cast(ops.reshape(flat, (-1, *shape)), dtype))
            start += prod(shape)
        return made

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "shapes": self.shapes, "dtypes": self.dtypes}


@keras.saving.register_keras_serializable(package="simulator")
class Place(keras.Layer):  # type: ignore[misc]
    """One tensor of a message at its place in it, zeros elsewhere: what several senders send adds up to the message.

    The receiver does this, so what travels is the tensor alone.

    Args:
        before: How many numbers of the message come before it.
        after: How many come after it.
    """

    def __init__(self, before: int, after: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.before, self.after = before, after

    def call(self, inputs: Any) -> Any:
        """Return the message with nothing but this tensor."""
        flat = ops.reshape(inputs, (-1, prod(inputs.shape[1:])))
        return ops.pad(flat, ((0, 0), (self.before, self.after)))

    def get_config(self) -> dict[str, Any]:
        """Return plain values from which the layer is built again."""
        return {**super().get_config(), "before": self.before, "after": self.after}


def is_placed(adapter: Any) -> bool:
    """Return whether an adapter is the receiver's: it puts the tensor that came at its place in a message."""
    return any(isinstance(layer, Place) for layer in adapter.layers)


def sent_shape(adapter: Any) -> Shape:
    """Return the shape of one sample of what an adapter sends: what comes out of it, or went into its ``Place``."""
    return tuple((adapter.input if is_placed(adapter) else adapter.output).shape[1:])


def place_model(name: str, tensor: str, message: Mapping[str, Shape]) -> Any | None:
    """Return the model that puts one sender's tensor at its place in a message; None where it is the whole message."""
    if len(message) == 1:
        return None
    names = list(message)
    sizes = [prod(shape) for shape in message.values()]
    number = names.index(tensor)
    start = keras.Input(message[tensor])
    return keras.Model(start, Place(sum(sizes[:number]), sum(sizes[number + 1:]))(start), name=legal(name))


def message_adapter(name: str, held: Mapping[str, Shape], carried: Sequence[str],
                    wanted: Mapping[str, Shape]) -> Any | None:
    """Return the linear model from what a part holds to the message that another part wants; None where it is that.

    A wanted tensor that is carried is copied. Any other is made of the last carried tensor with as many axes, or of the
    last: by ``adapter_model``, or, between equal shapes, by one such layer that starts as the identity: in a network
    that was not built for it, an equal shape is not yet an equal meaning.

    Args:
        name: Name of the model.
        held: What the sender's output consists of, in order.
        carried: The tensors of it that this hyperconnection carries.
        wanted: What the receiver's input consists of, in order.
    """
    if list(held) == list(wanted):
        return None
    start = keras.Input(packed_shape(list(held.values())))
    tensors = dict(zip(held, Unpack(list(held.values()))(start) if len(held) > 1 else [start], strict=True))
    ends = [_made(tensors, carried, tensor, shape) for tensor, shape in wanted.items()]
    return keras.Model(start, ends[0] if len(ends) == 1 else Pack()(ends), name=legal(name))


def _made(tensors: Mapping[str, Any], carried: Sequence[str], wanted: str, shape: Shape) -> Any:
    if wanted in carried:
        return tensors[wanted]
    alike = [tensor for tensor in carried if len(tensors[tensor].shape) == len(shape) + 1]
    return linear(tensors[(alike or list(carried))[-1]], shape)


def linear(tensor: Any, wanted: Shape) -> Any:
    """Return a tensor of a shape that is linear in a tensor: the layers of ``adapter_model``, or one of their kind."""
    adapter = adapter_model("adapter", tuple(tensor.shape[1:]), wanted)
    if adapter is not None:
        return walk(adapter, [tensor], lambda call: [call.operation(*call.args, **call.kwargs)])[0]
    pictures = {3: keras.layers.Conv1D, 4: keras.layers.Conv2D, 5: keras.layers.Conv3D}
    layer = pictures.get(len(tensor.shape))
    made = keras.layers.Dense(wanted[-1]) if layer is None else layer(wanted[-1], 1, use_bias=False)
    same = made(tensor)
    made.kernel.assign(ops.reshape(ops.eye(wanted[-1]), made.kernel.shape))
    return same
