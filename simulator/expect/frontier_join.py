"""Joins along the frontier: with what probability a part's needs are met, given which of its senders have sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.join import Alternative, Group, Join

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Arrival:
    """Whether an input is here: probabilities for each (latent state, state of the frontier) that sum to 1.

    Args:
        absent: That it is not.
        data: That it is, and rests on a source's data.
        bare: That it is, and rests on none; None: that cannot be.
    """

    absent: Floats
    data: Floats
    bare: Floats | None = None


class Met(NamedTuple):
    """Probabilities, for each (latent state, state of the frontier), that sum to 1.

    Args:
        unmet: The needs are not met.
        data: They are, and data of a source is among what is taken.
        bare: They are, and no data is.
    """

    unmet: Floats
    data: Floats
    bare: Floats


class Cell(NamedTuple):
    """What has been taken so far: how many (up to what is needed), whether data is among it, and what is missing."""

    taken: int = 0
    has_data: bool = False
    is_missing: bool = False


Cells = dict[Cell, Floats]


class Rule(NamedTuple):
    """What matters of the needs: how many inputs at least, and whether all of what is chosen."""

    needed: int
    wants_all: bool


def met(join: Join, arrivals: Mapping[int, Arrival], shape: tuple[int, int]) -> Met:
    """Return with what probability the needs of a join are met.

    Args:
        join: The join.
        arrivals: Its inputs; one that is not named is never here.
        shape: Latent states, and states of the frontier.
    """
    rule = Rule(join.needs if isinstance(join.needs, int) else 1, join.needs == "all")
    cells: Cells = {Cell(): np.ones(shape)}
    for group in join.groups:
        cells = _product(cells, _group(group, arrivals, rule, shape), rule.needed)
    found = Met(np.zeros(shape), np.zeros(shape), np.zeros(shape))
    for cell, chance in cells.items():
        is_met = cell.taken >= rule.needed and not cell.is_missing
        into = (found.data if cell.has_data else found.bare) if is_met else found.unmet
        into += chance
    return found


def _group(group: Group, arrivals: Mapping[int, Arrival], rule: Rule, shape: tuple[int, int]) -> Cells:
    """Return what is taken of a group: the inputs here of the first alternative of which any is."""
    found: Cells = {}
    before: Floats = np.ones(shape)
    for alternative in group:
        cells = _alternative(alternative, arrivals, rule, before)
        before = sum((chance for cell, chance in cells.items() if cell.taken == 0), np.zeros(shape))
        for cell, chance in cells.items():
            if cell.taken:
                _add(found, cell, chance)
    _add(found, Cell(is_missing=rule.wants_all), before)
    return found


def _alternative(alternative: Alternative, arrivals: Mapping[int, Arrival], rule: Rule, before: Floats) -> Cells:
    cells: Cells = {Cell(): before}
    for edge in alternative:
        new: Cells = {}
        arrival = arrivals.get(edge)
        for cell, chance in cells.items():
            absent = cell._replace(is_missing=rule.wants_all)
            if arrival is None:
                _add(new, absent, chance)
                continue
            here = cell._replace(taken=min(rule.needed, cell.taken + 1))
            _add(new, absent, chance * arrival.absent)
            _add(new, here._replace(has_data=True), chance * arrival.data)
            if arrival.bare is not None:
                _add(new, here, chance * arrival.bare)
        cells = new
    return cells


def _product(first: Cells, second: Cells, needed: int) -> Cells:
    """Return what is taken of independent groups together."""
    found: Cells = {}
    for a, chance in first.items():
        for b, other in second.items():
            cell = Cell(min(needed, a.taken + b.taken), a.has_data or b.has_data, a.is_missing or b.is_missing)
            _add(found, cell, chance * other)
    return found


def _add(cells: Cells, cell: Cell, chance: Floats) -> None:
    cells[cell] = cells[cell] + chance if cell in cells else chance
