"""Choosing rows: some of many, evenly spread or balanced over classes, and the reference's split at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.seeds import stream

Rows = NDArray[np.intp]
REFERENCE_SEED = 42


def evenly(rows: Rows, wanted: int | None, key: str) -> Rows:
    """Return so many of the rows, evenly spread over them from the first to the last; all where none are ``wanted``.

    Raises:
        ScenarioError: there are fewer; ``key`` names what was asked.

    >>> evenly(np.arange(10), 4, "data.train_samples").tolist()
    [0, 3, 6, 9]
    """
    if wanted is None:
        return rows
    _enough(len(rows), wanted, key)
    return rows[np.linspace(0, len(rows) - 1, wanted).round().astype(np.intp)]


def reference_halves(count: int) -> tuple[Rows, Rows]:
    """Return the rows for training (80 %) and for the test (10 %) of a shuffle, each in order; a tenth is not used.

    The reference holds out a fifth with scikit-learn's ``train_test_split``, and half of that again; sizes are the
    same. The shuffle is one of ours with the same seed: the bits of scikit-learn's generator are not imitated.

    >>> [len(rows) for rows in reference_halves(343_185)]
    [274548, 34319]
    """
    held_out = -(-count // 5)
    tested = -(-held_out // 2)
    order = stream(REFERENCE_SEED, 0, "data", "reference split").permutation(count)
    return np.sort(order[: count - held_out]), np.sort(order[count - tested :])


def _enough(there: int, wanted: int, key: str) -> None:
    if wanted > there:
        raise ScenarioError(Problem(key, f"{wanted} samples are asked, {there} are there",
                                    f"write at most {there}, or leave it out"))
