"""A closed loop: so many requests are always under way; when one ends, the next is born."""

from __future__ import annotations

from collections.abc import Callable

from simulator.dataflow.graph import DATA
from simulator.network.clock import OURS, Firing
from simulator.network.links import Settle
from simulator.network.loop import Loop
from simulator.network.world import World


class ClosedLoop:
    """Gives births as requests end; numbers go by birth, and the limits of a request are known from then on.

    Args:
        world: The compiled components; its births, limits and marks are filled in as requests are born.
        loop: How many are under way, and how long it takes from an end to the next birth.
        settle: The log.
    """

    def __init__(self, world: World, loop: Loop, settle: Settle) -> None:
        self.world, self.loop, self.settle = world, loop, settle
        self.asked = self.born = 0
        self.begins: tuple[Settle, ...] = ()
        self.callbacks = (self._bear,)

    def answered(self, request: int, when: int, fed: int, blame: int) -> None:
        """Note what became of a request, and let the next be born after its end."""
        self.settle(request, when, fed, blame)
        ended = when if fed else min(when, self.world.limits[request])
        self._ask(max(ended, self.world.clock._now) + self.loop.think_ns)  # noqa: SLF001 - news may be old

    def start(self, begins: tuple[Settle, ...], progress: Callable[[int], None] | None) -> None:
        """Let the first requests be born at 0."""
        self.begins, self.progress = begins, progress
        for _ in range(self.loop.window):
            self._ask(0)

    def _ask(self, when: int) -> None:
        world = self.world
        if self.asked < len(world.births):
            world.clock.at(when, OURS, self.asked * world.stride, Firing(self.callbacks, 0, 0, 0))
            self.asked += 1

    def _bear(self, firing: Firing) -> None:
        request, now, plan = self.born, self.world.clock._now, self.world.plan  # noqa: SLF001
        self.born += 1
        self.world.births[request] = now
        if plan.limit_ns is not None:
            self.world.limits[request] = now + plan.limit_ns
        if self.world.marks is not None and plan.policy.deadline_ns is not None:
            self.world.marks[request] = now + plan.policy.deadline_ns
        for begin in self.begins:
            begin(request, now, DATA, 0)
        if self.progress and request % 1024 == 0:
            self.progress(request)
