"""The YAML blocks of workload and policy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.dataflow.graph import Edge
from simulator.network.arrivals import (
    ClosedArrivals,
    DiurnalArrivals,
    MarkovArrivals,
    PeriodicArrivals,
    PoissonArrivals,
    TraceArrivals,
)
from simulator.network.detectors import HeartbeatWait, PhiAccrualWait, Watching
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


class FirstWait(Block):
    """A join fires when k of its inputs are here, or sooner, when it knows that nothing can improve what it takes.

    Losses are known as under perfect detection. ``k`` is one number for all joins, or one for each part; a part that is
    not named waits for all, as does one with no more than k inputs.
    """

    kind: Literal["first"]
    k: Annotated[int, Field(gt=0)] | dict[str, Annotated[int, Field(gt=0)]]

    def of(self, part: str) -> int | None:
        """Return the k of a part, None where it waits for all."""
        return self.k if isinstance(self.k, int) else self.k.get(part)


Wait = Annotated[PerfectWait | TimeoutWait | DeadlineWait | HeartbeatWait | PhiAccrualWait | FirstWait,
                 Field(discriminator="kind")]
AFTER_FIRST = (TimeoutWait, Watching)  # kinds whose joins close some time after their first input


class Held(Block):
    """A join that fires without an input takes the last value that came for an earlier request, unless it is too old.

    ``age`` is one duration for all hyperconnections, or durations by name of a hyperconnection (``fog2->fog1``) or of
    a part, for all that feed it; of what is not named nothing is held.
    """

    age_ns: PositiveDurationNs | dict[str, PositiveDurationNs]

    def of(self, edge: Edge) -> int | None:
        """Return how old a value of a hyperconnection may be, in nanoseconds; None where nothing is held."""
        if isinstance(self.age_ns, int):
            return self.age_ns
        return self.age_ns.get(edge.name, self.age_ns.get(edge.target))


class CrashSemantics(Block):
    """What a crash does to a machine's jobs.

    ``queue``: jobs that wait are lost, or kept until the repair (a queue that is kept also accepts while down).
    ``in_service``: the job on the processor is lost, restarts from its beginning after the repair, or resumes where it
    was.
    """

    queue: Literal["lose", "keep"] = "lose"
    in_service: Literal["lose", "restart", "resume"] = "lose"


NoAnswer = (
    Literal["expected_guess", "sampled_guess", "majority", "wrong", "exclude", "training_mean"]
    | dict[Literal["uniform"], tuple[int, ...]]
    | dict[Literal["constant"], float]
    | dict[Literal["value"], float]
)


class Policy(Block):
    """How requests are handled, and what no answer is worth.

    With ``skips: on_demand`` a skip hyperconnection's message is sent only when what it bypasses is, at the instant of
    sending, down (perfect detection) or suspected (a detector).

    ``lost`` says what becomes of a message that finds no way, or the receiving node down: with ``at_once`` it is lost,
    with ``wait_for_repair`` its sender keeps it until the repair. ``held`` lets joins use values of earlier requests.
    """

    deadline_ns: PositiveDurationNs | None = None
    at_deadline: Literal["answer_late", "withdraw"] = "answer_late"
    wait: Wait = PerfectWait()
    crash: CrashSemantics = CrashSemantics()
    lost: Literal["at_once", "wait_for_repair"] = "at_once"
    held: Held | None = None
    no_answer: NoAnswer = "expected_guess"
    skips: Literal["always_on", "on_demand"] = "always_on"
    retry: Retry | None = None
    hedge: Hedge | None = None

    @property
    def sendings(self) -> int:
        """How often one message may be sent, in all."""
        return (self.retry.attempts if self.retry else 1) * (2 if self.hedge else 1)

    @property
    def departs_from_snapshots(self) -> bool:
        """Whether requests are by intention answered from else than what is up: first inputs, repairs, older values."""
        return bool(self.why_events)

    @property
    def why_events(self) -> str:
        """Why requests must be run event by event; empty where nothing here asks for that."""
        if isinstance(self.wait, FirstWait):
            return "joins fire at one of their first inputs"
        if self.lost != "at_once":
            return "messages wait for repairs"
        return "joins take values held from earlier requests" if self.held else ""

    @property
    def repeats(self) -> Retry | None:
        """How messages are sent again; None where each is sent once."""
        return self.retry if self.retry and self.retry.attempts > 1 else None
