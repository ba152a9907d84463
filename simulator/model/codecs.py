"""Payload codecs: what a message weighs on the wire, and what comes out of it at the receiver.

A codec acts on one sample's tensor, after the sender's adapter; the receiver's join multiplies by the constant weight.
Sample by sample and without dice. The arithmetic is written once, for numpy and for ``keras.ops``.
"""

from __future__ import annotations

from abc import abstractmethod
from math import prod
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block

Shape = tuple[int, ...]
FLOAT_BYTES, HALF_BYTES = 4, 2
LARGEST_HALF = 65504.0
LEVELS = 255  # steps between the smallest and the largest of 256 levels
SHORT_INDEX_VALUES = 65_536  # up to so many values an index fits two bytes
ROWS_BYTES = 4 << 20  # coded at once; it should stay in the cache

NUMPY = SimpleNamespace(abs=np.abs, all=np.all, cast=lambda tensor, dtype: tensor.astype(dtype), clip=np.clip,
                        cumsum=np.cumsum, max=np.max, min=np.min, reshape=np.reshape, round=np.round, sort=np.sort,
                        sum=np.sum, where=np.where)


class PayloadCodec(Block):
    """What all codecs say of themselves."""

    @property
    @abstractmethod
    def tag(self) -> str:
        """What a delivery calls it; empty for the tensor as it is."""

    @abstractmethod
    def message_bytes(self, shape: Shape) -> int:
        """Return the bytes of the message of one sample of that shape."""

    def received(self, tensor: Any, ops: Any = NUMPY) -> Any:
        """Return what the receiver has of tensors of shape ``(samples, *shape)``, float32.

        Args:
            tensor: What was sent.
            ops: Whose arithmetic: numpy's (``NUMPY``) or ``keras.ops``.
        """
        return tensor

    def narrowed(self, shape: Shape) -> Shape | None:
        """Return the shape that a trained encoder sends, None where nothing is trained."""
        return None

    @property
    def shapes_training(self) -> bool:
        """Whether trained weights depend on it."""
        return False


class InferenceCodec(PayloadCodec):
    """A codec without weights: used in inference only, unless the training is to know it.

    Args:
        in_training: Whether it also acts while the weights are trained; its gradient is then that of the identity.
    """

    in_training: bool = False

    @property
    def shapes_training(self) -> bool:
        """Whether it acts in training."""
        return self.in_training


@final
class Float32(PayloadCodec):
    """The tensor as it is: four bytes a value."""

    kind: Literal["float32"] = "float32"

    @property
    def tag(self) -> str:
        """Nothing: the tensor is unchanged."""
        return ""

    def message_bytes(self, shape: Shape) -> int:
        """Return four bytes a value."""
        return FLOAT_BYTES * prod(shape)


@final
class Float16(InferenceCodec):
    """Half precision, two bytes a value: rounded to nearest even; beyond 65,504 it saturates."""

    kind: Literal["float16"]

    @property
    def tag(self) -> str:
        """Its name."""
        return "float16"

    def message_bytes(self, shape: Shape) -> int:
        """Return two bytes a value."""
        return HALF_BYTES * prod(shape)

    def received(self, tensor: Any, ops: Any = NUMPY) -> Any:
        """Return each value rounded to half precision."""
        half = ops.cast(ops.clip(tensor, -LARGEST_HALF, LARGEST_HALF), "float16")
        return ops.cast(half, "float32")


@final
class Int8(InferenceCodec):
    """Affine quantisation of each sample to 256 levels: one byte a value, and the least value and the scale in float32.

    With low = min x and scale = (max x - low) / 255 the byte is q = round((x - low) / scale), and low + scale q is
    received: at most scale / 2 away. The zeros of a ReLU stay zeros, and a constant tensor is exact.
    """

    kind: Literal["int8"]

    @property
    def tag(self) -> str:
        """Its name."""
        return "int8"

    def message_bytes(self, shape: Shape) -> int:
        """Return one byte a value and eight for the least value and the scale."""
        return prod(shape) + 2 * FLOAT_BYTES

    def received(self, tensor: Any, ops: Any = NUMPY) -> Any:
        """Return each value rounded to the nearest of its sample's 256 levels."""
        axes = tuple(range(1, len(tensor.shape)))
        low = ops.min(tensor, axis=axes, keepdims=True)
        scale = (ops.max(tensor, axis=axes, keepdims=True) - low) / LEVELS
        steps = ops.round((tensor - low) / ops.where(scale > 0, scale, 1.0))
        return low + steps * scale


