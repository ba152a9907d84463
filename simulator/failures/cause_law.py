"""The snapshot law of a process as causes that are independent given a latent state.

Shared risks, common causes, shocks and plain machines are unions of independent causes; copulas, storms and uncertain
survivals are mixtures of them. One form serves sampling, strata, bounds and exact sums alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.process import Up

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@final
@dataclass(frozen=True, eq=False)
class CauseLaw:
    """A component is down iff a cause at work fells it; causes are independent given the state.

    Args:
        components: Names of what can fail, in the order of the process.
        causes: Names of the causes; a component that fails for itself is a cause of its own name.
        fells: Which components each cause fells, shape ``(causes, components)``.
        weight: Probability of each latent state, shape ``(states,)``; sums to 1.
        chance: P(at work | state) of each cause, shape ``(states, causes)``.
        is_exact: Whether the states are all there are; False where a continuous state was cut into these (quadrature).
    """

    components: tuple[str, ...]
    causes: tuple[str, ...]
    fells: Bools
    weight: Floats
    chance: Floats
    is_exact: bool = True

    @property
    def is_independent(self) -> bool:
        """Whether components fail each for itself: one state, and a cause for each component."""
        return len(self.weight) == 1 and self._fells_one_each

    @cached_property
    def _fells_one_each(self) -> bool:
        return self.fells.shape[0] == self.fells.shape[1] and bool(
            (self.fells == np.eye(len(self.components), dtype=bool)).all())

    def up(self, at_work: Bools) -> Up:
        """Return who is up, given which causes are at work, shape ``(patterns, causes)``."""
        if self._fells_one_each:
            return ~at_work
        up: Up = (at_work.astype(np.float32) @ self.fells.astype(np.float32)) == 0  # bytes would overflow at 256
        return up

    def survival(self) -> Floats:
        """Return P(up) of each component, shape ``(components,)``."""
        survival: Floats = self.weight @ self.spared()
        return survival

    def spared(self) -> Floats:
        """Return P(up | state) of each component, shape ``(states, components)``: no cause that fells it is at work."""
        idle = 1 - self.chance
        return np.stack([idle[:, felling].prod(axis=1) for felling in self.fells.T], axis=1)


def independent_law(components: Sequence[str], survival: Floats) -> CauseLaw:
    """Return the law of components that fail each for itself.

    >>> law = independent_law(("edge", "fog"), np.array([0.9, 0.5]))
    >>> law.is_independent, law.survival().tolist()
    (True, [0.9, 0.5])
    """
    names = tuple(components)
    return CauseLaw(names, names, np.eye(len(names), dtype=bool), np.ones(1), (1 - survival)[np.newaxis])


def given_state(
    components: Sequence[str], weight: Floats, survival: Floats, *, is_exact: bool = True
) -> CauseLaw:
    """Return the law of components that fail each for itself, given a latent state.

    Args:
        components: Their names.
        weight: Probability of each state, shape ``(states,)``.
        survival: P(up | state), shape ``(states, components)``; of zeros and ones where a state is a pattern.
        is_exact: Whether these are all states.
    """
    names = tuple(components)
    return CauseLaw(names, names, np.eye(len(names), dtype=bool), weight, 1 - survival, is_exact)
