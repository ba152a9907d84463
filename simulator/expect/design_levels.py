"""A bound of P(some path) for systems of any size: levels that every path crosses, and what a budget can bridge.

As the scenario is, before anything is chosen, a path from a source to an exit crosses every *level*: the places so many
hyperconnections away from the sources, or the hyperconnections from one level to the next. Take levels that fall by
sets of components C_1, C_2, ... no two of which share one. A design S *bridges* level j if some path of its own is left
while exactly C_j is down. Where data flows in S, every level j that it does not bridge has a component of C_j up: were
all of C_j down, data would flow with all others up as well, since what comes up only adds paths, and S would bridge j.
The sets are disjoint and components are independent, so that

    log P(some path in S) <= sum over j not bridged by S of log(1 - product over i in C_j of q_i),

with q_i the failure probability that i has in S. The most of the right side within the budget is at most the optimum of
a linear programme over z in [0, 1] for each option. It has each S as a point, with the same value or more: a bridged
level gives back its term, and j is bridged only if S has an option out of each *cut* of it: those that can carry data
out of what the sources reach without any option while C_j is down, and those that can carry it into what leads to an
exit then. Hardening one of C_j adds what it adds alone at most: as a function of what is hardened,
log(1 - product q_i) has falling increments (its derivative by log q_i, -Q / (1 - Q) with Q the product, gets smaller
with Q). So no term is above

    min(0, own + sum of single hardenings), or 0 to the share to which the level is bridged.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.bit_planes import packed, unpacked
from simulator.expect.design_paths import Paths, Place, Planes
from simulator.expect.design_space import Option, Space

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Cut = frozenset[int]
SURE = 1e-15


@dataclass(frozen=True)
class Level:
    """A set of components that no path avoids, as the scenario is.

    Args:
        components: What it falls by, numbers of components.
        cuts: Sets of options (by number); a design that bridges the level has one of each.
    """

    components: frozenset[int]
    cuts: tuple[Cut, ...]


def most_flow(paths: Paths, space: Space, survival: Floats, most_cost: float | None) -> float:
    """Return a bound of P(some path) of every design within a budget.

    Args:
        paths: The paths.
        space: All designs.
        survival: P(up) of each component, all independent.
        most_cost: The limit of the summed cost; None: none.
    """
    options = [option for slot in space.slots for option in slot.options]
    levels = levels_of(paths, options, survival)
    return float(np.exp(min(0.0, _optimum(levels, space, options, paths, survival, most_cost)))) if levels else 1.0


def levels_of(paths: Paths, options: Sequence[Option], survival: Floats) -> tuple[Level, ...]:
    """Return disjoint levels, each with its cuts."""
    taken: set[int] = set()
    found = []
    for components in _sets(paths, {row for row, p in enumerate(survival) if p < 1}):
        if taken.isdisjoint(components):
            taken |= components
            found.append(components)
    cuts = _cuts(paths, options, found)
    return tuple(Level(components, of) for components, of in zip(found, cuts, strict=True))


def _sets(paths: Paths, failing: set[int]) -> Iterator[frozenset[int]]:
    """Yield what each level falls by, where it falls at all: of places first, then of hyperconnections."""
    away = _away(paths)
    ends = [away[place] for place in away if place[0] in paths.exits]
    if not ends:
        return
    places: dict[int, list[Place]] = {}
    for place, hops in away.items():
        places.setdefault(hops, []).append(place)
    for hops in range(min(ends) + 1):
        rows = [paths.row.get(place[1], -1) for place in places[hops]]
        if failing.issuperset(rows):
            yield frozenset(rows)
    needs = paths.ways.needs_alone()
    between: dict[int, list[int]] = {}
    for number, step in enumerate(paths.steps):
        if step.skip is None and away.get(step.target, -1) == away.get(step.source, -1) + 1 > 0 and (
                paths.ways.exists(number)):
            between.setdefault(away[step.source], []).append(needs[number])
    for hops in range(min(ends)):
        if failing.issuperset(between[hops]):
            yield frozenset(between[hops])


def _away(paths: Paths) -> dict[Place, int]:
    """Return how many hyperconnections each place is away from the sources, nothing being chosen or down."""
    found = {place: 0 for place in paths.places if place in paths.given and place[0] in paths.sources}
    waiting = deque(found)
    while waiting:
        place = waiting.popleft()
        for number in paths.out_of[place]:
            step = paths.steps[number]
            if step.skip is None and step.target in paths.given and step.target not in found and (
                    paths.ways.exists(number)):
                found[step.target] = found[place] + 1
                waiting.append(step.target)
    return found


def _cuts(paths: Paths, options: Sequence[Option], sets: Sequence[frozenset[int]]) -> list[tuple[Cut, ...]]:
    """Return the cuts of each level: options out of what is reached without any, and into what leads on without any."""
    if not sets:
        return []
    up = np.ones((len(sets), len(paths.row)), dtype=bool)
    for number, components in enumerate(sets):
        up[number, sorted(components)] = False
    planes = Planes(paths, packed(up))
    numbers: dict[object, set[int]] = {}  # options by the skip or the place that they add
    for number, option in enumerate(options):
        for key in (*option.skips, *(paths.adds[option.text] - paths.given)):
            numbers.setdefault(key, set()).add(number)
    ahead, behind = planes.reached(()), planes.leads_on(())
    out = [set(numbers[place]) for place in paths.places if place in numbers and place[0] in paths.sources]
    into = [set(numbers[place]) for place in paths.places if place in numbers and place[0] in paths.exits]
    cuts = [(set[int]().union(*out), set[int]().union(*into)) for _ in sets]  # places may begin or end a path, too
    for number, step in enumerate(paths.steps):
        for side, crosses, far in ((0, ahead[step.source] & ~ahead[step.target], step.target),
                                   (1, behind[step.target] & ~behind[step.source], step.source)):
            found = numbers.get(far if step.skip is None else step.skip)
            if found:
                crossed = unpacked((crosses & planes.carries(number) & planes.is_up(far))[np.newaxis], len(sets))[:, 0]
                for level in np.flatnonzero(crossed).tolist():
                    cuts[level][side].update(found)
    return [(frozenset(one), frozenset(other)) for one, other in cuts]


def _optimum(levels: Sequence[Level], space: Space, options: Sequence[Option], paths: Paths, survival: Floats,
             most_cost: float | None) -> float:
    """Return the optimum of the linear programme: columns are an option each, then a level's share and its term."""
    from scipy.optimize import linprog  # noqa: PLC0415 - keeps sim --help fast
    from scipy.sparse import coo_array  # noqa: PLC0415

    count, wide = len(options), len(options) + 2 * len(levels)
    rows: list[tuple[Mapping[int, float], float]] = list(_budget(space, options, most_cost))
    for number, level in enumerate(levels):
        share, term = count + 2 * number, count + 2 * number + 1
        lost = _lost([1 - survival[row] for row in level.components])
        gains = {option: -gain for option, gain in _hardened(level, options, paths, survival, lost)}
        rows.append(({term: 1.0, share: lost, **gains}, lost))
        rows += [({share: 1.0, **dict.fromkeys(cut, -1.0)}, 0.0) for cut in level.cuts]
    entries = [(place, column, value) for place, (row, _) in enumerate(rows) for column, value in row.items()]
    places, columns, values = (np.array(side) for side in zip(*entries, strict=True))
    matrix = coo_array((values, (places, columns)), shape=(len(rows), wide)).tocsr()
    aim = np.zeros(wide)
    aim[count + 1 :: 2] = -1.0
    bounds = [(0.0, 1.0)] * count + [(0.0, 1.0), (None, 0.0)] * len(levels)
    found = linprog(aim, A_ub=matrix, b_ub=np.array([limit for _, limit in rows]), bounds=bounds, method="highs")
    return float(np.asarray(found.x)[count + 1 :: 2].sum()) if found.success else 0.0


