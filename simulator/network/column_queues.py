"""What comes to a queue from several columns, in the order in which it is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.network.columns import Column, Ints

Places = NDArray[np.intp]


class TiedError(ValueError):
    """Two jobs come at one instant, and columns do not know which is first."""


@dataclass(frozen=True)
class Jobs:
    """What comes to one queue, in the order in which it is served; shapes ``(jobs,)``.

    Args:
        when: When it comes.
        request: Whose it is.
        kind: The column that it is of.
    """

    when: Ints
    request: Places
    kind: Places


def in_order(
    columns: Sequence[Column], offsets: Places, causes: Places, *, may_tie: bool, ranks: Sequence[Places] | None = None
) -> Jobs:
    """Return what is here of some columns in the order of (instant, request, offset), as the engine's clock has it.

    Args:
        columns: What comes.
        ranks: What stands in place of the request's number in that order, for each column, shape ``(requests,)``.
        offsets: The place of each column among those of one request at one instant.
        causes: What made it come; jobs of one request at one instant need the same cause to have that order.
        may_tie: Whether jobs of several requests may come at one instant.

    Raises:
        TiedError: the order hangs on more than columns know.
    """
    here = [np.flatnonzero(column.fed) for column in columns]
    when = np.concatenate([column.when[rows] for column, rows in zip(columns, here, strict=True)])
    request = np.concatenate(here)
    kind = np.repeat(np.arange(len(columns)), [len(rows) for rows in here])
    if ranks is not None or len(columns) > 1 or (np.diff(when) < 0).any():
        rank = request if ranks is None else np.concatenate([r[rows] for r, rows in zip(ranks, here, strict=True)])
        order = np.lexsort((offsets[kind], rank, when))
        when, request, kind = when[order], request[order], kind[order]
    tied = np.flatnonzero(np.diff(when) == 0)
    if len(tied):
        cause = causes[kind]
        of_one = (request[tied] == request[tied + 1]) & (cause[tied] != cause[tied + 1])
        if of_one.any() or not may_tie:
            raise TiedError("two jobs come to one queue at the same instant")
    return Jobs(when, request, kind)


def ended(column: Column, requests: Places, ends: Ints, blames: Ints) -> Column:
    """Return a column after a queue: its jobs done at ``ends``, or lost at -1 - ends.

    Args:
        column: What came.
        requests: Whose jobs ended, in any order.
        ends: When each was done, or -1 - when it was lost.
        blames: Who is to blame for what was lost.
    """
    when, fed, blame = column.when.copy(), column.fed.copy(), column.blame.copy()
    lost = ends < 0
    when[requests] = np.where(lost, -1 - ends, ends)
    fed[requests[lost]] = 0
    blame[requests[lost]] = blames[lost]
    return Column(when, fed, blame)
