"""Fast transforms of tables over all patterns: n passes over 2^n numbers, on the last axis of an array.

**What a table is.** In row r component c is *down* iff bit c of r is set, as in ``expect.exact.Patterns``: row 0 is all
up, the last row all down. **What a transform returns** is indexed by sets: entry S belongs to the components whose bits
are set in S; entry 0 is the empty set. Textbooks write x_i = 1 for up, and so do the formulas here: f(1_i) is a row
with bit i clear. Failure is given as q = P(down), not as p = 1 - q, for a q of 1e-12 has no digits left in 1 - q.

Tables of a loss (0 where all are up) keep the relative precision of rare failures, for no sum has a large term.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def components_of(table: Floats) -> int:
    """Return of how many components a table is.

    Raises:
        ValueError: its last axis is not a power of two long.
    """
    rows = int(table.shape[-1])
    if rows < 1 or rows & (rows - 1):
        raise ValueError(f"a table over all patterns has 2^components rows, got {rows}")
    return rows.bit_length() - 1


def moebius(table: Floats) -> Floats:
    """Return m with f(x) = sum over S of m_S prod of x_i, i in S, where x_i is 1 for up: along each bit (d, u - d)."""
    found = np.array(table, dtype=np.float64)
    for bit in range(components_of(found)):
        up, down = halves(found, bit)
        kept = up - down
        up[...] = down
        down[...] = kept
    return found


def zeta(coefficients: Floats) -> Floats:
    """Return the table of which ``moebius`` gives these coefficients: along each bit (m_0 + m_1, m_0)."""
    found = np.array(coefficients, dtype=np.float64)
    for bit in range(components_of(found)):
        without, with_it = halves(found, bit)
        with_it += without
        kept = without.copy()
        without[...] = with_it
        with_it[...] = kept
    return found


def expected_differences(table: Floats, failure: Floats) -> Floats:
    """Return D with D_S = E[the difference up - down of f along every component of S]: along each bit (E, u - d).

    D_0 is E f, D_{i} Birnbaum's importance, D_{ij} the joint one; no division, so a q of 0 or 1 is no special case.

    Args:
        table: f by pattern, shape ``(..., 2^components)``.
        failure: q = P(down) of each component, shape ``(components,)``; components are independent.
    """
    found = np.array(table, dtype=np.float64)
    for bit in range(components_of(found)):
        up, down = halves(found, bit)
        difference = up - down
        up -= failure[bit] * difference
        down[...] = difference
    return found


def walsh(table: Floats, failure: Floats) -> Floats:
    """Return c_S = E[f prod of (x_i - p_i) / sqrt(p_i q_i), i in S], the p-biased Walsh coefficients.

    c_0 = E f, and the sum of all other squares is Var f (Parseval): what is shared out as shares of variance.
    """
    found = np.array(table, dtype=np.float64)
    scale = np.sqrt(failure * (1 - failure))
    for bit in range(components_of(found)):
        up, down = halves(found, bit)
        difference = up - down
        up -= failure[bit] * difference
        np.multiply(difference, scale[bit], out=down)
    return found


def averaged(table: Floats, failure: Floats, over: Sequence[int]) -> Floats:
    """Return E f given the components that are left: a table over them, in their order, all others averaged out.

    Args:
        table: f by pattern, shape ``(..., 2^components)``.
        failure: q of each component, shape ``(components,)``; only those averaged over are looked at.
        over: The bits to average over.
    """
    found = np.asarray(table, dtype=np.float64)
    for bit in sorted(over, reverse=True):
        up, down = halves(found, bit)
        found = (up + failure[bit] * (down - up)).reshape(*found.shape[:-1], -1)
    return found


def sizes(components: int) -> Ints:
    """Return how many bits are set in each row: the size of its set, or how many are down.

    >>> sizes(2).tolist()
    [0, 1, 1, 2]
    """
    found = np.zeros(1, dtype=np.int64)
    for _ in range(components):
        found = np.concatenate([found, found + 1])
    return found


def sums_of_members(values: Floats) -> Floats:
    """Return for each component the sum over the sets that it is in, shape ``(..., components)``."""
    return np.stack([halves(values, bit)[1].sum(axis=(-2, -1)) for bit in range(components_of(values))], axis=-1)


def halves(table: Floats, bit: int) -> tuple[Floats, Floats]:
    """Return the rows where a bit is clear (the component is up) and where it is set, as views of the table."""
    pairs = table.reshape(*table.shape[:-1], -1, 2, 1 << bit)
    return pairs[..., 0, :], pairs[..., 1, :]


def probabilities(failure: Floats) -> Floats:
    """Return P(pattern) of independent components, shape ``(2^components,)``."""
    found = np.ones(1)
    for q in failure:
        found = np.concatenate([found * (1 - q), found * q])
    return found
