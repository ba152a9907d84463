"""Timing as ratios: two things, interleaved, in one run on one machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call took."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def interleaved(
    first: Callable[[], object], second: Callable[[], object], rounds: int = 3
) -> tuple[float, float, list[float]]:
    """Return the median seconds of two things, and the ratio second / first of each round."""
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    ratios = [b / a for a, b in pairs]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratios


def ratio_text(ratios: list[float], wanted: float) -> str:
    """Return a ratio with its range and whether it is what was wanted."""
    middle = statistics.median(ratios)
    verdict = "ok" if middle >= wanted else "BELOW"
    return f"{middle:5.1f}x [{min(ratios):.1f}-{max(ratios):.1f}], wanted {wanted:g}x: {verdict}"
