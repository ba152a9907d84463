"""Predictions from held values are those of each request computed alone, with the tensors of the requests behind it."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.evaluate.held import HeldEvaluation, HeldRequests
from simulator.network import engine
from simulator.network.blocks import Policy
from tests.network.test_fuzz_against_textbook import draws_of, with_delays
from tests.network.test_zero_delay import plans
from tests.support.golden_graphs import camera, health
from tests.support.plain_runner import PlainRunner

SAMPLES = 30
POLICY = Policy.model_validate({"held": {"age": "900 us"}})


def alone(runner, asked, request, delivery):
    """Return the class of one answer: every tensor behind it computed anew, by recursion."""
    graph = runner.graph

    def output(part, request, fed):
        if part in graph.sources:
            return runner.source(part, asked.samples[[request]])
        arrived = []
        for edge in graph.inputs[part]:
            source = graph.edges[edge].source
            if fed & graph.edge_bit(edge):
                arrived.append(runner.send(edge, output(source, request, fed)))
            elif fed & graph.held_bit(edge):
                arrived.append(runner.send(edge, output(source, *asked.origins[request, edge])))
        return runner.run(part, arrived)

    exit_part = graph.exit_of(delivery)
    return int(runner.predict(exit_part, output(exit_part, request, delivery))[0])


def asked_of(plan, seed, requests):
    """Return what a run asks of the evaluation: the held answers, with the samples of all requests."""
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, POLICY, rng)
    log = engine.run(plan, draws_of(plan, rng, requests))
    mask = plan.graph.held_mask
    wanted = {request: delivery for request, delivery in enumerate(log.delivery) if delivery & mask}
    return HeldRequests(wanted, rng.integers(0, SAMPLES, requests), log.held.origins()), log


@pytest.mark.parametrize("bounds", [(80_000_000, 1024), (1, 1), (2_000, 5)])
@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_each_held_answer_is_that_of_the_request_alone(bounds, plan, seed):
    asked, _ = asked_of(plan, seed, 60)
    widths = {part.name: 3 + place % 3 for place, part in enumerate(plan.graph.parts)}
    runner = PlainRunner(plan.graph, SAMPLES, widths, seed)
    found = HeldEvaluation(plan.graph, runner, *bounds).predictions(asked)
    assert found.tolist() == [alone(runner, asked, *answer) for answer in asked.deliveries.items()]


@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_the_plans_above_do_hold_values_that_rest_on_held_values(plan, seed):
    asked, log = asked_of(plan, seed, 60)
    for fed in log.held.fed:
        assert fed > 0
    for request, delivery in asked.deliveries.items():
        for edge in plan.graph.held_of(delivery):
            assert asked.origins[request, edge][0] < request


def test_a_part_is_run_once_for_each_request_that_it_is_needed_of():
    # request 0 is whole; 1 and 2 both take 0's value over the last edge: the chain behind it is run once
    graph = health(mode="add")
    exit_part = graph.exits[0]
    last = graph.inputs[exit_part][-1]
    whole = graph.delivery(exit_part, range(len(graph.edges)))
    held_only = graph.exit_bit(exit_part) | graph.held_bit(last)
    origins = dict.fromkeys([(1, last), (2, last)], (0, whole))
    asked = HeldRequests({1: held_only, 2: held_only}, np.array([4, 5, 6]), origins)
    runner = PlainRunner(graph, SAMPLES)
    found = HeldEvaluation(graph, runner).predictions(asked)
    source = graph.edges[last].source
    rows = {part: sum(n for name, n in runner.calls if name == part) for part, _ in runner.calls}
    assert rows[exit_part] == 2
    assert set(rows.values()) == {1, 2}
    assert rows[source] == 1
    assert found[0] == found[1]  # nothing of their own is in them


def test_the_tensors_of_a_chunk_stay_within_the_memory():
    graph = camera()
    runner = PlainRunner(graph, SAMPLES, {part.name: 64 for part in graph.parts})
    requests, exit_part = 400, graph.exits[0]
    into = graph.inputs[exit_part]
    whole = graph.delivery(exit_part, range(len(graph.edges)))
    delivery = whole & ~graph.edge_bit(into[0]) | graph.held_bit(into[0])
    wanted = dict.fromkeys(range(1, requests), delivery)
    origins = {(request, into[0]): (request - 1, whole) for request in wanted}
    asked = HeldRequests(wanted, np.arange(requests) % SAMPLES, origins)

    def peak(memory_bytes):
        tracemalloc.start()
        HeldEvaluation(graph, runner, memory_bytes).predictions(asked)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(1_000_000) < 1_000_000 + 500_000  # the bound, and what lists of requests take
    assert peak(10**9) > 2_000_000


def test_an_answer_without_held_values_is_that_of_its_delivery():
    graph = camera()
    runner = PlainRunner(graph, SAMPLES)
    whole = graph.delivery(graph.exits[0], range(len(graph.edges)))
    asked = HeldRequests(dict.fromkeys(range(SAMPLES), whole), np.arange(SAMPLES), {})
    from tests.support.plain_runner import forward

    assert HeldEvaluation(graph, runner).predictions(asked).tolist() == forward(runner, whole, SAMPLES).tolist()
    assert replace(asked, deliveries={}).deliveries == {}