@final
class TopK(InferenceCodec):
    """The largest magnitudes of each sample and where they are; the receiver takes the others for zero.

    Of equal magnitudes the one of the lower index is kept. A value takes four bytes, its index two, or four where the
    tensor has more than 65,536 values.

    Args:
        share: Share of the values that is kept, at least one value.
        k: How many are kept, instead of a share; all, where there are no more.
    """

    kind: Literal["top_k"]
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    k: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.share is None) == (self.k is None):
            raise ValueError("write either share: 0.1 or k: 32")
        return self

    @property
    def tag(self) -> str:
        """Its name with what is kept."""
        return f"top_k {self.share}" if self.k is None else f"top_k k={self.k}"

    def kept(self, shape: Shape) -> int:
        """Return how many values of a sample are sent."""
        size = prod(shape)
        return min(size, max(1, round((self.share or 0) * size)) if self.k is None else self.k)

    def message_bytes(self, shape: Shape) -> int:
        """Return the bytes of the values kept and of their indices."""
        index_bytes = 2 if prod(shape) <= SHORT_INDEX_VALUES else 4
        return self.kept(shape) * (FLOAT_BYTES + index_bytes)

    def received(self, tensor: Any, ops: Any = NUMPY) -> Any:
        """Return the values kept in their places, and zeros."""
        shape = tuple(tensor.shape[1:])
        size, kept = prod(shape), self.kept(shape)
        if kept == size:
            return tensor
        flat = ops.reshape(tensor, (-1, size))
        magnitude = ops.abs(flat)
        least = ops.sort(magnitude, axis=1)[:, size - kept : size - kept + 1]
        above, ties = magnitude > least, ops.cast(magnitude == least, "int32")
        room = kept - ops.sum(ops.cast(above, "int32"), axis=1, keepdims=True)
        stays = above | ((ties > 0) & (ops.cumsum(ties, axis=1) <= room))
        return ops.reshape(ops.where(stays, flat, 0.0), (-1, *shape))


@final
class Bottleneck(PayloadCodec):
    """A linear encoder at the sender and a linear decoder at the receiver, trained with the network.

    Vectors pass a Dense layer each way, pictures and sequences a 1 x 1 convolution; what travels is float32.

    Args:
        width: Channels of what travels (values, of a vector); fewer than the tensor has.
    """

    kind: Literal["bottleneck"]
    width: Annotated[int, Field(ge=1)]

    @property
    def tag(self) -> str:
        """Its name with its width."""
        return f"bottleneck {self.width}"

    def message_bytes(self, shape: Shape) -> int:
        """Return four bytes for each channel of each place."""
        return FLOAT_BYTES * self.width * prod(shape[:-1])

    def narrowed(self, shape: Shape) -> Shape:
        """Return the shape with fewer channels."""
        return (*shape[:-1], self.width)

    @property
    def shapes_training(self) -> bool:
        """Always: it is trained."""
        return True


def _block_of_name(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Kinds = Annotated[Float32 | Float16 | Int8 | TopK | Bottleneck, Field(discriminator="kind")]
Codec = Annotated[
    Kinds, BeforeValidator(_block_of_name, json_schema_input_type=Kinds | Literal["float32", "float16", "int8"])]
FLOAT32 = Float32()


def received_rows(codec: PayloadCodec, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the receiver has of many samples, coded in batches that stay in the cache.

    It is the tensor itself where the codec changes nothing.
    """
    rows = max(1, ROWS_BYTES // max(1, FLOAT_BYTES * prod(tensor.shape[1:])))
    start = tensor[:rows]
    first: NDArray[np.float32] = codec.received(start)
    if first is start:
        return tensor
    if len(tensor) <= rows:
        return first
    whole = np.empty_like(tensor)
    whole[:rows] = first
    for row in range(rows, len(tensor), rows):
        whole[row : row + rows] = codec.received(tensor[row : row + rows])
    return whole
