"""Joins that watch a detector, and skips on demand: against the textbook, by hand, and in their limits."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import workloads
from benchmarks.textbook_dag import TextbookResult
from benchmarks.workloads import textbook_plan
from simulator.dataflow.demand import skips
from simulator.dataflow.reach import Reach
from simulator.expect.traffic import Sending
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.detectors import suspected
from simulator.network.engines import simulated
from simulator.network.plan import Draws, Plan
from simulator.network.waits import with_waits
from simulator.seeds import Streams
from simulator.study.agreement import without_delays
from simulator.topology.routes import Routes
from tests.network.test_fuzz_against_textbook import draws_of, with_delays
from tests.network.test_zero_delay import emitting, plans
from tests.oracles.watching import WatchingWorld
from tests.support.small_plans import graph, run, taken

HEARTBEAT = {"kind": "heartbeat", "period": "20 us", "misses": 2, "delay": "3 us", "loss": 0.1, "after": "60 us"}
QUICK = {"kind": "heartbeat", "period": "1 ns", "misses": 1, "after": "1000 h"}
PERFECT = {"kind": "perfect"}


def by_the_book(plan: Plan, draws: Draws) -> tuple[TextbookResult, dict[int, int]]:
    """Return what the textbook's model with beliefs finds, and how often each skip was sent."""
    is_watching = plan.policy.wait.kind != "perfect"
    bypassing = skips(plan.graph) if plan.policy.skips == "on_demand" else ()
    world = WatchingWorld(textbook_plan(plan, draws), draws.suspected, dict(plan.closes_ns) if is_watching else None,
                          bypassing)
    line = draws.timeline
    for name, crash, repair in zip(line.components, line.crash_ns, line.repair_ns, strict=True):
        world.env.process(world.components[name].breakdowns(crash.tolist(), repair.tolist()))
    world.env.run(until=world.env.process(world.births()))
    return world.result, world.sent


def believing(plan: Plan, draws: Draws, seed: int = 0) -> Draws:
    """Return the draws with what the plan's detector makes of them, if it has one."""
    if plan.policy.wait.kind == "perfect":
        return draws
    nodes = [node.name for node in plan.topology.nodes]
    last = int(draws.arrivals_ns[-1]) + 20_000_000
    return replace(draws, suspected=suspected(plan.policy.wait, nodes, draws.timeline, Streams(seed), last))


@st.composite
def policies(draw):
    wait = draw(st.sampled_from([PERFECT, HEARTBEAT, HEARTBEAT | {"after": "15 us"}]))
    policy = {"wait": wait, "skips": draw(st.sampled_from(["always_on", "on_demand"]))}
    if draw(st.booleans()):
        policy |= {"deadline": "220 us", "at_deadline": draw(st.sampled_from(["withdraw", "answer_late"]))}
    return Policy.model_validate(policy)


def check(plan: Plan, policy: Policy, seed: int, requests: int) -> None:
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    draws = believing(plan, draws_of(plan, rng, requests), seed)
    book, sent = by_the_book(plan, draws)
    log = engine.run(plan, draws)
    assert log.delivery == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)
    names = [edge.name for edge in plan.graph.edges]
    if plan.limit_ns is None:  # the textbook sends nothing more once a request is over
        assert {name: count for name, (count, _) in log.skips_sent.items()} == {names[e]: n for e, n in sent.items()}


@settings(max_examples=50, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_has_the_textbooks_deliveries_ends_and_skips(plan, policy, seed):
    check(plan, policy, seed, requests=30)


@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_any_plan_whose_starved_parts_emit_has_the_textbooks_deliveries_and_ends(plan, policy, seed):
    check(emitting(plan), policy, seed, requests=30)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies(), seed=st.integers(0, 2**16))
def test_many_plans_have_the_textbooks_deliveries_ends_and_skips(plan, policy, seed):
    check(plan, policy, seed, requests=50)


