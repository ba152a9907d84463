"""What evaluation needs of a model: run one part on a batch. Keras fulfils it, and so does any plain function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
Way = Callable[[Tensor], Tensor]


class PartRunner(Protocol):
    """A split model with given weights, in inference mode: deterministic, sample by sample."""

    def source(self, part: str, samples: NDArray[np.intp]) -> Tensor:
        """Return the source's data for these test samples, shape ``(samples, *shape)``."""

    def send(self, edge: int, output: Tensor, way: Way | None = None) -> Tensor:
        """Return what arrives over an edge: the adapter and the constant weight applied to the source part's output.

        ``way`` is what becomes of values on the way, between sender and receiver; None: they come as they were sent.
        """

    def run(self, part: str, inputs: Sequence[Tensor]) -> Tensor:
        """Return the part's output; ``inputs`` are the taken edges' tensors, all of one shape, and are added."""

    def no_input(self, part: str, rows: int) -> Tensor:
        """Return what a part that fires with no input runs on: zeros in the shape of its input, ``rows`` of them."""

    def predict(self, exit_part: str, output: Tensor) -> NDArray[Any]:
        """Return the answer of each row of an exit's output: a class or, in a regression, a number; ``(samples,)``."""

    def call_rows(self, part: str) -> int:
        """Return how many rows of a part run fastest in one call."""

    def row_bytes(self, part: str) -> int:
        """Return the bytes of one row of the part's output."""


class Labels(Protocol):
    """The truth about the test samples."""

    labels: NDArray[Any]
    groups: NDArray[Any]
