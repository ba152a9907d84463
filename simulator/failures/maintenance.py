"""Maintenance: components are down in windows at known instants, or every so often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self, final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.failures.cause_law import CauseLaw, given_state
from simulator.failures.cycles import DOWN_SINCE_BEFORE
from simulator.failures.moving import Moving
from simulator.failures.process import Timeline, Times, Up
from simulator.failures.scripted import Scripted, merged
from simulator.failures.settings import components_of
from simulator.seeds import Streams
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS, DurationNs, PositiveDurationNs, duration_text

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Plan:
    """When components are in maintenance: a window every period.

    Args:
        first_ns: For each component the begin of its first window.
        every_ns: The period.
        lasting_ns: How long a window lasts, less than the period.
    """

    first_ns: tuple[int, ...]
    every_ns: int
    lasting_ns: int

    def windows(self, shift_ns: int, until_ns: int, *, since_ever: bool) -> list[tuple[Times, Times]]:
        """Return for each component begins and ends of the windows that begin before the horizon and end after 0.

        Args:
            shift_ns: How much later than planned they all begin.
            until_ns: The horizon.
            since_ever: Whether there were windows before the first one.
        """
        found = []
        for first in self.first_ns:
            begin = first + shift_ns
            if since_ever:
                begin = begin % self.every_ns - self.every_ns
            begins = np.arange(begin, max(begin, until_ns), self.every_ns, dtype=np.int64)
            begins = begins[begins + self.lasting_ns > 0]
            found.append((np.maximum(begins, DOWN_SINCE_BEFORE), begins + self.lasting_ns))
        return found

    @cached_property
    def law(self) -> tuple[Times, Up]:
        """Return what one finds at a random instant of the period: how long each pattern lasts, and the patterns."""
        begins = np.array(self.first_ns, dtype=np.int64) % self.every_ns
        edges = np.unique(np.concatenate([[0], begins, (begins + self.lasting_ns) % self.every_ns, [self.every_ns]]))
        since = (edges[:-1, np.newaxis] - begins) % self.every_ns
        patterns, which = np.unique(since >= self.lasting_ns, axis=0, return_inverse=True)
        lasting = np.zeros(len(patterns), dtype=np.int64)
        np.add.at(lasting, which.reshape(-1), np.diff(edges))
        return lasting, patterns


@final
@dataclass(frozen=True)
class Maintenance(Moving):
    """Periodic windows from a known instant on: they move in time."""

    components: tuple[str, ...]
    plan: Plan

    @property
    def why(self) -> str:
        """Why there is no law, and the way out."""
        return ("maintenance at known times moves in time: who is up depends on when one asks; "
                "write random_phase: true for a random instant of the period")

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the windows that begin before the horizon; nothing is drawn."""
        lives = self.plan.windows(0, until_ns, since_ever=False)
        return Timeline(self.components, tuple(b for b, _ in lives), tuple(e for _, e in lives), None, until_ns)


@final
@dataclass(frozen=True)
class RandomPhase:
    """Periodic windows that are looked at from a random instant on: one shift for all, uniform over the period.

    Every instant has the same law: that of an instant chosen at random from the period. Components depend on each
    other by the plan; it is stated exactly, as times that patterns last.
    """

    components: tuple[str, ...]
    plan: Plan

    def survival(self) -> Floats:
        """Return 1 - lasting / every for each component, shape ``(components,)``."""
        return np.full(len(self.components), 1 - self.plan.lasting_ns / self.plan.every_ns)

    def pairwise_survival(self) -> Floats:
        """Return P(i and j up), shape ``(components, components)``; the diagonal is ``survival()``."""
        lasting, patterns = self.plan.law
        pairs: Floats = np.einsum("k,ki,kj->ij", lasting / self.plan.every_ns, patterns, patterns)
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return log P(pattern) of each row of ``up``: the share of a period that it lasts."""
        lasting, patterns = self.plan.law
        share = {row.tobytes(): time / self.plan.every_ns for row, time in zip(patterns, lasting.tolist(), strict=True)}
        rows = np.ascontiguousarray(up, dtype=bool)
        with np.errstate(divide="ignore"):
            return np.log(np.array([share.get(row.tobytes(), 0.0) for row in rows], dtype=np.float64))

    def cause_law(self) -> CauseLaw:
        """Return the law with a state for each pattern of the plan."""
        lasting, patterns = self.plan.law
        return given_state(self.components, lasting / self.plan.every_ns, patterns.astype(np.float64))

    def switches_per_s(self) -> Floats:
        """Return 2 / every for each component, per second."""
        return np.full(len(self.components), 2 * SECOND_NS / self.plan.every_ns)

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one independent pattern for each request, shape ``(requests, components)``."""
        lasting, patterns = self.plan.law
        instants = streams.of("", "maintenance pattern").integers(self.plan.every_ns, size=requests)
        return patterns[np.searchsorted(np.cumsum(lasting), instants, side="right")]

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the windows up to the horizon; one under way at time 0 has the crash instant -1."""
        shift = int(streams.of("", "maintenance phase").integers(self.plan.every_ns))
        lives = self.plan.windows(shift, until_ns, since_ever=True)
        return Timeline(self.components, tuple(b for b, _ in lives), tuple(e for _, e in lives), None, until_ns)


class MaintenanceBlock(Block):
    """Windows that last ``lasting``: one ``every`` period from ``first`` on (or 0), or one ``at`` each listed instant.

    ``components`` are those that are in maintenance, without it all that can fail. With ``stagger`` each of them begins
    so much later than the one listed before it. ``random_phase: true`` begins anywhere in the period, all with one
    shift, so that every instant is like any other.
    """

    kind: Literal["maintenance"]
    components: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    lasting_ns: PositiveDurationNs
    every_ns: PositiveDurationNs | None = None
    at_ns: tuple[DurationNs, ...] | None = None
    first_ns: DurationNs | None = None
    stagger_ns: DurationNs = 0
    random_phase: bool = False

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        wrong = []
        if (self.every_ns is None) == (self.at_ns is None):
            wrong.append("needs exactly one of 'every' and 'at'; write every: 168 h, or at: [10 h, 30 h]")
        elif self.every_ns is not None and self.lasting_ns >= self.every_ns:
            wrong.append(f"a window of {duration_text(self.lasting_ns)!r} every {duration_text(self.every_ns)!r} "
                         "leaves no time up; write a shorter 'lasting'")
        if self.at_ns == ():
            wrong.append("at: [] maintains nothing; write at: [10 h, 30 h]")
        if self.at_ns is not None and self.random_phase:
            wrong.append("'random_phase' needs a period; write 'every' instead of 'at'")
        if self.first_ns is not None and (self.random_phase or self.at_ns is not None):
            wrong.append("'first' is for windows of a period from a known time on; leave it out")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def build(self, topology: Topology) -> Scripted | Maintenance | RandomPhase:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        names = components_of("components", self.components, topology)
        place = {name: number for number, name in enumerate(self.components or names)}
        first = tuple((self.first_ns or 0) + place[name] * self.stagger_ns for name in names)
        if self.every_ns is None:
            windows = [merged((at + later, at + later + self.lasting_ns) for at in self.at_ns or ()) for later in first]
            begins, ends = zip(*((tuple(b.tolist()), tuple(e.tolist())) for b, e in windows), strict=True)
            return Scripted(names, begins, ends)
        plan = Plan(first, self.every_ns, self.lasting_ns)
        return RandomPhase(names, plan) if self.random_phase else Maintenance(names, plan)
