"""Joins in bit planes: in which patterns a part's needs are met, and which inputs it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from simulator.dataflow.bit_planes import Words
from simulator.dataflow.join import Alternative, Group, Join

Present = Mapping[int, Words]


def union(planes: Sequence[Words]) -> Words:
    """Return in which patterns any of some planes is set; the planes are left as they are."""
    found = planes[0]
    if len(planes) > 1:
        found = planes[0] | planes[1]
        for plane in planes[2:]:
            found |= plane
    return found


def take(join: Join, present: Present) -> tuple[Words, dict[int, Words]]:
    """Return in which patterns the needs are met, and in which each input is taken if they are.

    Args:
        join: The join.
        present: In which patterns each input is here.
    """
    taken: dict[int, Words] = {}
    whole: list[Words] = []
    for group in join.groups:
        whole.append(_choose(group, present, taken, wants_whole=join.needs == "all"))
    if join.needs == "all":
        return np.bitwise_and.reduce(whole, axis=0), taken
    if join.needs in ("any", 1):
        return union(whole), taken
    return _at_least(int(join.needs), list(taken.values())), taken


def _choose(group: Group, present: Present, taken: dict[int, Words], *, wants_whole: bool) -> Words:
    """Note which inputs of a group are taken; return in which patterns any is, or all of the chosen alternative."""
    first, *others = group
    before = union([present[edge] for edge in first])
    taken.update((edge, present[edge]) for edge in first)
    whole = _whole(first, taken) if wants_whole else before
    for alternative in others:
        taken.update((edge, present[edge] & ~before) for edge in alternative)
        here = union([taken[edge] for edge in alternative])
        before = before | here
        whole = whole | _whole(alternative, taken) if wants_whole else before
    return whole


def _whole(alternative: Alternative, taken: Present) -> Words:
    whole: Words = np.bitwise_and.reduce([taken[edge] for edge in alternative], axis=0)
    return whole


def _at_least(needed: int, planes: Sequence[Words]) -> Words:
    """Return in which patterns at least so many planes are set."""
    counts = [np.zeros_like(planes[0]) for _ in range(needed)]
    for plane in planes:
        for place in range(needed - 1, 0, -1):
            counts[place] |= counts[place - 1] & plane
        counts[0] |= plane
    return counts[-1]
