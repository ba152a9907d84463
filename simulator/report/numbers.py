"""Numbers for people: an estimate as text, and what its interval covers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate
from simulator.study.record import CellRecord, Record

NOT_SEEN = "–"
ROUNDING = 1e-12
COVERS = {
    "failures": "failures and arrivals",
    "test set": "finite test set",
    "training seed": "the training seed",
    "inputs": "uncertain survivals",
    "left out": "patterns left out, for sure",
}
# The estimate that says what the band of a curve covers.
CURVE_ESTIMATE = {
    "accuracy_vs_failure": ("expected_accuracy", "all_up_accuracy"),
    "accuracy_over_time": ("served_accuracy", "on_time_accuracy"),
    "accuracy_vs_deadline": ("on_time_accuracy",),
    "latency": ("share_on_time", "latency_p50_ms", "latency_mean_ms"),
}


ERROR, WORDS = "mae", "mean absolute error"  # the score of a regression, in names and in sentences


@dataclass(frozen=True)
class Style:
    """How a number is shown: multiplied by ``scale``, with so many decimals."""

    decimals: int = 3
    scale: float = 1.0


FRACTION = Style()
PERCENT = Style(decimals=2, scale=100.0)
MILLISECONDS = Style(decimals=1)
SMALL = Style(decimals=4)


def number_text(value: float, style: Style = FRACTION, decimals: int | None = None) -> str:
    """Return a number; one that is not 0 never reads as 0, and NaN is a dash.

    Args:
        value: The number.
        style: Its scale, and how many decimals it has unless that would read as 0.
        decimals: Decimals instead of the style's.

    >>> number_text(0.68749), number_text(0.00031), number_text(0.0000000312), number_text(0.0), number_text(math.nan)
    ('0.687', '0.0003', '3.1e-08', '0', '–')
    """
    if math.isnan(value):
        return NOT_SEEN
    scaled = value * style.scale
    if scaled == 0:
        return "0"
    shown = max(style.decimals if decimals is None else decimals, _first_digit(scaled, style))
    text = f"{scaled:.{shown}f}"
    return (f"{scaled:.1e}" if float(text) == 0 else text).replace("-", "−", int(scaled < 0))


def _first_digit(scaled: float, style: Style) -> int:
    """Return how many decimals show the first digit that is not 0, at least the style's, at most three more."""
    return next((n for n in range(style.decimals, style.decimals + 4) if float(f"{scaled:.{n}f}")), style.decimals)


def decimals_of(estimate: Estimate, style: Style = FRACTION) -> int:
    """Return how many decimals an estimate is shown with: so many that its interval does not read as 0."""
    half = max(estimate.high - estimate.value, estimate.value - estimate.low)
    return _first_digit(half * style.scale, style) if is_seen(estimate) else style.decimals


def is_seen(estimate: Estimate) -> bool:
    """Return whether the interval is wider than what rounding in float64 makes of an exact number."""
    width = estimate.high - estimate.low
    return width > ROUNDING * max(1.0, abs(estimate.value))  # NaN is not


def interval_text(estimate: Estimate, style: Style = FRACTION) -> str:
    """Return the 95 % interval as ``± 0.012``, as ``[0.660, 0.715]`` where it is not symmetric, or "" where exact."""
    value, low, high = estimate.value, estimate.low, estimate.high
    if math.isnan(value) or not is_seen(estimate):
        return ""
    half, decimals = max(high - value, value - low), decimals_of(estimate, style)
    # Halves that agree within a tenth, or one unit of the last digit shown, are shown as one: the larger.
    slack = max(0.1 * half, 1.001 * 10.0**-decimals / style.scale)
    if low <= value <= high and abs((high - value) - (value - low)) <= slack:
        return f"± {number_text(half, style, decimals)}"
    return f"[{number_text(low, style, decimals)}, {number_text(high, style, decimals)}]"


