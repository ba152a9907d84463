"""How cells are named: the values of a sweep as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REPEAT = "repeat"  # in a label: which of the repeats


def label_text(value: Any) -> str:
    """Return a value of a sweep for a label.

    >>> label_text("dfg"), label_text(3), label_text(None), label_text({"kind": "timeout", "after": "80 ms"})
    ('dfg', '3', 'none', 'timeout 80 ms')
    """
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return " ".join(map(label_text, value.values()))
    if isinstance(value, list | tuple):
        return " ".join(map(label_text, value)) or "none"
    return str(value)
