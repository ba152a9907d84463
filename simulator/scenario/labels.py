"""How cells are named: the values of a sweep as words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SAYING = {"kind", "law"}  # of a block: words that say what its only other number is
PAIR = 2
REPEAT = "repeat"  # in a label: which of the repeats


def label_text(value: Any, key: str = "") -> str:
    """Return a value of a sweep for a label; a yes or no is told by the last word of its key.

    >>> label_text("dfg"), label_text(3), label_text(None), label_text({"kind": "timeout", "after": "80 ms"})
    ('dfg', '3', 'none', 'timeout 80 ms')
    >>> label_text({"attempts": 3, "timeout": "100 ms"})
    'attempts 3 timeout 100 ms'
    >>> label_text({"kind": "heartbeat", "period": "1 s", "after": "40 ms"})
    'heartbeat period 1 s after 40 ms'
    >>> label_text(True, "failures.0.together"), label_text(False, "failures.0.together")
    ('together', 'not together')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        name = key.rpartition(".")[2].replace("_", " ")
        return (name if value else f"not {name}") if name else str(value).lower()
    if isinstance(value, Mapping):
        words = value.keys() if len(value) == 1 or (len(value) == PAIR and value.keys() & SAYING) else SAYING
        return " ".join(label_text(each) if name in words else f"{name} {label_text(each)}"
                        for name, each in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(label_text, value)) or "none"
    return str(value)
