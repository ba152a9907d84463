"""Joint laws of components that fail together, as tables over the sets of components that are down.

Row d of a table is the probability that exactly the components in the bits of d are down, shape ``(2^components,)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import NoLaw, Up

Floats = NDArray[np.float64]
MOST_DEPENDENT = 20  # components: a table of 2^20 is 8 MB
LATENT_AT_ONCE = 64


def refuse_large(components: int) -> None:
    """Raise NoLaw where a table would be too large."""
    if components > MOST_DEPENDENT:
        raise NoLaw(f"{components} components fail together: the probabilities of {2**components:,} patterns are not "
                    f"worked out, at most {MOST_DEPENDENT} components")


def struck(table: Floats, hits: Sequence[tuple[float, int]]) -> Floats:
    """Return the table after one more cause that, with probability ``chance``, fells one set of components.

    Sums of products of probabilities only: no difference of large numbers, however rare the pattern.

    Args:
        table: Before the cause.
        hits: Probability and set (as bits) of what it may fell; what is left to 1 fells nothing.

    >>> one = np.array([1.0, 0, 0, 0])
    >>> struck(struck(one, [(0.1, 0b01)]), [(0.5, 0b11)]).round(3).tolist()
    [0.45, 0.05, 0.0, 0.5]
    """
    after: Floats = table * (1 - sum(chance for chance, _ in hits))
    down = np.arange(len(table))
    for chance, felled in hits:
        after += chance * np.bincount(down | felled, weights=table, minlength=len(table))
    return after


def mixed(weights: Floats, survival: Floats) -> Floats:
    """Return the table of components that are independent given a latent state: sum of weight times product.

    Args:
        weights: Probability of each latent state, shape ``(states,)``.
        survival: P(up) given the state, shape ``(states, components)``.

    >>> mixed(np.array([0.5, 0.5]), np.array([[1.0, 1.0], [0.0, 0.5]])).tolist()
    [0.5, 0.25, 0.0, 0.25]
    """
    components = survival.shape[1]
    refuse_large(components)
    total: Floats = np.zeros(2**components)
    for first in range(0, len(weights), LATENT_AT_ONCE):
        chunk = slice(first, first + LATENT_AT_ONCE)
        table = weights[chunk, np.newaxis]
        for p in survival[chunk].T:
            table = np.concatenate([table * p[:, np.newaxis], table * (1 - p)[:, np.newaxis]], axis=1)
        total += table.sum(axis=0)
    return total


def looked_up(table: Floats, up: Up) -> Floats:
    """Return log P of each pattern, a row of ``up`` of shape ``(patterns, components)``."""
    with np.errstate(divide="ignore"):
        found: Floats = np.log(table)[~up @ (1 << np.arange(up.shape[1]))]
    return found
