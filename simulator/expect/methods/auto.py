"""The method that fits: how many patterns there are, how much the most probable hold, how many causes are at work."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, final

import numpy as np
from pydantic import Field

from simulator.expect.methods.at_work import varying
from simulator.expect.methods.control import SHARE
from simulator.expect.methods.exact import MOST_COMPONENTS, Exact
from simulator.expect.methods.expectation import Expectation, Question
from simulator.expect.methods.head import Head
from simulator.expect.methods.method import CannotEstimate, Method
from simulator.expect.methods.monte_carlo import MonteCarlo
from simulator.expect.methods.most_probable import most_probable
from simulator.expect.methods.stratified import Stratified
from simulator.expect.methods.target import Guarantee
from simulator.failures.cause_law import CauseLaw

FEW_CAUSES = 16  # up to 2^16 patterns are summed
HEAD = 10_000  # patterns of a head that is tried
RARE = 5.0  # causes at work on average, up to which strata pay
RARE_WITH_CONTROLS = 1.0  # the same where control variates explain most of a pattern's score


@final
class Auto(Method):
    """Exact up to ``max_components`` that can fail, else the most probable patterns, strata or Monte Carlo.

    The most probable patterns where they hold so much that the target is met for sure; strata by the number of causes
    at work where fewer than five are on average (fewer than one where control variates explain most of a score);
    Monte Carlo else, and where the failures state no law.
    """

    method: Literal["auto"] = "auto"
    max_components: Annotated[int, Field(gt=0, le=MOST_COMPONENTS)] = 20
    guarantee: Guarantee = "asymptotic"

    @property
    def exact_up_to(self) -> int:
        """Up to ``max_components``."""
        return self.max_components

    def expect(self, question: Question) -> Expectation:
        """Return the expectation by the method that fits, which says why it was chosen."""
        law = question.law
        if law is None:
            return self._by(self._monte_carlo(), question, "the failures state no law of independent causes")
        if (few := len(varying(law))) <= min(FEW_CAUSES, self.max_components):
            return self._by(Exact(method="exact", target=self.target), question, f"only 2^{few} patterns can be")
        if self._has_head(question, law):
            head = Head(method="head", target=self.target, max_patterns=HEAD)
            return self._by(head, question, "the most probable patterns meet the target for sure")
        mean = float(law.weight @ law.chance.sum(axis=1))
        at_work = f"{mean:.3g} of {len(law.causes):,} causes are at work on average"
        limit = RARE_WITH_CONTROLS if self._has_controls(question, law) else RARE
        if mean >= limit:
            known = ", and what each costs alone and P(no answer) are known: control variates" if limit < RARE else ""
            return self._by(self._monte_carlo(), question, at_work + known)
        try:
            strata = Stratified(method="stratified", target=self.target, guarantee=self.guarantee)
            return self._by(strata, question, f"{at_work}, fewer than {limit:g}")
        except CannotEstimate:
            return self._by(self._monte_carlo(), question, "there are too few forwards for strata")

    def _monte_carlo(self) -> MonteCarlo:
        return MonteCarlo(method="monte_carlo", target=self.target, guarantee=self.guarantee)

    @staticmethod
    def _by(method: Method, question: Question, why: str) -> Expectation:
        return replace(method.expect(question), chosen=why)

    def _has_controls(self, question: Question, law: CauseLaw) -> bool:
        """Return whether Monte Carlo would have both control variates; with a guarantee it has none."""
        is_cheap = len(law.causes) <= self.target.max_forwards // SHARE
        return is_cheap and question.no_flow is not None and self.guarantee == "asymptotic"

    def _has_head(self, question: Question, law: CauseLaw) -> bool:
        """Return whether so many patterns hold so much that the rest cannot matter, in few enough deliveries."""
        if self.target.absolute is None:
            return False
        at_work, probability = most_probable(law, HEAD)
        low, high = question.scored.bounds
        enough = int(np.searchsorted(np.cumsum(probability), 1 - 2 * self.target.absolute / (high - low))) + 1
        if enough > len(probability):
            return False
        distinct = np.unique(question.scored.places(law.up(at_work[:enough])))
        return int((~question.scored.is_scored(distinct)).sum()) <= self.target.max_forwards
