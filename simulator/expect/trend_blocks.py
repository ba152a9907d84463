"""The YAML block of ``trends:``, what the cells of a study say side by side."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from simulator.blocks import Block


class TrendBlock(Block):
    """Numbers of cells side by side: how they grow along an axis of the sweep, and which number foretells which.

    A number is named as in the record: an estimate (``neuron_accuracy``), or ``table.row.column``, of the row whose
    first text is ``row`` (``neuron_errors.first_order.variance``).

    Args:
        slopes: Numbers whose logarithm is fitted by a line in the logarithm of the axis.
        along: The axis, a key of the sweep; the only one of numbers when not given.
        foretold: Numbers, or axes, by which cells are put in order; of each, the numbers that are asked for that order.
    """

    slopes: tuple[str, ...] = ()
    along: str | None = None
    foretold: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.slopes and not self.foretold:
            raise ValueError("nothing is asked; write 'slopes: [NUMBER]', or 'foretold: {NUMBER: [BY, BY]}'")
        return self
