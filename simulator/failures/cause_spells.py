"""Which cause had a component down, and when: the names behind a timeline that holds only their union."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from simulator.failures.process import FailureProcess, Times
from simulator.seeds import Streams


@dataclass(frozen=True)
class CauseSpells:
    """When one cause had one component down.

    Args:
        cause: Name of the group, the shock, ...
        component: What it felled.
        begin_ns: When each spell began, sorted; -1 or less: before 0.
        end_ns: When each ended; spells do not overlap.
    """

    cause: str
    component: str
    begin_ns: Times
    end_ns: Times


@runtime_checkable
class NamesCauses(Protocol):
    """A process whose outages have named causes."""

    def cause_spells(self, streams: Streams, requests: int, until_ns: int) -> tuple[CauseSpells, ...]:
        """Return when each cause had which component down; their union is the timeline of the same streams."""


def cause_spells_of(
    process: FailureProcess, streams: Streams, requests: int, until_ns: int
) -> tuple[CauseSpells, ...]:
    """Return the named causes of a process's outages; none where it names none (a coin belongs to a request)."""
    return process.cause_spells(streams, requests, until_ns) if isinstance(process, NamesCauses) else ()
