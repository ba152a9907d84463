"""Who is down in the long run when a crew repairs: the machine repair problem, for machines that differ.

The state is the list of what is down, in order of failure; the first of the list, as many as there are repairmen, are
under repair. Machines are numbered, and live and are repaired for exponential times.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.joint import looked_up
from simulator.failures.process import Up

Floats = NDArray[np.float64]
Dice = np.random.Generator
List = tuple[int, ...]
MOST_LISTED = 7  # machines: 13,700 lists, solved in seconds; one more is 110,000


class CrewLaw(ABC):
    """The stationary law of the list of what is down."""

    @abstractmethod
    def all_up(self, machines: tuple[int, ...]) -> float:
        """Return P(all of these machines up)."""

    @abstractmethod
    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``."""

    @abstractmethod
    def draw(self, dice: Dice, count: int) -> Up:
        """Return that many independent patterns; the first of them do not depend on how many are drawn."""

    @abstractmethod
    def draw_list(self, dice: Dice) -> List:
        """Return what is down, in order of failure."""


@final
@dataclass(frozen=True)
class ProductForm(CrewLaw):
    """Repairs of equal mean, any number of machines.

    P(list) is proportional to the product of mttr / mtbf over the list by the product of min(k, repairmen), k = 1, 2,
    ..., its length: a closed network with one first-come-first-served station of equal service (Baskett, Chandy, Muntz
    and Palacios, 1975). All orders of a set are alike. Sums over sets are elementary symmetric polynomials, added up in
    logarithms.

    Args:
        ratios: mttr / mtbf of each machine.
        repairmen: How many repair at once.
    """

    ratios: tuple[float, ...]
    repairmen: int

    def all_up(self, machines: tuple[int, ...]) -> float:
        """Return P(all of these machines up): the sum over all sets of the others."""
        others = [ratio for machine, ratio in enumerate(self.ratios) if machine not in machines]
        weights = polynomials(others)[0] + self._orders[: len(others) + 1]
        return float(np.exp(np.logaddexp.reduce(weights) - np.logaddexp.reduce(self._by_size)))

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``."""
        is_down = ~up
        of_set: Floats = is_down @ np.log(self.ratios) + self._orders[is_down.sum(axis=1)]
        found: Floats = of_set - np.logaddexp.reduce(self._by_size)
        return found

    def draw(self, dice: Dice, count: int) -> Up:
        """Return independent patterns: first how many are down, then machine by machine whether it is one of them."""
        machines = len(self.ratios)
        drawn = dice.random((count, machines + 1))
        chances = np.cumsum(np.exp(self._by_size - np.logaddexp.reduce(self._by_size)))
        left = np.searchsorted(chances[:-1], drawn[:, 0], side="right")
        up = np.ones((count, machines), dtype=bool)
        for machine, ratio in enumerate(self.ratios):
            with_it = np.log(ratio) + self._polynomials[machine + 1][left - 1]
            chance = np.exp(with_it - self._polynomials[machine][left])
            is_down = (left > 0) & ((drawn[:, machine + 1] < chance) | (left == machines - machine))
            up[:, machine] = ~is_down
            left = left - is_down
        return up

    def draw_list(self, dice: Dice) -> List:
        """Return what is down, in any order alike."""
        down = np.flatnonzero(~self.draw(dice, 1)[0])
        return tuple(int(machine) for machine in dice.permutation(down))

    @cached_property
    def _orders(self) -> Floats:
        """Logarithm of k! by the product of min(j, repairmen): the orders of a set of k, and how fast they dissolve."""
        sizes = np.arange(1, len(self.ratios) + 1)
        return np.concatenate([[0.0], np.cumsum(np.log(sizes / np.minimum(sizes, self.repairmen)))])

    @cached_property
    def _polynomials(self) -> Floats:
        return polynomials(self.ratios)

    @cached_property
    def _by_size(self) -> Floats:
        """Logarithm of the weight of all sets of k, for each k."""
        weights: Floats = self._polynomials[0] + self._orders
        return weights


def polynomials(ratios: Sequence[float]) -> Floats:
    """Return the logarithms of the elementary symmetric polynomials e_k of the numbers from each place on.

    >>> np.exp(polynomials([2.0, 3.0])).round(9).tolist()
    [[1.0, 5.0, 6.0], [1.0, 3.0, 0.0], [1.0, 0.0, 0.0]]
    """
    count = len(ratios)
    table = np.full((count + 1, count + 1), -np.inf)
    table[:, 0] = 0.0
    for place in range(count - 1, -1, -1):
        table[place, 1:] = np.logaddexp(table[place + 1, 1:], np.log(ratios[place]) + table[place + 1, :-1])
    return table


@final
@dataclass(frozen=True)
class ListChain(CrewLaw):
    """Any means, up to ``MOST_LISTED`` machines: the balance equations of the Markov chain of lists are solved.

    Args:
        mtbf: Mean time up of each machine, in any unit.
        mttr: Mean time under repair of each machine, in the same unit.
        repairmen: How many repair at once.
    """

    mtbf: tuple[float, ...]
    mttr: tuple[float, ...]
    repairmen: int

    def all_up(self, machines: tuple[int, ...]) -> float:
        """Return P(all of these machines up)."""
        hit = sum(1 << machine for machine in machines)
        return float(self._table[(np.arange(len(self._table)) & hit) == 0].sum())

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``."""
        return looked_up(self._table, up)

    def draw(self, dice: Dice, count: int) -> Up:
        """Return independent patterns."""
        sets = np.searchsorted(np.cumsum(self._table)[:-1], dice.random(count), side="right")
        up: Up = (sets[:, np.newaxis] >> np.arange(len(self.mtbf))) & 1 == 0
        return up

    def draw_list(self, dice: Dice) -> List:
        """Return what is down, in order of failure."""
        return self._lists[int(np.searchsorted(np.cumsum(self.stationary)[:-1], dice.random(), side="right"))]

    @cached_property
    def _lists(self) -> list[List]:
        machines = range(len(self.mtbf))
        return [found for size in range(len(self.mtbf) + 1) for found in itertools.permutations(machines, size)]

    @cached_property
    def _table(self) -> Floats:
        """The joint law (``simulator.failures.joint``), shape ``(2^machines,)``."""
        sets = [sum(1 << machine for machine in found) for found in self._lists]
        table: Floats = np.bincount(sets, weights=self.stationary, minlength=2 ** len(self.mtbf)).astype(np.float64)
        return table

    @cached_property
    def stationary(self) -> Floats:
        """P(list), in the order of the lists: all balance equations but that of the empty list, whose weight is 1."""
        from scipy import sparse  # noqa: PLC0415 - heavy
        from scipy.sparse.linalg import spsolve  # noqa: PLC0415 - heavy

        moves = list(self._moves())
        into, out_of = np.array([move[:2] for move in moves]).T
        rate = np.array([move[2] for move in moves])
        count = len(self._lists)
        flow = sparse.csc_matrix((rate, (into, out_of)), shape=(count, count))
        balance = (flow - sparse.diags(np.bincount(out_of, weights=rate, minlength=count))).tocsc()
        weights = spsolve(balance[1:, 1:], -balance[1:, 0].toarray().ravel())
        law: Floats = np.concatenate([[1.0], np.maximum(np.atleast_1d(weights), 0)])
        law /= law.sum()
        return law

    def _moves(self) -> list[tuple[int, int, float]]:
        """Return (list after, list before, rate) of every failure and every repair."""
        place = {found: number for number, found in enumerate(self._lists)}
        moves = []
        for found, number in place.items():
            moves += [(place[(*found, machine)], number, 1 / mean) for machine, mean in enumerate(self.mtbf)
                      if machine not in found]
            moves += [(place[found[:at] + found[at + 1:]], number, 1 / self.mttr[machine])
                      for at, machine in enumerate(found[: self.repairmen])]
        return moves