def estimate_text(estimate: Estimate | None, style: Style = FRACTION) -> str:
    """Return an estimate as ``0.687 ± 0.012``, ``0.687 [0.660, 0.715]`` or, exact, ``0.687``; "" where there is none.

    A narrow interval brings more decimals, also to the number itself. What is 0 but for rounding in float64 reads as 0.

    >>> estimate_text(Estimate(0.6871, 0.6751, 0.6991, 20, "replications", "failures"))
    '0.687 ± 0.012'
    >>> estimate_text(Estimate(55.104, 55.066, 55.142, 20, "replications", "failures"), MILLISECONDS)
    '55.10 ± 0.04'
    >>> estimate_text(Estimate(2.2e-17, -0.013, 0.013, 5, "5 repeats", "training seed"))
    '0 ± 0.013'
    """
    if estimate is None:
        return ""
    is_zero = abs(estimate.value) < ROUNDING * (estimate.high - estimate.low)
    number = number_text(0.0 if is_zero else estimate.value, style, decimals_of(estimate, style))
    return f"{number} {interval_text(estimate, style)}".strip()


def has_band(curve: Curve) -> bool:
    """Return whether the curve has an interval of some width anywhere."""
    return any(high > low for low, high in zip(curve.low, curve.high, strict=True))


def cells_with(record: Record, curve: str) -> tuple[CellRecord, ...]:
    """Return the cells that have a curve of that name."""
    return tuple(cell for cell in record.cells if curve in cell.curves)


def covered(estimates: Iterable[Estimate]) -> str:
    """Return what the intervals of some estimates cover, in words; "" where none has an interval."""
    named = {e.uncertainty: COVERS.get(e.uncertainty, e.uncertainty) for e in estimates if e.uncertainty != "none"}
    return " and ".join(named[name] for name in sorted(named))


def band_text(record: Record, curve: str) -> str:
    """Return the legend entry of the bands of a curve, such as ``95 % interval: finite test set``."""
    names = CURVE_ESTIMATE.get(curve, ())
    asked = [estimate_of(cell, name) for cell in cells_with(record, curve) for name in names]
    found = [estimate for estimate in asked if estimate]
    covers = covered(found)
    return f"95 % interval: {covers}" if covers else "95 % interval"


def present(record: Record, names: Iterable[str]) -> tuple[str, ...]:
    """Return the estimates of that list that at least one cell has, in the order of the list."""
    return tuple(name for name in names if any(estimate_of(cell, name) for cell in record.cells))


def estimate_of(cell: CellRecord, name: str) -> Estimate | None:
    """Return an estimate of a cell; of a regression, ``expected_mae`` where ``expected_accuracy`` is asked for."""
    return cell.estimates.get(name) or cell.estimates.get(name.replace("accuracy", ERROR))


def is_regression(record: Record) -> bool:
    """Return whether the record's answers are numbers, so that errors stand in place of accuracies."""
    return any(f"{kind}_{ERROR}" in cell.estimates for cell in record.cells for kind in ("expected", "served"))


def unit_of(record: Record) -> str:
    """Return the unit of a regression's target, "" where none is given."""
    units = [str(row["unit"]) for cell in record.cells for row in cell.tables.get("target", ())]
    return units[0] if units else ""


def in_words(record: Record, text: str) -> str:
    """Return a text of ours about accuracy; of a regression, about its error."""
    if not is_regression(record):
        return text
    text = text.replace("mean worth of the answers", "mean absolute error of the answers")
    return (text.replace("accuracies", f"{WORDS}s").replace("accuracy", WORDS)
            .replace("Accuracy", WORDS[0].upper() + WORDS[1:]))


def cell_head(record: Record) -> str:
    """Return what the cells of a record differ in: what the sweep varies, or ``cell``."""
    keys = {", ".join(cell.label) for cell in record.cells}
    return keys.pop() if len(keys) == 1 and keys != {""} else "cell"
