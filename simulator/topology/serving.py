"""How a machine serves its jobs: servers, buffer, discipline, batches, cold start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.units import DurationNs

Discipline = Literal["fifo", "priority", "preemptive_priority", "processor_sharing"]
Servers = Annotated[int, Field(ge=1)] | Literal["unlimited"]


class Batch(Block):
    """Jobs of one part served together, up to ``size`` of them.

    A server takes a batch when ``size`` jobs wait, or when the one that came first has waited for ``wait``. A batch
    takes as long as its longest job, and ``further`` of that again for each job beyond the first.
    """

    size: Annotated[int, Field(ge=1)]
    wait_ns: DurationNs = 0
    further: Annotated[float, Field(ge=0)] = 0.0


@dataclass(frozen=True)
class Serving:
    """How a machine serves; the default is one server, in order of arrival, for a queue without an end.

    Args:
        servers: Jobs that are served at once; None is unlimited.
        buffer: Jobs that may wait; None is unlimited.
        discipline: Who is served next, or that all share the processor.
        batch: Jobs that are served together, or None.
        cold_start_ns: Time after each repair before the machine serves; it takes jobs in at once.
    """

    servers: int | None = 1
    buffer: int | None = None
    discipline: Discipline = "fifo"
    batch: Batch | None = None
    cold_start_ns: int = 0

    @property
    def is_foreseen(self) -> bool:
        """Whether a job's end is known when it comes: nothing that comes later can change it."""
        return self.discipline == "fifo" and self.batch is None

    @property
    def keeps_order(self) -> bool:
        """Whether jobs leave in the order in which they came."""
        return self.is_foreseen and self.servers == 1


PLAIN = Serving()


def serving_problems(serving: Serving) -> Iterator[tuple[str, str, str]]:
    """Yield what does not fit together: the key, what is wrong, the way out."""
    batch = serving.batch
    if batch and serving.discipline != "fifo":
        yield ("discipline", f"{serving.discipline!r} together with batches is not supported",
               "leave one of 'discipline' and 'batch' out")
    if batch and serving.servers is None:
        yield "servers", "'unlimited' servers never let a batch gather", "write a number of servers"
    if batch and serving.buffer is not None and serving.buffer < batch.size:
        yield ("buffer", f"{serving.buffer} places cannot hold a batch of {batch.size}",
               f"write a buffer of at least {batch.size}")
    if serving.servers is None and serving.buffer is not None:
        yield "buffer", f"{serving.buffer} places, but with unlimited servers nobody waits", "leave 'buffer' out"
    if serving.servers is None and serving.discipline != "fifo":
        yield ("discipline", f"{serving.discipline!r} has no meaning with unlimited servers: nobody waits or shares",
               "leave 'discipline' out")
