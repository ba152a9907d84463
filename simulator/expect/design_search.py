"""How the best design is looked for: all of them, or greedily with swaps; and which designs no other one dominates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from simulator.expect.design_space import Design, Space, changed_slots

AT_ONCE = 128  # designs that are judged together, so that they share part runs
DIGITS = 12  # significant decimals to which values are told apart; below is rounding in float64


@dataclass(frozen=True)
class Score:
    """What a design is worth.

    Args:
        value: What is to be as large as possible; NaN where the design cannot be at all.
        excess: By what share of them it is beyond its limits, summed; 0 within all, infinite where it cannot be.
        sent_bytes: Expected bytes of a request.
        cost: In the user's own unit.
        lack: What the value is short of 1, where that is known better than by subtraction.
    """

    value: float
    excess: float
    sent_bytes: float
    cost: float
    lack: float = 0.0

    @property
    def rank(self) -> tuple[float, ...]:
        """What designs are ordered by: limits first, then value, then fewer bytes, then less cost."""
        value = float("-inf") if self.value != self.value else _shown(self.value)
        return -self.excess, value, -_shown(self.lack), -round(self.sent_bytes, 3), -round(self.cost, DIGITS)


def _shown(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


Scores = Mapping[Design, Score]
Judge = Callable[[Sequence[Design]], Scores]


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Args:
        best: The best design that it has seen.
        seen: All that it has judged.
        steps: How often it moved to a better design; 0 for an exhaustive search.
    """

    best: Design
    seen: Scores
    steps: int = 0


def best_of(scores: Scores) -> Design:
    """Return the best design; of equal ones the one with fewer changes, then the first."""
    return min(scores, key=lambda design: (*(-x for x in scores[design].rank), len(changed_slots(design)), design))


def exhaustive(space: Space, judge: Judge) -> Found:
    """Return the best of all designs."""
    seen: dict[Design, Score] = {}
    designs = space.designs()
    while batch := list(islice(designs, AT_ONCE)):
        seen |= judge(batch)
    return Found(best_of(seen), seen)


def greedy(space: Space, judge: Judge) -> Found:
    """Return where steepest ascent ends that starts with nothing changed: by single changes, then by swaps as well.

    Each move goes to the best design that differs in one slot, where it is better; else to the best that differs in
    two. Nothing is drawn at random, so that it ends at the same design again. From a start beyond the limits, moves
    first go towards them.
    """
    here, steps = space.as_it_is, 0
    seen = dict(judge([here]))
    while True:
        for around in (space.steps, space.swaps):
            near = around(here)
            unknown = [design for design in near if design not in seen]
            seen |= judge(unknown) if unknown else {}
            better = {design: seen[design] for design in near if seen[design].rank > seen[here].rank}
            if better:
                here, steps = best_of(better), steps + 1
                break
        else:
            return Found(here, seen, steps)


def front(points: Iterable[tuple[float, float]]) -> list[bool]:
    """Return, for each (bytes, value), whether no other point has at most its bytes and at least its value.

    Of equal points the first is on the front.

    >>> front([(10, 0.5), (5, 0.5), (5, 0.5), (20, 0.7), (30, 0.6)])
    [False, True, False, True, False]
    """
    listed = list(points)
    order = sorted(range(len(listed)), key=lambda place: (listed[place][0], -listed[place][1], place))
    is_on, highest = [False] * len(listed), float("-inf")
    for place in order:
        if listed[place][1] > highest:
            is_on[place], highest = True, listed[place][1]
    return is_on
