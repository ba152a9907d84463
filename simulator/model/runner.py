"""Run one part of a split model on a batch, fast: compiled functions, one fixed shape each, rows padded to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.model.backend import compiles, predicted
from simulator.model.before_softmax import before_softmax
from simulator.model.codecs import FLOAT32, InferenceCodec, PayloadCodec, received_rows
from simulator.model.datasets.dataset import TargetScale
from simulator.model.flat import with_flat_rows
from simulator.model.split import SplitModel
from simulator.model.work import activations, sample_bytes

Tensor = NDArray[np.float32]
CHUNK_BYTES = 4 << 20  # a chunk's widest tensor; it should stay in the cache between two layers
CHUNK_ROWS = (16, 1024)


class KerasRunner:
    """A split model with its test data, in inference mode (fulfils ``evaluate.runner.PartRunner``).

    Args:
        split: The model with its weights.
        x_test: Test samples, shape ``(samples, *shape)``.
        target: What exits of a regression are numbers of; None: they score classes.
    """

    def __init__(self, split: SplitModel, x_test: NDArray[Any], target: TargetScale | None = None) -> None:
        self.split, self.target = split, target
        self.data = split.inputs_of(x_test)
        self.calls = {name: _Call(piece) for name, piece in split.parts.items()}
        pieces = {edge: split.pieces_on(edge) for edge in split.codecs}
        self._sends = {edge: [_Call(piece) for piece in before] for edge, (before, _) in pieces.items()}
        self._places = {edge: [_Call(piece) for piece in after] for edge, (_, after) in pieces.items()}
        self.codecs: dict[int, PayloadCodec] = dict(split.codecs)

    @property
    def has_arithmetic(self) -> bool:
        """Whether a codec without weights of its own changes a message."""
        return any(isinstance(codec, InferenceCodec) for codec in self.codecs.values())

    def without_arithmetic(self) -> KerasRunner:
        """Return a runner of the same pieces that leaves such codecs out; a bottleneck, which is trained, stays."""
        plain = copy(self)
        plain.codecs = dict.fromkeys(self.codecs, FLOAT32)
        return plain

    def scoring(self) -> KerasRunner:
        """Return a runner of the same pieces whose exits put out what their softmax takes."""
        plain, split = copy(self), self.split
        plain.calls = self.calls | {name: _Call(before_softmax(split.parts[name])) for name in split.graph.exits}
        return plain

    def source(self, part: str, samples: NDArray[np.intp]) -> Tensor:
        """Return the source's data for these test samples, shape ``(samples, *shape)``."""
        rows: Tensor = self.data[part][samples]
        return rows

    def send(self, edge: int, output: Tensor, way: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """Return what arrives over an edge for the source part's output.

        The sender adapts and encodes, the receiver decodes and applies the constant weight; ``way`` is what becomes of
        the decoded values in between.
        """
        sent = output
        for call in self._sends[edge]:
            sent = call([sent])
        sent = received_rows(self.codecs[edge], sent)
        sent = sent if way is None else way(sent)
        for call in self._places[edge]:
            sent = call([sent])
        weight = self.split.graph.edges[edge].weight
        return sent if weight == 1 else sent * np.float32(weight)

    def run(self, part: str, inputs: Sequence[Tensor]) -> Tensor:
        """Return the part's output; ``inputs`` are the taken edges' tensors, all of one shape, and are added."""
        return self.calls[part](inputs)

    def no_input(self, part: str, rows: int) -> Tensor:
        """Return zeros in the shape of the part's input, ``rows`` of them, in the memory of one number."""
        return np.broadcast_to(np.float32(0), (rows, *self.split.parts[part].input.shape[1:]))

    def predict(self, exit_part: str, output: Tensor) -> NDArray[Any]:
        """Return the answer of each row of an exit's output, its class or its number, shape ``(samples,)``."""
        if self.target:
            return self.target.numbers(output[:, 0])
        classes: NDArray[np.intp] = np.argmax(output, axis=1)
        return classes

    def call_rows(self, part: str) -> int:
        """Return how many rows of a part run fastest in one call: those of its compiled batch."""
        return self.calls[part].rows

    def row_bytes(self, part: str) -> int:
        """Return the bytes of one row of the part's output."""
        return sample_bytes(self.split.shapes[part])


class _Call:
    """A sub-model compiled for one batch shape; padded with old rows whose outputs are dropped.

    The batch is small enough for the cache: on pictures 32 rows take a third of the time per row of 1,000 rows.
    """

    def __init__(self, piece: Any) -> None:
        widest = max(sample_bytes(tensor.shape[1:]) for tensor in activations(piece))
        self.rows = int(np.clip(CHUNK_BYTES // widest, *CHUNK_ROWS))
        self._piece = with_flat_rows(piece)
        self._batch: Tensor = np.zeros((self.rows, *piece.input.shape[1:]), np.float32)
        self._piece.compile(jit_compile=compiles())

    def __call__(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the outputs of the sum of the inputs, shape ``(rows, *output)``."""
        chunks = [slice(start, start + self.rows) for start in range(0, max(1, len(inputs[0])), self.rows)]
        made = [self._run([tensor[chunk] for tensor in inputs]) for chunk in chunks]
        return made[0] if len(made) == 1 else np.concatenate(made)

    def _run(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the outputs of at most one batch."""
        count = len(inputs[0])
        if count == self.rows and len(inputs) == 1:
            return predicted(self._piece, inputs[0])
        here = self._batch[:count]
        np.copyto(here, inputs[0])
        for tensor in inputs[1:]:
            np.add(here, tensor, out=here)
        part = predicted(self._piece, self._batch)[:count]
        # Layers that only reshape may hand the batch itself back, which the next call writes over.
        return part.copy() if np.may_share_memory(part, self._batch) else part
