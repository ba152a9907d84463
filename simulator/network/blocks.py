"""The YAML blocks of workload and policy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.network.arrivals import (
    ClosedArrivals,
    DiurnalArrivals,
    MarkovArrivals,
    PeriodicArrivals,
    PoissonArrivals,
    TraceArrivals,
)
from simulator.network.recovery import Hedge, Retry
from simulator.units import DurationNs, PositiveDurationNs

Arrivals = Annotated[PoissonArrivals | PeriodicArrivals | TraceArrivals | ClosedArrivals | MarkovArrivals
                     | DiurnalArrivals, Field(discriminator="kind")]

EngineChoice = Literal["auto", "simpy", "vectorised"]


class Workload(Block):
    """Which requests arrive: when, and how many in each replication; and what they ask about.

    With ``persistence`` p a request asks with probability p about a sample of the class of the request before it, else
    about any sample of the test set. Every sample is still asked about as often as any other.
    """

    arrivals: Arrivals
    requests: Annotated[int, Field(gt=0)]
    persistence: Annotated[float, Field(ge=0, lt=1)] = 0.0


class PerfectWait(Block):
    """A join learns of a loss at its instant, and fires when nothing can improve what it takes."""

    kind: Literal["perfect"] = "perfect"


class TimeoutWait(Block):
    """A join learns of no loss; it closes some time after its first input.

    ``after`` is one duration, from which the waits grow along the depth of the graph, or a duration for each part.
    """

    kind: Literal["timeout"]
    after_ns: PositiveDurationNs | dict[str, DurationNs]


class DeadlineWait(Block):
    """A join closes at the last instant from which the answer can still meet the deadline, counted from birth."""

    kind: Literal["deadline"]
    margin_ns: DurationNs = 0


Wait = Annotated[PerfectWait | TimeoutWait | DeadlineWait, Field(discriminator="kind")]


class CrashSemantics(Block):
    """What a crash does to a machine's jobs.

    ``queue``: jobs that wait are lost, or kept until the repair (a queue that is kept also accepts while down).
    ``in_service``: the job on the processor is lost, restarts from its beginning after the repair, or resumes where it
    was.
    """

    queue: Literal["lose", "keep"] = "lose"
    in_service: Literal["lose", "restart", "resume"] = "lose"


NoAnswer = (
    Literal["expected_guess", "sampled_guess", "majority", "wrong", "exclude"]
    | dict[Literal["uniform"], tuple[int, ...]]
    | dict[Literal["constant"], float]
)


class Policy(Block):
    """How requests are handled, and what no answer is worth."""

    deadline_ns: PositiveDurationNs | None = None
    at_deadline: Literal["answer_late", "withdraw"] = "answer_late"
    wait: Wait = PerfectWait()
    crash: CrashSemantics = CrashSemantics()
    no_answer: NoAnswer = "expected_guess"
    retry: Retry | None = None
    hedge: Hedge | None = None

    @property
    def sendings(self) -> int:
        """How often one message may be sent, in all."""
        return (self.retry.attempts if self.retry else 1) * (2 if self.hedge else 1)

    @property
    def repeats(self) -> Retry | None:
        """How messages are sent again; None where each is sent once."""
        return self.retry if self.retry and self.retry.attempts > 1 else None
