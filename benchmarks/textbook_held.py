"""Held inputs in the textbook model: what came over each edge lies at the receiving node until that crashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from simulator.dataflow.graph import PartGraph


class HeldValues:
    """All values that ever came, by edge, as (when, request); a crash of the receiving node throws them away.

    Args:
        graph: Who feeds whom.
        ages_ns: By edge, how old a value may be; edges that are not named hold nothing.
    """

    def __init__(self, graph: PartGraph, ages_ns: Mapping[int, int]) -> None:
        self.graph, self.ages_ns = graph, ages_ns
        self.came: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self.taken: dict[tuple[int, int], tuple[int, int]] = {}

    def forget(self, parts: set[str]) -> None:
        """Throw away what was held for the parts of a node that crashes."""
        for edge, ends in enumerate(self.graph.edges):
            if ends.target in parts:
                self.came[edge].clear()

    def last(self, edge: int, number: int, now_ns: int) -> tuple[int, int] | None:
        """Return (when, request) of the last value for an earlier request that came before now and is not too old."""
        age_ns = self.ages_ns.get(edge, -1)
        fits = [v for v in self.came[edge] if v[0] < now_ns and v[1] < number and now_ns - v[0] <= age_ns]
        return max(fits, default=None)

    def fill(self, part: str, number: int, now_ns: int, fresh: set[int]) -> frozenset[int] | None:
        """Return the edges taken, a held one as -1 - edge; None where the needs are not met."""
        join = self.graph.part_by_name[part].join
        if join is None:
            raise TypeError(part)
        held = {e: v for e in join.edges if e not in fresh and (v := self.last(e, number, now_ns)) is not None}
        chosen, is_whole = set[int](), True
        for group in join.groups:
            with_fresh = [alternative for alternative in group if fresh & set(alternative)]
            with_held = [alternative for alternative in group if held.keys() & set(alternative)]
            alternative = next(iter(with_fresh + with_held), ())
            here = {edge for edge in alternative if edge in fresh or edge in held}
            is_whole = is_whole and len(here) == len(alternative) > 0
            chosen |= here
        needed = join.needs if isinstance(join.needs, int) else 1
        if len(chosen) < needed or (join.needs == "all" and not is_whole):
            return None
        for edge in chosen & held.keys():
            self.taken[number, edge] = held[edge][1], now_ns - held[edge][0]
        return frozenset(-1 - edge if edge in held else edge for edge in chosen)
