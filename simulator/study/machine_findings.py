"""What the machines and links of a cell did: utilisation and number present, beside the offered load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.expect.estimate import Estimate
from simulator.expect.intervals import within
from simulator.expect.student import student_mean
from simulator.network.offered import Asked, loads_of_all, machine_loads, transmitter_loads
from simulator.network.plan import MachineLoad, Plan
from simulator.scenario.advice import overloads
from simulator.study.findings import Findings

Loads = Sequence[Mapping[str, MachineLoad]]
LineLoads = Sequence[Mapping[tuple[str, ...], MachineLoad]]
IDLE = MachineLoad(0, 0.0, 0.0)


def find_machines(loads: Loads, plan: Plan, gap_ns: float, found: Findings, *beside: Asked) -> None:
    """Add a row for each machine with work to the findings, and a note for each that cannot keep up.

    Args:
        loads: What each machine did, by node, in each replication.
        plan: The engine's plan.
        gap_ns: Mean time between two requests; 0 where they all come at once.
        found: Where the rows go.
        beside: Plan and mean gap of each other model on these machines.
    """
    offered = loads_of_all(((plan, gap_ns), *beside), machine_loads)
    nodes = [node.name for node in plan.topology.nodes if any(node.name in load for load in loads)]
    if nodes:
        found.tables["machines"] = [_row(node, [load[node] for load in loads], offered.get(node)) for node in nodes]
    found.notes += overloads(plan, gap_ns, *beside)


def find_links(loads: LineLoads, plan: Plan, gap_ns: float, found: Findings, *beside: Asked) -> None:
    """Add a row for each transmitter that was asked for anything to the findings, the busiest first.

    Args:
        loads: What each transmitter did, by what messages wait for, in each replication.
        plan: The engine's plan.
        gap_ns: Mean time between two requests; 0 where they all come at once.
        found: Where the rows go.
        beside: Plans and gaps of the other models on the same links.
    """
    offered = loads_of_all(((plan, gap_ns), *beside), transmitter_loads)
    rows = []
    for key in sorted({key for load in loads for key in load}):
        row = _row("", [load.get(key, IDLE) for load in loads], offered.get(key))
        row["messages"] = row.pop("jobs")
        del row["machine"]
        rows.append({"link": transmitter_text(key), **row})
    if rows:
        found.tables["links"] = sorted(rows, key=lambda row: -row["utilisation"])


def transmitter_text(key: tuple[str, ...]) -> str:
    """Return what messages wait for, in words.

    >>> transmitter_text(("a-b", "a")), transmitter_text(("link", "a-b", "")), transmitter_text(("medium", "air", ""))
    ('a-b from a', 'a-b, both ways', 'air (medium)')
    """
    if len(key) == len(("link", "sender")):
        return f"{key[0]} from {key[1]}"
    return f"{key[1]}, both ways" if key[0] == "link" else f"{key[1]} (medium)"


def _row(node: str, loads: Sequence[MachineLoad], offered: float | None) -> dict[str, Any]:
    busy = within(student_mean(np.array([load.utilisation for load in loads])))
    number = within(student_mean(np.array([load.number for load in loads])), high=float("inf"))
    return {
        "machine": node,
        "jobs": sum(load.jobs for load in loads),
        "offered_load": offered,
        **_numbers("utilisation", busy),
        **_numbers("number_present", number),
    }


def _numbers(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
