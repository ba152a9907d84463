"""A scenario: one question, as a frozen block that unites the blocks of all rooms."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.evaluate.blocks import TableOutcomes
from simulator.expect.blocks import Measures
from simulator.failures.blocks import Failure
from simulator.model.blocks import Failout, Strategy, Training
from simulator.network.blocks import Policy, Workload


class Scenario(Block):
    """What was asked, as written in a scenario file.

    ``topology`` and ``model`` are names on the shelf or paths; everything else is here. ``sweep`` maps a dotted key
    (``strategy``, ``policy.deadline``, ``failures.0.availability``) to the list of its values: the grid of cells.
    """

    title: str
    question: str = ""
    topology: str
    model: str
    strategy: Strategy = "resilinet"
    placement: dict[str, str] = {}
    failures: tuple[Failure, ...] = ()
    workload: Workload | None = None
    policy: Policy = Policy()
    outcomes: TableOutcomes | None = None
    failout: Failout | None = None
    training: Training | None = None
    data: dict[str, Any] | None = None
    measure: Measures
    sweep: dict[str, tuple[Any, ...]] = {}
    seed: Annotated[int, Field(ge=0)] = 1
    replications: Annotated[int, Field(gt=0)] = 10
    starved: Literal["silent"] = "silent"
