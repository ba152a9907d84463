"""Quantities with units: ``"3 ms"`` in files, integers and floats with the unit in the name inside.

The definitions are our own and short: in stock pint ``mb`` is a millibarn and ``Mbps`` a megabaud.
Prefixes are decimal; ``KiB``, ``MiB`` and ``GiB`` are binary.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated

import pint
from pydantic_core import core_schema

DEFINITIONS = """
kilo- = 1e3 = k- = K-
mega- = 1e6 = M-
giga- = 1e9 = G-
tera- = 1e12 = T-
second = [time] = s = sec
millisecond = 1e-3 second = ms
microsecond = 1e-6 second = us = µs
nanosecond = 1e-9 second = ns
minute = 60 second = min
hour = 3600 second = h
day = 24 hour = d
week = 7 day
year = 365 day
bit = [information] = b
byte = 8 bit = B
kibibyte = 1024 byte = KiB
mebibyte = 1048576 byte = MiB
gibibyte = 1073741824 byte = GiB
bps = bit / second
FLOP = [work]
FLOPS = FLOP / second
request = []
"""
EXAMPLES = {"[time]": "'250 ms', '10 s' or '5 min'", "1 / [time]": "'2 /s' or '30 /min'",
            "[information] / [time]": "'2 Mbps' or '1 Gbit/s'", "[information]": "'92 B', '256 KiB' or '4 MB'",
            "[work] / [time]": "'50 MFLOP/s' or '1 TFLOPS'", "[work]": "'10 kFLOP' or '2 MFLOP'"}


@cache
def registry() -> pint.UnitRegistry[float]:
    """Return the registry that knows exactly the units above."""
    units: pint.UnitRegistry[float] = pint.UnitRegistry(None, cache_folder=None)
    units.load_definitions(DEFINITIONS.strip().splitlines())
    return units


def magnitude(value: object, base_unit: str) -> float:
    """Return a quantity such as ``"3 ms"`` as a number of base units.

    Args:
        value: Text with a unit, or the number 0, which needs none.
        base_unit: The unit to count in, such as ``"nanosecond"``.

    Raises:
        ValueError: not a finite quantity >= 0 of the right dimension; quotes the value and gives examples.

    >>> magnitude("2.5 ms", "nanosecond"), magnitude("1 KiB", "byte")
    (2500000.0, 1024.0)
    """
    wanted = registry().Unit(base_unit).dimensionality
    example = EXAMPLES.get(str(wanted), f"a number and a unit of {wanted}")
    if isinstance(value, int | float) and not isinstance(value, bool) and value == 0:
        return 0.0
    if not isinstance(value, str):
        raise ValueError(f"{value!r} has no unit; write a quantity such as {example}")  # noqa: TRY004
    text = value.strip()
    try:
        quantity = registry().Quantity("1" + text if text.startswith("/") else text)
    except (pint.PintError, ValueError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{value!r} is not a quantity with a unit known here; write {example}") from error
    if quantity.dimensionality != wanted:
        found = str(quantity.dimensionality) if quantity.dimensionality else "a plain number"
        raise ValueError(f"{value!r} is {found}, not {wanted}; write {example}")
    number = float(f"{quantity.to(base_unit).magnitude:.14g}")  # 2.5 ms is 2,500,000 ns, not 2,499,999.9999999995
    if not 0 <= number < float("inf"):
        raise ValueError(f"{value!r} must be a finite quantity >= 0; write {example}")
    return number


def text_of(number: float, base_unit: str, ladder: tuple[str, ...]) -> str:
    """Return a quantity in the largest unit of the ladder that keeps it >= 1.

    >>> text_of(2_500_000, "nanosecond", ("s", "ms", "us", "ns"))
    '2.5 ms'
    """
    if number == 0:
        return f"0 {ladder[0]}"
    for unit in ladder:
        shown = number / magnitude(f"1{unit}" if unit.startswith("/") else f"1 {unit}", base_unit)
        if shown >= 1:
            return f"{shown:.12g} {unit}"
    return f"{shown:.12g} {ladder[-1]}"


@dataclass(frozen=True)
class Quantity:
    """How pydantic reads and shows a field that is written with a unit and kept as a number."""

    base_unit: str
    ladder: tuple[str, ...]
    is_whole: bool = False
    is_positive: bool = False

    def read(self, value: object) -> float | int:
        """Return the value in base units; raise ValueError where it is not such a quantity."""
        number = magnitude(value, self.base_unit)
        if self.is_positive and number <= 0:
            raise ValueError(f"{value!r} must be > 0")
        return round(number) if self.is_whole else number

    def show(self, number: float) -> str:
        """Return the number with its unit, as a user would write it."""
        return text_of(number, self.base_unit, self.ladder)

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        """Return the schema: our reader in, text with a unit out."""
        show = core_schema.plain_serializer_function_ser_schema(self.show, return_schema=core_schema.str_schema())
        return core_schema.no_info_plain_validator_function(self.read, serialization=show)

    def __get_pydantic_json_schema__(self, schema: object, handler: object) -> dict[str, object]:
        """Return what an editor shows."""
        return {"type": ["string", "number"], "examples": [f"3 {self.ladder[0]}"],
                "description": "a quantity with a unit: " + ", ".join(self.ladder)}


TIME_LADDER = ("h", "min", "s", "ms", "us", "ns")

DurationNs = Annotated[int, Quantity("nanosecond", TIME_LADDER, is_whole=True)]
PositiveDurationNs = Annotated[int, Quantity("nanosecond", TIME_LADDER, is_whole=True, is_positive=True)]
RatePerS = Annotated[float, Quantity("1 / second", ("/s", "/min", "/h", "/day"), is_positive=True)]
BandwidthBps = Annotated[float, Quantity("bit / second", ("Gbps", "Mbps", "kbps", "bps"), is_positive=True)]
SizeBytes = Annotated[int, Quantity("byte", ("GB", "MB", "kB", "B"), is_whole=True)]
SpeedFlopPerS = Annotated[float, Quantity("FLOP / second", ("TFLOP/s", "GFLOP/s", "MFLOP/s", "kFLOP/s", "FLOP/s"), is_positive=True)]
WorkFlop = Annotated[float, Quantity("FLOP", ("GFLOP", "MFLOP", "kFLOP", "FLOP"))]


def duration_text(duration_ns: float) -> str:
    """Return a duration for people, in units that keep it exact and short.

    >>> duration_text(80_000_000), duration_text(1_500_000_000)
    ('80 ms', '1.5 s')
    """
    return text_of(duration_ns, "nanosecond", TIME_LADDER[2:] if duration_ns < 120e9 else TIME_LADDER)


SECOND_NS = 1_000_000_000
