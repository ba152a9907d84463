"""An upper bound that no design within the budget can exceed, from where information can flow.

With F = P(some path from a source to an exit), a the most accurate answer there is and g the worth of no answer, no
design expects more than F max(a, g) + (1 - F) g: it answers only where there is a path (``design_paths``), and then at
most a. That more inputs make answers better is not assumed.

The most that F can be among the designs within the budget is bounded by branches. A branch has decided on some slots;
F of all its designs is at most F with its chosen options and every other one that is still open: one whose own cost and
whose choice's number are left in the budget. For F grows with each path added and with each survival raised (of
components that are independent). The branch with the largest such bound is divided by what its next slot takes, until
that branch has nothing open (then its bound is the F of a design: nothing is above it), or until no branch is above
what is known to be reached (then that is the best), or until the work is up. No design is in no branch, so that the
largest bound of a branch that is left is one of all designs.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.bit_planes import enumerated, unpacked, word_count
from simulator.expect.design_paths import Paths, Planes
from simulator.expect.design_space import Option, Space

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
ROUNDING = 1e-12
MOST_LOOKED_AT = 20_000  # sets of options
MOST_WORK = 1 << 24  # sets of options, times patterns


@dataclass(frozen=True)
class Bound:
    """The most that P(some path) can be.

    Args:
        flow: No design within the budget has more.
        how: In which way it was found.
    """

    flow: float
    how: str


class PathFlow:
    """P(some path) over all patterns, with sets of options.

    Args:
        paths: The paths.
        survival: P(up) of each component, as it is; None where they are not independent.
        probability: P(pattern), of all patterns of the components, as it is.
    """

    def __init__(self, paths: Paths, survival: Floats | None, probability: Floats) -> None:
        self.paths, self.survival, self.probability = paths, survival, probability
        count = len(paths.row)
        self._planes = Planes(paths, enumerated(count, 0, word_count(1 << count)))
        self._up = unpacked(self._planes.up, 1 << count)
        self._flows: dict[frozenset[str], Bools] = {}

    def __call__(self, options: Sequence[Option]) -> float:
        """Return P(some path) with what some options add and harden."""
        bare = [option for option in options if not option.survival]
        key = frozenset(option.text for option in bare)
        if key not in self._flows:
            plane = self._planes.flows(bare)[np.newaxis]
            self._flows[key] = unpacked(plane, len(self.probability))[:, 0]
        return float(self._probability(options) @ self._flows[key])

    def _probability(self, options: Sequence[Option]) -> Floats:
        raised = {name: p for option in options for name, p in option.survival.items()}
        if not raised or self.survival is None:
            return self.probability
        survival = np.array([raised.get(name, p) for name, p in zip(self.paths.row, self.survival, strict=True)])
        return np.asarray(np.where(self._up, survival, 1 - survival).prod(axis=1), dtype=np.float64)


@dataclass(frozen=True, order=True)
class Branch:
    """Designs that agree on the first slots; branches are ordered by their bound, the largest first.

    Args:
        above: The bound of its designs, negative so that the largest is first.
        taken: (slot, option) of what they have taken; slots are numbered in the order of branching.
        decided: How many slots are decided.
        spent: What they cost so far.
    """

    above: float
    taken: tuple[tuple[int, int], ...]
    decided: int
    spent: float


class Branches:
    """Branch and bound over the designs of a space.

    Args:
        space: All designs.
        flow: P(some path) with a set of options; it must grow with the set.
        most_cost: The limit of the summed cost; None: none.
    """

    def __init__(self, space: Space, flow: Callable[[Sequence[Option]], float], most_cost: float | None) -> None:
        self.space, self.flow = space, flow
        self.most_cost = float("inf") if most_cost is None else most_cost * (1 + ROUNDING) + ROUNDING
        gain = {place: flow(slot.options) for place, slot in enumerate(space.slots)}
        self.slots = [space.slots[place] for place in sorted(gain, key=lambda place: -gain[place])]

    def most(self, reached: float, looks: int) -> Bound:
        """Return the bound of all designs within the budget.

        Args:
            reached: A flow that is known to be reached within the budget.
            looks: For how many sets of options at most ``flow`` is asked.
        """
        first = Branch(0.0, (), 0, 0.0)
        waiting, looked = [Branch(-self.flow(self._options(first)), (), 0, 0.0)], 1
        while waiting:
            top = heapq.heappop(waiting)
            if -top.above <= reached + ROUNDING:
                return Bound(reached, f"branch and bound over {looked:,} sets of options: none is above the best found")
            if not self._open(top):
                return Bound(-top.above, f"branch and bound over {looked:,} sets of options: another set reaches it")
            if looked >= looks:
                return Bound(-top.above, f"branch and bound over {looked:,} sets of options, not finished")
            for child in self._children(top):
                heapq.heappush(waiting, child)
                looked += 1
        return Bound(reached, "no design is within the budget")

    def _children(self, branch: Branch) -> Iterator[Branch]:
        slot = branch.decided
        for option in range(len(self.slots[slot].options) + 1):
            if option and not self._fits(branch, slot, option):
                continue
            taken = (*branch.taken, (slot, option)) if option else branch.taken
            cost = self.slots[slot].options[option - 1].cost if option else 0.0
            made = Branch(branch.above, taken, slot + 1, branch.spent + cost)
            above = max(branch.above, -self.flow(self._options(made)))
            yield Branch(above, taken, slot + 1, made.spent)

    def _fits(self, branch: Branch, slot: int, option: int) -> bool:
        choice = self.slots[slot].choice
        used = sum(self.slots[place].choice == choice for place, _ in branch.taken)
        return used < self.space.at_most[choice] and (
            branch.spent + self.slots[slot].options[option - 1].cost <= self.most_cost)

    def _open(self, branch: Branch) -> list[Option]:
        return [option for slot in range(branch.decided, len(self.slots))
                for number, option in enumerate(self.slots[slot].options, start=1) if self._fits(branch, slot, number)]

    def _options(self, branch: Branch) -> list[Option]:
        taken = [self.slots[slot].options[option - 1] for slot, option in branch.taken]
        return [*taken, *self._open(branch)]


def looks_of(patterns: int) -> int:
    """Return how many sets of options are looked at, at most, where there are so many patterns."""
    return max(2, min(MOST_LOOKED_AT, MOST_WORK // patterns))


def most_expected(flow: float, answer: float, no_answer: float) -> float:
    """Return the most that a design can expect.

    Args:
        flow: P(some path) is at most this.
        answer: The highest accuracy of an answer.
        no_answer: What no answer is worth.

    >>> most_expected(0.75, 1.0, 0.5)
    0.875
    """
    return flow * max(answer, no_answer) + (1 - flow) * no_answer
