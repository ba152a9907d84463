"""What a scenario claims of its estimates, held against its record: held, violated beyond doubt, or undecided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.amounts import full_name
from simulator.expect.estimate import Estimate
from simulator.expect.limits import Outcome, beyond_doubt, judged
from simulator.study.record import Record
from simulator.study.repeats import over_points

FURTHER = ("_sampling", "_bounds", "_inputs")  # the same number with what else is not sure of it
EXIT_CODE: Mapping[Outcome, int] = {"held": 0, "violated": 1, "undecided": 3}


@dataclass(frozen=True)
class Claim:
    """One claim at one point of the grid.

    Args:
        point: The label of the point, without the repeat.
        estimate: The name of the estimate.
        limit: What is claimed.
        found: The estimate, its interval as wide as everything that is uncertain makes it.
        outcome: Whether it holds.
    """

    point: Mapping[str, str]
    estimate: str
    limit: str
    found: Estimate
    outcome: Outcome


def claims_of(record: Record) -> list[Claim]:
    """Return every claim of a record's scenario, at every point of its grid.

    Raises:
        ScenarioError: a claim is of an estimate that there is none of.
    """
    asked = record.scenario.get("scenario", {}).get("assert") or {}
    found, problems = [], dict[Problem, None]()
    for point, estimates in over_points(record) if asked else ():
        for said, limit in asked.items():
            name = full_name(said, estimates)
            if name is None:
                told = f"{said!r} is no estimate of this scenario"
                problems[Problem(f"assert.{said}", told, did_you_mean(said, estimates))] = None
                continue
            others = [estimates[name + end] for end in FURTHER if name + end in estimates]
            estimate = beyond_doubt(estimates[name], *others)
            found.append(Claim(point, name, limit, estimate, judged(limit, name, estimate)))
    if problems:
        raise ScenarioError(*problems)
    return found


def exit_code(claims: list[Claim]) -> int:
    """Return 1 where a claim is violated, 3 where none is and one is undecided, 0 where all hold."""
    outcomes = {claim.outcome for claim in claims}
    return next((EXIT_CODE[outcome] for outcome in ("violated", "undecided") if outcome in outcomes), 0)


