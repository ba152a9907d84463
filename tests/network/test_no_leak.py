"""A long run holds on to nothing: what is open does not grow with the number of requests, and is empty at the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import workloads
from simulator.network import engine
from simulator.network.loop import Loop
from simulator.topology.serving import Batch, Serving
from tests.support.world_watch import watched

NAMES = ("health, timeouts, withdraw", "health, keep and restart", "camera, timeouts, withdraw",
         "odd, timeouts, withdraw", "health, closing by the deadline")
SERVINGS = {"shared": Serving(2, discipline="processor_sharing"), "priority": Serving(discipline="priority"),
            "batches": Serving(batch=Batch(size=4, wait="5 ms")), "two servers, a buffer": Serving(2, 3)}
OPEN_AT_MOST = 400  # of joins, machines and buffers together, whatever the length of the run


def watch_of(monkeypatch, plan, draws):
    with watched(monkeypatch) as watch:
        log = engine.run(plan, draws)
    assert (log.end_ns >= log.arrival_ns).all()
    watch.assert_nothing_is_left()
    return watch


def check(monkeypatch, plan, draws):
    watch = watch_of(monkeypatch, plan, draws)
    assert 0 < watch.most_open + watch.most_events
    assert watch.most_open <= OPEN_AT_MOST
    assert watch.most_events <= OPEN_AT_MOST


def serving(plan, how):
    """Return the plan with all machines serving in one way."""
    nodes = tuple(replace(node, serving=how) for node in plan.topology.nodes)
    return replace(plan, topology=replace(plan.topology, nodes=nodes))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_kept_by_joins_and_machines(name, monkeypatch):
    workload = workloads.workloads()[name]
    check(monkeypatch, workload.plan(), workload.draws(3000, seed=1))


@pytest.mark.parametrize("how", SERVINGS)
def test_nothing_is_kept_by_machines_of_any_discipline(how, monkeypatch):
    workload = workloads.workloads()["health, perfect, withdraw"]
    check(monkeypatch, serving(workload.plan(), SERVINGS[how]), workload.draws(3000, seed=1))


def test_nothing_is_kept_by_a_closed_loop(monkeypatch):
    workload = workloads.workloads()["health, timeouts, withdraw"]
    draws = replace(workload.draws(3000, seed=1), loop=Loop(5, 1_000_000))
    check(monkeypatch, workload.plan(), draws)


def test_a_leak_would_be_seen(monkeypatch):
    workload = workloads.workloads()["health, timeouts, withdraw"]
    with watched(monkeypatch) as watch:
        engine.run(workload.plan(), workload.draws(300, seed=1))
    watch.states.append({0: None})
    with pytest.raises(AssertionError, match="a join waits"):
        watch.assert_nothing_is_left()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES[:2])
def test_two_hundred_thousand_requests_leave_nothing(name, monkeypatch):
    workload = workloads.workloads()[name]
    draws = workload.draws(200_000, seed=2)
    check(monkeypatch, workload.plan(), draws)
    assert len(np.unique(draws.arrivals_ns)) > 190_000
