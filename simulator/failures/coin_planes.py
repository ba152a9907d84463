"""Coins as bit planes: the same draws as ``tossed``, block by block, 64 requests in a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.seeds import Streams

Words = NDArray[np.uint64]
WORD = 64
BLOCK_WORDS = 1024


def tossed_planes(
    streams: Streams, purpose: str, components: Sequence[str], survival: NDArray[np.float64], requests: int
) -> Iterator[tuple[Words, int]]:
    """Yield blocks of coins as planes, shape ``(components, words)``, and how many requests are in each.

    Request i has bit ``i % 64`` of word ``i // 64``, counted over all blocks, and the same coins as
    ``simulator.failures.independent.tossed`` gives it. Bits of the last word that belong to no request are 0.
    """
    dice = [streams.of(name, purpose) for name in components]
    drawn = np.empty(BLOCK_WORDS * WORD)
    for begin in range(0, requests, len(drawn)):
        count = min(len(drawn), requests - begin)
        words = -(-count // WORD)
        planes = np.zeros((len(dice), 8 * words), dtype=np.uint8)
        for row, (one, chance) in enumerate(zip(dice, survival, strict=True)):
            bits = np.packbits(one.random(out=drawn[:count]) < chance, bitorder="little")
            planes[row, : len(bits)] = bits
        yield planes.view("<u8"), count
