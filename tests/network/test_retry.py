"""Messages sent again, and hedged parts: timetables by hand, what the budget holds, and what stays an identity."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.endings import reason
from simulator.network.plan import Again, Dice, Draws
from simulator.network.recovery import Backoff
from simulator.network.retry import Tokens
from tests.network.test_replicas import PAIR, STAR, no_work, plan_of, plans_with_replicas, snapshots
from tests.oracles.textbook_plans import Downs


def policy(**more) -> Policy:
    return Policy.model_validate(more)


def run(plan, births, downs=None, works=None, lost=()):
    """Run a plan whose link A-B loses the sendings in ``lost``: pairs of request and number."""
    births = np.array(births, dtype=np.int64)
    work = {key: np.full(len(births), 0 if key == "x" else 10, dtype=np.int64) for key in plan.work_keys}
    work |= {key: np.array(values, dtype=np.int64) for key, values in (works or {}).items()}
    coins = [np.array([(request, number) in lost for request in range(len(births))]) for number in range(8)]
    dice = [Dice({}, {("x->y", "A-B"): each}) for each in coins]
    again = [Again(each, {}) for each in dice[1:]]
    line = Downs(downs or {}).timeline(plan.topology, len(births))
    return engine.run(plan, Draws(births, work, line, {}, dice[0].lost, again=again))


def rows(plan, log):
    components = plan.topology.components
    return [("answer" if d else reason(int(blame), components), end)
            for d, end, blame in zip(log.delivery, log.end_ns.tolist(), log.blame.tolist(), strict=True)]


RETRY = {"attempts": 3, "timeout": "30 ns", "backoff": {"first": "4 ns"}}
ONE = plan_of(PAIR, STAR, "A B", policy=policy(retry=RETRY))


@pytest.mark.parametrize(("lost", "row"), [
    ([], ("answer", 15)),
    ([0], ("answer", 30 + 4 + 15)),  # time-out, back-off, link, work
    ([0, 1], ("answer", 34 + 30 + 8 + 15)),
    ([0, 1, 2], ("A-B lost the message", 34 + 38 + 5)),  # known when it would have arrived
])
def test_a_lost_message_is_sent_again_at_the_time_out_plus_the_back_off(lost, row):
    log = run(ONE, [0], lost={(0, number) for number in lost})
    assert rows(ONE, log) == [row]
    assert log.sendings["x->y"].repeated == min(len(lost), 2)


def test_a_node_that_is_down_does_not_acknowledge_and_one_that_is_repaired_does():
    assert rows(ONE, run(ONE, [0], {"B": [(3, 39)]})) == [("answer", 49)]
    assert rows(ONE, run(ONE, [0], {"B": [(3, 40)]})) == [("answer", 34 + 38 + 15)]
    assert rows(ONE, run(ONE, [0], {"B": [(3, 999)]})) == [("B was down", 77)]


def test_a_job_that_is_lost_after_its_message_has_arrived_is_not_sent_again():
    assert rows(ONE, run(ONE, [0], {"B": [(9, 20)]})) == [("B was down", 9)]


def test_a_sender_that_is_down_when_it_should_send_again_gives_up():
    assert rows(ONE, run(ONE, [0], {"A": [(30, 35)]}, lost={(0, 0)})) == [("A was down", 34)]
    assert rows(ONE, run(ONE, [0], {"A": [(30, 34)]}, lost={(0, 0)})) == [("answer", 49)]


def test_a_loss_that_is_known_only_after_the_time_out_is_waited_for():
    late = plan_of(PAIR, STAR, "A B", policy=policy(retry={"attempts": 2, "timeout": "1 ns"}))
    assert rows(late, run(late, [0], lost={(0, 0)})) == [("answer", 5 + 15)]


def test_the_best_way_of_the_moment_is_taken_each_time():
    # the link A-B dies with the message on it; the second sending goes over C
    assert rows(ONE, run(ONE, [0], {"A-B": [(2, 999)]})) == [("answer", 34 + 7 + 3 + 10)]
    two = plan_of(PAIR, STAR, "A BC", policy=policy(retry=RETRY))
    assert rows(two, run(two, [0], {"B": [(2, 999)]})) == [("answer", 34 + 7 + 10)]


def test_no_message_is_sent_again_once_its_request_is_withdrawn():
    withdrawn = plan_of(PAIR, STAR, "A B", policy=policy(retry=RETRY, deadline="34 ns", at_deadline="withdraw"))
    log = run(withdrawn, [0], lost={(0, 0)})
    assert log.sendings["x->y"].repeated == 0
    assert log.end_ns.tolist() == [34]


def test_a_budget_pays_one_repetition_for_each_so_many_messages():
    half = plan_of(PAIR, STAR, "A B", policy=policy(retry={**RETRY, "budget": 0.5}))
    log = run(half, [0, 100, 200, 300], lost={(request, 0) for request in range(4)})
    assert [row[0] for row in rows(half, log)] == ["A-B lost the message", "answer", "A-B lost the message", "answer"]
    sent = log.sendings["x->y"]
    assert (sent.messages, sent.repeated, sent.refused, sent.given_up) == (4, 2, 2, 2)


@given(share=st.integers(1, 3000), saved=st.integers(1, 5), asked=st.lists(st.booleans(), max_size=200))
def test_at_any_time_repetitions_are_at_most_the_budget_times_messages(share, saved, asked):
    tokens, messages, taken, run_of_takes = Tokens(share / 1000, saved), 0, 0, 0
    for is_message in asked:
        if is_message:
            tokens.earn()
            messages, run_of_takes = messages + 1, 0
        elif tokens.take():
            taken, run_of_takes = taken + 1, run_of_takes + 1
        assert taken * 1000 <= messages * share
        assert run_of_takes <= saved


def test_back_off_grows_to_its_most_and_jitter_takes_a_share_off():
    backoff = Backoff.model_validate({"first": "10 ms", "factor": 2, "most": "1 s", "jitter": 0.5})
    assert [backoff.wait_ns(n, 0.0) / 1e6 for n in (1, 2, 3, 7, 8, 20)] == [10, 20, 40, 640, 1000, 1000]
    assert backoff.wait_ns(2, 0.5) / 1e6 == 15


HEDGED = plan_of(PAIR, STAR, "A BC", policy=policy(hedge={"after": "20 ns"}))


@pytest.mark.parametrize(("first", "second", "downs", "row", "counts"), [
    (15, 10, {}, ("answer", 20), (0, 0, 0)),  # done at that very instant
    (16, 10, {}, ("answer", 21), (1, 0, 1)),  # the copy is sent, and comes second
    (99, 10, {}, ("answer", 20 + 7 + 10), (1, 1, 1)),
    (99, 10, {"B": [(9, 99)]}, ("answer", 37), (1, 1, 0)),  # the first is lost with its machine: nobody says so
    (99, 10, {"B": [(9, 99)], "C": [(0, 99)]}, ("B was down", 20), (1, 0, 0)),  # nowhere to go
    (99, 10, {"B": [(9, 99)], "A": [(20, 21)]}, ("B was down", 20), (0, 0, 0)),  # no sender, no copy
    (99, 10, {"B": [(50, 99)], "C": [(30, 99)]}, ("B was down", 50), (1, 0, 0)),  # the last loss tells
])
def test_a_part_that_is_not_done_in_time_is_run_on_the_next_node_too(first, second, downs, row, counts):
    log = run(HEDGED, [0], downs, {"y": [first], "y@C": [second]})
    assert rows(HEDGED, log) == [row]
    sent = log.sendings["x->y"]
    assert (sent.hedged, sent.won, sent.wasted) == counts


def test_both_copies_of_a_hedged_request_take_their_servers():
    log = run(replace(HEDGED, policy=policy(hedge={"after": "0 s"})), [0, 1], {}, {"y": [50, 50], "y@C": [10, 10]})
    assert log.end_ns.tolist() == [17, 27]
    assert log.sendings["x->y"].wasted == 2


def timelines(plan, seed, requests, fastest):
    rng = np.random.default_rng(seed)
    names = plan.topology.components
    switches = [np.cumsum(rng.integers(1, fastest, 60)) - rng.integers(0, fastest) for _ in names]
    timeline = Timeline(names, tuple(s[0::2] for s in switches), tuple(s[1::2] for s in switches), None, 10**9)
    return timeline, np.sort(rng.integers(0, 20 * fastest, requests))


def drawn(plan, requests, timeline, arrivals):
    again = [Again(Dice({}, {}), {})] * (plan.policy.sendings - 1)
    return Draws(arrivals, no_work(plan, requests), timeline, again=again)


AT_ONCE = {"attempts": 3, "timeout": "0 s", "budget": 0.5}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(plan=plans_with_replicas(), seed=st.integers(0, 2**16), is_hedged=st.booleans())
def test_the_zero_delay_identity_holds_where_messages_are_sent_again_at_once(plan, seed, is_hedged):
    more = {"hedge": {"after": "0 s"}} if is_hedged else {}
    plan = replace(plan, policy=policy(retry=AT_ONCE, **more))
    timeline, arrivals = timelines(plan, seed, 80, 40)
    found = engine.run(plan, drawn(plan, 80, timeline, arrivals)).delivery
    assert list(found) == snapshots(plan, timeline, arrivals)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(plan=plans_with_replicas(), seed=st.integers(0, 2**16), is_hedged=st.booleans())
def test_without_delays_only_requests_in_whose_life_something_switched_differ_from_the_snapshot(plan, seed, is_hedged):
    more = {"hedge": {"after": "60 ns"}} if is_hedged else {}
    plan = replace(plan, policy=policy(retry={"attempts": 3, "timeout": "20 ns"}, **more))
    timeline, arrivals = timelines(plan, seed, 80, 1000)
    log = engine.run(plan, drawn(plan, 80, timeline, arrivals))
    instants = np.sort(np.concatenate([*timeline.crash_ns, *timeline.repair_ns]))
    quiet = np.searchsorted(instants, log.end_ns, "right") == np.searchsorted(instants, arrivals, "right")
    assert quiet.sum() > 20
    for found, expected, is_quiet in zip(log.delivery, snapshots(plan, timeline, arrivals), quiet, strict=True):
        assert found == expected or not is_quiet


@settings(max_examples=25, deadline=None, derandomize=True)
@given(plan=plans_with_replicas(), seed=st.integers(0, 2**16))
def test_with_a_coin_for_each_request_sending_again_delivers_what_the_snapshot_does(plan, seed):
    rng, names = np.random.default_rng(seed), plan.topology.components
    none = tuple(np.zeros(0, dtype=np.int64) for _ in names)
    timeline = Timeline(names, none, none, rng.random((60, len(names))) < 0.7, 10**9)
    plan = replace(plan, policy=policy(retry={"attempts": 4, "timeout": "7 ns"}, hedge={"after": "50 ns"}))
    arrivals = np.sort(rng.integers(0, 500, 60))
    assert list(engine.run(plan, drawn(plan, 60, timeline, arrivals)).delivery) == snapshots(plan, timeline, arrivals)
