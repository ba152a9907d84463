"""Quantities with units: ``"3 ms"`` in files, integers and floats with the unit in the name inside.

The definitions are our own and short: in stock pint ``mb`` is a millibarn and ``Mbps`` a megabaud.
Prefixes are decimal; ``KiB``, ``MiB`` and ``GiB`` are binary. Reading is exact (decimal arithmetic), and what is
shown can be read back to the same number.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from numbers import Integral
from typing import Annotated

from pydantic_core import core_schema

from simulator.errors import did_you_mean

# Where Dask is installed, pint would import it for arrays that we do not have: a fifth of a second for every command.
HAS_DASK = "dask" in sys.modules
if not HAS_DASK:
    sys.modules["dask"] = None  # type: ignore[assignment]
import pint  # noqa: E402

if not HAS_DASK:
    del sys.modules["dask"]

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
TIME, RATE, SIZE = "[time]", "1 / [time]", "[information]"
BANDWIDTH, WORK, SPEED = "[information] / [time]", "[work]", "[work] / [time]"
WORDS = {TIME: "a duration", RATE: "a rate", SIZE: "a size", BANDWIDTH: "a bandwidth", WORK: "an amount of work",
         SPEED: "a speed", "dimensionless": "a plain number"}
EXAMPLES = {TIME: "'250 ms', '10 s' or '5 min'", RATE: "'2 /s' or '30 /min'", BANDWIDTH: "'2 Mbps' or '1 Gbit/s'",
            SIZE: "'92 B', '256 KiB' or '4 MB'", SPEED: "'50 MFLOP/s' or '1 TFLOPS'", WORK: "'10 kFLOP' or '2 MFLOP'"}
UNITS = {TIME: ("ns", "us", "ms", "s", "min", "h", "day"), RATE: ("/s", "/min", "/h", "/day"),
         SIZE: ("B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "bit"),
         BANDWIDTH: ("bps", "kbps", "Mbps", "Gbps", "Mbit/s"), WORK: ("FLOP", "kFLOP", "MFLOP", "GFLOP"),
         SPEED: ("FLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "TFLOPS")}
NUMBER = r"[+-]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?i:nan|inf|infinity)\b"
WRITTEN = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.DOTALL)
SHORT = Context(prec=15)
FEW_DIGITS = 6
UNIT_TEXT = re.compile(r"[A-Za-zµ]+(?:\s*/\s*[A-Za-zµ]+)?|/\s*[A-Za-zµ]+")


@cache
def registry() -> pint.UnitRegistry[Decimal]:
    """Return the registry that knows exactly the units above."""
    units: pint.UnitRegistry[Decimal] = pint.UnitRegistry(None, cache_folder=None, non_int_type=Decimal)
    units.load_definitions(DEFINITIONS.strip().splitlines())
    return units


@cache
def scale(unit: str, base_unit: str) -> Decimal:
    """Return how many base units a unit is, exactly.

    Raises:
        ValueError: the unit is not known, or of another dimension; says which and what to write.

    >>> scale("ms", "nanosecond"), scale("KiB", "byte")
    (Decimal('1E+6'), Decimal('1024'))
    """
    wanted, example = registry().parse_units(base_unit).dimensionality, way_out(base_unit)
    try:
        if not UNIT_TEXT.fullmatch(unit):
            raise ValueError(unit)  # noqa: TRY301
        known = registry().parse_units(f"1{unit}" if unit.startswith("/") else unit)
    except (pint.PintError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"has an unknown unit {unit!r}; {_near(unit, str(wanted))}{example}") from error
    if known.dimensionality != wanted:
        found = WORDS.get(str(known.dimensionality), f"in {known.dimensionality}")
        raise ValueError(f"is {found}, not {WORDS[str(wanted)]}; {example}")
    return Decimal(registry().Quantity(Decimal(1), known).to(base_unit).magnitude)


def _near(unit: str, dimension: str) -> str:
    """Return a guess at the unit that was meant; the case of the letters matters less than the letters."""
    for meant in (dimension, *UNITS):
        for known in UNITS[meant]:
            if known.lower() == unit.lower():
                return f"did you mean {known!r}? " if meant == dimension else f"{known!r} would be {WORDS[meant]}; "
    near = did_you_mean(unit, UNITS[dimension])
    return f"{near} " if near.endswith("?") else ""


def exactly(value: object, base_unit: str) -> Decimal:
    """Return a quantity such as ``"3 ms"`` as a decimal number of base units.

    Args:
        value: Text with a unit, or the number 0, which needs none.
        base_unit: The unit to count in, such as ``"nanosecond"``.

    Raises:
        ValueError: not a finite quantity >= 0 of the right dimension; quotes the value and gives examples.
    """
    example = way_out(base_unit)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value == 0:
            return Decimal(0)
        said = "has no unit" if 0 < value < float("inf") else "is not a finite quantity >= 0"
        raise ValueError(f"{value!r} {said}; {example}")
    text = f"1{value.strip()}" if isinstance(value, str) and value.strip().startswith("/") else value
    found = WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if not found or not found[2]:
        said = "has no unit" if found else "is not a number with a unit"
        raise ValueError(f"{value!r} {said}; {example}")
    try:
        ratio = scale(found[2], base_unit)
    except ValueError as error:
        raise ValueError(f"{value!r} {error}") from error
    return _finite(found[1].replace("_", ""), ratio, f"{value!r} is not a finite quantity >= 0; {example}")


def _finite(number: str, ratio: Decimal, complaint: str) -> Decimal:
    """Return the product, or raise ValueError where it is negative or larger than a float can hold."""
    try:
        exact = Decimal(number) * ratio
        if not exact.is_finite() or exact < 0 or float(exact) == float("inf"):
            raise ValueError(complaint)
    except ArithmeticError as error:
        raise ValueError(complaint) from error
    return exact


def magnitude(value: object, base_unit: str) -> float:
    """Return a quantity such as ``"3 ms"`` as a number of base units.

    Raises:
        ValueError: not a finite quantity >= 0 of the right dimension; quotes the value and gives examples.

    >>> magnitude("2.5 ms", "nanosecond"), magnitude("1 KiB", "byte")
    (2500000.0, 1024.0)
    """
    return float(exactly(value, base_unit))


def text_of(number: float, base_unit: str, ladder: tuple[str, ...]) -> str:
    """Return a quantity in the largest unit of the ladder that keeps it >= 1 and short; it reads back the same.

    >>> text_of(2_500_000, "nanosecond", ("s", "ms", "us", "ns"))
    '2.5 ms'
    """
    if number == 0 or number == float("inf"):
        return f"{number:g} {ladder[0]}"
    is_whole = isinstance(number, Integral)
    exact, as_read = Decimal(int(number) if is_whole else repr(float(number))), round if is_whole else float
    fitting = [(SHORT.divide(exact, scale(unit, base_unit)).normalize(SHORT), unit) for unit in ladder]
    fitting = [(shown, unit) for shown, unit in fitting
               if shown >= 1 and as_read(shown * scale(unit, base_unit)) == number]
    if fitting:
        digits = [max(FEW_DIGITS, len(shown.as_tuple().digits)) for shown, _ in fitting]
        shown, unit = fitting[digits.index(min(digits))]
        return f"{_plain(shown)} {unit}"
    whole = next((unit for unit in ladder if scale(unit, base_unit) == 1), ladder[-1])
    return f"{_plain(exact / scale(whole, base_unit))} {whole}"


def _plain(number: Decimal) -> str:
    """Return a decimal without needless zeros, with an exponent only where it is very large or small."""
    short = number.normalize()
    return f"{short:f}" if -9 <= short.adjusted() < 15 else str(short)


@cache
def way_out(base_unit: str) -> str:
    """Return what to write for a quantity that is counted in a unit.

    >>> way_out("byte")
    "write a size such as '92 B', '256 KiB' or '4 MB'"
    """
    dimension = str(registry().parse_units(base_unit).dimensionality)
    return f"write {WORDS[dimension]} such as {EXAMPLES[dimension]}"


@dataclass(frozen=True)
class Quantity:
    """How pydantic reads and shows a field that is written with a unit and kept as a number."""

    base_unit: str
    ladder: tuple[str, ...]
    is_whole: bool = False
    is_positive: bool = False

    def read(self, value: object) -> float | int:
        """Return the value in base units; raise ValueError where it is not such a quantity."""
        exact = exactly(value, self.base_unit)
        number = round(exact) if self.is_whole else float(exact)
        if self.is_positive and number <= 0:
            raise ValueError(f"{value!r} must be > 0; {way_out(self.base_unit)}")
        return number

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
SPEED_LADDER = ("TFLOP/s", "GFLOP/s", "MFLOP/s", "kFLOP/s", "FLOP/s")

DurationNs = Annotated[int, Quantity("nanosecond", TIME_LADDER, is_whole=True)]
PositiveDurationNs = Annotated[int, Quantity("nanosecond", TIME_LADDER, is_whole=True, is_positive=True)]
RatePerS = Annotated[float, Quantity("1 / second", ("/s", "/min", "/h", "/day"), is_positive=True)]
BandwidthBps = Annotated[float, Quantity("bit / second", ("Gbps", "Mbps", "kbps", "bps"), is_positive=True)]
SizeBytes = Annotated[int, Quantity("byte", ("GB", "MB", "kB", "B"), is_whole=True)]
SpeedFlopPerS = Annotated[float, Quantity("FLOP / second", SPEED_LADDER, is_positive=True)]
WorkFlop = Annotated[float, Quantity("FLOP", ("GFLOP", "MFLOP", "kFLOP", "FLOP"))]


def duration_text(duration_ns: float) -> str:
    """Return a duration for people, in units that keep it short.

    >>> duration_text(80_000_000), duration_text(1_500_000_000)
    ('80 ms', '1.5 s')
    """
    return text_of(duration_ns, "nanosecond", TIME_LADDER[2:] if duration_ns < 120e9 else TIME_LADDER)


SECOND_NS = 1_000_000_000
