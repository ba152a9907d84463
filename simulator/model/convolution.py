"""Convolutions of what is hardly larger than a pixel, as the matrix products that they are."""

from __future__ import annotations

from typing import Any

from simulator.model.backend import keras

BATCH = -1


@keras.saving.register_keras_serializable(package="simulator")  # so that a network with it can be copied and saved
class Conv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """Keras' convolution, with the same weights and the same answers to float32 rounding.

    Where its padded output is one pixel, most of its kernel only ever meets padding (8 of 9 taps on one pixel). What is
    left is one matrix product, which trains ten times faster than the convolution on a processor.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution of a batch, shape ``(samples, rows, columns, channels)``, with a kernel."""
        sizes = tuple(inputs.shape[1:3])
        if not self._is_product(sizes):
            return super().convolution_op(inputs, kernel)
        rows, columns = (slice(first, first + size) for first, size in
                         zip(map(_padded_before, self.kernel_size, sizes), sizes, strict=True))
        met = keras.ops.reshape(kernel[rows, columns], (BATCH, self.filters))
        return keras.ops.reshape(keras.ops.matmul(keras.ops.reshape(inputs, (BATCH, met.shape[0])), met),
                                 (BATCH, 1, 1, self.filters))

    def _is_product(self, sizes: tuple[int | None, ...]) -> bool:
        """Return whether the kernel is laid once, over all of the input."""
        is_plain = (self.padding == "same" and self.data_format == "channels_last" and self.groups == 1
                    and set(self.dilation_rate) == {1})
        return is_plain and all(size is not None and size <= min(stride, across)
                                for size, across, stride in zip(sizes, self.kernel_size, self.strides, strict=True))


def _padded_before(across: int, size: int) -> int:
    """Return how many taps of a kernel that is laid once over an input lie before it: half of those outside it."""
    return (across - size) // 2
