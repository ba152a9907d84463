"""The YAML block of ``assert:``: what estimates are claimed to be, and whether their intervals agree."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from simulator.expect.amounts import amount
from simulator.expect.estimate import Estimate

Outcome = Literal["held", "violated", "undecided"]
SIGNS = {"≥": ">=", "≤": "<="}
WRITTEN = re.compile(r"\s*(>=|<=|≥|≤|>|<)\s*(\S.*?)\s*")


def split(written: str) -> tuple[str, str]:
    """Return the sign and the amount of a limit; raise ValueError where it is none.

    >>> split("≤ 200 ms")
    ('<=', '200 ms')
    """
    found = WRITTEN.fullmatch(written)
    if not found:
        raise ValueError(f"{written!r} is not a limit; write '>= 0.7', '<= 200 ms' or '< 5 %'")
    return SIGNS.get(found[1], found[1]), found[2]


def _checked(written: str) -> str:
    sign, number = split(written)
    if number.endswith("%") or not number[-1].isalpha():
        amount(number, "")
    else:
        amount(number, "_ms" if number.rstrip().endswith("s") else "_bytes")
    return f"{sign} {number}"


Limit = Annotated[str, AfterValidator(_checked)]


def judged(written: str, name: str, estimate: Estimate) -> Outcome:
    """Return whether an estimate keeps to a limit: its whole interval does, none of it does, or it lies on both sides.

    >>> judged(">= 0.7", "expected_accuracy", Estimate(0.75, 0.71, 0.79, 20, ""))
    'held'
    >>> judged(">= 0.7", "expected_accuracy", Estimate(0.71, 0.67, 0.75, 20, ""))
    'undecided'
    """
    sign, text = split(written)
    bound = amount(text, name)
    if any(math.isnan(end) for end in (estimate.low, estimate.high)):
        return "undecided"
    low, high = (estimate.low, estimate.high) if sign[0] == ">" else (-estimate.high, -estimate.low)
    least = bound if sign[0] == ">" else -bound
    is_strict = len(sign) == 1
    if low > least or (low == least and not is_strict):
        return "held"
    return "violated" if high < least or (high == least and is_strict) else "undecided"


def beyond_doubt(estimate: Estimate, *others: Estimate) -> Estimate:
    """Return an estimate with an interval that allows for other uncertainties of it, too: their sides are added."""
    low = estimate.low - sum(other.value - other.low for other in others)
    high = estimate.high + sum(other.high - other.value for other in others)
    return Estimate(estimate.value, low, high, estimate.samples, estimate.method, estimate.uncertainty)
