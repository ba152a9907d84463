"""The space of designs: what may be chosen, in which number, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

Design = bytes
"""For each slot 0 (as it is), or the number of its option from 1 on; thousands of them are held at once."""


@dataclass(frozen=True)
class Option:
    """One way to change a scenario.

    Args:
        text: The change, for people.
        cost: What it costs, in the user's own unit.
        skips: Skip hyperconnections that it adds.
        survival: Components whose P(up) it sets.
        nodes: Parts whose nodes it sets, in order.
    """

    text: str
    cost: float = 0.0
    skips: tuple[str, ...] = ()
    survival: Mapping[str, float] = field(default_factory=dict)
    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Slot:
    """One thing that is left as it is, or changed by one of its options; ``choice`` numbers what it belongs to."""

    choice: int
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Space:
    """All designs: an option or none for each slot, and of each choice no more slots changed than are allowed.

    Args:
        slots: What may be changed.
        at_most: By choice, how many of its slots may be changed.
    """

    slots: tuple[Slot, ...]
    at_most: tuple[int, ...]

    @property
    def as_it_is(self) -> Design:
        """The design in which nothing is changed."""
        return bytes(len(self.slots))

    @cached_property
    def count(self) -> int:
        """The number of designs.

        >>> two = Slot(0, (Option("a"), Option("b")))
        >>> Space((two, two, two), (1,)).count
        7
        """
        total = 1
        for choice, most in enumerate(self.at_most):
            options = [len(slot.options) for slot in self.slots if slot.choice == choice]
            if most >= len(options):
                total *= prod(1 + count for count in options)
                continue
            ways = [1, *([0] * most)]  # ways[k]: to change k of the slots seen so far
            for count in options:
                ways = [ways[k] + (count * ways[k - 1] if k else 0) for k in range(most + 1)]
            total *= sum(ways)
        return total

    def holds(self, design: Design) -> bool:
        """Return whether no choice has more of its slots changed than are allowed."""
        changed = [0] * len(self.at_most)
        for place in changed_slots(design):
            changed[self.slots[place].choice] += 1
        return all(count <= most for count, most in zip(changed, self.at_most, strict=True))

    def designs(self) -> Iterator[Design]:
        """Yield every design once; the last slot changes fastest."""
        yield from self._from(self.as_it_is, 0, [0] * len(self.at_most))

    def _from(self, design: Design, first: int, changed: list[int]) -> Iterator[Design]:
        yield design
        for place in reversed(range(first, len(self.slots))):
            slot = self.slots[place]
            if changed[slot.choice] < self.at_most[slot.choice]:
                more = [count + (choice == slot.choice) for choice, count in enumerate(changed)]
                for option in range(1, len(slot.options) + 1):
                    yield from self._from(with_options(design, {place: option}), place + 1, more)

    def options(self, design: Design) -> tuple[Option, ...]:
        """Return the options that a design has taken."""
        return tuple(self.slots[place].options[design[place] - 1] for place in changed_slots(design))

    def cost(self, design: Design) -> float:
        """Return what a design costs."""
        return sum(option.cost for option in self.options(design))

    def text(self, design: Design) -> str:
        """Return a design for people: its options, or ``nothing chosen``."""
        return ", ".join(option.text for option in self.options(design)) or "nothing chosen"

    def steps(self, design: Design) -> list[Design]:
        """Return the designs that differ in one slot."""
        found = [with_options(design, {place: option}) for place, slot in enumerate(self.slots)
                 for option in range(len(slot.options) + 1) if option != design[place]]
        return [one for one in found if self.holds(one)]

    def swaps(self, design: Design) -> list[Design]:
        """Return the designs that differ in two slots, of which one at least is changed in the design."""
        found, changed = [], changed_slots(design)
        for place, first in enumerate(changed):
            for second in (other for other in range(len(self.slots)) if other not in changed[: place + 1]):
                found += [with_options(design, {first: a, second: b})
                          for a in range(len(self.slots[first].options) + 1) if a != design[first]
                          for b in range(len(self.slots[second].options) + 1) if b != design[second]]
        return [one for one in found if self.holds(one)]


def changed_slots(design: Design) -> list[int]:
    """Return the slots that a design changes.

    >>> changed_slots(bytes([0, 2, 0, 1]))
    [1, 3]
    """
    found: list[int] = np.flatnonzero(np.frombuffer(design, np.uint8)).tolist()
    return found


def with_options(design: Design, changes: Mapping[int, int]) -> Design:
    """Return a design with other options in some slots.

    >>> list(with_options(bytes(3), {1: 2}))
    [0, 2, 0]
    """
    changed = bytearray(design)
    for place, option in changes.items():
        changed[place] = option
    return bytes(changed)
