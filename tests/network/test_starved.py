"""When a starved part that emits fires, and how a request ends that is answered from constants alone (plain ns)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.network.endings import reason
from tests.support.small_plans import graph, run, taken

# x ---> m ---> f ---> c     x ---> c     m, f, c work 10 ns each; links take 1 ns; c takes f, or else x
EDGES = [("x", "m"), ("m", "f"), ("f", "c"), ("x", "c")]
SELECT = {"c": (((2,), (3,)),)}
PARTS = replace(graph(EDGES, SELECT), starved_emits=True)
SILENT = graph(EDGES, SELECT)
WORK = {"m": 10, "f": 10, "c": 10}
NAMES = ("x", "m", "f", "c", "x-m", "m-f", "f-c", "x-c")


def row(parts=PARTS, **more):
    log = run(parts, [100], work=WORK, latency=1, **more)
    return taken(parts, log)[0], int(log.end_ns[0]), reason(int(log.blame[0]), NAMES)


def test_a_starved_part_emits_at_the_instant_when_its_last_input_is_lost():
    #  m refuses at 101: f |101..111| at c 112 |112..122|; taken before the skip, which is here since 101, and no data
    assert row(down={"m": [(0, 500)]}) == ("-", 122, "m was down")
    #  m dies at work at 105: all of it 4 later
    assert row(down={"m": [(105, 500)]}) == ("-", 126, "m was down")
    assert row(SILENT, down={"m": [(105, 500)]}) == ("c <- x->c", 115, "")


def test_a_join_that_adds_answers_from_data_and_constants():
    parts = replace(graph(EDGES), starved_emits=True)
    assert row(parts, down={"m": [(0, 500)]}) == ("c <- f->c x->c (f starved)", 122, "")


def test_a_starved_part_on_a_machine_that_is_down_is_lost():
    assert row(down={"m": [(0, 500)], "f": [(101, 500)]}) == ("c <- x->c", 111, "")


def test_a_starved_part_waits_in_its_machines_queue():
    #  two requests at 100 and 103, m down for both: f |101..111| |111..121|, c |112..122| |122..132|
    log = run(PARTS, [100, 103], work=WORK, latency=1, down={"m": [(0, 500)]})
    assert log.end_ns.tolist() == [122, 132]


@pytest.mark.parametrize(("close", "ends"), [
    # f closes at age 30 without an input, |130..140|, at c 141; c closes at age 45
    ({"m": 5, "f": 30, "c": 45}, ("-", 151)),
    # c closes at age 40, when nothing but the skip is there: f's constant comes too late
    ({"m": 5, "f": 30, "c": 40}, ("c <- x->c", 150)),
])
def test_a_join_that_closes_at_an_age_emits_then_though_it_heard_of_nothing(close, ends):
    #  m is at work for 300 ns
    policy = {"deadline": "1 ms", "wait": {"kind": "deadline"}}
    log = run(PARTS, [100], work=WORK | {"m": 300}, latency=1, policy=policy, closes=close)
    assert (taken(PARTS, log)[0], int(log.end_ns[0])) == ends


def test_an_input_that_comes_after_a_constant_was_sent_is_too_late():
    policy = {"deadline": "1 ms", "wait": {"kind": "deadline"}}
    log = run(PARTS, [100], work=WORK | {"m": 300}, latency=1, policy=policy, closes={"m": 5, "f": 30, "c": 45})
    assert log.too_late["f"] == 1
