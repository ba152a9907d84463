"""Joins over columns: all requests at once, one case for each set of inputs that are present.

Each returns when a part fires, with what and why not, and how many inputs came after it had fired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.network.clock import FOREVER
from simulator.network.columns import Bools, Column, Ints
from simulator.network.joins import Rules


@dataclass(frozen=True)
class Fired:
    """When a part fires for each request, and with what.

    Args:
        column: ``when`` it fires with the edges ``fed``, or from when on it is known that it will not.
        by_alarm: Whether it fired at its closing time, after all else of that instant.
        too_late: Inputs that came after it had fired.
    """

    column: Column
    by_alarm: Bools
    too_late: int


@dataclass(frozen=True)
class Late:
    """The instant from which each request is late, and whom to blame at a join that waits past it."""

    after: Ints
    blame_wait: int


def stacked(inputs: Sequence[Column]) -> tuple[Ints, Ints, Ints]:
    """Return ``when``, ``fed`` and ``blame`` of all inputs, shape ``(inputs, requests)``."""
    return (np.stack([column.when for column in inputs]), np.stack([column.fed for column in inputs]),
            np.stack([column.blame for column in inputs]))


def cases(here: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield each set of inputs that occurs, as a bit mask, and the requests that have it.

    Args:
        here: Whether an input is present, shape ``(inputs, requests)``.
    """
    masks = (1 << np.arange(len(here))) @ here
    for mask in np.unique(masks).tolist():
        yield mask, np.flatnonzero(masks == mask)


def one_input(column: Column) -> Fired:
    """Return the firing of a part with one input: when it comes."""
    return Fired(column, np.zeros(len(column.when), dtype=bool), 0)


def perfect_join(rules: Rules, inputs: Sequence[Column], *, has_deadline: bool) -> Fired:
    """Return the firing of a join with perfect detection: at the last of the inputs that had to be consulted."""
    when, fed, blame = stacked(inputs)
    fires, carried, blamed = (np.zeros(when.shape[1], dtype=np.int64) for _ in range(3))
    too_late = 0
    for mask, rows in cases(fed > 0):
        verdict = rules.verdict(rules.all, mask)
        if verdict is None:
            raise RuntimeError("a join whose inputs are all settled has no verdict")
        consulted, taken = (list(places) for places in verdict)
        fires[rows] = _of(when, consulted, rows).max(axis=0)
        if taken:
            carried[rows] = np.bitwise_or.reduce(_of(fed, taken, rows), axis=0)
            present = [place for place in range(len(inputs)) if mask >> place & 1]
            too_late += int((_of(when, present, rows) > fires[rows]).sum())
            if has_deadline:
                blamed[rows] = _of_latest(when, blame, taken, rows)
        else:
            blamed[rows] = _of_latest_loss(when, fed > 0, blame, consulted, rows)
    return Fired(Column(fires, carried, blamed), np.zeros(len(fires), dtype=bool), too_late)


def timed_join(rules: Rules, inputs: Sequence[Column], closes: Ints | int, late: Late) -> Fired:
    """Return the firing of a join that closes: when all its first choices are complete, else at its closing time.

    Args:
        rules: Needs and choices.
        inputs: What comes, by place.
        closes: The instant at which it closes, or (a number) how long after its first arrival.
        late: ``after`` is FOREVER where there is no deadline.
    """
    when, fed, blame = stacked(inputs)
    here = fed > 0
    first = np.where(here, when, FOREVER).min(axis=0)
    close = np.where(first < FOREVER, np.minimum(first, FOREVER - closes) + closes, FOREVER) if isinstance(
        closes, int) else closes
    fires, by_alarm = close.copy(), np.ones(len(close), dtype=bool)
    for mask, rows in cases(here):
        if ready := list(rules.ready(mask)):
            complete = _of(when, ready, rows).max(axis=0)
            fires[rows] = np.minimum(complete, close[rows])
            by_alarm[rows] = complete > close[rows]
    return _closed(rules, (when, fed, blame), _Closing(fires, by_alarm, (first > close) | (first == FOREVER)), late)


@dataclass(frozen=True)
class _Closing:
    """When a timed join looks at what is here, whether at its closing time, and whether nothing can be here then."""

    fires: Ints
    by_alarm: Bools
    is_bare: Bools


def _closed(rules: Rules, settled: tuple[Ints, Ints, Ints], closing: _Closing, late: Late) -> Fired:
    when, fed, blame = settled
    fires = np.where(closing.is_bare, np.minimum(when.max(axis=0), closing.fires), closing.fires)
    carried, blamed = np.zeros(len(fires), dtype=np.int64), np.zeros(len(fires), dtype=np.int64)
    too_late = 0
    for mask, rows in cases((fed > 0) & (when <= fires)):
        taken = list(rules.taken(mask))
        if taken:
            carried[rows] = np.bitwise_or.reduce(_of(fed, taken, rows), axis=0)
            too_late += int(((fed[:, rows] > 0) & (when[:, rows] > fires[rows])).sum())
            last = _of(when, taken, rows).max(axis=0)
            why = _of_latest(when, blame, taken, rows)
            is_late = (why == 0) & (fires[rows] > last) & (fires[rows] > late.after[rows])
            blamed[rows] = np.where(is_late, late.blame_wait, why)
        else:
            why = _of_latest_loss(when, (fed > 0) | (when > fires), blame, range(len(when)), rows)
            blamed[rows] = np.where(why == 0, late.blame_wait, why)
    return Fired(Column(fires, carried, blamed), closing.by_alarm & ~closing.is_bare, too_late)


def _of(values: Ints, places: Sequence[int], rows: NDArray[np.intp]) -> Ints:
    """Return the values of some inputs for some requests, shape ``(places, rows)``."""
    found: Ints = values[np.array(places)][:, rows]
    return found


def _of_latest(when: Ints, blame: Ints, places: Sequence[int], rows: NDArray[np.intp]) -> Ints:
    """Return the blame of the input that came last; of several at one instant, of the one with the latest place."""
    latest, found = np.full(len(rows), -1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    for place in places:
        newer = when[place, rows] >= latest
        latest = np.where(newer, when[place, rows], latest)
        found = np.where(newer, blame[place, rows], found)
    return found


def _of_latest_loss(
    when: Ints, is_here: NDArray[np.bool_], blame: Ints, places: Sequence[int], rows: NDArray[np.intp]
) -> Ints:
    """Return the blame of the loss among these inputs that was known last; ties go to the later place."""
    known, found = np.full(len(rows), -1, dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    for place in places:
        newer = ~is_here[place, rows] & (when[place, rows] >= known)
        known = np.where(newer, when[place, rows], known)
        found = np.where(newer, blame[place, rows], found)
    return found
