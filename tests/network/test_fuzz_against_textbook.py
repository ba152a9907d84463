"""Any plan at all, against the textbook model: machines, links, joins, waits and crash semantics in any combination."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.dataflow.costs import Costs
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.network.waits import with_waits
from simulator.topology.graph import Topology
from tests.network.test_zero_delay import emitting, plans

WAITS = ({"kind": "perfect"}, {"kind": "timeout", "after": "30 us"}, {"kind": "deadline"})


@st.composite
def policies(draw):
    crash = {"queue": draw(st.sampled_from(["lose", "keep"])), "in_service": draw(st.sampled_from(["lose", "restart"]))}
    policy = {"wait": draw(st.sampled_from(WAITS)), "crash": crash}
    if draw(st.booleans()) or policy["wait"]["kind"] == "deadline":
        policy |= {"deadline": "220 us", "at_deadline": draw(st.sampled_from(["withdraw", "answer_late"]))}
    return Policy.model_validate(policy)


def with_delays(plan: Plan, policy: Policy, rng: np.random.Generator) -> Plan:
    """Return the plan with latencies of some ns, links of some or infinite bandwidth, and messages of some bytes."""
    links = tuple(
        replace(link, latency_ns=int(rng.integers(0, 9_000)), bandwidth_bps=rng.choice([float("inf"), 8e6, 2.5e6]))
        for link in plan.topology.links
    )
    sizes = {edge.name: int(rng.integers(0, 12)) for edge in plan.graph.edges}
    return with_waits(
        Plan(plan.graph, plan.placement, Topology("", plan.topology.nodes, links), Costs({}, sizes), policy)
    )


def draws_of(plan: Plan, rng: np.random.Generator, requests: int) -> Draws:
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 300_000, 80)) - rng.integers(0, 100_000) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**12)
    work = {
        part.name: rng.integers(1, 30_000, requests) if part.join else np.zeros(requests, dtype=np.int64)
        for part in plan.graph.parts
    }
    lost = {(e.name, link.name): rng.random(requests) < 0.05 for e in plan.graph.edges for link in plan.topology.links}
    return Draws(np.cumsum(rng.integers(1, 60_000, requests)), work, timeline, lost=lost)


def check(plan: Plan, policy: Policy, seed: int, requests: int) -> None:
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    draws = draws_of(plan, rng, requests)
    book = textbook_dag.run(textbook_plan(plan, draws))
    log = engine.run(plan, draws)
    assert log.delivery == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_whose_starved_parts_emit_has_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check(emitting(plan), policy, seed, requests=40)


@settings(max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_has_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check(plan, policy, seed, requests=40)


@pytest.mark.slow
@settings(max_examples=800, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_many_plans_have_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check(plan, policy, seed, requests=60)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_many_plans_whose_starved_parts_emit_have_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check(emitting(plan), policy, seed, requests=60)
