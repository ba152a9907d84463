"""The fourteen rules of time (docs/failure-semantics.md), each on a plan small enough to follow by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.dataflow.graph import EMPTY
from simulator.network.clock import Clock
from simulator.network.endings import reason
from simulator.network.plan import Log
from simulator.topology.graph import Link
from tests.support.small_plans import graph, run, taken

ONE = graph([("s", "m")], exit_part="m")  #           s --> m
LINE = graph([("s", "m"), ("m", "c")])  #           s --> m --> c
SELECT = {"c": (((1,), (2,)),)}
SKIP = graph([("s", "m"), ("m", "c"), ("s", "c")], SELECT)  #   s --> m --> c, and s --> c when m is lost
TIMEOUT = {"wait": {"kind": "timeout", "after": "1 s"}}


def ends(log: Log) -> list[int]:
    return log.end_ns.tolist()


def answered(log: Log) -> list[bool]:
    return [delivery != EMPTY for delivery in log.delivery]


@pytest.mark.parametrize(
    ("crash", "repair", "is_answered"), [(15, 20, True), (14, 20, False), (0, 5, True), (5, 9, False)]
)
def test_rule_1_done_exactly_at_the_crash_counts_arriving_exactly_at_it_is_refused_and_at_the_repair_accepted(
    crash, repair, is_answered
):
    # the job is on m on [5, 15)
    log = run(LINE, [5], work={"m": 10}, down={"m": [(crash, repair)]})
    assert answered(log) == [is_answered]


def test_rule_2_a_crash_empties_the_queue_and_a_waiting_job_never_holds_the_machine():
    # 0 is in service until the crash at 12, 1 waits and dies with it, 2 arrives after the repair and is served at once
    log = run(LINE, [5, 6, 20], work={"m": 10}, down={"m": [(12, 15)]})
    assert answered(log) == [False, False, True]
    assert ends(log) == [12, 12, 30]


def test_rule_3_at_one_instant_requests_are_served_in_order_of_their_number_after_ordinary_simpy_events():
    log = run(LINE, [7, 7, 7], work={"m": [3, 2, 1]})
    assert ends(log) == [10, 12, 13]


def test_rule_4_a_loss_is_known_at_its_instant_so_the_join_fires_at_the_crash():
    log = run(SKIP, [0], work={"m": 100}, down={"m": [(30, 50)]})
    assert taken(SKIP, log) == ["c <- s->c"]
    assert ends(log) == [30]


def test_rule_5_news_of_a_loss_passes_any_number_of_parts_in_no_time():
    parts = graph([("s", "a"), ("a", "b"), ("b", "d"), ("d", "c"), ("s", "c")], {"c": (((3,), (4,)),)})
    log = run(parts, [0], work={"a": 100, "b": 7, "d": 7}, latency=3, down={"a": [(30, 50)]})
    assert taken(parts, log) == ["c <- s->c"]
    assert ends(log) == [30]


def test_rule_6_a_part_that_is_down_when_its_inputs_are_complete_refuses_once_even_if_repaired_a_moment_later():
    log = run(LINE, [0], latency=10, down={"m": [(9, 11)]})
    assert answered(log) == [False]
    assert ends(log) == [10]


@pytest.mark.parametrize(("m_done", "edges", "too_late"), [(40, "c <- s->m m->c", {}), (41, "c <- s->c", {"c": 1})])
def test_rule_7_an_input_exactly_at_closing_time_counts_and_a_later_one_is_too_late(m_done, edges, too_late):
    # the skip is at c at 0, so c closes at 40
    log = run(SKIP, [0], work={"m": m_done}, policy=TIMEOUT, closes={"m": 0, "c": 40})
    assert taken(SKIP, log) == [edges]
    assert dict(log.too_late) == too_late
    assert ends(log) == [40]


def test_rule_8_equal_timeouts_lose_what_growing_ones_keep():
    #   s -> e -> f -> c   with skips s->f and e->c; e is dead: f must wait before it may use the skip
    parts = graph(
        [("s", "e"), ("e", "f"), ("f", "c"), ("s", "f"), ("s", "c")], {"f": (((1,), (3,)),), "c": (((2,), (4,)),)}
    )
    equal = run(parts, [0], policy=TIMEOUT, latency=2, closes={"e": 0, "f": 30, "c": 30}, down={"e": [(-1, 999)]})
    growing = run(parts, [0], policy=TIMEOUT, latency=2, closes={"e": 0, "f": 30, "c": 33}, down={"e": [(-1, 999)]})
    assert taken(parts, equal) == ["c <- s->c"]
    assert taken(parts, growing) == ["c <- f->c s->f"]


def test_rule_9_timeouts_give_deliveries_that_no_snapshot_has():
    parts = graph([("s", "a"), ("s", "b"), ("a", "c"), ("b", "c")])
    log = run(parts, [0], work={"a": 5, "b": 500}, policy=TIMEOUT, closes={"a": 0, "b": 0, "c": 20})
    assert taken(parts, log) == ["c <- s->a a->c"]  # b is up, but slow


@pytest.mark.parametrize(("work", "limit", "is_answered", "end"), [(10, "10 ns", True, 10), (10, "9 ns", False, 9)])
def test_rule_10_done_exactly_at_the_limit_is_on_time_and_in_service_the_machine_is_freed_at_the_limit(
    work, limit, is_answered, end
):
    policy = {"deadline": limit, "at_deadline": "withdraw"}
    log = run(ONE, [0, 2], work={"m": [work, 2]}, policy=policy)
    assert answered(log)[0] is is_answered
    assert ends(log) == [end, end + 2 if is_answered else 11]


def test_rule_10_a_job_that_would_start_at_the_limit_never_takes_the_machine():
    policy = {"deadline": "10 ns", "at_deadline": "withdraw"}
    log = run(ONE, [0, 0, 9], work={"m": [10, 5, 3]}, policy=policy)
    assert answered(log) == [True, False, True]
    assert ends(log) == [10, 10, 13]
    assert reason(int(log.blame[1]), ("s", "m")) == "the deadline passed at m"


@pytest.mark.parametrize(("crash", "is_answered"), [(13, True), (12, False), (9, False)])
def test_rule_11_a_message_belongs_to_the_link_and_is_lost_if_it_dies_before_the_last_byte(crash, is_answered):
    # the message is on the link on [5, 13): 3 ns of bytes and 5 ns of way; its sender crashes at 6, which is nothing
    links = (Link("s-m", ("s", "m")), Link("m-c", ("m", "c"), latency_ns=5, bandwidth_bps=8e9))
    log = run(LINE, [0], work={"m": 5}, links=links, payload={"m->c": 3}, down={"m": [(6, 99)], "m-c": [(crash, 99)]})
    assert answered(log) == [is_answered]
    assert ends(log) == [min(13, crash)]


def test_rule_12_two_messages_over_one_link_leave_in_the_order_of_declaration():
    # both parts on node n, one link n-c of 1 byte a nanosecond: a's 10 bytes, then b's 1
    parts = graph([("s", "a"), ("s", "b"), ("a", "d"), ("b", "c"), ("d", "c")], {"c": (((3,), (4,)),)})
    place = {"s": "n", "a": "n", "b": "n", "d": "c"}
    links = (Link("n-c", ("n", "c"), bandwidth_bps=8e9),)
    log = run(parts, [0], placement=place, links=links, payload={"a->d": 10, "b->c": 1})
    assert ends(log) == [11]


def test_rule_12_a_loss_is_known_at_the_arrival_time():
    lost = {("m->c", "m-c"): np.array([True])}
    log = run(SKIP, [0], latency=7, lost=lost)
    assert taken(SKIP, log) == ["c <- s->c"]
    assert ends(log) == [14]


def test_rule_13_blame_is_the_loss_known_last_and_the_request_ends_then():
    parts = graph([("s", "a"), ("s", "b"), ("a", "c"), ("b", "c")])
    log = run(parts, [0], work={"a": 100, "b": 100}, down={"a": [(20, 99)], "b": [(30, 99)]})
    assert ends(log) == [30]
    assert reason(int(log.blame[0]), ("s", "a", "b", "c")) == "b was down"


def test_rule_14_times_that_step_back_are_looked_up_again():
    from simulator.network.life import Life

    life = Life([10, 30, 50], [20, 40, 60])
    assert [life.until(now, 0) for now in (5, 45, 15, 20, 60, 39)] == [10, 50, -1, 30, 1 << 62, -1]


def test_an_ordinary_simpy_process_runs_beside_the_slim_events_and_first_at_the_same_instant():
    seen: list[tuple[int, str]] = []
    clock = Clock()

    def process():
        for _ in range(3):
            yield clock.timeout(10)
            seen.append((clock.now, "process"))

    from simulator.network.clock import OURS, Firing

    clock.process(process())
    for when in (10, 15, 30):
        clock.at(when, OURS, when, Firing((lambda firing: seen.append((clock.now, "ours")),), 0, 0, 0))
    clock.run()
    assert seen == [(10, "process"), (10, "ours"), (15, "ours"), (20, "process"), (30, "process"), (30, "ours")]


def test_f3_up_with_e1_dead_sends_nothing():
    parts = graph([("s", "e1"), ("e1", "f3"), ("f3", "c")])
    assert answered(run(parts, [0], down={"e1": [(-1, 99)]})) == [False]


def test_an_absent_source_is_another_delivery_than_a_present_one():
    parts = graph([("cam1", "c"), ("cam2", "c")])
    both, one = run(parts, [0]), run(parts, [0], down={"cam1": [(-1, 9)]})
    assert taken(parts, both) == ["c <- cam1->c cam2->c"]
    assert taken(parts, one) == ["c <- cam2->c"]


def test_a_dead_node_its_cut_edges_and_its_lost_outputs_are_one_delivery():
    dead = run(SKIP, [0], down={"m": [(-1, 99)]})
    cut = run(SKIP, [0], down={"m-c": [(-1, 99)], "s-m": [(-1, 99)]})
    lost = run(SKIP, [0], lost={("m->c", "m-c"): np.array([True])})
    assert dead.delivery == cut.delivery == lost.delivery


def test_a_crash_after_sending_changes_nothing():
    log = run(LINE, [0], work={"m": 10}, latency=5, down={"m": [(15, 99)]})
    assert answered(log) == [True]


@pytest.mark.parametrize(
    ("queue", "in_service", "expected"),
    [
        ("lose", "lose", [(False, 12), (False, 12)]),
        ("keep", "lose", [(False, 12), (True, 30)]),
        ("lose", "restart", [(True, 30), (False, 12)]),
        ("keep", "restart", [(True, 30), (True, 40)]),
    ],
)
def test_a_crash_loses_or_keeps_the_queue_and_loses_or_restarts_the_job_in_service(queue, in_service, expected):
    # two jobs of 10 at 5; m is down on [12, 20)
    policy = {"crash": {"queue": queue, "in_service": in_service}}
    log = run(LINE, [5, 5], work={"m": 10}, down={"m": [(12, 20)]}, policy=policy)
    assert list(zip(answered(log), ends(log), strict=True)) == expected


def test_a_job_that_waits_to_restart_holds_the_machine_until_the_crash():
    policy = {"crash": {"queue": "lose", "in_service": "restart"}, "deadline": "8 ns", "at_deadline": "withdraw"}
    # job 0 is on m on [0, 4), m is down on [4, 20); job 1 comes at 1 and waits behind it, so the crash loses it
    log = run(LINE, [0, 1], work={"m": [6, 2]}, down={"m": [(4, 20)]}, policy=policy)
    assert answered(log) == [False, False]
    assert ends(log) == [8, 4]
