"""A curve of estimates over one axis."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Curve:
    """Estimates over one axis; all lists have the length of ``x``, and NaN marks where nothing was seen.

    Args:
        x: Where.
        value: Point estimates.
        low: Lower ends of the 95 % intervals.
        high: Upper ends.
        x_label: What the axis is, with its unit.
        y_label: What the value is.
        method: How it was found.
    """

    x: tuple[float, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    x_label: str
    y_label: str
    method: str

    def as_dict(self) -> dict[str, object]:
        """Return the plain values, for a record."""
        return asdict(self)
