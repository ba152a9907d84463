"""The axes of a study for its figures: values that are numbers, with their unit, and what estimates are called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulator.expect.estimate import Estimate
from simulator.report.repeats_figure import AXIS_NAMES
from simulator.study.tidy import unit_of
from simulator.units import WRITTEN, exactly

FEWEST = 3  # values of an axis along which a line tells something
DECADES = 1.5  # from which on an axis is logarithmic, where its steps are rather even ratios
NAMES = {
    "expected_accuracy": "Expected accuracy (fraction of requests)",
    "served_accuracy": "Served accuracy (fraction of arrivals)",
    "on_time_accuracy": "On-time accuracy (fraction of arrivals)",
    "share_on_time": "Answered on time (fraction of arrivals)",
    "share_late": "Late (fraction of arrivals)",
    "share_lost": "Lost (fraction of arrivals)",
    "latency_mean_ms": "Mean latency (ms)",
    "latency_p50_ms": "Latency, median (ms)",
    "latency_p95_ms": "Latency, 95th percentile (ms)",
    "latency_p99_ms": "Latency, 99th percentile (ms)",
    "no_information_flow": "P(no information flow)",
}
END = re.compile("_(ms|s|bytes|per_s|per_h)$")

Estimates = Mapping[str, Estimate]
Points = Sequence[tuple[Mapping[str, str], Estimates]]


@dataclass(frozen=True)
class Axis:
    """An axis of a study whose values are numbers.

    Args:
        key: Its dotted key.
        numbers: The number of each of its texts, in the unit.
        unit: "" for plain numbers.
    """

    key: str
    numbers: Mapping[str, float]
    unit: str

    @property
    def label(self) -> str:
        """What it is called in a figure, with its unit."""
        name = AXIS_NAMES.get(self.key) or short_key(self.key)
        return f"{name} ({self.unit})" if self.unit else name

    @property
    def is_log(self) -> bool:
        """Whether ratios tell its values apart better than differences do."""
        found = sorted(self.numbers.values())
        return found[0] > 0 and found[-1] / found[0] >= 10**DECADES


def short_key(key: str) -> str:
    """Return the last words of a dotted key.

    >>> short_key("failures.0.mttr"), short_key("workload.arrivals.rate")
    ('mttr', 'arrivals rate')
    """
    steps = [step.replace("_", " ") for step in key.split(".") if not step.isdecimal()]
    return " ".join(steps[-2:]) if steps[0] == "workload" else steps[-1]


def axis_of(key: str, texts: Sequence[str]) -> Axis | None:
    """Return an axis whose texts are all numbers, or quantities of one dimension; None where they are not.

    >>> axis_of("policy.deadline", ["500 ms", "1 s", "2 s"]).numbers
    {'500 ms': 500.0, '1 s': 1000.0, '2 s': 2000.0}
    """
    distinct = list(dict.fromkeys(texts))
    found = [WRITTEN.fullmatch(text) for text in distinct]
    unit = next((match[2] for match in found if match and match[2]), "")
    try:
        numbers = {text: float(exactly(text, f"1{unit}" if unit.startswith("/") else unit)) if unit else float(text)
                   for text in distinct}
    except ValueError:
        return None
    return Axis(key, numbers, unit) if len(numbers) >= FEWEST else None


def axes_of(points: Points) -> list[Axis]:
    """Return the axes of a study that are numbers, in the order of the sweep."""
    keys = list(points[0][0]) if points else []
    found = (axis_of(key, [label[key] for label, _ in points if key in label]) for key in keys)
    return [axis for axis in found if axis]


def estimate_label(name: str) -> str:
    """Return what an estimate is called on an axis, with its unit.

    >>> estimate_label("detection_time_s")
    'Detection time (s)'
    """
    if name in NAMES:
        return NAMES[name]
    words = END.sub("", name).replace("_", " ")
    return f"{words[:1].upper()}{words[1:]} ({unit_of(name)})"
