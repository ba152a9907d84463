"""Joins that wait for k of their inputs: by hand, against the textbook, and with the zero-delay identity."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from simulator.dataflow.costs import Costs
from simulator.failures.process import Timeline
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Plan
from simulator.topology.graph import Link, Node, Topology
from tests.network.test_fuzz_against_textbook import check, draws_of, with_delays
from tests.network.test_zero_delay import emitting, engine_deliveries, plans, snapshot_deliveries
from tests.support.small_plans import graph, run, taken

FORK = graph([("s", "a"), ("s", "b"), ("s", "d"), ("a", "c"), ("b", "c"), ("d", "c")])
SELECT = graph([("s", "m"), ("m", "c"), ("s", "c")], {"c": (((1,), (2,)),)})  # m's output, or else the skip


def first(k):
    return {"wait": {"kind": "first", "k": k}}


@pytest.mark.parametrize(("k", "end", "edges"), [
    (1, 5, "c <- s->a a->c"),
    (2, 20, "c <- s->a s->b a->c b->c"),
    (3, 70, "c <- s->a s->b s->d a->c b->c d->c"),
    (4, 70, "c <- s->a s->b s->d a->c b->c d->c"),
])
def test_a_join_fires_at_its_kth_input(k, end, edges):
    log = run(FORK, [0], work={"a": 5, "b": 20, "d": 70}, policy=first(k))
    assert log.end_ns.tolist() == [end]
    assert taken(FORK, log) == [edges]
    assert dict(log.too_late) == ({"c": 3 - k} if k < 3 else {})


def test_inputs_that_come_at_the_instant_of_the_kth_count_too():
    log = run(FORK, [0], work={"a": 20, "b": 20, "d": 70}, policy=first(1))
    assert taken(FORK, log) == ["c <- s->a s->b a->c b->c"]
    assert log.end_ns.tolist() == [20]


def test_a_loss_that_leaves_nothing_to_wait_for_fires_the_join_at_its_instant():
    log = run(FORK, [0], work={"a": 5, "b": 20, "d": 70}, policy=first(2), down={"b": [(9, 99)], "d": [(30, 99)]})
    assert taken(FORK, log) == ["c <- s->a a->c"]
    assert log.end_ns.tolist() == [30]


def test_the_first_of_a_skip_and_what_it_bypasses_wins_where_one_input_is_enough():
    log = run(SELECT, [0], work={"m": 50}, policy=first(1))
    assert taken(SELECT, log) == ["c <- s->c"]
    assert log.end_ns.tolist() == [0]
    waits = run(SELECT, [0], work={"m": 50}, policy=first({"m": 1}))  # c is not named: it waits for all
    assert (taken(SELECT, waits), waits.end_ns.tolist()) == (["c <- s->m m->c"], [50])


def test_fewer_inputs_than_are_needed_do_not_fire_a_join():
    needy = replace(FORK, parts=tuple(
        replace(part, join=replace(part.join, needs=2)) if part.name == "c" else part for part in FORK.parts))
    log = run(needy, [0], work={"a": 5, "b": 20, "d": 70}, policy=first(1))
    assert log.end_ns.tolist() == [20]


policies = st.fixed_dictionaries({
    "wait": st.fixed_dictionaries({"kind": st.just("first"), "k": st.integers(1, 3)}),
    "crash": st.fixed_dictionaries({"queue": st.sampled_from(["lose", "keep"]),
                                    "in_service": st.sampled_from(["lose", "restart"])}),
    "deadline": st.sampled_from([None, "220 us"]), "at_deadline": st.sampled_from(["withdraw", "answer_late"]),
}).map(Policy.model_validate)


@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_any_plan_of_first_joins_has_the_textbooks_deliveries_and_ends(starved, plan, policy, seed):
    check(emitting(plan) if starved == "emit" else plan, policy, seed, requests=40)


@pytest.mark.slow
@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=250, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_many_plans_of_first_joins_have_the_textbooks_deliveries_and_ends(starved, plan, policy, seed):
    check(emitting(plan) if starved == "emit" else plan, policy, seed, requests=60)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(plan=plans(), k=st.integers(1, 4), seed=st.integers(0, 2**16))
def test_the_zero_delay_identity_holds_for_every_k(plan, k, seed):
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, 40, 60)) - rng.integers(0, 40) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**9)
    arrivals = np.sort(rng.integers(0, 800, 80))
    plan = replace(plan, policy=Policy.model_validate(first(k)))
    assert engine_deliveries(plan, timeline, arrivals) == snapshot_deliveries(plan, timeline, arrivals)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_as_many_as_there_are_inputs_is_perfect_detection_and_no_k_is_later(plan, seed):
    def ends(policy: dict) -> tuple[list[int], np.ndarray]:
        rng = np.random.default_rng(seed)
        made = with_delays(plan, Policy.model_validate(policy), rng)
        draws = draws_of(made, rng, 40)
        alone = replace(draws, arrivals_ns=draws.arrivals_ns * 1000)  # no queues: requests do not meet
        log = engine.run(made, replace(alone, timeline=None))
        return log.delivery, log.end_ns

    perfect, same, sooner = ends({}), ends(first(9)), ends(first(1))
    assert perfect[0] == same[0]
    np.testing.assert_array_equal(perfect[1], same[1])
    both = np.array([a > 0 and b > 0 for a, b in zip(perfect[0], sooner[0], strict=True)])
    assert (sooner[1] <= perfect[1])[both].all()


def fork_plan(policy):
    """Return the fork on nodes of its parts' names, with a link for each edge, all in no time."""
    topology = Topology("", tuple(Node(part.name) for part in FORK.parts),
                        tuple(Link(e.name, (e.source, e.target)) for e in FORK.edges))
    placement = {part.name: part.name for part in FORK.parts}
    return Plan(FORK, placement, topology, Costs({}, {}), Policy.model_validate(policy))


def test_the_fast_path_leaves_first_joins_to_the_engine():
    with pytest.raises(vectorised.Unqualified, match="first inputs"):
        vectorised.run(fork_plan(first(2)), Draws(np.arange(5), {}))
