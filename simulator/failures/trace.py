"""Outages replayed from a trace of real machines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.failures.cause_law import CauseLaw, given_state, independent_law
from simulator.failures.cycles import DOWN_SINCE_BEFORE, END_OF_TIME_NS
from simulator.failures.independent import independent_log_probability, independent_pairs
from simulator.failures.process import NoLaw, Timeline, Times, Up
from simulator.failures.trace_table import Node, packed, shares, up_at
from simulator.seeds import Streams
from simulator.units import SECOND_NS

Floats = NDArray[np.float64]


@final
@dataclass(frozen=True)
class Trace:
    """Each component lives through the ups and downs of one machine of a trace.

    With a random origin, drawn anew for each replication, and the trace repeated without end, every instant is like
    any other: P(pattern) is the share of the trace's time that had it, exactly. From a fixed origin, or without
    repeating, it moves in time and states no law.

    Args:
        components: Names, in the order of the topology.
        nodes: The machine of the trace that stands for each.
        window_ns: From when to when all of them were watched.
        begin_ns: Time 0, counted from the begin of the window; None: random.
        repeat: Whether the window is laid end to end; if not, all is up after it.
        together: Whether all begin at the same instant of the trace; if not, each has a random one of its own: the
            same law of each, and no dependence.
    """

    components: tuple[str, ...]
    nodes: tuple[Node, ...]
    window_ns: tuple[int, int]
    begin_ns: int | None = None
    repeat: bool = True
    together: bool = True

    @property
    def lasting_ns(self) -> int:
        """How long the window lasts."""
        return self.window_ns[1] - self.window_ns[0]

    def survival(self) -> Floats:
        """Return the share of the window's time that each was up, shape ``(components,)``."""
        self._refuse_what_moves()
        down = [int(np.sum(repair - crash)) for crash, repair in self._outages]
        return 1 - np.array(down, dtype=np.float64) / self.lasting_ns

    def pairwise_survival(self) -> Floats:
        """Return the share of time that both were up, shape ``(components, components)``."""
        up = self.survival()
        if not self.together:
            return independent_pairs(up)
        pairs = np.zeros((len(up), len(up)))
        for pattern, share in self._shares.items():
            is_up = np.unpackbits(np.frombuffer(pattern, dtype=np.uint8), count=len(up)).astype(bool)
            pairs[np.ix_(is_up, is_up)] += share
        np.fill_diagonal(pairs, up)
        return pairs

    def log_probability(self, up: Up) -> Floats:
        """Return the log of the share of time that had each pattern, a row of ``up``; minus infinity: never seen."""
        self._refuse_what_moves()
        if not self.together:
            return independent_log_probability(self.survival(), up)
        with np.errstate(divide="ignore"):
            found: Floats = np.log([self._shares.get(pattern, 0.0) for pattern in packed(up)])
        return found

    def cause_law(self) -> CauseLaw:
        """Return the law with a state for each pattern that was seen; without dependence each fails for itself."""
        if not self.together:
            return independent_law(self.components, self.survival())
        patterns = np.frombuffer(b"".join(self._shares), dtype=np.uint8).reshape(len(self._shares), -1)
        up = np.unpackbits(patterns, axis=1, count=len(self.components)).astype(np.float64)
        return given_state(self.components, np.array(list(self._shares.values())), up)

    def switches_per_s(self) -> Floats:
        """Return how often each goes down or up in the trace, per second; an outage over its end counts once."""
        self._refuse_what_moves()
        always = [len(crash) == 1 and repair[0] - crash[0] >= self.lasting_ns for crash, repair in self._outages]
        counts = [0 if is_down else 2 * len(crash) for (crash, _), is_down in zip(self._outages, always, strict=True)]
        rate: Floats = np.array(counts, dtype=np.float64) * SECOND_NS / self.lasting_ns
        return rate

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return who is up at one random instant of the trace for each request, shape ``(requests, components)``."""
        self._refuse_what_moves()
        if self.together:
            return up_at(self.nodes, self._instants(streams, "all", requests))
        alone = [up_at((node,), self._instants(streams, name, requests))
                 for name, node in zip(self.components, self.nodes, strict=True)]
        return np.concatenate(alone, axis=1) if alone else np.ones((requests, 0), dtype=bool)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the outages that begin before the horizon; one that is under way at time 0 has the instant -1."""
        lives = [self._life(outages, self._origin(streams, name), until_ns)
                 for name, outages in zip(self.components, self._outages, strict=True)]
        return Timeline(self.components, tuple(c for c, _ in lives), tuple(r for _, r in lives), None, until_ns)

    def _refuse_what_moves(self) -> None:
        if self.begin_ns is not None or not self.repeat:
            raise NoLaw("a trace that does not begin at random and repeat moves in time: who is up depends on when one "
                        "asks; write begin: random and repeat: true")

    def _instants(self, streams: Streams, name: str, count: int) -> Times:
        drawn = streams.of(name, "trace origin").random(count) * self.lasting_ns
        return self.window_ns[0] + np.minimum(drawn.astype(np.int64), self.lasting_ns - 1)

    def _origin(self, streams: Streams, name: str) -> int:
        """Return time 0 of a component, counted from the begin of the window."""
        if self.begin_ns is not None:
            return self.begin_ns
        return int(self._instants(streams, "all" if self.together else name, 1)[0]) - self.window_ns[0]

    @cached_property
    def _outages(self) -> tuple[tuple[Times, Times], ...]:
        """Outages counted from the begin of the window; when repeated, one at its end and its begin is one."""
        found = []
        for node in self.nodes:
            crash, repair = node.crash_ns - self.window_ns[0], node.repair_ns - self.window_ns[0]
            if self.repeat and len(crash) > 1 and crash[0] == 0 and repair[-1] == self.lasting_ns:
                crash, repair = crash[1:], np.append(repair[1:-1], self.lasting_ns + repair[0])
            found.append((crash, repair))
        return tuple(found)

    @cached_property
    def _shares(self) -> dict[bytes, float]:
        self._refuse_what_moves()
        return shares(self.nodes, *self.window_ns)

    def _life(self, outages: tuple[Times, Times], origin: int, until_ns: int) -> tuple[Times, Times]:
        crash, repair = outages
        if self.repeat and len(crash) and repair[-1] - crash[-1] >= self.lasting_ns:
            return np.array([DOWN_SINCE_BEFORE]), np.array([END_OF_TIME_NS])
        if self.repeat:
            turns = np.arange(-1, (until_ns + origin) // self.lasting_ns + 1)[:, np.newaxis] * self.lasting_ns
            crash, repair = (turns + crash).ravel(), (turns + repair).ravel()
        is_seen = (repair > origin) & (crash < origin + until_ns)
        begun = crash[is_seen] - origin
        return np.where(begun < 0, DOWN_SINCE_BEFORE, begun), repair[is_seen] - origin
