"""Patterns as bit planes: a word holds the state of one component in 64 patterns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]
WORD = 64
BLOCK_WORDS = 1024  # planes of so many words stay in the cache
ALL = np.uint64(2**64 - 1)
LOW = tuple(np.uint64(sum(1 << bit for bit in range(WORD) if not bit >> place & 1)) for place in range(6))


def word_count(patterns: int) -> int:
    """Return how many words hold so many patterns.

    >>> word_count(64), word_count(65)
    (1, 2)
    """
    return -(-patterns // WORD)


def packed(up: Bools) -> Words:
    """Return patterns as planes, shape ``(components, words)``; pattern i is bit ``i % 64`` of word ``i // 64``.

    Args:
        up: Who is up, shape ``(patterns, components)``. Bits of the last word that belong to no pattern are 0.

    >>> packed(np.array([[True], [False], [True]])).tolist()
    [[5]]
    """
    patterns, components = up.shape
    planes = np.zeros((components, 8 * word_count(patterns)), dtype=np.uint8)
    planes[:, : -(-patterns // 8)] = np.packbits(up.T, axis=1, bitorder="little")
    return planes.view("<u8")


def unpacked(planes: Words, patterns: int) -> Bools:
    """Return planes as patterns, shape ``(patterns, planes)``.

    >>> unpacked(np.array([[5]], dtype=np.uint64), 3).tolist()
    [[True], [False], [True]]
    """
    bits = np.unpackbits(planes.view(np.uint8), axis=1, count=patterns, bitorder="little")
    return bits.view(bool).T


def enumerated(components: int, first_word: int, words: int) -> Words:
    """Return the planes of a stretch of all patterns: in pattern r component c is down iff bit c of r is set.

    Args:
        components: How many can fail.
        first_word: The stretch begins with pattern ``64 * first_word``.
        words: Its length, in words.

    >>> unpacked(enumerated(2, 0, 1), 4).tolist()
    [[True, True], [False, True], [True, False], [False, False]]
    """
    planes = np.empty((components, words), dtype=np.uint64)
    place = np.arange(first_word, first_word + words, dtype=np.uint64)
    for component in range(components):
        if component < len(LOW):
            planes[component] = LOW[component]
        else:
            planes[component] = (place >> np.uint64(component - len(LOW)) & np.uint64(1)) - np.uint64(1)
    return planes


def transposed(planes: Words) -> Words:
    """Return the bits of each pattern, plane by plane, shape ``(patterns, planes / 64)``: plane p is bit p.

    Args:
        planes: Shape ``(planes, words)``, planes a multiple of 64; those that are 0 everywhere may follow others.

    The blocks of 8 x 8 bits are turned within a word (Warren, Hacker's Delight, 7-3).
    """
    rows, words = planes.shape
    out = np.zeros((words * WORD, rows // 8), dtype=np.uint8)
    octets = planes.view(np.uint8)
    for group in range(rows // 8):
        eight = octets[8 * group : 8 * group + 8]
        if eight.any():
            out[:, group] = _turned(np.ascontiguousarray(eight.T).view("<u8").reshape(-1)).view(np.uint8)
    return out.view("<u8")


def _turned(blocks: Words) -> Words:
    for shift, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0)):
        moved = blocks >> np.uint64(shift)
        moved ^= blocks
        moved &= np.uint64(mask)
        blocks ^= moved
        moved <<= np.uint64(shift)
        blocks ^= moved
    return blocks
