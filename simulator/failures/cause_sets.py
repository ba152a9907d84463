"""Laws by causes of processes whose strikes fell sets: shocks with marks, and sets of components that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cause_law import CauseLaw
from simulator.failures.process import NoLaw

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MOST_SETS = 4096


def refuse_many_sets(sets: int, components: int) -> None:
    """Raise NoLaw where there would be a cause for each of too many sets."""
    if sets > MOST_SETS:
        raise NoLaw(f"{components} components are hit together in {sets:,} sets, each a cause of its own: at most "
                    f"{MOST_SETS:,} are gone through")


def sets_of_marks(name: str, chance: Floats, spared: Floats) -> tuple[tuple[str, ...], Bools, Floats]:
    """Return the sets that one strike may fell, and their probabilities; the empty set is left out.

    Args:
        name: Of the shock; its sets are numbered if they are several.
        chance: Probability of each mark, shape ``(marks,)``.
        spared: P(not hit | mark) of each component, shape ``(marks, components)``.

    Returns:
        Names of the sets; whom each fells, shape ``(sets, components)``; probabilities, shape ``(sets,)``.
    """
    open_to_chance = np.flatnonzero(((spared > 0) & (spared < 1)).any(axis=0))
    refuse_many_sets(2 ** len(open_to_chance), spared.shape[1])
    sets: dict[bytes, float] = {}
    for hits in (np.arange(2 ** len(open_to_chance))[:, np.newaxis] >> np.arange(len(open_to_chance))) & 1 == 1:
        felled = spared < 0.5
        felled[:, open_to_chance] = hits
        likely = np.where(hits, 1 - spared[:, open_to_chance], spared[:, open_to_chance]).prod(axis=1) * chance
        for row, p in zip(felled, likely.tolist(), strict=True):
            if p > 0 and row.any():
                sets[row.tobytes()] = sets.get(row.tobytes(), 0.0) + p
        refuse_many_sets(len(sets), spared.shape[1])
    fells = np.frombuffer(b"".join(sets), dtype=bool).reshape(len(sets), spared.shape[1])
    names = (name,) if len(sets) == 1 else tuple(f"{name} {place}" for place in range(1, len(sets) + 1))
    return names, fells, np.array(list(sets.values()))


def alike(components: Sequence[str], chance: Floats, alone: float) -> CauseLaw:
    """Return the law of components that are alike: a cause for each set, all sets of a size as likely.

    Args:
        components: Their names.
        chance: P(the cause of one given set of k at work), k = 0, 1, ..., shape ``(components + 1,)``.
        alone: P(down for itself) besides, of each.

    Raises:
        NoLaw: there are more than 4,096 sets that can be felled.
    """
    names, count = tuple(components), len(components)
    refuse_many_sets(sum(comb(count, size) for size in range(1, count + 1) if chance[size] > 0), count)
    sets: list[tuple[int, ...]] = []
    chances: list[float] = []
    for size in range(1, count + 1):
        both = chance[size] if size > 1 else 1 - (1 - chance[1]) * (1 - alone)
        if both > 0:
            members = list(combinations(range(count), size))
            sets, chances = sets + members, chances + [float(both)] * len(members)
    fells = np.zeros((len(sets), count), dtype=bool)
    for row, members_of in enumerate(sets):
        fells[row, list(members_of)] = True
    causes = tuple(" ".join(names[place] for place in members_of) for members_of in sets)
    return CauseLaw(names, causes, fells, np.ones(1), np.array([chances]))
