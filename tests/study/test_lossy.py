"""The scenario lossy, and samples whose class persists, from file to requests."""

from dataclasses import replace

import numpy as np
import pytest

import simulator
from simulator.network.offered import line_loads
from simulator.scenario.variants import variants
from simulator.seeds import Streams
from simulator.study.agreement import zero_delay_identity
from simulator.study.assemble import Assembly, given_costs
from simulator.study.timed import run_once, simulate
from tests.support.statistics import assert_mean

SURE = 1e-3
NO_LABELS = np.zeros(0, dtype=np.int64)


@pytest.fixture(scope="module")
def cells():
    """Return the three cells of the scenario, with 1,000 requests a replication."""
    found = []
    for cell in variants(simulator.load("lossy")):
        short = cell.scenario.model_copy(
            update={"workload": cell.scenario.workload.model_copy(update={"requests": 1000})})
        found.append(Assembly(short, cell.topology, cell.model, cell.base))
    return found


def runs_of(assembly, labels=NO_LABELS):
    plan = assembly.plan(given_costs(assembly.model, assembly.graph))
    return simulate(assembly, plan, assembly.scenario.workload, labels, lambda done: None)


def test_as_many_answers_are_lost_as_the_links_say_whatever_the_traffic(cells):
    lost = []
    for assembly in cells:
        runs = runs_of(assembly)
        answered = np.array(runs.deliveries)[runs.delivery] > 0
        lost.append([1 - answered[runs.replication == number].mean() for number in range(20)])
        assert_mean(lost[-1], 1 - (1 - 0.1**2) * (1 - 0.02), SURE, precision=0.1)
    assert lost[0] == lost[1] == lost[2]  # the same losses, request by request


def test_the_radio_is_asked_for_the_work_of_both_sensors(cells):
    plan = cells[0].plan(given_costs(cells[0].model, cells[0].graph))
    loads = line_loads(plan, 200e6)  # 5 requests a second
    assert loads == pytest.approx({("left-gateway", "left"): 0.16, ("gateway-server", "gateway"): 0.01})


def test_without_delays_and_losses_the_snapshot_is_delivered(cells):
    same, of = zero_delay_identity(cells[1], cells[1].scenario.workload)
    assert (same, of) == (1000, 1000)


def test_the_uplink_is_slower_for_five_seconds(cells):
    assembly, streams = cells[0], Streams(1, 0)
    plan = assembly.plan(given_costs(assembly.model, assembly.graph))
    births = assembly.arrivals_ns(assembly.scenario.workload, streams)
    with_spike, _, is_fast = run_once(assembly, plan, births, streams)
    without, _, _ = run_once(assembly, replace(plan, disturbances=()), births, streams)
    assert not is_fast  # the radio is shared
    slower = (with_spike.end_ns - without.end_ns)[np.array(with_spike.delivery) > 0]
    assert set(slower.tolist()) == {0, 200_000_000}
    hit = births[np.array(with_spike.delivery) > 0][slower > 0]
    assert 59.5e9 < hit.min() and hit.max() < 65e9 and len(hit) > 10


def test_requests_of_a_scenario_ask_about_persistent_classes(cells):
    labels = np.repeat([0, 1], [10, 30])
    workload = cells[0].scenario.workload.model_copy(update={"persistence": 0.8})
    scenario = cells[0].scenario.model_copy(update={"workload": workload})
    runs = runs_of(replace(cells[0], scenario=scenario), labels)
    asked = labels[runs.sample].reshape(20, 1000)
    same = (asked[:, 1:] == asked[:, :-1]).mean(axis=1)
    assert_mean(same, 0.8 + 0.2 * (0.25**2 + 0.75**2), SURE)
    assert_mean(asked.mean(axis=1), 0.75, SURE)
