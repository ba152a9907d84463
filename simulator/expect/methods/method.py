"""What every method is: a block of the scenario file that answers a question."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from simulator.blocks import Block
from simulator.evaluate.score_blocks import ScoreBlock
from simulator.expect.methods.expectation import Expectation, Question
from simulator.expect.methods.strata import Places
from simulator.expect.methods.target import Target
from simulator.expect.scored import Scored


class CannotEstimate(ValueError):
    """The method cannot answer this question; the message says why, and what can."""


class Method(Block, ABC):
    """A way to an expectation; ``target`` says when it is good enough.

    ``scores`` are further scores of a model's answers, each expected over the same patterns with the same weights.
    """

    target: Target = Target()
    scores: tuple[ScoreBlock, ...] = ()

    @property
    def exact_up_to(self) -> int:
        """Up to how many components that can fail the sum over all patterns is taken instead; 0: never."""
        return 0

    @abstractmethod
    def expect(self, question: Question) -> Expectation:
        """Return the expected score of a question's patterns.

        Raises:
            CannotEstimate: this method does not go with this question.
        """


def as_is(scored: Scored, places: Places, most: int) -> Places:
    """Return the places from the first on, up to the one before that which needs more new scores than allowed.

    >>> class Seen:
    ...     def is_scored(self, places): return places == 0
    >>> as_is(Seen(), np.array([0, 4, 4, 7, 4, 9]), 2).tolist()
    [0, 4, 4, 7, 4]
    """
    distinct, first = np.unique(places, return_index=True)
    new = np.sort(first[~scored.is_scored(distinct)])
    return places if len(new) <= most else places[: new[most]]


def schedule(first: int, growth: float, most: int) -> Iterator[int]:
    """Yield how many draws there are at each look: a geometric schedule, fixed ahead.

    >>> list(schedule(64, 1.5, 200))
    [64, 96, 144, 200]
    """
    draws = float(first)
    while draws < most:
        yield int(draws)
        draws *= growth
    yield most
