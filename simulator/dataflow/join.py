"""A join as data: what a part needs in order to fire, and which of its inputs it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Alternative = tuple[int, ...]
Group = tuple[Alternative, ...]
Needs = Literal["any", "all"] | int


@dataclass(frozen=True)
class Join:
    """Which inputs are taken, and how many are needed.

    Of each group the first alternative with an input present is taken, and of that alternative every input present.
    ``add`` is one group with one alternative of all inputs; ``select`` is a group for each input that a skip
    hyperconnection can stand in for.

    Args:
        groups: For each group its alternatives, first choice first; each alternative is a tuple of edge indices.
        needs: ``any`` input taken, ``all`` (of every group the taken alternative is complete) or at least that many.

    >>> select = Join((((1,), (0,)),))  # the edge 1, or else the edge 0
    >>> select.take({0, 1}), select.take({0}), select.take(set())
    ((1,), (0,), ())
    """

    groups: tuple[Group, ...]
    needs: Needs = "any"

    @property
    def edges(self) -> tuple[int, ...]:
        """All inputs, in order of declaration."""
        return tuple(sorted(edge for group in self.groups for alternative in group for edge in alternative))

    def consult(self, present: frozenset[int] | set[int]) -> tuple[int, ...]:
        """Return the inputs whose fate must be known before the part can fire, given those that are present.

        They are, of each group, every alternative up to the first with an input present.
        """
        asked: list[int] = []
        for group in self.groups:
            for alternative in group:
                asked.extend(alternative)
                if any(edge in present for edge in alternative):
                    break
        return tuple(asked)

    def take(self, present: frozenset[int] | set[int]) -> tuple[int, ...]:
        """Return the inputs taken, in order of index; empty when the needs are not met (the part is starved)."""
        taken: list[int] = []
        is_complete = True
        for group in self.groups:
            chosen = next((a for a in group if any(edge in present for edge in a)), ())
            here = [edge for edge in chosen if edge in present]
            is_complete &= bool(chosen) and len(here) == len(chosen)
            taken.extend(here)
        needed = 1 if isinstance(self.needs, str) else self.needs
        if len(taken) < needed or (self.needs == "all" and not is_complete):
            return ()
        return tuple(sorted(taken))
