"""Other models on the same machines and links: each with requests, a placement and a deadline of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.dataflow.placement import Nodes
from simulator.dataflow.weights import Scheme
from simulator.model.blocks import Strategy
from simulator.model.graph import Skips
from simulator.network.blocks import Arrivals, NoAnswer, PerfectWait, Wait
from simulator.units import PositiveDurationNs


class OtherPolicy(Block):
    """How another model's requests are handled; the rest, such as what a crash does to jobs, is the scenario's."""

    deadline_ns: PositiveDurationNs | None = None
    at_deadline: Literal["answer_late", "withdraw"] = "answer_late"
    wait: Wait = PerfectWait()
    no_answer: NoAnswer = "expected_guess"


class OtherWorkload(Block):
    """Which requests of another model arrive; without ``requests`` those up to the scenario's own last one."""

    arrivals: Arrivals
    requests: Annotated[int, Field(gt=0)] | None = None
    persistence: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Other(Block):
    """A model that shares the scenario's machines and links, and its failures.

    Its keys are those of a scenario. ``priority`` counts on machines that serve by it, for all its parts, in place of
    what its model file says: the lowest goes first.
    """

    model: str
    workload: OtherWorkload
    strategy: Strategy = "resilinet"
    partition: str | None = None
    skips: Skips = "all"
    weights: Scheme = "given"
    placement: dict[str, Nodes] = {}
    policy: OtherPolicy = OtherPolicy()
    priority: int | None = None
