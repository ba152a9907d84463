"""On which node a part stands, or on which, in order, where it has replicas: the YAML value."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer


def as_nodes(value: Any) -> Any:
    """Return a node's name as a list of one; anything else as it is."""
    return (value,) if isinstance(value, str) else value


def as_written(nodes: tuple[str, ...]) -> str | list[str]:
    """Return nodes as they are written: one of them as its name.

    >>> as_written(("fog1",)), as_written(("n1", "n2"))
    ('fog1', ['n1', 'n2'])
    """
    return nodes[0] if len(nodes) == 1 else list(nodes)


Where = str | tuple[str, ...]
"""A node, or several in order."""


def node_pairs(sources: Where, targets: Where) -> tuple[tuple[str, str], ...]:
    """Return each node of a source with each node of a target, the first ones first.

    >>> node_pairs("a", ("b", "c"))
    (('a', 'b'), ('a', 'c'))
    """
    return tuple(product(as_nodes(sources), as_nodes(targets)))


Nodes = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(as_nodes, json_schema_input_type=str | list[str]),
    PlainSerializer(as_written, return_type=str | list[str]),
]
"""The nodes of a part, in order; one of them may be written as its name."""
