"""The base of every block that a user writes in a file: frozen, and strict about its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

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


class Generator(Block):
    """A block that stands for other keys of its file."""

    unread: ClassVar[Mapping[str, Any]]  # what stands there while the block itself is wrong

    def plain(self) -> dict[str, Any]:
        """Return these keys, as they would be written."""
        raise NotImplementedError


def with_generated(value: Any, kind: type[Generator]) -> Any:
    """Return a file's plain values with what its ``generate`` stands for, as far as that is not written."""
    if not isinstance(value, Mapping) or value.get("generate") is None:
        return value
    try:
        block = value["generate"]
        plain = (block if isinstance(block, kind) else kind.model_validate(block)).plain()
    except ValidationError:  # the key itself is complained of, at its place
        plain = dict(kind.unread)
    return {**plain, **value}
