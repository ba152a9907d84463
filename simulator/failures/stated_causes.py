"""From a process to its law by causes: what it states itself, else its marginals or its table of patterns."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from simulator.failures.cause_law import CauseLaw, given_state, independent_law
from simulator.failures.independent import Independent
from simulator.failures.process import FailureProcess, NoLaw

MOST_IN_A_TABLE = 12  # components: 4,096 patterns, each a latent state


@runtime_checkable
class StatesCauses(Protocol):
    """A process that knows more of its causes than its table of patterns tells."""

    def cause_law(self) -> CauseLaw:
        """Return its law as causes that are independent given a latent state; raise NoLaw where there is none."""


def cause_law_of(process: FailureProcess) -> CauseLaw:
    """Return the snapshot law of a process as causes that are independent given a latent state.

    A process need not do anything for it: components that are independent are causes of their own, and of any other
    law up to 12 components each pattern is a state. One that knows its causes says so in a method ``cause_law``.

    Raises:
        NoLaw: it moves in time, or its patterns are too many to be listed.
    """
    if isinstance(process, StatesCauses):
        return process.cause_law()
    if isinstance(process, Independent):
        return independent_law(process.components, process.survival())
    return listed_patterns(process)


def listed_patterns(process: FailureProcess) -> CauseLaw:
    """Return the law with a latent state for each pattern that can be.

    Raises:
        NoLaw: it moves in time, or has more than 12 components.
    """
    process.survival()  # what moves in time says so, however many components it has
    count = len(process.components)
    if count > MOST_IN_A_TABLE:
        raise NoLaw(f"{count} components whose dependence is known by the table of patterns only: its {2**count:,} "
                    f"patterns are not gone through one by one, at most those of {MOST_IN_A_TABLE} components")
    up = (np.arange(2**count)[:, np.newaxis] >> np.arange(count)) & 1 == 0
    weight = np.exp(process.log_probability(up))
    can_be = weight > 0
    return given_state(process.components, weight[can_be] / weight.sum(), up[can_be].astype(np.float64))
