"""The engine agrees with a plainly written textbook model, request by request, on the same draws."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import textbook_dag, workloads
from simulator.network import engine

WORKLOADS = workloads.workloads()


def both(name: str, requests: int, seed: int):
    workload = WORKLOADS[name]
    plan, draws = workload.plan(), workload.draws(requests, seed)
    return engine.run(plan, draws), textbook_dag.run(workloads.textbook_plan(plan, draws))


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_request_has_the_textbooks_delivery_and_end(name):
    log, textbook = both(name, 700, seed=5)
    assert log.delivery == list(textbook.delivery)
    np.testing.assert_array_equal(log.end_ns, textbook.end_ns)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
@pytest.mark.parametrize("name", WORKLOADS)
def test_every_request_of_a_long_run_has_the_textbooks_delivery_and_end(name, seed):
    log, textbook = both(name, 6000, seed)
    assert log.delivery == list(textbook.delivery)
    np.testing.assert_array_equal(log.end_ns, textbook.end_ns)


@pytest.mark.parametrize("name", ["health, perfect", "camera, timeouts, withdraw", "odd, perfect"])
def test_the_workloads_exercise_losses_and_degraded_answers(name):
    log, _ = both(name, 700, seed=5)
    assert 0 < sum(delivery == 0 for delivery in log.delivery) < 500
    assert len(set(log.delivery)) >= 4
