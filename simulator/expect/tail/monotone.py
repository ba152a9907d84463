"""Whether an event is monotone: more causes at work can bring it about, and never end it.

Accuracy need not be: a network may do worse with one more machine. All sets of causes are looked at where they are
few, else random chains from all causes at work to none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.expect.tail.creation import Creation
from simulator.failures.cause_law import Bools

FEW = 12  # causes of which all sets are looked at
CHAINS = 200


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what was found.

    Args:
        what: In words, such as ``"all 4,096 sets of causes"``.
        against: An example in words; empty where there is none.
    """

    what: str
    against: str = ""

    @property
    def is_monotone(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against


def check(creation: Creation, dice: np.random.Generator, chains: int = CHAINS) -> Checked:
    """Return whether the event is monotone, as far as could be seen.

    Args:
        creation: The process, and the event.
        dice: Draws the chains: half in the order in which the causes cease, half in any order.
        chains: How many, where not all sets are looked at.
    """
    count = len(creation.varying)
    if count <= FEW:
        busy: Bools = (np.arange(1 << count)[:, np.newaxis] >> np.arange(count)) & 1 == 1
        return _of_all(creation, busy)
    half = np.argsort(creation.drawn(chains // 2, dice).ceases, axis=1)
    other = np.argsort(dice.random((chains - chains // 2, count)), axis=1)
    rank = np.argsort(np.concatenate([half, other]), axis=1)
    sets = rank[:, np.newaxis, :] >= np.arange(count + 1)[np.newaxis, :, np.newaxis]
    here = creation.happens(sets.reshape(-1, count)).reshape(chains, count + 1)
    what = f"{chains} random chains of {count + 1} sets of causes"
    back = np.argwhere(~here[:, :-1] & here[:, 1:])
    if not len(back):
        return Checked(what)
    chain, step = back[0]
    cause = int(np.flatnonzero(rank[chain] == step)[0])
    return Checked(what, _told(creation, sets[chain, step], cause))


def _of_all(creation: Creation, busy: Bools) -> Checked:
    here, rows = creation.happens(busy), np.arange(len(busy))
    what = f"all {len(busy):,} sets of causes"
    for bit in range(busy.shape[1]):
        wrong = np.flatnonzero(busy[:, bit] & ~here & here[rows ^ (1 << bit)])
        if len(wrong):
            return Checked(what, _told(creation, busy[wrong[0]], bit))
    return Checked(what)


def _told(creation: Creation, busy: Bools, cause: int) -> str:
    names = [creation.law.causes[place] for place in creation.varying.tolist()]
    others = [name for place, name in enumerate(names) if busy[place] and place != cause]
    shown = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
    event = creation.event.name
    return f"with {shown or 'nothing else'} down it is '{event}' when {names[cause]} is up, and not when it is down too"
