"""The YAML blocks of outcomes that are given instead of coming from a model."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.blocks import Block


class TableOutcomes(Block):
    """Accuracy of each pattern, from a CSV file.

    The file has one column for each component that can fail, named like it, with 1 for up and 0 for down, and one row
    for each pattern; ``column`` is the accuracy.
    """

    kind: Literal["table"]
    path: str
    column: str


class PartsOutcomes(Block):
    """Accuracy that falls with each part that an answer was not computed from; no network is needed, at any size.

    An answer is right with probability ``no_answer`` + ``gain`` x ``each_lost`` ^ (parts, sources not counted, that are
    not in its delivery); where there is none, with ``no_answer``.
    """

    kind: Literal["by_parts"]
    no_answer: Annotated[float, Field(ge=0, le=1)]
    gain: Annotated[float, Field(ge=0, le=1)]
    each_lost: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _is_accuracy(self) -> Self:
        if self.no_answer + self.gain > 1:
            raise ValueError(f"no_answer {self.no_answer:g} and gain {self.gain:g} make an accuracy above 1")
        return self


GivenOutcomes = Annotated[TableOutcomes | PartsOutcomes, Field(discriminator="kind")]
