"""The space of designs: what may be chosen, in which number, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

Design = tuple[int, ...]
"""For each slot 0 (as it is), or the number of its option from 1 on."""


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
        return (0,) * len(self.slots)

    @cached_property
    def count(self) -> int:
        """The number of designs.

        >>> two = Slot(0, (Option("a"), Option("b")))
        >>> Space((two, two, two), (1,)).count
        7
        """
        total = 1
        for choice, most in enumerate(self.at_most):
            ways = [1]  # ways[k]: to change k of the slots seen so far
            for slot in (slot for slot in self.slots if slot.choice == choice):
                longer = [*ways, 0]
                ways = [longer[k] + (len(slot.options) * ways[k - 1] if k else 0) for k in range(len(longer))]
            total *= sum(ways[: most + 1])
        return total

    def holds(self, design: Design) -> bool:
        """Return whether no choice has more of its slots changed than are allowed."""
        changed = [0] * len(self.at_most)
        for slot, option in zip(self.slots, design, strict=True):
            changed[slot.choice] += option > 0
        return all(count <= most for count, most in zip(changed, self.at_most, strict=True))

    def designs(self) -> Iterator[Design]:
        """Yield every design once; the last slot changes fastest."""
        yield from self._completed((), [0] * len(self.at_most))

    def _completed(self, begun: Design, changed: list[int]) -> Iterator[Design]:
        if len(begun) == len(self.slots):
            yield begun
            return
        slot = self.slots[len(begun)]
        yield from self._completed((*begun, 0), changed)
        if changed[slot.choice] < self.at_most[slot.choice]:
            more = [count + (choice == slot.choice) for choice, count in enumerate(changed)]
            for option in range(1, len(slot.options) + 1):
                yield from self._completed((*begun, option), more)

    def options(self, design: Design) -> tuple[Option, ...]:
        """Return the options that a design has taken."""
        return tuple(slot.options[option - 1] for slot, option in zip(self.slots, design, strict=True) if option)

    def cost(self, design: Design) -> float:
        """Return what a design costs."""
        return sum(option.cost for option in self.options(design))

    def text(self, design: Design) -> str:
        """Return a design for people: its options, or ``nothing chosen``."""
        return ", ".join(option.text for option in self.options(design)) or "nothing chosen"

    def steps(self, design: Design) -> list[Design]:
        """Return the designs that differ in one slot."""
        found = [_with(design, {place: option}) for place, slot in enumerate(self.slots)
                 for option in range(len(slot.options) + 1) if option != design[place]]
        return [one for one in found if self.holds(one)]

    def swaps(self, design: Design) -> list[Design]:
        """Return the designs that differ in two slots, of which one at least is changed in the design."""
        found = []
        for first, second in combinations(range(len(self.slots)), 2):
            if design[first] or design[second]:
                found += [_with(design, {first: a, second: b})
                          for a in range(len(self.slots[first].options) + 1) if a != design[first]
                          for b in range(len(self.slots[second].options) + 1) if b != design[second]]
        return [one for one in found if self.holds(one)]


def _with(design: Design, changes: Mapping[int, int]) -> Design:
    return tuple(changes.get(place, option) for place, option in enumerate(design))
