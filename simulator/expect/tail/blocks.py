"""The YAML block of the tail and the distribution of accuracy."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from simulator.blocks import Block
from simulator.expect.methods.auto import Auto
from simulator.expect.methods.target import Share
from simulator.expect.methods.union import ByMethod
from simulator.expect.tail.splitting import Splitting


def as_list(value: Any) -> Any:
    """Return one value as a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def by_name(value: Any) -> Any:
    """Return a method that is only named as its block.

    >>> by_name("stratified")
    {'method': 'stratified'}
    """
    return {"method": value} if isinstance(value, str) else value


def of_switch(value: Any) -> Any:
    """Return the options of splitting where it is only switched on or off."""
    return ({} if value else None) if isinstance(value, bool) else value


Levels = Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], BeforeValidator(as_list)]
Shares = Annotated[tuple[Share, ...], BeforeValidator(as_list)]
Named = Annotated[ByMethod, BeforeValidator(by_name)]


class AccuracyExceedance(Block):
    """The distribution of accuracy over the patterns: P(accuracy >= a) against a, and numbers of its tail.

    ``below``: levels that accuracy may fall below; ``quantiles``: shares of the patterns, and ``worst``: shares whose
    mean accuracy is asked for. ``by`` is the method (as of ``expected_accuracy``), ``check`` another one on dice of its
    own, whose agreement is told. ``hits``: the chance of no answer, and of each level, from draws until so many hits.
    ``splitting``: the same by splitting, for chances of a millionth and less; ``yes`` takes its defaults. It is refused
    where more machines make accuracy worse.
    """

    below: Levels = ()
    quantiles: Shares = (0.01, 0.05)
    worst: Shares = (0.05,)
    by: Named = Auto(method="auto")
    check: Named | None = None
    hits: Annotated[int, Field(ge=2, le=100_000)] | None = None
    splitting: Annotated[Splitting | None, BeforeValidator(of_switch)] = None