# --- limits --------------------------------------------------------------------------------------------------------
def with_wait(plan: Plan, wait, **policy) -> Plan:
    return with_waits(replace(plan, policy=Policy.model_validate({"wait": wait} | policy)))


def needing_any(plan: Plan) -> Plan:
    parts = tuple(replace(p, join=replace(p.join, needs="any")) if p.join else p for p in plan.graph.parts)
    return replace(plan, graph=replace(plan.graph, parts=parts))


def rows(plan: Plan, draws: Draws):
    log = engine.run(plan, believing(plan, draws))
    return log.delivery, log.end_ns.tolist(), dict(log.too_late)


def far_apart(plan: Plan, rng: np.random.Generator, requests: int) -> Draws:
    """Return draws in which no two requests are under way at once; nodes crash and are repaired, links do nothing."""
    draws = draws_of(plan, rng, requests)
    names = [node.name for node in plan.topology.nodes]
    switches = [np.cumsum(rng.integers(1, 3_000_000, 40)) - rng.integers(0, 1_000_000) for _ in names]
    line = Timeline(tuple(names), tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**12)
    return replace(draws, arrivals_ns=1_000_000 * np.arange(1, requests + 1), timeline=line, lost={})


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_heartbeats_without_end_deliver_what_perfect_detection_does_to_whoever_meets_no_switch(plan, seed):
    # perfect detection learns that a machine is down when it refuses something, and not before: it may be later
    rng = np.random.default_rng(seed)
    plan = with_delays(needing_any(plan), Policy(), rng)
    draws = far_apart(plan, rng, 40)
    perfect, watching = (engine.run(each, believing(each, draws)) for each in (
        with_wait(plan, wait, deadline="999 us", at_deadline="withdraw") for wait in (PERFECT, QUICK)))
    line = draws.timeline
    lives = [(perfect.arrival_ns, np.maximum(perfect.end_ns, watching.end_ns))] * len(line.components)
    switched = np.any([np.searchsorted(times, end, "right") > np.searchsorted(times, birth, "right")
                       for (birth, end), crash, repair in zip(lives, line.crash_ns, line.repair_ns, strict=True)
                       for times in (crash, repair)], axis=0)
    for request in np.flatnonzero(~switched):
        told = plan.graph.text(perfect.delivery[request]), plan.graph.text(watching.delivery[request]), request
        assert perfect.delivery[request] == watching.delivery[request], told
        assert perfect.end_ns[request] >= watching.end_ns[request], told


@pytest.mark.parametrize("seed", range(8))
def test_heartbeats_without_end_see_crashes_of_busy_machines_as_perfect_detection_does(seed):
    # messages take no time, so that none is under way from a machine that has crashed; nobody is repaired
    workload = workloads.workloads()["health, perfect"]
    plan, draws = workload.plan(), workload.draws(600, seed)
    plan = replace(plan, topology=without_delays(plan.topology))
    names, last = ("edge", "fog2", "fog1"), int(draws.arrivals_ns[-1])
    crash = np.random.default_rng(seed).integers(0, last, (3, 1))
    line = Timeline(names, tuple(crash), (np.array([10**18]),) * 3, None, 10**18)
    draws = replace(draws, timeline=line)
    perfect, watching = rows(with_wait(plan, PERFECT), draws), rows(with_wait(plan, QUICK), draws)
    assert perfect == watching
    assert len(set(perfect[0])) > 2


@pytest.mark.parametrize("wait", [QUICK, HEARTBEAT | {"loss": 0, "after": "1 h"}, {
    "kind": "phi_accrual", "period": "100 us", "floor": "9 us", "window": 10, "after": "1 h"}])
