"""Calls that run each part of a split model on one sample, for whoever wants to time them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from simulator.model.backend import compiles, predicted
from simulator.model.split import SplitModel
from simulator.seeds import stream


def part_calls(split: SplitModel) -> dict[str, Callable[[], object]]:
    """Return, for each part, a call that runs it once on a batch of one sample of noise; compiled by its first call."""
    dice = stream(0, 0, "profile", "sample")
    calls: dict[str, Callable[[], object]] = {}
    for name, piece in split.parts.items():
        piece.compile(jit_compile=compiles())
        sample = dice.standard_normal((1, *piece.input.shape[1:])).astype(np.float32)

        def call(piece: object = piece, sample: np.ndarray = sample) -> object:
            return predicted(piece, sample)

        calls[name] = call
    return calls
