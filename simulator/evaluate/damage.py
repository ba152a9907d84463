"""What silent errors make of tensors: the same for a delivery and a sample, whenever and with whatever it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.evaluate.runner import Tensor
from simulator.failures.errors import ErrorBlock
from simulator.seeds import IndexedStream

Samples = NDArray[np.intp]


class Damage(Protocol):
    """What becomes of what parts put out, and of what comes over edges, on the way from delivery to answer."""

    def tolerance(self) -> AbstractContextManager[Any]:
        """Return what arithmetic that may meet infinities and NaN is done in."""

    def begin(self, samples: Samples) -> None:
        """Begin with some test samples; those of index 0 first, then in order."""

    def part(self, part: str, fed: int, output: Tensor) -> Tensor:
        """Return what a part puts out; ``fed`` has its marks."""

    def message(self, edge: int, key: int, tensor: Tensor) -> Tensor:
        """Return what arrives over an edge; ``key`` has its marks."""


class Undamaged:
    """Where nothing is ever damaged."""

    def tolerance(self) -> AbstractContextManager[Any]:
        """Return the usual warnings."""
        return nullcontext()

    def begin(self, samples: Samples) -> None:
        """Do nothing."""

    def part(self, part: str, fed: int, output: Tensor) -> Tensor:
        """Return the output."""
        return output

    def message(self, edge: int, key: int, tensor: Tensor) -> Tensor:
        """Return the message."""
        return tensor


class SilentDamage:
    """The damage of silent errors (fulfils ``Damage``).

    What is random of one error at one part or edge is drawn for each test sample, whatever the delivery: two answers to
    one sample that were hit in one place were hit alike. Errors of one place strike in the order of the marks.

    Args:
        graph: The part graph with its marks.
        kinds: What each mark does.
        seed: The root seed.
    """

    def __init__(self, graph: PartGraph, kinds: Sequence[ErrorBlock], seed: int) -> None:
        self.graph, self.kinds = graph, kinds
        self.dice = [IndexedStream(seed, f"{mark.place}[{mark.tag}]", "damage") for mark in graph.marks]
        self._samples: list[int] = []
        self._patterns: tuple[str, dict[tuple[int, tuple[int, ...]], NDArray[Any]]] = ("", {})
        self._before: dict[tuple[int, int], Tensor] = {}

    def tolerance(self) -> AbstractContextManager[Any]:
        """Return no warnings: infinities and NaN are what may come of damage."""
        return np.errstate(all="ignore")

    def begin(self, samples: Samples) -> None:
        """Begin with some test samples."""
        self._samples, self._patterns = samples.tolist(), ("", {})
        if not len(samples) or samples[0] == 0:
            self._before = {}

    def part(self, part: str, fed: int, output: Tensor) -> Tensor:
        """Return what a part puts out."""
        return self._struck(part, fed, output)

    def message(self, edge: int, key: int, tensor: Tensor) -> Tensor:
        """Return what arrives over an edge."""
        return self._struck(self.graph.edges[edge].name, key, tensor)

    def _struck(self, place: str, key: int, tensor: Tensor) -> Tensor:
        if not key & self.graph.own_marks.get(place, 0):
            return tensor
        for number, mark in enumerate(self.graph.marks):
            if mark.place == place and key & self.graph.mark_bit(number):
                before = self._rows_before(number, key, tensor)
                tensor = self.kinds[number].damaged(tensor, self._pattern(number, tensor.shape[1:]), before)
        return tensor

    def _pattern(self, number: int, shape: tuple[int, ...]) -> NDArray[Any]:
        """Return what is random about an error, kept while its part or edge is at work."""
        place = self.graph.marks[number].place
        if self._patterns[0] != place:
            self._patterns = (place, {})
        known = self._patterns[1]
        if (number, shape) not in known:
            known[number, shape] = self.kinds[number].pattern(self.dice[number].at, self._samples, shape)
        return known[number, shape]

    def _rows_before(self, number: int, key: int, tensor: Tensor) -> Tensor:
        """Return the rows of the sample before each, in the same delivery, not yet damaged by this error."""
        if not self.kinds[number].needs_before:
            return tensor
        first = self._before.get((number, key), np.zeros_like(tensor[:1]))
        self._before[number, key] = tensor[-1:].copy()
        return np.concatenate([first, tensor[:-1]])


def damage_of(graph: PartGraph, kinds: Mapping[str, ErrorBlock], seed: int) -> Damage:
    """Return the damage of a graph's marks.

    Args:
        graph: The part graph with its marks.
        kinds: What each tag does.
        seed: The root seed.
    """
    return SilentDamage(graph, [kinds[mark.tag] for mark in graph.marks], seed) if graph.marks else Undamaged()
