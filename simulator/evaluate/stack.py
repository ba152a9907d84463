"""Many small batches through few large calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from simulator.evaluate.runner import Tensor

Segment = tuple[int, int, int]  # key, first row, row after the last


def stacked(run: Callable[[Sequence[Tensor]], Tensor], batches: Mapping[int, Sequence[Tensor]],
            rows_per_call: int) -> dict[int, Tensor]:
    """Return ``run`` of each batch, computed in as few calls as the bound on rows allows.

    Args:
        run: Row by row: takes tensors of one shape, which it adds, and returns as many rows.
        batches: By key, the tensors of one batch, at least one each; all keys have the same number of rows.
        rows_per_call: The most rows of one call, > 0.
    """
    outputs: dict[int, Tensor] = {}
    rows = {key: len(tensors[0]) for key, tensors in batches.items()}
    for call in calls(rows, rows_per_call):
        output, done = run(_inputs(call, batches)), 0
        for key, start, stop in call:
            piece = output[done : done + stop - start]
            if len(piece) == rows[key]:
                outputs[key] = piece  # a view: the outputs of one part are freed together
            else:
                outputs.setdefault(key, np.empty((rows[key], *output.shape[1:]), output.dtype))[start:stop] = piece
            done += stop - start
    return outputs


def calls(rows: Mapping[int, int], rows_per_call: int) -> Iterator[list[Segment]]:
    """Yield what goes into each call: consecutive segments of the batches, together at most ``rows_per_call`` rows.

    >>> list(calls({7: 3, 8: 3}, 4))
    [[(7, 0, 3), (8, 0, 1)], [(8, 1, 3)]]
    """
    call: list[Segment] = []
    room = rows_per_call
    for key, count in rows.items():
        start = 0
        while start < count:
            stop = min(count, start + room)
            call.append((key, start, stop))
            room -= stop - start
            start = stop
            if room == 0:
                yield call
                call, room = [], rows_per_call
    if call:
        yield call


def _inputs(call: Sequence[Segment], batches: Mapping[int, Sequence[Tensor]]) -> list[Tensor]:
    """Return a call's tensors: slices where it holds one batch, else one tensor of the sums, row under row."""
    if len(call) == 1:
        key, start, stop = call[0]
        return [tensor[start:stop] for tensor in batches[key]]
    first = batches[call[0][0]][0]
    together = np.empty((sum(stop - start for _, start, stop in call), *first.shape[1:]), first.dtype)
    done = 0
    for key, start, stop in call:
        here = together[done : done + stop - start]
        np.copyto(here, batches[key][0][start:stop])
        for tensor in batches[key][1:]:
            here += tensor[start:stop]
        done += stop - start
    return [together]
