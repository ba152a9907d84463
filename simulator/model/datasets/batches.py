"""The python version of CIFAR-10 is pickled: read it without running what a pickle may call.

A pickle names functions and calls them. Of all names in the world only three get through here, those with which numpy
writes an array, and none of them leads to numpy: ours only take down what they are given, and the array is made after
the pickle has been read. Every other name is refused before anything is imported.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.dataset import Array

TYPES = ("u1", "i1", "i2", "i4", "i8")
SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html"


def read_batch(path: Path) -> tuple[Array, Array]:
    """Return the pictures of one batch, uint8, shape ``(n, 32, 32, 3)``, and their classes, int64.

    Raises:
        ScenarioError: it is not a batch of CIFAR-10, or its pickle calls something else than numpy's arrays.
    """
    try:
        batch = _Batch(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        rows, labels = _array(batch[b"data"]), _array(batch[b"labels"]).astype(np.int64)
        x = rows.reshape(len(labels), 3, 32, 32).transpose(0, 2, 3, 1)
    except _UNREADABLE as error:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} is not a batch of CIFAR-10: {error}",
                                    f"get the python version from {SOURCE}")) from error
    return x.astype(np.uint8), labels


class _Noted:
    """What a pickle says of an array or a type: the words it was called with, and its state."""

    def __init__(self, *words: Any) -> None:
        self.words = words
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        self.state = tuple(state)


class _Name:
    """What a name in a pickle stands for: it can be called, and not be changed."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., _Noted]) -> None:
        self._make = make

    def __call__(self, *words: Any) -> _Noted:
        return self._make(*words)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it changes what a name stands for, which is refused")


class _Batch(pickle.Unpickler):
    """Reads numbers, bytes, text, lists, dictionaries and notes of arrays; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        """Return ours in place of numpy's."""
        if (module, name) in {("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
                              ("numpy", "ndarray"), ("numpy", "dtype")}:
            return _Name(_Noted)
        raise pickle.UnpicklingError(f"it calls {module}.{name}, which is refused")


def _array(noted: Any) -> Array:
    """Return the array of a note, or of a list of numbers."""
    if not isinstance(noted, _Noted):
        return np.asarray(noted, dtype=np.int64)
    _version, shape, kind, is_fortran, data = noted.state
    word = kind.words[0]
    name = word.decode("ascii") if isinstance(word, bytes) else str(word)
    if name not in TYPES:
        raise ValueError(f"it holds an array of {name!r}")
    order = kind.state[1].decode("ascii") if isinstance(kind.state[1], bytes) else str(kind.state[1])
    return np.frombuffer(data, np.dtype(f"{order}{name}")).reshape(shape, order="F" if is_fortran else "C")


# What a damaged or strange pickle can end in.
_UNREADABLE = (OSError, pickle.UnpicklingError, EOFError, KeyError, IndexError, TypeError, ValueError, AttributeError,
               OverflowError, MemoryError, ImportError, RecursionError)
