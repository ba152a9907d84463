"""Machines of every kind, on any plan, against the textbook model, request by request on the same draws."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.plan import Plan
from simulator.topology.serving import Batch, Serving
from tests.network.test_fuzz_against_textbook import WAITS, draws_of, with_delays
from tests.network.test_zero_delay import emitting, plans

US = 1_000
COLD = st.sampled_from([0, 0, 20 * US, 90 * US])
FIFO = st.builds(Serving, st.sampled_from([1, 2, 3]), st.sampled_from([None, 0, 1, 3]), cold_start_ns=COLD)
UNLIMITED = st.builds(Serving, st.just(None), cold_start_ns=COLD)
SHARING = st.builds(Serving, st.sampled_from([1, 2]), st.sampled_from([None, 1, 2]),
                    discipline=st.just("processor_sharing"), cold_start_ns=COLD)
PRIORITY = st.builds(Serving, st.sampled_from([1, 2]), st.sampled_from([None, 0, 1, 3]), discipline=st.just("priority"),
                     cold_start_ns=COLD)
PREEMPTIVE = st.builds(Serving, st.sampled_from([1, 2]), st.sampled_from([None, 0, 1, 3]),
                       discipline=st.just("preemptive_priority"), cold_start_ns=COLD)
BATCHES = st.builds(Serving, st.sampled_from([1, 2]), st.sampled_from([None, 4]), cold_start_ns=COLD,
                    batch=st.builds(Batch, size=st.sampled_from([1, 2, 3]), wait_ns=st.sampled_from([0, "30 us"]),
                                    further=st.sampled_from([0.0, 0.3])))
KINDS = {"fifo": FIFO, "unlimited": UNLIMITED, "sharing": SHARING, "priority": PRIORITY, "preemptive": PREEMPTIVE,
         "batches": BATCHES}
any_kind = st.one_of(st.just(Serving()), *KINDS.values())


@st.composite
def policies(draw):
    crash = {"queue": draw(st.sampled_from(["lose", "keep"])),
             "in_service": draw(st.sampled_from(["lose", "restart", "resume"]))}
    policy = {"wait": draw(st.sampled_from(WAITS)), "crash": crash}
    if draw(st.booleans()) or policy["wait"]["kind"] == "deadline":
        policy |= {"deadline": "220 us", "at_deadline": draw(st.sampled_from(["withdraw", "answer_late"]))}
    return Policy.model_validate(policy)


def from_the_start(timeline: Timeline) -> Timeline:
    """Return the outages that end after the start: the textbook knows of no others."""
    kept = [repair > 0 for repair in timeline.repair_ns]
    return replace(timeline, crash_ns=tuple(times[keep] for times, keep in zip(timeline.crash_ns, kept, strict=True)),
                   repair_ns=tuple(times[keep] for times, keep in zip(timeline.repair_ns, kept, strict=True)))


def check(plan: Plan, policy: Policy, servings: list[Serving], seed: int, requests: int) -> None:
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    nodes = tuple(replace(node, serving=servings[place % len(servings)])
                  for place, node in enumerate(plan.topology.nodes))
    priority = {part.name: int(rng.integers(0, 3)) for part in plan.graph.parts if rng.random() < 0.5}
    plan = replace(plan, topology=replace(plan.topology, nodes=nodes), priority=priority)
    draws = draws_of(plan, rng, requests)
    draws = replace(draws, timeline=from_the_start(draws.timeline))
    book = textbook_dag.run(textbook_plan(plan, draws))
    log = engine.run(plan, draws, has_meters=True)
    assert log.delivery == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_of_each_kind_is_the_textbooks(kind):
    @settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
    @given(plan=plans(), policy=policies(), serving=KINDS[kind], seed=st.integers(0, 2**16))
    def compare(plan, policy, serving, seed):
        check(plan, policy, [serving], seed, requests=40)

    compare()


@settings(max_examples=30, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), servings=st.lists(any_kind, min_size=4, max_size=4), seed=st.integers(0, 2**16))
def test_machines_of_all_kinds_together_are_the_textbooks(plan, policy, servings, seed):
    check(emitting(plan) if seed % 3 == 0 else plan, policy, servings, seed, requests=40)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_machines_of_each_kind_are_the_textbooks(kind):
    @settings(max_examples=300, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
    @given(plan=plans(), policy=policies(), serving=KINDS[kind], seed=st.integers(0, 2**16))
    def compare(plan, policy, serving, seed):
        check(plan, policy, [serving], seed, requests=60)

    compare()


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), servings=st.lists(any_kind, min_size=4, max_size=4), seed=st.integers(0, 2**16))
def test_many_machines_of_all_kinds_together_are_the_textbooks(plan, policy, servings, seed):
    check(plan, policy, servings, seed, requests=60)
