"""Names of layers, kept while a network is opened: a graph gives each layer a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from simulator.model.nodes import calls
from simulator.model.split import SplitModel


@contextmanager
def names_kept(split: SplitModel) -> Iterator[None]:
    """Give the layers of all parts their names back at the end, so that a user's names are found again."""
    operations = [call.operation for part in split.parts.values() for call in calls(part)]
    names = [operation.name for operation in operations]
    try:
        yield
    finally:
        for operation, name in zip(operations, names, strict=True):
            operation.name = name
