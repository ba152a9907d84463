"""The other models on a cell's machines: what they are, and a row for each in the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.expect import exact
from simulator.expect.estimate import Estimate
from simulator.expect.timed import Requests, ending_counts, timed
from simulator.failures.process import NoLaw
from simulator.network.plan import Plan
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.together import Tenant


@dataclass(frozen=True)
class Guest:
    """Another model on a cell's machines.

    Args:
        name: Its name among the scenario's others.
        assembly: Its objects.
        answers: Its answers; None where it is no network.
        plan: Its engine plan.
        patterns: Finds all patterns with their probabilities, which are the cell's.
    """

    name: str
    assembly: Assembly
    answers: Answers | None
    plan: Plan
    patterns: Callable[[], exact.Patterns]

    @property
    def tenant(self) -> Tenant:
        """What is simulated of it."""
        return Tenant(self.name, self.assembly, self.plan, labels_of(self.answers))

    def expected_accuracy(self) -> Estimate | None:
        """Return its exact expected accuracy; None where it has no answers or the failures state no law."""
        if self.answers is None:
            return None
        try:
            patterns = self.patterns()
        except NoLaw:
            return None
        deliveries = self.assembly.delivered(patterns)
        outcomes = self.answers.outcomes
        outcomes.ensure(deliveries.distinct)
        found = exact.expected_accuracy(patterns.probability, deliveries, outcomes.correct, outcomes.groups)
        return found.expected_accuracy


def labels_of(answers: Answers | None) -> NDArray[np.int64]:
    """Return the classes of the test set; none where there is no network."""
    return answers.outcomes.labels if answers else np.zeros(0, dtype=np.int64)


def model_row(name: str, requests: Requests, expected: Estimate | None, *, has_accuracy: bool) -> dict[str, Any]:
    """Return a row of the record's table ``models``: counts of endings, and each estimate with its interval.

    Args:
        name: The model's.
        requests: Its requests.
        expected: Its exact expected accuracy, None where it is not known.
        has_accuracy: Whether it is a network.
    """
    total = len(requests.arrival_ns)
    estimates = {key: one for key, one in timed(requests, total).items() if has_accuracy or "accuracy" not in key}
    estimates |= {"expected_accuracy": expected} if expected else {}
    row: dict[str, Any] = {"model": name, "requests": total, **ending_counts(requests, total)}
    for key, one in estimates.items():
        row |= {key: one.value, f"{key}_low": one.low, f"{key}_high": one.high}
    return row
