"""Laws by causes put together: independent of each other, over the same or other components."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.failures.cause_law import CauseLaw
from simulator.failures.process import NoLaw

MOST_CELLS = 2**22  # states times causes: 32 MB of chances


def united_causes(laws: Sequence[CauseLaw], components: Sequence[str]) -> CauseLaw:
    """Return the law of independent laws laid over each other: all their causes, and the product of their states.

    Args:
        laws: Of some of the components each.
        components: Names of all components.

    Raises:
        NoLaw: states and causes are too many.
    """
    names = tuple(components)
    total = CauseLaw(names, (), np.zeros((0, len(names)), dtype=bool), np.ones(1), np.zeros((1, 0)))
    for law in laws:
        states, causes = len(total.weight) * len(law.weight), len(total.causes) + len(law.causes)
        if states * causes > MOST_CELLS:
            raise NoLaw(f"what fails together has {states:,} latent states of {causes:,} causes, more than is gone "
                        f"through ({MOST_CELLS:,} chances); write fewer processes with dependent components")
        total = _with(total, law)
    return total


def _with(total: CauseLaw, law: CauseLaw) -> CauseLaw:
    """Return the first law with the causes and states of the second, whose components it has.

    A cause of a name that is there and fells the same makes it likelier; one that fells others gets a name of its own.
    """
    fells = np.zeros((len(law.causes), len(total.components)), dtype=bool)
    fells[:, [total.components.index(name) for name in law.components]] = law.fells
    chance = np.repeat(total.chance, len(law.weight), axis=0)
    added = np.tile(law.chance, (len(total.weight), 1))
    places, fresh = {name: place for place, name in enumerate(total.causes)}, []
    for row, name in enumerate(law.causes):
        at = places.get(name)
        if at is not None and at < len(total.causes) and (total.fells[at] == fells[row]).all():
            chance[:, at] += added[:, row] - chance[:, at] * added[:, row]
        else:
            places[_unlike(name, places)] = len(places)
            fresh.append(row)
    return CauseLaw(total.components, tuple(places), np.concatenate([total.fells, fells[fresh]]),
                    np.outer(total.weight, law.weight).ravel(), np.concatenate([chance, added[:, fresh]], axis=1),
                    total.is_exact and law.is_exact)


def _unlike(name: str, others: dict[str, int]) -> str:
    """Return the name, with a number where others have it."""
    found, number = name, 1
    while found in others:
        number += 1
        found = f"{name} ({number})"
    return found
