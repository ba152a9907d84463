"""What the record of a cell is filled with, while it is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate


@dataclass
class Findings:
    """What a cell's record is filled with."""

    estimates: dict[str, Estimate] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
