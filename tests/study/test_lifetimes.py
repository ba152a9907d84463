"""Lifetimes and repairs through the whole path of a scenario: the shares that theory knows, and what never ends."""

import numpy as np
import pytest
from small import assembly, simulated

from simulator.errors import ScenarioError
from simulator.study.agreement import zero_delay_identity
from tests.support.statistics import FALSE_ALARM, assert_mean

WEIBULL = {"law": "weibull", "shape": 3}


def share_lost(name, **changes):
    """Return the share of requests lost of each replication."""
    runs = simulated(assembly(name, **changes))
    return np.array([np.mean(runs.blame[runs.replication == number] != 0) for number in np.unique(runs.replication)])


@pytest.mark.parametrize("up", ["exponential", WEIBULL], ids=["exponential", "wear-out"])
def test_a_server_met_at_random_loses_a_sixth_whatever_the_law(up):
    lost = share_lost("wear-out", **{"failures.0.up": up, "failures.0.start": "equilibrium"})
    assert_mean(lost, 1 / 6, FALSE_ALARM, precision=0.08)


@pytest.mark.parametrize(("repairmen", "all_up"), [(1, 0.36040), (2, 0.45598), (5, (6 / 7) ** 5)])
def test_five_machines_are_all_up_as_the_machine_repair_problem_says(repairmen, all_up):
    lost = share_lost("repair-crew", **{"failures.0.repairmen": repairmen})
    assert_mean(1 - lost, all_up, FALSE_ALARM, precision=0.03)


@pytest.mark.parametrize("failure", [
    {"kind": "renewal", "mtbf": {"second": "9 s"}, "mttr": "6 s", "up": WEIBULL, "down": "deterministic"},
    {"kind": "renewal", "mtbf": {"second": "9 s"}, "mttr": "6 s", "start": "new"},
    {"kind": "mission", "mtbf": {"second": "60 s"}},
    {"kind": "maintenance", "components": ["second", "third"], "lasting": "3 s", "every": "20 s", "stagger": "1 s"},
    {"kind": "maintenance", "components": ["second"], "lasting": "3 s", "every": "20 s", "random_phase": True},
    {"kind": "repair_crew", "mtbf": {"second": "9 s", "third": "6 s"}, "mttr": "2 s"},
], ids=["laws", "new", "mission", "maintenance", "random phase", "crew"])
def test_the_zero_delay_identity_holds(failure):
    cell = assembly("queue", failures=[failure], **{"workload.requests": 300})
    same, compared = zero_delay_identity(cell, cell.scenario.workload)
    assert same == compared == 300


def test_a_queue_that_is_kept_for_a_repair_that_never_comes_is_refused():
    cell = assembly("queue", failures=[{"kind": "mission", "mtbf": {"second": "10 s"}}],
                    **{"policy.crash": {"queue": "keep"}, "workload.requests": 100, "replications": 1})
    with pytest.raises(ScenarioError, match=r"requests wait for the repair .* never repaired; write crash"):
        simulated(cell)


def test_messages_that_wait_for_a_repair_that_never_comes_are_refused_unless_a_deadline_withdraws_them():
    failures = [{"kind": "mission", "mtbf": {"second": "10 s"}}]
    changes = {"policy.lost": "wait_for_repair", "workload.requests": 100, "replications": 1}
    with pytest.raises(ScenarioError, match=r"policy\.lost: .* wait for the repair .* never repaired"):
        simulated(assembly("queue", failures=failures, **changes))
    withdrawn = changes | {"policy.deadline": "20 s", "policy.at_deadline": "withdraw"}
    runs = simulated(assembly("queue", failures=failures, **withdrawn))
    assert (runs.end_ns - runs.arrival_ns).max() == 20_000_000_000
