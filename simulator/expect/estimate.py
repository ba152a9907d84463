"""A number that says how sure it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Estimate:
    """A number with its interval and how it was found.

    Args:
        value: The point estimate; NaN where nothing was seen.
        low: Lower end of the 95 % interval; equal to ``value`` where the number is exact.
        high: Upper end.
        samples: How many independent things it rests on (replications, clusters, patterns).
        method: How it was found, in words, such as ``"exact over 8 patterns"``.
        uncertainty: What the interval covers: ``none``, ``failures``, ``test set`` or ``training seed``.
    """

    value: float
    low: float
    high: float
    samples: int
    method: str
    uncertainty: str = "none"

    def as_dict(self) -> dict[str, object]:
        """Return the plain values, for a record."""
        return asdict(self)
