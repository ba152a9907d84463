"""The most probable patterns, one after the other, each once (after Li and Silvester, IEEE Trans. Commun. 32, 1984).

In each latent state the most probable set of causes has every cause at work whose chance is above one half. Turning
causes over costs odds, so the sets follow from a heap: the next cause in order of the odds is turned over as well, or
the last one turned over is replaced by the next. No set comes twice, and none before a more probable one.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simulator.expect.methods.strata import Floats
from simulator.failures.cause_law import Bools, CauseLaw


class State(NamedTuple):
    """A latent state: its most probable set, the causes by falling odds of turning over, and the logs of these odds."""

    base: Bools
    order: tuple[int, ...]
    log_odds: tuple[float, ...]
    log_base: float


def most_probable(law: CauseLaw, count: int) -> tuple[Bools, Floats]:
    """Return the most probable sets of causes at work (in each latent state by itself), the most probable first.

    Args:
        law: The causes.
        count: How many sets; fewer come where there are fewer that can be.

    Returns:
        At work, shape ``(sets, causes)``; and P(state and exactly these at work), shape ``(sets,)``.
    """
    states = [_state(weight, chance) for weight, chance in zip(law.weight, law.chance, strict=True)]
    at_work = np.zeros((count, len(law.causes)), dtype=bool)
    probability = np.zeros(count)
    found = 0
    for log, place, turned in _falling(states):
        at_work[found] = states[place].base
        at_work[found, [states[place].order[step] for step in turned]] ^= True
        probability[found] = math.exp(log)
        found += 1
        if found == count:
            break
    return at_work[:found], probability[:found]


def _state(weight: float, chance: Floats) -> State:
    base = chance > 0.5
    less, more = np.where(base, 1 - chance, chance), np.where(base, chance, 1 - chance)
    can = np.flatnonzero(less > 0)
    order = can[np.argsort(-less[can] / more[can], kind="stable")]
    log_odds = np.log(less[order]) - np.log(more[order])
    log_base = (math.log(weight) if weight > 0 else -math.inf) + float(np.log(more).sum())
    return State(base, tuple(order.tolist()), tuple(log_odds.tolist()), log_base)


def _falling(states: list[State]) -> Iterator[tuple[float, int, tuple[int, ...]]]:
    """Yield log probability, state and the steps turned over, of one set after the other."""
    heap = [(-state.log_base, place, ()) for place, state in enumerate(states) if state.log_base > -math.inf]
    waiting: list[tuple[float, int, tuple[int, ...]]] = list(heap)
    heapq.heapify(waiting)
    while waiting:
        cost, place, turned = heapq.heappop(waiting)
        yield -cost, place, turned
        odds, last = states[place].log_odds, turned[-1] if turned else -1
        if last + 1 < len(odds):
            heapq.heappush(waiting, (cost - odds[last + 1], place, (*turned, last + 1)))
            if turned:
                heapq.heappush(waiting, (cost - odds[last + 1] + odds[last], place, (*turned[:-1], last + 1)))
