"""Numbers that the hot path looks up one by one: lists while they are few, flat memory where lists would fill it.

A list of large ints takes 40 bytes a number and is the fastest to read; flat int64 takes 8 and reads half as fast.
"""

from __future__ import annotations

from array import array
from collections.abc import MutableSequence, Sequence

import numpy as np
from numpy.typing import NDArray

MANY = 300_000  # requests in a replication, from which on memory matters more


def indexed(values: NDArray[np.int64]) -> Sequence[int]:
    """Return a column to be indexed: a list, or (when it is long) its own memory; both give ints."""
    return values.tolist() if len(values) < MANY else np.ascontiguousarray(values, dtype=np.int64).data


def held(values: NDArray[np.int64]) -> MutableSequence[int]:
    """Return a column to be indexed and overwritten: a copy."""
    return values.tolist() if len(values) < MANY else array("q", values.astype(np.int64).tobytes())


def filled(value: int, count: int) -> MutableSequence[int]:
    """Return that many equal numbers, to be overwritten with int64."""
    return [value] * count if count < MANY else array("q", [value]) * count
