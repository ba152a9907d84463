"""What everybody believes to be down, and what follows from it: inputs that are hopeless, skips that are wanted.

All parts look at the same beliefs: the truth of the instant where detection is perfect, else what a detector says.
Answers are remembered by what is believed to be down, so each is worked out once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import cache

from simulator.dataflow.demand import is_wanted
from simulator.dataflow.reach import Reach
from simulator.failures.cycles import END_OF_TIME_NS
from simulator.failures.process import Timeline
from simulator.network.joins import Rules
from simulator.network.switches import Switches

Verdict = Callable[[int, int], bool]


class Beliefs:
    """What is believed to be down, instant by instant.

    Args:
        believed: Who is believed to be down and when; None: nobody ever.
        reach: Who could deliver what.
    """

    def __init__(self, believed: Timeline | None, reach: Reach) -> None:
        self.reach = reach
        self.switches = Switches(believed, reach.relevant)
        self.wants = cache(self._wants)
        self.hopeless = cache(self._hopeless)

    def _wants(self, edge: int, mask: int) -> bool:
        """Return whether the target of a skip would take it, while its sender fires and these are down."""
        return is_wanted(self.reach, edge, self.switches.down(mask))

    def is_wanted(self, edge: int) -> Verdict:
        """Return whether a skip is sent, by (instant, request)."""
        mask_at, wants = self.switches.mask_at, self.wants

        def wanted(when: int, request: int) -> bool:
            return wants(edge, mask_at(when, request))

        return wanted

    def _hopeless(self, mask: int, here: frozenset[int]) -> frozenset[int]:
        """Return the hyperconnections that deliver nothing while these are down: no output, or no route for it.

        Args:
            mask: Who is believed to be down.
            here: Hyperconnections that have delivered: the parts behind them have fired, whoever is down now.
        """
        down, edges = self.switches.down(mask), self.reach.graph.edges
        fed = self.reach.fed(down, {edges[edge].source for edge in here})
        return frozenset(e for e, ends in enumerate(edges) if not fed[ends.source] or not self.reach.is_up(e, down))


class Outlook:
    """When a join stops waiting: the first instant at which what is here, and what is hopeless, give it something.

    Args:
        beliefs: Who is believed to be down.
        rules: The join's rules.
    """

    def __init__(self, beliefs: Beliefs, rules: Rules) -> None:
        self.beliefs, self.rules = beliefs, rules
        self.spells = cache(self._spells)

    def fires(self, here: int, from_ns: int) -> int:
        """Return the first instant from ``from_ns`` on at which a join that has these inputs fires; END_OF_TIME: never.

        Args:
            here: The inputs that have come, as a bit mask of places.
            from_ns: When the last of them came.
        """
        begins, ends = self.spells(here)
        place = bisect_right(ends, from_ns)
        return max(begins[place], from_ns) if place < len(begins) else END_OF_TIME_NS

    def _spells(self, here: int) -> tuple[list[int], list[int]]:
        """Return from when to when a join that has these inputs would fire."""
        switches = self.beliefs.switches
        begins, ends = list[int](), list[int]()
        verdict = {mask: self._gives(here, mask) for mask in set(switches.masks)}
        for place, (instant, mask) in enumerate(zip(switches.instants, switches.masks, strict=True)):
            if verdict[mask] and (not ends or ends[-1] < instant):
                begins.append(instant)
                ends.append(instant)
            if verdict[mask]:
                is_last = place + 1 == len(switches.instants)
                ends[-1] = END_OF_TIME_NS if is_last else switches.instants[place + 1]
        return begins, ends

    def _gives(self, here: int, mask: int) -> bool:
        came = frozenset(edge for place, edge in enumerate(self.rules.edges) if here >> place & 1)
        settled, hopeless = here, self.beliefs.hopeless(mask, came)
        for place, edge in enumerate(self.rules.edges):
            if edge in hopeless:
                settled |= 1 << place
        verdict = self.rules.verdict(settled, here)
        return verdict is not None and bool(verdict[1])
