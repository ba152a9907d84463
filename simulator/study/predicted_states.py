"""Patterns of what matters to a model, with their law: probabilities, covariances and deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import EMPTY
from simulator.dataflow.reach import Reach
from simulator.expect.exact import enumerate_patterns
from simulator.failures.process import FailureProcess, NoLaw
from simulator.neurons.crashes import Crashes

Floats = NDArray[np.float64]
MOST_ALL = 20  # of all that can fail, whether it matters or not
INDEPENDENT = 1e-12


@dataclass(frozen=True, eq=False)
class States:
    """All patterns of what can fail and matters; in row r component c is down iff bit c of r is set, row 0 is all up.

    Args:
        components: Names.
        probability: Of each row; everything else is summed over.
        crashes: P(down) of each component and their covariance (None: independent), as the theory of crashes takes it.
        reach: From what is down to the delivery.
    """

    components: tuple[str, ...]
    probability: Floats
    crashes: Crashes
    reach: Reach

    @property
    def count(self) -> int:
        """How many components."""
        return len(self.components)

    def members(self, row: int) -> list[int]:
        """Return the places of the components that are down."""
        return [place for place in range(self.count) if row >> place & 1]

    def down(self, row: int) -> frozenset[str]:
        """Return the names of what is down."""
        return frozenset(self.components[place] for place in self.members(row))

    @cached_property
    def deliveries(self) -> list[int]:
        """The delivery of each row."""
        return self.deliveries_by(self.reach)

    def deliveries_by(self, reach: Reach) -> list[int]:
        """Return the delivery of each row by another reach."""
        return [reach.delivery(self.down(row)) for row in range(len(self.probability))]

    def rows_up_to(self, failures: int) -> list[int]:
        """Return the rows with at most so many down."""
        return [row for row in range(len(self.probability)) if row.bit_count() <= failures]

    @property
    def answers(self) -> bool:
        """Whether there is an answer when all is up."""
        return self.deliveries[0] != EMPTY


def states_of(process: FailureProcess, reach: Reach, most: int) -> States:
    """Return the patterns of what can fail and matters.

    Raises:
        NoLaw: too many can fail, or the process states no probabilities.
    """
    places = [place for place, name in enumerate(process.components) if name in reach.relevant]
    if len(places) > most or len(process.components) > MOST_ALL:
        raise NoLaw(f"{len(places)} components that matter can fail, of {len(process.components)}, and at most {most} "
                    f"of {MOST_ALL} are gone through; raise max_components (at most 12)")
    patterns = enumerate_patterns(process, MOST_ALL, "predicted_failures")
    is_down = ~patterns.up[:, places]
    row = (is_down.astype(np.int64) << np.arange(len(places))).sum(axis=1)
    probability: Floats = np.bincount(row, patterns.probability, 1 << len(places)).astype(np.float64)
    names = tuple(process.components[place] for place in places)
    return States(names, probability, _crashes(process, places), reach)


def _crashes(process: FailureProcess, places: list[int]) -> Crashes:
    survival = process.survival()[places]
    covariance = process.pairwise_survival()[np.ix_(places, places)] - np.outer(survival, survival)
    np.fill_diagonal(covariance, survival * (1 - survival))
    units = np.arange(len(places))
    apart = covariance - np.diag(np.diag(covariance))
    is_independent = bool((np.abs(apart) < INDEPENDENT).all())
    return Crashes(1 - survival, units, None if is_independent else covariance)
