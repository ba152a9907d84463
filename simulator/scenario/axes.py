"""The YAML blocks of a sweep's axes: values at even steps, with labels, that go together, or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.expect.search_blocks import Range
from simulator.scenario.labels import label_text
from simulator.seeds import stream

Values = Annotated[tuple[Any, ...], Field(min_length=1)]
Words = tuple[str | int | float, ...]


@dataclass(frozen=True)
class Point:
    """One point of an axis: the value of each dotted key that it sets, and how a cell's label calls it."""

    values: Mapping[str, Any]
    label: Mapping[str, str]


def point_of(values: Mapping[str, Any]) -> Point:
    """Return a point that is called by its values."""
    return Point(values, {key: label_text(value, key) for key, value in values.items()})


class Steps(Range):
    """``steps`` values from one end to the other, both included; with ``scale: log`` at even ratios."""

    steps: Annotated[int, Field(ge=2, le=1000)]

    def points(self, name: str, seed: int) -> list[Point]:
        """Return the points of the axis of that dotted key."""
        return [point_of({name: self.at(place / (self.steps - 1))}) for place in range(self.steps)]

    def thinned(self, name: str, seed: int) -> Self:
        """Return the two ends alone."""
        return self.model_copy(update={"steps": 2})

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        if self.whole and self.steps > self.ends[1] - self.ends[0] + 1:
            raise ValueError(f"{self.steps} steps, but there are fewer whole numbers from {self.low!r} to "
                             f"{self.high!r}; write fewer steps")
        return self


class Labelled(Block):
    """A list of values with what they are called in tables and figures; the names of cells do not change."""

    values: Values
    labels: Words

    def points(self, name: str, seed: int) -> list[Point]:
        """Return the points of the axis of that dotted key."""
        return [Point({name: value}, {name: str(word)}) for value, word in zip(self.values, self.labels, strict=True)]

    def thinned(self, name: str, seed: int) -> Self:
        """Return the first value and the last."""
        return self.model_copy(update={"values": ends_of(self.values), "labels": ends_of(self.labels)})

    @model_validator(mode="after")
    def _has_one_each(self) -> Self:
        check_labels(self.labels, len(self.values))
        return self


class Together(Block):
    """Axes that go together: the first value of each makes the first point, and so on. The key is a name."""

    design: Literal["zip"]
    over: Annotated[dict[str, Values], Field(min_length=1)]
    labels: Words = ()

    def points(self, name: str, seed: int) -> list[Point]:
        """Return the points of the axis of that name."""
        rows = [dict(zip(self.over, row, strict=True)) for row in zip(*self.over.values(), strict=True)]
        if not self.labels:
            return [point_of(row) for row in rows]
        return [Point(row, {name: str(word)}) for row, word in zip(rows, self.labels, strict=True)]

    def thinned(self, name: str, seed: int) -> Self:
        """Return the first point and the last."""
        over = {key: ends_of(values) for key, values in self.over.items()}
        return self.model_copy(update={"over": over, "labels": ends_of(self.labels)})

    @model_validator(mode="after")
    def _are_of_one_length(self) -> Self:
        lengths = {key: len(values) for key, values in self.over.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{key!r} has {length}" for key, length in lengths.items())
            raise ValueError(f"{told} values, which cannot go together; write as many for each")
        if self.labels:
            check_labels(self.labels, next(iter(lengths.values())))
        return self


class Drawn(Block):
    """``count`` points drawn from ranges: each alone (``random``), or one in each of ``count`` slices of every range.

    The latter is a Latin hypercube (McKay, Beckman and Conover, Technometrics 21, 1979). The key is a name; the draws
    of a setting depend on the root seed, this name and its own key, so that another setting moves none of them.
    """

    design: Literal["random", "latin_hypercube"]
    count: Annotated[int, Field(ge=2, le=100_000)]
    over: Annotated[dict[str, Range], Field(min_length=1)]

    def points(self, name: str, seed: int) -> list[Point]:
        """Return the points of the axis of that name, under a root seed."""
        shares = [self._shares(stream(seed, 0, key, f"design {name}")) for key in self.over]
        return [point_of({key: block.at(float(share)) for (key, block), share in zip(self.over.items(), row,
                                                                                     strict=True)})
                for row in zip(*shares, strict=True)]

    def thinned(self, name: str, seed: int) -> Together:
        """Return the first point and the last."""
        first, *_, last = self.points(name, seed)
        over = {key: (first.values[key], last.values[key]) for key in self.over}
        return Together(design="zip", over=over)

    def _shares(self, dice: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float64]]:
        inside = dice.random(self.count)
        if self.design == "random":
            return inside
        return (dice.permutation(self.count) + inside) / self.count


def ends_of(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the first and the last value.

    >>> ends_of((1, 2, 3)), ends_of((1,))
    ((1, 3), (1,))
    """
    return (values[0], values[-1]) if len(values) > 1 else values


def check_labels(labels: Sequence[object], count: int) -> None:
    """Check that there is one label for each value and no two are equal; raise ValueError where not."""
    if len(labels) != count:
        raise ValueError(f"there are {len(labels)} labels for {count} values; write one for each")
    if len(set(map(str, labels))) < count:
        raise ValueError(f"{', '.join(map(str, labels))}: two values have one label; write others")
