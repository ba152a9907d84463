"""Keys of several words to small numbers, for many keys at once; equal hashes are never taken for equal keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Numbers = NDArray[np.intp]
ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio (Knuth, The Art of Computer Programming, 6.4)
LEAST_BITS, MOST_BITS, ROOM_BITS = 12, 22, 4


class KeyTable:
    """What is known by key.

    A hash names a slot, a slot the one key that it holds; where that is another key, a dictionary of all is asked.

    Args:
        words: Words of a key.
    """

    def __init__(self, words: int) -> None:
        self.words = words
        self._known: dict[bytes, int] = {}
        self._keys = np.zeros((0, words), dtype=np.uint64)
        self._values = np.zeros(0, dtype=np.intp)
        self._rebuild()

    def values(self, keys: Keys, value_of: Callable[[Sequence[int]], int]) -> Numbers:
        """Return the value of each key, shape ``(keys,)``.

        Args:
            keys: Shape ``(keys, words)``.
            value_of: Asked once for each key that is new, in order of first appearance.
        """
        if not len(keys):
            return np.empty(0, dtype=np.intp)
        if not len(self._keys):
            self._learn(keys[:1], value_of)
        slot = self._slots[self._hash(keys)]
        found: Numbers = self._values[slot]
        same = self._keys[slot, 0] == keys[:, 0]
        for word in range(1, self.words):
            same &= self._keys[slot, word] == keys[:, word]
        if not same.all():
            others = np.flatnonzero(~same)
            found[others] = self._looked_up(keys[others], value_of)
        return found

    def _looked_up(self, keys: Keys, value_of: Callable[[Sequence[int]], int]) -> Numbers:
        """Return the values of keys that are not in their slots; new ones are learned."""
        _, first, row = np.unique(_as_items(keys), return_index=True, return_inverse=True)
        order = np.argsort(first)
        distinct = keys[first[order]]
        unknown = [key.tobytes() not in self._known for key in distinct]
        self._learn(distinct[unknown], value_of)
        values = np.empty(len(order), dtype=np.intp)
        values[order] = [self._known[key.tobytes()] for key in distinct]
        found: Numbers = values[row.reshape(-1)]
        return found

    def _learn(self, keys: Keys, value_of: Callable[[Sequence[int]], int]) -> None:
        if not len(keys):
            return
        new = [value_of(key) for key in keys.tolist()]
        self._known |= {key.tobytes(): value for key, value in zip(keys, new, strict=True)}
        self._keys = np.concatenate([self._keys, keys])
        self._values = np.concatenate([self._values, np.array(new, dtype=np.intp)])
        self._rebuild()

    def _rebuild(self) -> None:
        self._bits = min(MOST_BITS, max(LEAST_BITS, len(self._keys).bit_length() + ROOM_BITS))
        self._slots = np.zeros(1 << self._bits, dtype=np.int32)
        self._slots[self._hash(self._keys)] = np.arange(len(self._keys))

    def _hash(self, keys: Keys) -> NDArray[np.int64]:
        mixed = keys[:, 0] * ODD
        for word in range(1, self.words):
            mixed ^= mixed >> np.uint64(29)
            mixed += keys[:, word]
            mixed *= ODD
        mixed >>= np.uint64(64 - self._bits)
        return mixed.view(np.int64)


def _as_items(keys: Keys) -> NDArray[np.generic]:
    """Return each key as one item that can be sorted."""
    rows = np.ascontiguousarray(keys)
    return rows[:, 0] if rows.shape[1] == 1 else rows.view(f"V{8 * rows.shape[1]}").reshape(-1)
