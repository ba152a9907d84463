"""Choosing rows: some of many, evenly spread or balanced over classes, and the reference's split at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.seeds import stream

Rows = NDArray[np.intp]
Labels = NDArray[np.int64]
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


def balanced(y: Labels, wanted: int | None, key: str) -> Rows:
    """Return so many rows, the first of each class and as many of each; all where none are ``wanted``, in order.

    A class that has fewer gives all, and the others fill up; what cannot be divided goes to the first classes.

    Args:
        y: The class of each row, from 0.
        wanted: How many rows.
        key: What was asked, for people.

    Raises:
        ScenarioError: there are fewer.

    >>> balanced(np.array([0, 0, 0, 1, 2, 2, 2]), 5, "data.train_samples").tolist()
    [0, 1, 3, 4, 5]
    """
    if wanted is None:
        return np.arange(len(y))
    _enough(len(y), wanted, key)
    there = np.bincount(y)
    quota = np.zeros_like(there)
    while (rest := wanted - int(quota.sum())) > 0:
        unfilled = np.flatnonzero(quota < there)
        share = rest // len(unfilled)
        fed = unfilled if share else unfilled[:rest]
        quota[fed] = np.minimum(quota[fed] + max(share, 1), there[fed])
    order = np.argsort(y, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(y)) - (np.cumsum(there) - there)[y[order]]
    return np.flatnonzero(rank < quota[y])


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