def _budget(space: Space, options: Sequence[Option], most_cost: float | None,
            ) -> Iterator[tuple[Mapping[int, float], float]]:
    """Yield the rows of the programme that no design violates: one option a slot, the numbers, the cost."""
    number, by_choice = 0, [dict[int, float]() for _ in space.at_most]
    for slot in space.slots:
        own = dict.fromkeys(range(number, number + len(slot.options)), 1.0)
        by_choice[slot.choice] |= own
        number += len(slot.options)
        if len(own) > 1:
            yield own, 1.0
    yield from ((row, float(most)) for row, most in zip(by_choice, space.at_most, strict=True) if row)
    if most_cost is not None:
        yield {place: option.cost for place, option in enumerate(options)}, most_cost


def _hardened(level: Level, options: Sequence[Option], paths: Paths, survival: Floats, lost: float,
              ) -> Iterator[tuple[int, float]]:
    """Yield options (by number) that harden one of a level, with what each alone adds to the level's term."""
    for number, option in enumerate(options):
        inside = {paths.row[name]: p for name, p in option.survival.items() if paths.row[name] in level.components}
        if inside:
            yield number, _lost([1 - inside.get(row, survival[row]) for row in level.components]) - lost


def _lost(failure: Sequence[float]) -> float:
    """Return log P(not all are down); what cannot be up counts as nearly so, for the programme has no infinity."""
    return float(np.log1p(-min(float(np.prod(failure)), 1 - SURE)))
