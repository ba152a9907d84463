"""What each source holds of a sample: all of it, one slice of its first axis, or some of its numbers."""

from __future__ import annotations

from math import prod
from typing import Any

from numpy.typing import NDArray

from simulator.errors import Problem
from simulator.model.blocks import SourceBlock

Shape = tuple[int, ...]


def source_shape(name: str, block: SourceBlock, shape: Shape, wanted: Shape | None) -> tuple[Shape, list[Problem]]:
    """Return the shape of what a source holds of one sample, and what is wrong with what it asks for.

    Args:
        name: The source.
        block: What the model file says of it.
        shape: Shape of one sample of the data set.
        wanted: Shape of the input that it is for, where a network is given.
    """
    if block.numbers is not None:
        start, end = block.numbers
        held = wanted or (end - start,)
        if len(shape) == 1 and start < end <= shape[0] and prod(held) == end - start:
            return held, []
        told = f"{[start, end]} is not {prod(held)} numbers of a sample of shape {shape}"
        return held, [Problem(f"sources.{name}.numbers", told, "write the first one, and the one after the last")]
    if block.take is None:
        return shape, []
    if len(shape) > 1 and 0 <= block.take < shape[0]:
        return shape[1:], []
    told = f"{block.take} is not an index into a sample of shape {shape}"
    way_out = f"write 0 to {shape[0] - 1}" if len(shape) > 1 else "leave take out"
    return shape[1:], [Problem(f"sources.{name}.take", told, way_out)]


def held_by(block: SourceBlock, x: NDArray[Any], shape: Shape) -> NDArray[Any]:
    """Return what a source holds of samples ``(samples, *shape of the data set)``; it has the shape ``shape``."""
    if block.numbers is not None:
        return x[:, slice(*block.numbers)].reshape(-1, *shape)
    return x if block.take is None else x[:, block.take]
