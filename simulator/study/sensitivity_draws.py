"""Sensitivity of a cell by draws: patterns of its failures, scored, and what importance reads off them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.pieces import Pieces
from simulator.expect.importance.sampled import by_coins, by_orders, of_pairs, sides
from simulator.expect.importance.sampled_pairs import by_walks, joint_by_pairs, shapley_by_pairs
from simulator.expect.scored import Scored
from simulator.expect.sensitivity_block import Sensitivity
from simulator.failures.process import FailureProcess, Up
from simulator.seeds import Streams

Floats = NDArray[np.float64]
MOST_PAIRED = 40  # players of which every two are set up and down


@dataclass(frozen=True)
class Asked:
    """What is ranked, and how.

    Args:
        of: What is ranked.
        names: All components, those that are ranked first.
        players: How many are ranked.
        block: How many draws.
        failure: P(down) of each player; None where components fail together.
    """

    of: str
    names: tuple[str, ...]
    players: int
    block: Sensitivity
    failure: Floats | None


@final
class Draws:
    """What draws and scores the patterns of one ranking; each call draws further ones.

    Args:
        asked: What is ranked.
        scored: What patterns are worth.
        process: How components fail.
        seed: Of the scenario.
    """

    def __init__(self, asked: Asked, scored: Scored, process: FailureProcess, seed: int) -> None:
        self.asked, self.scored, self.process, self._seed = asked, scored, process, seed
        self._calls = 0
        self.both = sides(scored, self(asked.block.draws), asked.players)

    def __call__(self, count: int) -> Up:
        """Return further patterns of all components."""
        place = [self.asked.names.index(name) for name in self.process.components]
        streams = Streams(self._seed, self._calls, owner=f"sensitivity {self.asked.of}")
        self._calls += 1
        up = np.ones((count, len(self.asked.names)), dtype=bool)
        up[:, place] = self.process.sample_up(streams, count)
        return up

    def pieces(self) -> dict[str, Pieces]:
        """Return the pieces of each measure that is asked for and can be had."""
        block, players = self.asked.block, self.asked.players
        found = of_pairs(block.measures, self.both, block.below)
        rng = self._dice("orders of failing")
        if self.asked.failure is not None:
            found |= self.both.variance_pieces(self.asked.failure)
        if "shapley" in block.measures:
            found["shapley"] = by_orders(self.scored, self, players, block.orders, rng)
        if "banzhaf" in block.measures:
            found["banzhaf"] = by_coins(self.scored, self, players, block.draws, rng)
        if "shapley_effects" in block.measures and self.asked.failure is not None:
            found["shapley_effects"] = by_walks(self.scored, self, players, block.draws, self._dice("walks"))
        return {name: found[name] for name in block.measures if name in found}

    def along(self) -> dict[str, Pieces]:
        """Return the pieces of what a curve along each failure probability is made of."""
        return of_pairs(("if_down", "birnbaum"), self.both, None)

    def interactions(self) -> dict[str, Pieces]:
        """Return the pieces of the interactions of each two players."""
        players, pairs = self.asked.players, self.asked.block.pairs
        found = {"shapley_interaction": shapley_by_pairs(self.scored, self, players, pairs, self._dice("interactions"))}
        if self.asked.failure is not None:
            found["joint_birnbaum"] = joint_by_pairs(self.scored, self, players, pairs)
        return found

    def _dice(self, purpose: str) -> np.random.Generator:
        return Streams(self._seed).of(self.asked.of, purpose)
