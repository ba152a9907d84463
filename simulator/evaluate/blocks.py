"""The YAML block of outcomes that come from a table instead of a model."""

from __future__ import annotations

from typing import Literal

from simulator.blocks import Block


class TableOutcomes(Block):
    """Accuracy of each pattern, from a CSV file.

    The file has one column for each component that can fail, named like it, with 1 for up and 0 for down, and one row
    for each pattern; ``column`` is the accuracy.
    """

    kind: Literal["table"]
    path: str
    column: str