@settings(max_examples=15, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), seed=st.integers(0, 2**16))
def test_where_nothing_fails_all_detectors_are_perfect(wait, plan, seed):
    rng = np.random.default_rng(seed)
    plan = with_delays(needing_any(plan), Policy(), rng)
    draws = replace(draws_of(plan, rng, 40), timeline=None, lost={})
    assert rows(with_wait(plan, wait), draws) == rows(with_wait(plan, PERFECT), draws)


# --- by hand: s -> m -> c, and the skip s -> c; the wires take 4 ns, m works 10 ns -----------------------------------
SKIP = graph([("s", "m"), ("m", "c"), ("s", "c")], {"c": (((1,), (2,)),)})
WATCH = {"wait": {"kind": "heartbeat", "period": "1 s", "after": "1 s"}}


def skip(births, believed, after=1000, **more):
    """Return deliveries, ends and what came too late, when these are suspected; c closes so long after an input."""
    log = run(SKIP, births, work={"m": 10}, latency=4, policy=WATCH | more.pop("policy", {}),
              closes={"m": 0, "c": after}, believed=believed, **more)
    return taken(SKIP, log), log.end_ns.tolist(), dict(log.too_late), dict(log.skips_sent)


def test_a_join_fires_at_the_instant_at_which_its_better_input_becomes_hopeless():
    down = {"m": [(7, 500)]}
    assert skip([0], {"m": [(60, 510)]}, down=down)[:2] == (["c <- s->c"], [60])
    assert skip([0], {"m": [(2, 510)]}, down=down)[:2] == (["c <- s->c"], [4])  # known before the skip is here
    assert skip([0], {"m": [(4, 510)]}, down=down)[:2] == (["c <- s->c"], [4])  # in the same instant


def test_who_is_trusted_again_at_an_instant_is_not_suspected_then():
    assert skip([0], {"m": [(2, 4)]})[:2] == (["c <- s->m m->c"], [18])


def test_a_wrong_suspicion_costs_the_better_input_which_then_comes_too_late():
    assert skip([0], {"m": [(10, 12)]})[:3] == (["c <- s->c"], [10], {"c": 1})


def test_an_input_that_comes_when_its_sender_is_suspected_counts():
    assert skip([0], {"m": [(18, 99)]})[:3] == (["c <- s->m m->c"], [18], {})
    assert skip([0], {"m": [(17, 99)]})[:3] == (["c <- s->c"], [17], {"c": 1})


def test_what_nobody_suspects_is_waited_for_until_the_join_closes():
    lost = {("m->c", "m-c"): np.array([True])}
    assert skip([0], {}, after=40, lost=lost)[:2] == (["c <- s->c"], [44])
    assert skip([0], {"m": [(44, 50)]}, after=40, lost=lost)[:2] == (["c <- s->c"], [44])


def test_with_nothing_here_a_join_does_not_give_up_on_a_suspicion():
    both = {"m": [(0, 99)], "s": [(0, 99)]}
    assert skip([0], both)[:3] == (["c <- s->c"], [4], {"c": 1})  # it takes what comes first


def test_a_request_of_which_all_is_lost_ends_when_that_is_so():
    log = run(SKIP, [0], work={"m": 10}, latency=4, policy=WATCH, closes={"m": 0, "c": 1000},
              down={"m": [(7, 50)], "s-c": [(3, 9)]})
    assert (taken(SKIP, log), log.end_ns.tolist()) == (["-"], [7])


def test_a_message_on_its_way_when_its_sender_is_suspected_is_not_waited_for():
    # m is done at 14 and crashes at 15; its message would be here at 18
    assert skip([0], {"m": [(15, 99)]}, down={"m": [(15, 90)]})[:3] == (["c <- s->c"], [15], {"c": 1})


# --- on demand -------------------------------------------------------------------------------------------------------
ON_DEMAND = {"skips": "on_demand"}


def test_a_skip_is_sent_only_while_what_it_bypasses_is_suspected():
    found = skip([0, 100, 200], {"m": [(100, 200)]}, policy=ON_DEMAND)
    assert found == (["c <- s->m m->c", "c <- s->c", "c <- s->m m->c"], [18, 104, 218], {"c": 1}, {"s->c": (1, 1)})


