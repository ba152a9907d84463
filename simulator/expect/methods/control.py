"""Control variates: numbers of a pattern whose mean is known exactly, and which explain most of its score.

Two are known: whether there is no answer (its exact chance comes from the part graph), and the sum over the causes at
work of what each costs alone (one score for each cause; its mean is the sum of chance x cost).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from simulator.expect.methods.expectation import Known, Question, Values
from simulator.expect.methods.strata import Floats, Places
from simulator.expect.methods.target import Target
from simulator.failures.cause_law import Bools

SHARE = 4  # first-order terms take a quarter of the forwards, no more


@final
@dataclass(frozen=True, eq=False)
class Controls:
    """Control variates of a pattern.

    Args:
        means: Their exact means, shape ``(controls,)``.
        no_answer: Says of each place whether it is without an answer: the first control; None: not used.
        costs: What each cause costs alone, shape ``(causes,)``; None: not used.
    """

    means: Floats
    no_answer: Values | None = None
    costs: Floats | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.means)

    @staticmethod
    def of(question: Question, target: Target) -> Controls:
        """Return those that a question has; the first-order terms are scored, where the target leaves room for that."""
        means = [question.no_flow()] if question.no_flow is not None else []
        costs = first_order(question, target.max_forwards // SHARE)
        if costs is not None and question.law is not None:
            means.append(float(question.law.weight @ question.law.chance @ costs))
        no_answer = None if question.no_flow is None else question.no_answer
        return Controls(np.array(means, dtype=np.float64), no_answer, costs)

    def columns(self, at_work: Bools | None, places: Places) -> Floats:
        """Return the control variates of each pattern, shape ``(patterns, controls)``."""
        found = [] if self.no_answer is None else [self.no_answer(places)]
        if self.costs is not None and at_work is not None:
            found.append(at_work @ self.costs)
        return np.stack(found, axis=1) if found else np.zeros((len(places), 0))


def known_no_answer(question: Question) -> Known | None:
    """Return whether there is no answer, with its exact mean, as a control variate of strata; None: not known."""
    if question.no_flow is None:
        return None
    return Known(question.no_answer, question.no_flow())


def no_controls() -> Controls:
    """Return none."""
    return Controls(np.zeros(0))


def first_order(question: Question, most: int) -> Floats | None:
    """Return what each cause costs when it alone is at work: the score lost against none; None where that costs more.

    Args:
        question: Whose causes.
        most: The most new scores that it may take.
    """
    if question.law is None or len(question.law.causes) > most:
        return None
    causes = len(question.law.causes)
    alone = np.concatenate([np.zeros((1, causes), dtype=bool), np.eye(causes, dtype=bool)])
    scores = question.scored.scores(question.scored.places(question.law.up(alone)))
    return None if np.isnan(scores).any() else scores[0] - scores[1:]
