"""Messages that wait for a repair: by hand, and against the textbook."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from simulator.network.blocks import Policy
from simulator.network.endings import reason
from simulator.topology.graph import Link
from tests.network.test_fuzz_against_textbook import check
from tests.network.test_zero_delay import emitting, plans
from tests.support.small_plans import graph, run, taken

LINE = graph([("s", "m"), ("m", "c")])  #   s --> m --> c
SKIP = graph([("s", "m"), ("m", "c"), ("s", "c")], {"c": (((1,), (2,)),)})
WAITS = {"lost": "wait_for_repair"}


def ends(parts, births=(0,), **more):
    policy = WAITS | more.pop("policy", {})
    log = run(parts, births, policy=policy, **more)
    return log.end_ns.tolist(), taken(parts, log)


@pytest.mark.parametrize(("crash", "repair", "end"), [
    (0, 30, 37),  # down at the handing over: over the link from the repair on
    (5, 30, 30 + 7),  # crashes while the message is on its way: it comes to a dead node, and is sent again
    (7, 30, 37),  # an arrival at the instant of the crash is refused
    (8, 30, 7),  # it came before
    (0, 5, 12),
    (-1, 0, 7),  # at the repair it is accepted
])
def test_a_message_for_a_node_that_is_down_is_handed_over_at_its_repair(crash, repair, end):
    whole = "c <- s->m m->c"
    assert ends(LINE, latency=7, down={"m": [(crash, repair)]}) == ([end + 7], [whole])


@pytest.mark.parametrize(("crash", "repair", "end"), [(0, 30, 37), (6, 30, 37), (7, 30, 7), (-5, 0, 7)])
def test_a_message_whose_link_is_down_or_dies_under_way_is_handed_over_at_its_repair(crash, repair, end):
    assert ends(LINE, latency=7, down={"s-m": [(crash, repair)]}) == ([end + 7], ["c <- s->m m->c"])


def test_it_waits_until_link_and_node_are_up_together():
    down = {"s-m": [(0, 30), (40, 60)], "m": [(20, 50)]}
    assert ends(LINE, latency=7, down=down)[0] == [60 + 14]


def test_the_join_waits_for_what_is_late_and_not_lost():
    assert ends(SKIP, down={"m": [(0, 30)]}) == ([30], ["c <- s->m m->c"])
    timeout = {"wait": {"kind": "timeout", "after": "1 s"}}
    assert ends(SKIP, down={"m": [(0, 30)]}, policy=timeout, closes={"m": 0, "c": 20}) == ([20], ["c <- s->c"])


def test_what_a_machine_or_a_coin_loses_stays_lost():
    assert ends(SKIP, work={"m": 10}, down={"m": [(4, 30)]}) == ([4], ["c <- s->c"])
    lost = {("s->m", "s-m"): np.array([True])}
    assert ends(LINE, latency=3, lost=lost, down={"s-m": [(0, 9)]}) == ([12], ["-"])


def test_a_source_that_is_down_at_birth_has_no_data_to_keep():
    assert ends(LINE, down={"s": [(0, 9)]}) == ([0], ["-"])


def test_a_part_whose_node_is_down_when_its_inputs_are_complete_fires_at_the_repair():
    # c has its skip at 0; at 20 it learns that m lost the job, while c itself is down until 50
    assert ends(SKIP, work={"m": 40}, down={"m": [(20, 25)], "c": [(10, 50)]}) == ([50], ["c <- s->c"])


def test_kept_messages_take_the_transmitter_at_the_repair_in_order_of_their_requests():
    links = (Link("s-m", ("s", "m"), bandwidth_bps=8e9), Link("m-c", ("m", "c")))
    found, _ = ends(LINE, [0, 1, 2, 30], links=links, payload={"s->m": 10}, down={"s-m": [(0, 30)]})
    assert found == [40, 50, 60, 70]


@pytest.mark.parametrize(("repair", "end", "told"), [(29, 29, "c <- s->m m->c"), (30, 30, "-"), (31, 30, "-")])
def test_a_message_that_is_kept_until_its_limit_is_withdrawn(repair, end, told):
    policy = {"deadline": "30 ns", "at_deadline": "withdraw"}
    assert ends(LINE, policy=policy, down={"m": [(0, repair)]}) == ([end], [told])
    log = run(LINE, [0], policy=WAITS | policy, down={"m": [(0, 99)]})
    assert reason(int(log.blame[0]), ("s", "m", "c")) == "the deadline passed at m"


def test_a_late_answer_is_blamed_on_what_was_waited_for():
    log = run(LINE, [0], policy=WAITS | {"deadline": "30 ns"}, down={"m": [(0, 99)]})
    assert reason(int(log.blame[0]), ("s", "m", "c")) == "the deadline passed at m"


def test_a_route_that_opens_anew_is_taken_at_once():
    # s - m directly, or round by r; the direct link dies under way at 4, the way round is up from 10 on
    took = {"s-m": 7, "s-r": 5, "r-m": 5, "m-c": 0}
    links = tuple(Link(name, tuple(name.split("-")), latency_ns) for name, latency_ns in took.items())
    parts = graph([("s", "m"), ("m", "c"), ("s", "r"), ("r", "c")], {"c": (((1,), (3,)),)})
    down = {"s-m": [(4, 900)], "s-r": [(0, 10)]}
    assert ends(parts, links=links, down=down) == ([20], ["c <- s->m m->c"])


policies = st.fixed_dictionaries({
    "lost": st.just("wait_for_repair"),
    "wait": st.sampled_from([{"kind": "perfect"}, {"kind": "timeout", "after": "30 us"}, {"kind": "deadline"},
                             {"kind": "first", "k": 1}]),
    "crash": st.fixed_dictionaries({"queue": st.sampled_from(["lose", "keep"]),
                                    "in_service": st.sampled_from(["lose", "restart"])}),
    "deadline": st.just("220 us"), "at_deadline": st.sampled_from(["withdraw", "answer_late"]),
}).map(Policy.model_validate)


@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_any_plan_that_waits_for_repairs_has_the_textbooks_deliveries_and_ends(starved, plan, policy, seed):
    check(emitting(plan) if starved == "emit" else plan, policy, seed, requests=40)


@pytest.mark.slow
@pytest.mark.parametrize("starved", ["silent", "emit"])
@settings(max_examples=250, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_many_plans_that_wait_for_repairs_have_the_textbooks_deliveries_and_ends(starved, plan, policy, seed):
    check(emitting(plan) if starved == "emit" else plan, policy, seed, requests=60)


def test_the_fast_path_leaves_it_to_the_engine():
    from simulator.network import vectorised
    from simulator.network.plan import Draws
    from tests.network.test_first import fork_plan

    plan = fork_plan(WAITS)
    with pytest.raises(vectorised.Unqualified, match="wait for repairs"):
        vectorised.run(plan, Draws(np.arange(5), {}))
    assert replace(plan, policy=Policy()).waits_for_repair is False
