"""A model file with another number of units in one of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.model.blocks import ModelFile


def named_layers(model: ModelFile) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, layer) of every layer of a part that has a name and units; those inside residual items have none."""
    for part in model.parts.values():
        for item in part.layers:
            if "name" in item and "units" in item:
                yield str(item["name"]), item


def widened(model: ModelFile, layer: str, units: int) -> ModelFile:
    """Return the model with so many units in the layers of this name.

    >>> plain = {"sources": {"s": {}}, "parts": {"a": {"layers": [{"layer": "Dense", "units": 2, "name": "first"}]}},
    ...          "hyperconnections": []}
    >>> widened(ModelFile.model_validate(plain), "first", 5).parts["a"].layers[0]["units"]
    5
    """
    parts = {}
    for name, part in model.parts.items():
        layers = tuple({**item, "units": units} if item.get("name") == layer and "units" in item else item
                       for item in part.layers)
        parts[name] = part.model_copy(update={"layers": layers})
    return model.model_copy(update={"parts": parts})
