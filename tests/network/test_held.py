"""Held inputs in the engine: by hand, and against the textbook, row by row of the side table."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import Phase, given, settings

from benchmarks import textbook_dag
from benchmarks.workloads import textbook_plan
from simulator.network import engine, vectorised
from simulator.network.blocks import Policy
from simulator.network.plan import Draws, Log
from tests.network.test_first import fork_plan
from tests.network.test_fuzz_against_textbook import draws_of, with_delays
from tests.network.test_zero_delay import plans
from tests.support.small_plans import graph, run, taken

LINE = graph([("s", "m"), ("m", "c")])  #   s --> m --> c
SKIP = graph([("s", "m"), ("m", "c"), ("s", "c")], {"c": (((1,), (2,)),)})
BOTH = graph([("s", "m"), ("m", "c"), ("s", "c")])  # c adds
HELD = {"held": {"age": "100 ns"}}
WHOLE = "c <- s->m m->c"


def told(parts, births, policy=HELD, **more) -> list[str]:
    return taken(parts, run(parts, births, policy=policy, **more))


def rows(log: Log) -> list[tuple[int, int, int, int]]:
    held = log.held
    return list(zip(held.request.tolist(), held.edge.tolist(), held.origin.tolist(), held.age_ns.tolist(), strict=True))


@pytest.mark.parametrize(("born", "is_held"), [(100, True), (101, False)])
def test_a_value_may_be_as_old_as_the_age_and_no_older(born, is_held):
    log = run(LINE, [0, born], policy=HELD, down={"m": [(50, 999)]})
    assert taken(LINE, log) == [WHOLE, "c <- m->c[held]" if is_held else "-"]
    assert rows(log) == ([(1, 1, 0, 100)] if is_held else [])


def test_the_last_value_is_taken_and_a_join_that_would_starve_fires_when_it_knows_the_loss():
    log = run(LINE, [0, 40, 60], work={"m": 5}, policy=HELD, down={"m": [(63, 999)]})
    assert taken(LINE, log) == [WHOLE, WHOLE, "c <- m->c[held]"]
    assert log.end_ns.tolist() == [5, 45, 63]
    assert rows(log) == [(2, 1, 1, 18)]


def test_a_fresh_skip_is_better_than_a_held_first_choice_and_adding_takes_both():
    assert told(SKIP, [0, 60], down={"m": [(50, 999)]}) == [WHOLE, "c <- s->c"]
    assert told(BOTH, [0, 60], down={"m": [(50, 999)]})[1] == "c <- m->c[held] s->c"


def test_what_came_too_late_for_its_own_request_is_held_for_the_next():
    timeout = HELD | {"wait": {"kind": "timeout", "after": "1 s"}}
    log = run(BOTH, [0, 60], work={"m": [30, 5]}, policy=timeout, closes={"m": 0, "c": 20}, down={"m": [(50, 999)]})
    assert taken(BOTH, log) == ["c <- s->c", "c <- m->c[held] s->c"]
    assert rows(log) == [(1, 1, 0, 50)]


def test_a_value_that_comes_at_the_very_instant_is_not_held_yet():
    # m is done with request 0 at 60, when 1 is known to be refused there
    assert told(LINE, [0, 60], work={"m": 60}, down={"m": [(60, 999)]}) == [WHOLE, "-"]
    assert told(LINE, [0, 61], work={"m": 60}, down={"m": [(60, 999)]}) == [WHOLE, "c <- m->c[held]"]


def test_a_crash_of_the_node_that_holds_empties_it():
    down = {"m": [(50, 999)], "c": [(20, 30)]}
    assert told(LINE, [0, 60], down=down) == [WHOLE, "-"]


@pytest.mark.parametrize(("lost", "found"), [([True, False], []), ([False, True], [(1, 3, 0, 88)])])
def test_a_value_of_a_later_request_is_not_taken(lost, found):
    # c adds m's output, which takes long, and n's, of which one is lost on its way; both of n's are done by 7
    parts = graph([("s", "m"), ("s", "n"), ("m", "c"), ("n", "c")])
    coins = {("n->c", "n-c"): np.array(lost)}
    log = run(parts, [0, 1], work={"m": [90, 1], "n": 3}, lost=coins, policy=HELD)
    assert rows(log) == found


def test_held_values_are_handed_on_and_only_the_last_hop_ages():
    long = graph([("s", "a"), ("a", "b"), ("b", "c")])
    log = run(long, [0, 60, 120], policy=HELD, down={"a": [(50, 999)], "b": [(110, 999)]})
    assert taken(long, log) == ["c <- s->a a->b b->c", "c <- a->b[held] b->c", "c <- b->c[held]"]
    assert rows(log) == [(1, 1, 0, 60), (2, 2, 1, 60)]
    assert long.text(log.held.fed[1]).endswith("a->b[held] b->c")  # what the second value was made of


def test_ages_may_be_given_by_hyperconnection_and_by_part():
    down = {"m": [(50, 999)]}
    assert told(LINE, [0, 60], {"held": {"age": {"m->c": "100 ns"}}}, down=down)[1] == "c <- m->c[held]"
    assert told(LINE, [0, 60], {"held": {"age": {"c": "100 ns", "m->c": "10 ns"}}}, down=down)[1] == "-"
    assert told(LINE, [0, 60], {"held": {"age": {"m": "100 ns"}}}, down=down)[1] == "-"


def test_held_values_count_for_what_is_needed():
    needy = replace(BOTH, parts=tuple(
        replace(part, join=replace(part.join, needs="all")) if part.name == "c" else part for part in BOTH.parts))
    assert told(needy, [0, 60], down={"m": [(50, 999)]})[1] == "c <- m->c[held] s->c"
    assert told(needy, [0, 60], {}, down={"m": [(50, 999)]})[1] == "-"
    assert told(needy, [60], down={"m": [(50, 999)]}) == ["-"]


def test_without_the_policy_nothing_is_kept():
    log = run(LINE, [0, 60], down={"m": [(50, 999)]})
    assert taken(LINE, log) == [WHOLE, "-"]
    assert not len(log.held.request)


def test_the_fast_path_leaves_it_to_the_engine():
    with pytest.raises(vectorised.Unqualified, match="held"):
        vectorised.run(fork_plan(HELD), Draws(np.arange(5), {}))


policies = st.fixed_dictionaries({
    "held": st.fixed_dictionaries({"age": st.sampled_from(["400 us", "90 us", {"p1": "300 us", "p0->p2": "900 us"}])}),
    "lost": st.sampled_from(["at_once", "wait_for_repair"]),
    "wait": st.sampled_from([{"kind": "perfect"}, {"kind": "timeout", "after": "30 us"}, {"kind": "deadline"},
                             {"kind": "first", "k": 1}]),
    "crash": st.fixed_dictionaries({"queue": st.sampled_from(["lose", "keep"]),
                                    "in_service": st.sampled_from(["lose", "restart"])}),
    "deadline": st.just("220 us"), "at_deadline": st.sampled_from(["withdraw", "answer_late"]),
}).map(Policy.model_validate)


def check(plan, policy, seed, requests):
    rng = np.random.default_rng(seed)
    plan = with_delays(plan, policy, rng)
    draws = draws_of(plan, rng, requests)
    book = textbook_dag.run(textbook_plan(plan, draws))
    log = engine.run(plan, draws)
    assert list(log.delivery) == list(book.delivery)
    np.testing.assert_array_equal(log.end_ns, book.end_ns)
    found = {(request, edge): (origin, age) for request, edge, origin, age in rows(log)}
    assert found == book.held
    return log


@settings(max_examples=40, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_any_plan_that_holds_values_has_the_textbooks_deliveries_ends_and_held_values(plan, policy, seed):
    check(plan, policy, seed, requests=40)


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
@given(plan=plans(), policy=policies, seed=st.integers(0, 2**16))
def test_many_plans_that_hold_values_have_the_textbooks_deliveries_ends_and_held_values(plan, policy, seed):
    check(plan, policy, seed, requests=60)
