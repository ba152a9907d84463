"""Numbers that are written beside an estimate's name: in its unit, in percent, or with a unit of their own."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.units import magnitude

UNITS = {"_ms": "millisecond", "_s": "second", "_bytes": "byte"}


def amount(written: object, name: str) -> float:
    """Return a written amount in the unit of an estimate of that name; raise ValueError where it is none.

    >>> amount("70 %", "expected_accuracy"), amount("0.2 s", "latency_p99_ms"), amount(200, "latency_p99_ms")
    (0.7, 200.0, 200.0)
    """
    text = written.strip() if isinstance(written, str) else written
    if isinstance(text, str) and text.endswith("%"):
        return _number(text[:-1], written) / 100
    unit = next((base for end, base in UNITS.items() if name.endswith(end)), "")
    try:
        return _number(text, written)
    except ValueError:
        if unit:
            return magnitude(text, unit)
        raise


def _number(text: object, written: object) -> float:
    try:
        return float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ValueError(f"{written!r} is not a number; write 0.7, 70 %, or 200 ms for a latency") from None


def full_name(name: str, known: Iterable[str]) -> str | None:
    """Return the estimate that a name means: that name, or the name with its unit behind it; None: there is none.

    >>> full_name("latency_p99", ["latency_p99_ms", "served_accuracy"])
    'latency_p99_ms'
    """
    names = set(known)
    return next((one for one in (name, *(name + end for end in UNITS)) if one in names), None)
