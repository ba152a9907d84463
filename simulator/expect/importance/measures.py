"""Importance measures that are means, or ratios of means, over pairs of patterns: one entry each.

A pair is one state of all other components, once with the component up and once with it down: f(1_i, x), f(0_i, x).
A measure says what it reads off a pair (``top``), whether it is divided by another such mean (``bottom``), and how
pairs weigh (``law``). The exact value sums over all pairs, the sampled one over drawn pairs: both follow from this.

Birnbaum 1969; Shapley 1953 (as Owen's integral of Birnbaum's importance, and Barlow and Proschan's for alike
lifetimes); Banzhaf 1965; RAW, RRW, criticality and diagnosis importance as in the practice of risk analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.expect.importance.table import AccuracyTable, Pair
from simulator.expect.transforms import halves

Floats = NDArray[np.float64]
Read = Callable[[Floats, Floats, Floats], Floats]


@dataclass(frozen=True)
class Measure:
    """What is read off pairs.

    Args:
        top: From values with the component up, values with it down, and whether it *is* down (1.0 or 0.0); linear in
            the values.
        bottom: What its mean is divided by; None: nothing.
        of: ``accuracy``, or ``loss``: what is lost against all up, or whether accuracy is below a level.
        law: How pairs weigh: as in the scenario, all players evenly, or over all orders of failing.
        words: What it answers, for a legend.
        is_conditional: Whether it is divided by P(the component is down) instead.
    """

    top: Read
    words: str
    bottom: Read | None = None
    of: Literal["accuracy", "loss"] = "accuracy"
    law: Literal["given", "even", "orders"] = "given"
    is_conditional: bool = False


def _seen(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return up + is_down * (down - up)


def _up(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return up


def _down(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return down


def _difference(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return up - down


def _lost(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return is_down * (up - down)


def _added(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return is_down * (down - up)


def _seen_down(up: Floats, down: Floats, is_down: Floats) -> Floats:
    return is_down * down


MEASURES = {
    "birnbaum": Measure(_difference, "E f(up) − E f(down), set by hand: accuracy for each unit of its survival"),
    "improvement": Measure(_lost, "accuracy gained were it never down"),
    "shapley": Measure(_difference, "its fair share of all accuracy at stake, over all orders of failing",
                       law="orders"),
    "banzhaf": Measure(_difference, "Birnbaum's importance with all players at even odds", law="even"),
    "raw": Measure(_down, "risk with it down, over risk now (risk achievement worth)", _seen, "loss"),
    "rrw": Measure(_seen, "risk now, over risk were it never down (risk reduction worth)", _up, "loss"),
    "criticality": Measure(_added, "share of the risk that is gone were it never down", _seen, "loss"),
    "diagnosis": Measure(_seen_down, "P(it is down | loss): share of the loss while it is down", _seen, "loss"),
    "if_down": Measure(_down, "E f if it is set down by hand, all others as they are (intervention)"),
    "given_down": Measure(_seen_down, "E[f | it is down]: others may be down with it (diagnosis)", is_conditional=True),
}


def values(names: Iterable[str], table: AccuracyTable, below: float | None = None) -> dict[str, Floats]:
    """Return measures of each player by name, each of shape ``(..., players)``; NaN where there is no risk to share.

    Args:
        names: Of ``MEASURES``.
        table: f and P.
        below: The level that a loss is a fall below; None: a loss is what is lost against all up.
    """
    sums: dict[tuple[str, str], Floats] = {}
    found = {}
    for name in names:
        measure = MEASURES[name]
        key = measure.of, measure.law
        if key not in sums:
            sums[key] = pair_sums(table, measure.law, worth_of(measure, table, below))
        found[name] = read_off(measure.top, sums[key])
        if measure.bottom is not None:
            found[name] = over(found[name], read_off(measure.bottom, sums[key]))
        elif measure.is_conditional:
            found[name] = over(found[name], table.failure[: table.count])
    return found


def worth_of(measure: Measure, table: AccuracyTable, below: float | None) -> Floats:
    """Return the table that a measure reads: accuracy or loss, over the players alone where its law is of them."""
    worth = table.accuracy if measure.of == "accuracy" else table.loss(below)
    return worth if measure.law == "given" else table.averaged_out(worth)


def pair_sums(table: AccuracyTable, law: str, worth: Floats) -> Floats:
    """Return the weighted sums over all pairs of each player, shape ``(..., players, 2, 2)``.

    The last axes are whether the component *is* up (0) or down (1), and whether the value is that with it up or down.
    """
    found = np.empty((*worth.shape[:-1], table.count, 2, 2))
    for bit in range(table.count):
        pair: Pair = getattr(table, law)(bit)
        for is_down, weight in enumerate((pair.up, pair.down)):
            for side, half in enumerate(halves(worth, bit)):
                found[..., bit, is_down, side] = np.einsum("...ij,ij->...", half, weight)
    return found


def read_off(read: Read, sums: Floats) -> Floats:
    """Return the mean of what is read off pairs, from their sums: what is read is linear in the values."""
    zero, one = np.zeros(1), np.ones(1)
    return read(sums[..., 0, 0], sums[..., 0, 1], zero) + read(sums[..., 1, 0], sums[..., 1, 1], one)


def over(tops: Floats, bottoms: Floats) -> Floats:
    """Return tops / bottoms, NaN for 0 / 0 and infinity where there is something over nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(tops / bottoms, dtype=np.float64)


def weights(read: Read, table: AccuracyTable, law: str) -> Iterator[Floats]:
    """Yield, for each player, the weight of each pattern in the mean of what is read, shape ``(2^components,)``.

    The mean is linear in f, so these are what it does to f = 1 in one pattern and 0 elsewhere.
    """
    zero, one = np.zeros(1), np.ones(1)
    for bit in range(table.count):
        pair: Pair = getattr(table, law)(bit)
        found = np.empty(len(table.probability) if law == "given" else 1 << table.count)
        up, down = halves(found, bit)
        up[...] = pair.up * read(one, zero, zero) + pair.down * read(one, zero, one)
        down[...] = pair.up * read(zero, one, zero) + pair.down * read(zero, one, one)
        yield found if law == "given" else np.multiply.outer(table.others, found).reshape(-1)
