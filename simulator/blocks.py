"""The base of every block that a user writes in a file: frozen, and strict about its keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

UNIT_SUFFIXES = ("_ns", "_bps", "_bytes", "_flop_per_s", "_flop", "_per_s")


def key_of(name: str) -> str:
    """Return the YAML key of a field: its name without the unit, which the value carries in a file.

    >>> key_of("deadline_ns"), key_of("speed_flop_per_s"), key_of("requests")
    ('deadline', 'speed', 'requests')
    """
    for suffix in UNIT_SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


class Block(BaseModel):
    """A frozen block of a file; unknown keys are refused, and quantities carry their units."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=key_of, validate_by_name=True,
                              validate_by_alias=True, allow_inf_nan=False, protected_namespaces=(),
                              defer_build=True)  # a scenario uses few of the many kinds that there are