def test_a_crash_after_the_skip_was_held_back_costs_the_request():
    deliveries, ends, _, sent = skip([0], {"m": [(8, 99)]}, down={"m": [(7, 90)]}, policy=ON_DEMAND)
    assert (deliveries, ends, sent) == (["-"], [7], {"s->c": (0, 0)})


@pytest.mark.parametrize(("crash", "answer", "count"), [(0, "c <- s->c", 1), (1, "-", 0)])
def test_with_perfect_detection_the_truth_of_the_instant_decides(crash, answer, count):
    log = run(SKIP, [0], work={"m": 10}, latency=4, policy=ON_DEMAND, down={"m": [(crash, 50)]})
    assert (taken(SKIP, log), log.skips_sent) == ([answer], {"s->c": (count, count)})


def test_whom_a_suspicion_is_wrong_about_sends_all_the_same():
    believed = {"s": [(0, 99)], "m": [(0, 99)]}
    assert skip([0], believed, policy=ON_DEMAND) == (["c <- s->c"], [4], {"c": 1}, {"s->c": (1, 1)})


def test_a_sender_who_fires_knows_that_it_is_not_down():
    found = skip([0], {"s": [(0, 99)]}, policy=ON_DEMAND)  # m gets its input, and so the skip is not wanted
    assert found == (["c <- s->m m->c"], [18], {}, {"s->c": (0, 0)})


def as_coins(draws: Draws) -> Draws:
    """Return draws in which who was down at a birth is down by a coin, for that request alone."""
    line, never = draws.timeline, (np.zeros(0, dtype=np.int64),) * len(draws.timeline.components)
    coins = Timeline(line.components, never, never, line.up_at(draws.arrivals_ns), line.until_ns)
    return replace(draws, timeline=coins)


@pytest.mark.parametrize("by_coins", [False, True])
@pytest.mark.parametrize("name", ["health, perfect", "camera, perfect"])
def test_without_delays_exactly_the_expected_skips_are_sent(name, by_coins):
    workload = workloads.workloads()[name]
    plan, draws = workload.plan(), workload.draws(1500, seed=7)
    draws = as_coins(draws) if by_coins else draws
    instant = replace(plan, topology=without_delays(plan.topology), policy=Policy(skips="on_demand"), closes_ns={})
    still = Draws(draws.arrivals_ns, {p: np.zeros_like(w) for p, w in draws.work_ns.items()}, draws.timeline)
    reach = Reach(plan.graph, plan.placement, Routes(plan.topology))
    sending, expected = Sending(reach, on_demand=True), dict.fromkeys(skips(plan.graph), 0)
    for up in draws.timeline.up_at(draws.arrivals_ns):
        down = frozenset(n for n, is_up in zip(draws.timeline.components, up, strict=True) if not is_up)
        for edge in expected.keys() & set(sending.edges(down)):
            expected[edge] += bool(sending.links(edge, down))
    log, always = engine.run(instant, still), engine.run(replace(instant, policy=Policy()), still)
    assert {n: c for n, (c, _) in log.skips_sent.items()} == {plan.graph.edges[e].name: n for e, n in expected.items()}
    assert sum(expected.values()) > 100
    assert log.delivery == always.delivery  # no sender can have been wrong


def test_the_fast_path_says_why_it_cannot():
    workload = workloads.workloads()["health, perfect"]
    plan, draws = workload.plan(), workload.draws(50, seed=1)
    for policy in (Policy(skips="on_demand"), Policy.model_validate({"wait": QUICK})):
        chosen = with_waits(replace(plan, policy=policy))
        assert not simulated("auto", chosen, draws)[1]
        with pytest.raises(Exception, match=r"on demand|watch for suspicions"):
            simulated("vectorised", chosen, draws)
