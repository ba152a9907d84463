"""Independent patterns, in order: row i of the dice decides pattern i, however many are asked for at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, final

import numpy as np

from simulator.expect.methods.at_work import draw_states
from simulator.expect.methods.expectation import Question
from simulator.expect.methods.method import CannotEstimate
from simulator.failures.cause_law import Bools, CauseLaw
from simulator.failures.process import Up

CELLS = 4_000_000  # uniform numbers at a time


class Drawing(Protocol):
    """Patterns that come one after the other."""

    def next(self, count: int) -> Iterator[tuple[Bools | None, Up]]:
        """Yield the next patterns in pieces: the causes at work, where they are known, and who is up."""


@final
class FromLaw:
    """Patterns of a law of causes.

    Args:
        law: The causes.
        dice: A stream of its own.
    """

    def __init__(self, law: CauseLaw, dice: np.random.Generator) -> None:
        self.law, self.dice = law, dice

    def next(self, count: int) -> Iterator[tuple[Bools | None, Up]]:
        """Yield the causes at work and who is up."""
        width = 1 + len(self.law.causes)
        piece = max(1, CELLS // width)
        for first in range(0, count, piece):
            uniforms = self.dice.random((min(piece, count - first), width))
            states = draw_states(self.law.weight, uniforms[:, 0])
            at_work = uniforms[:, 1:] < self.law.chance[states]
            yield at_work, self.law.up(at_work)


@final
class FromProcess:
    """Patterns of a process that states no law of causes.

    Args:
        question: Draws the first so many.
    """

    def __init__(self, question: Question) -> None:
        self.question, self.drawn = question, 0

    def next(self, count: int) -> Iterator[tuple[Bools | None, Up]]:
        """Yield who is up; which causes are at work is not known."""
        if self.question.patterns is None:
            raise CannotEstimate("the failures state no law, and cannot be drawn")
        found = self.question.patterns(self.drawn + count)[self.drawn:]
        self.drawn += count
        yield None, found


def patterns_of(question: Question, name: str) -> Drawing:
    """Return the drawing of a question's patterns; ``name`` names the stream."""
    if question.law is None:
        return FromProcess(question)
    return FromLaw(question.law, question.dice(name))
