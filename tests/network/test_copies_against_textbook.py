"""Replicas, repetitions and hedges against a slow model, request by request, on random plans."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Again, Dice, Draws, Plan
from simulator.network.waits import with_waits
from simulator.topology.graph import Topology
from tests.network.test_replicas import plans_with_replicas
from tests.oracles.textbook_copies import Book

SPAN = 10**7


@st.composite
def recoveries(draw):
    policy = {}
    if draw(st.booleans()):
        backoff = {"first": "200 us", "factor": 1.5, "most": "400 us", "jitter": draw(st.sampled_from([0.0, 0.7]))}
        policy["retry"] = {"attempts": draw(st.integers(1, 4)), "timeout": draw(st.sampled_from(["50 us", "1 ms"])),
                           "backoff": backoff, "budget": draw(st.sampled_from([None, 0.3]))}
    if draw(st.booleans()):
        policy["hedge"] = {"after": draw(st.sampled_from(["0 s", "300 us", "2 ms"]))}
    if draw(st.integers(0, 3)) == 0:
        policy |= {"deadline": "3 ms", "at_deadline": "withdraw"}
    if draw(st.booleans()):
        policy["wait"] = {"kind": "timeout", "after": draw(st.sampled_from(["200 us", "2 ms"]))}
    return Policy.model_validate(policy)


def dice_of(plan: Plan, rng: np.random.Generator, requests: int) -> Dice:
    crossings = [(edge.name, link.name) for edge in plan.graph.edges for link in plan.topology.links]
    jitter = {pair: rng.integers(0, 50_000, requests) for pair in crossings}
    return Dice(jitter, {pair: rng.random(requests) < 0.15 for pair in crossings})


def draws_of(plan: Plan, rng: np.random.Generator, requests: int) -> Draws:
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 4_000_000, 60)) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**12)
    sources = {part.name for part in plan.graph.parts if part.join is None}
    work = {key: rng.integers(1, 1_000_000, requests) if key not in sources else np.zeros(requests, dtype=np.int64)
            for key in plan.work_keys}
    first = dice_of(plan, rng, requests)
    again = [Again(dice_of(plan, rng, requests), {edge.name: rng.random(requests) for edge in plan.graph.edges})
             for _ in range(1, plan.policy.sendings)]
    births = np.sort(rng.choice(SPAN, requests, replace=False))
    return Draws(births, work, timeline, first.jitter_ns, first.lost, again=again)


def check(plan: Plan, policy: Policy, seed: int, requests: int) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    links = tuple(replace(link, latency_ns=int(rng.integers(1, 200_000))) for link in plan.topology.links)
    plan = with_waits(replace(plan, topology=Topology("", plan.topology.nodes, links), policy=policy))
    draws = draws_of(plan, rng, requests)
    book, log = Book(plan, draws).run(), engine.run(plan, draws)
    end, delivery = np.array(book.end), np.array(book.delivery)
    if plan.limit_ns:
        limit = draws.arrivals_ns + plan.limit_ns
        end = np.where((delivery == 0) & (end > limit), limit, end)
    assert list(log.delivery) == book.delivery
    np.testing.assert_array_equal(log.end_ns, end)
    assert sum(sent.repeated for sent in log.sendings.values()) == book.repeated
    assert sum(sent.refused for sent in log.sendings.values()) == book.refused
    assert sum(sent.hedged for sent in log.sendings.values()) == book.hedged
    return book.repeated, book.hedged


@settings(max_examples=80, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans_with_replicas(), policy=recoveries(), seed=st.integers(0, 2**16))
def test_any_plan_with_copies_has_the_slow_models_deliveries_ends_and_counts(plan, policy, seed):
    check(plan, policy, seed, requests=40)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans_with_replicas(), policy=recoveries(), seed=st.integers(0, 2**16))
def test_many_plans_with_copies_have_the_slow_models_deliveries_ends_and_counts(plan, policy, seed):
    check(plan, policy, seed, requests=60)
