"""How wide the intervals of a cell's named estimates are beside what was asked, and whether more would narrow them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.amounts import full_name
from simulator.expect.estimate import Estimate
from simulator.expect.precision_block import Precision, asked_half_width, half_width

SURE = 1.1  # an interval that is looked at again and again stops at those that are too narrow by chance
EXPECTED = "expected_accuracy"
SAMPLED = "expected_accuracy_sampling"
BY_REPLICATIONS = "failures"  # what the interval of an estimate covers that more replications narrow
WHY_NOT = {"test set": "the finite test set", "inputs": "uncertain survivals", "left out": "patterns left out",
           "training seed": "the training seed"}


@dataclass(frozen=True)
class Width:
    """How wide an interval is, and how wide it may be.

    Args:
        estimate: Its name.
        half: The longer side; NaN where there is no interval yet.
        asked: How long it may be.
        why_not: Why more replications would not narrow it; "" where they do.
    """

    estimate: str
    half: float
    asked: float
    why_not: str = ""

    @property
    def ratio(self) -> float:
        """How many times too wide it is; infinite where it is not known, 0 where nothing can be done."""
        if self.why_not or self.half == 0:
            return 0.0
        return math.inf if math.isnan(self.half) or self.asked == 0 else self.half / self.asked

    @property
    def is_met(self) -> bool:
        """Whether it is narrow enough."""
        return self.half <= self.asked

    def as_dict(self) -> dict[str, Any]:
        """Return the plain values, for a record."""
        plain = asdict(self)
        return plain | {name: None if math.isnan(plain[name]) else plain[name] for name in ("half", "asked")}


def widths(asked: Precision, estimates: Mapping[str, Estimate], place: str) -> list[Width]:
    """Return the widths of the estimates whose precision is asked.

    Args:
        asked: How narrow they are to be.
        estimates: Those of a cell.
        place: Where the precision is written.

    Raises:
        ScenarioError: the cell has no such estimate.
    """
    found, problems = [], []
    for said, written in asked.of.items():
        name = full_name(said, estimates)
        if name is None:
            problems.append(Problem(f"{place}.{said}", f"{said!r} is no estimate of this scenario",
                                    did_you_mean(said, estimates)))
            continue
        estimate = estimates[SAMPLED] if name == EXPECTED and SAMPLED in estimates else estimates[name]
        found.append(Width(name, half_width(estimate), asked_half_width(written, name, estimate.value),
                           _why_not(name, estimate)))
    if problems:
        raise ScenarioError(*problems)
    return found


def _why_not(name: str, estimate: Estimate) -> str:
    if half_width(estimate) == 0:
        return ""
    if name == EXPECTED and estimate.uncertainty == BY_REPLICATIONS:
        return "it is drawn by a method of its own, which has stopped"
    if estimate.uncertainty == BY_REPLICATIONS:
        return ""
    return f"its interval covers {WHY_NOT.get(estimate.uncertainty, estimate.uncertainty)}, which none narrows"
