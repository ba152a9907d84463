"""Starved parts: what happens where a part is up but can never have the inputs it needs.

A silent one passes the news on. One that emits fires with no input, at the instant when that is known: what it puts out
is marked, so that consumers take it, and an exit that has nothing but such outputs behind it gives no answer.
"""

from __future__ import annotations

from collections.abc import Callable

from simulator.dataflow.graph import DATA
from simulator.network.clock import OURS, Clock, Firing
from simulator.network.links import Settle

Happen = Callable[[Firing], None]
Starve = Callable[[int, int, int], None]
"""``starve(request, when, blame)``: from ``when`` on it is known that the part starves, and why."""


class Emission:
    """What the parts of a run that emit when starved have in common.

    Args:
        mark: ``fed`` of what a starved part puts out.
    """

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self._last: dict[int, tuple[int, int]] = {}

    def note(self, request: int, when: int, blame: int) -> None:
        """Remember why a part starved; of several the one that was known last counts."""
        if when >= self._last.get(request, (0, 0))[0]:
            self._last[request] = when, blame

    def cause(self, request: int) -> int:
        """Return the blame for an answer without data: that of the part which starved last."""
        return self._last.get(request, (0, 0))[1]

    def informed(self, settle: Settle) -> Settle:
        """Return the log as an exit sees it: an output that holds no data of the request is no answer."""

        def answer(request: int, when: int, fed: int, blame: int) -> None:
            if fed & DATA or not fed:
                settle(request, when, fed & ~self.mark, blame)
            else:
                settle(request, when, 0, self.cause(request))

        return answer


def silent(outputs: tuple[Settle, ...]) -> Starve:
    """Return ``starve`` of a part that then sends nothing: all that it feeds learn of the loss."""

    def pass_on(request: int, when: int, blame: int) -> None:
        for output in outputs:
            output(request, when, 0, blame)

    return pass_on


def emitting(emission: Emission, happen: Happen, clock: Clock, stride: int, offset: int) -> Starve:
    """Return ``starve`` of a part that then fires with no input, in its turn."""
    callbacks = (happen,)

    def emit(request: int, when: int, blame: int) -> None:
        emission.note(request, when, blame)
        at = max(when, clock._now)  # noqa: SLF001 - news may be older than its bearer
        clock.at(at, OURS, request * stride + offset, Firing(callbacks, request, emission.mark, 0))

    return emit
