"""Machines of every kind against timetables worked out by hand (nanoseconds)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.network import engine
from simulator.network.blocks import Policy
from simulator.network.endings import reason
from simulator.network.loop import Loop
from simulator.network.meters import FlowError, Meter, Watched
from simulator.network.plan import Draws, Plan
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.serving import PLAIN, Batch, Serving
from tests.support.small_plans import timeline

SHARED = {"discipline": "processor_sharing"}
CHAIN = PartGraph((Part("x"), Part("y", Join((((0,),),)), True)), (Edge("x", "y"),))


def machine(births, work, *, serving=PLAIN, down=(), **policy):
    """Return the log of jobs of one machine B, each job ``work`` ns or as listed, born where x sends at once."""
    topology = Topology("", (Node("A"), Node("B", serving=serving)), (Link("A-B", ("A", "B")),))
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, topology, Costs({}, {}), Policy.model_validate(policy))
    works = {"x": np.zeros(len(births), dtype=np.int64), "y": np.broadcast_to(np.array(work), len(births))}
    draws = Draws(np.array(births), works, timeline({"B": down}) if down else None)
    return engine.run(plan, draws, has_meters=True)


def ends(*arguments, **more):
    """Return each request's end, negative where it was lost."""
    log = machine(*arguments, **more)
    return [end if delivery else -end for end, delivery in zip(log.end_ns.tolist(), log.delivery, strict=True)]


KEEP = {"crash": {"queue": "keep", "in_service": "resume"}}


def test_two_servers_serve_two_jobs_and_a_later_one_may_be_done_first():
    assert ends([0, 1, 2], [10, 3, 3], serving=Serving(2)) == [10, 4, 7]


def test_unlimited_servers_let_nobody_wait():
    assert ends([0, 0, 0], 10, serving=Serving(None)) == [10, 10, 10]


def test_a_job_that_finds_the_buffer_full_is_refused_at_once_and_the_buffer_is_blamed():
    log = machine([0, 1, 2, 10], 10, serving=Serving(1, 1))
    assert log.end_ns.tolist() == [10, 20, 2, 30]  # at 10 the first is done, the second starts: there is a place again
    assert reason(int(log.blame[2]), ("A", "B", "A-B")) == "the buffer of B was full"
    assert [delivery > 0 for delivery in log.delivery] == [True, True, False, True]


def test_without_places_a_kept_queue_takes_nobody_while_the_machine_is_down():
    assert ends([5, 21], 3, serving=Serving(1, 0), down=[(2, 20)], **KEEP) == [-5, 24]
    assert ends([5, 21], 3, serving=Serving(1, 1), down=[(2, 20)], **KEEP) == [23, 26]


@pytest.mark.parametrize(("in_service", "end"), [("lose", -12), ("restart", 30), ("resume", 28)])
@pytest.mark.parametrize("serving", [Serving(), Serving(2), Serving(**SHARED), Serving(discipline="priority")], ids=str)
def test_a_crash_loses_restarts_or_only_stops_the_job_under_way(serving, in_service, end):
    assert ends([10], 10, serving=serving, down=[(12, 20)], crash={"in_service": in_service}) == [end]


def test_a_cold_start_delays_service_after_each_repair_but_not_at_the_start():
    cold = Serving(cold_start_ns=5)
    assert ends([0, 20, 40], 3, serving=cold, down=[(10, 20)]) == [3, 28, 43]
    assert ends([20], 3, serving=cold, down=[(10, 20), (23, 30)]) == [-23]  # the machine was up, and never served
    assert ends([20], 3, serving=cold, down=[(10, 20), (23, 30)], **KEEP) == [38]


@pytest.mark.parametrize("kind", [SHARED, {"discipline": "priority"}, {"batch": Batch(size=1)}], ids=str)
def test_a_cold_start_delays_service_on_evented_machines_too(kind):
    cold = Serving(cold_start_ns=5, **kind)
    assert ends([0, 20, 40], 3, serving=cold, down=[(10, 20)]) == [3, 28, 43]


def test_processor_sharing_serves_all_at_equal_shares():
    #  0..4 job 0 alone; 4..10 both at half: job 1 (3) done at 10, job 0 has 7 of 10; alone until 13
    assert ends([0, 4], [10, 3], serving=Serving(**SHARED)) == [13, 10]
    assert ends([0, 4], [10, 3], serving=Serving(2, **SHARED)) == [10, 7]  # a server for each


def test_a_share_that_is_no_whole_number_is_done_at_the_next_nanosecond():
    assert ends([0, 0, 0], [1, 1, 2], serving=Serving(2, **SHARED)) == [2, 2, 3]  # 1.5, 1.5; 2 - 4/3 left, alone at 2


def test_processor_sharing_withdraws_at_the_deadline_and_gives_its_share_away():
    policy = {"deadline": "8 ns", "at_deadline": "withdraw"}
    assert ends([0, 2], [20, 4], serving=Serving(**SHARED), **policy) == [-8, 9]


def test_a_crash_loses_all_that_share():
    assert ends([0, 1, 30], 10, serving=Serving(**SHARED), down=[(15, 20)]) == [-15, -15, 40]


def two_ranks(births, work, **serving):
    """Return the ends of two parts' jobs on one machine: each request runs p, or q where its number is odd."""
    parts = (Part("x"), Part("p", Join((((0,),),))), Part("q", Join((((1,),),))), Part("y", Join((((2, 3),),)), True))
    graph = PartGraph(parts, (Edge("x", "p"), Edge("x", "q"), Edge("p", "y"), Edge("q", "y")))
    topology = Topology("", (Node("A"), Node("B", serving=Serving(**serving))), (Link("A-B", ("A", "B")),))
    zero = np.zeros(len(births), dtype=np.int64)
    works = {"x": zero, "p": np.full(len(births), work), "q": np.full(len(births), work), "y": zero}
    place = {"x": "A", "p": "B", "q": "B", "y": "A"}
    odd = np.arange(len(births)) % 2 == 1
    lost = {("x->p", "A-B"): odd, ("x->q", "A-B"): ~odd}
    return Plan(graph, place, topology, Costs({}, {})), Draws(np.array(births), works, lost=lost)


def test_priority_goes_by_the_parts_number_and_does_not_interrupt():
    plan, draws = two_ranks([0, 1, 2], 10, discipline="priority")
    assert engine.run(plan, draws).end_ns.tolist() == [10, 30, 20]  # by their place: p before q, though q came first
    assert engine.run(replace(plan, priority={"p": 5, "q": 1}), draws).end_ns.tolist() == [10, 20, 30]


def test_a_batch_is_full_or_its_first_job_has_waited_long_enough():
    patient = Serving(batch=Batch(size=3, wait_ns="5 ns"))
    assert ends([0, 1, 2, 20], 10, serving=patient) == [12, 12, 12, 35]
    assert ends([0, 1, 9], 10, serving=patient) == [15, 15, 25]


def test_a_batch_takes_as_long_as_its_longest_job_and_a_share_for_each_further_one():
    further = Serving(batch=Batch(size=3, further=0.5))
    assert ends([0, 1, 1, 1], [10, 4, 4, 6], serving=further) == [10, 22, 22, 22]  # 6 + 2 x 0.5 x 6


def test_a_batch_is_of_one_part():
    plan, draws = two_ranks([0, 1, 2, 3], 10, batch=Batch(size=2, wait_ns="50 ns"))
    assert engine.run(plan, draws).end_ns.tolist() == [12, 22, 12, 22]


def test_utilisation_and_number_present_are_those_of_the_timetable():
    #  |0..10 job 0||10..20 job 1|, last birth at 20: job 2 20..30 is not counted
    (load,) = machine([0, 5, 20], 10).machines.values()
    assert (load.jobs, load.utilisation, load.number) == (3, 1.0, (10 + 15) / 20)
    (load,) = machine([0, 20], 5, serving=Serving(2)).machines.values()
    assert (load.utilisation, load.number) == (5 / 40, 5 / 20)
    (load,) = machine([0, 40], 10, down=[(5, 25)], **KEEP).machines.values()
    assert (load.utilisation, load.number) == (10 / 40, 30 / 40)  # down, it does not work, but the job is there


def test_a_job_that_never_leaves_is_found():
    meter = Meter(Watched())
    meter.noted(3).serve(lambda now, work, request: now + work)(3, 4, 0)
    assert meter.load("B", 10).number == 0.4
    meter.entered.append(5)
    with pytest.raises(FlowError, match="2 jobs came to 'B', 1 left"):
        meter.load("B", 10)


def test_a_link_behind_two_servers_takes_messages_in_the_order_in_which_they_come():
    #  B: job 0 |0..10|, job 1 |0..3|; the link is busy for 5 ns a message: job 1 |3..8|, job 0 |10..15|
    graph = PartGraph((*CHAIN.parts[:1], Part("y", Join((((0,),),))), Part("z", Join((((1,),),)), True)),
                      (*CHAIN.edges, Edge("y", "z")))
    nodes = (Node("A"), Node("B", serving=Serving(2)), Node("C"))
    links = (Link("A-B", ("A", "B")), Link("B-C", ("B", "C"), bandwidth_bps=8e9))
    plan = Plan(graph, {"x": "A", "y": "B", "z": "C"}, Topology("", nodes, links), Costs({}, {"y->z": 5}))
    zero = np.zeros(2, dtype=np.int64)
    draws = Draws(zero, {"x": zero, "y": np.array([10, 3]), "z": zero})
    assert engine.run(plan, draws).end_ns.tolist() == [15, 8]


def test_in_a_closed_loop_a_request_is_born_when_another_ends():
    topology = Topology("", (Node("A"), Node("B")), (Link("A-B", ("A", "B"), latency_ns=2),))
    policy = Policy.model_validate({"deadline": "20 ns", "at_deadline": "withdraw"})
    plan = Plan(CHAIN, {"x": "A", "y": "B"}, topology, Costs({}, {}), policy)
    works = {"x": np.zeros(5, dtype=np.int64), "y": np.array([10, 10, 3, 30, 3])}
    log = engine.run(plan, Draws(np.zeros(5, dtype=np.int64), works, loop=Loop(2, 1)))
    #  B: 0 |2..12|, 1 withdrawn at 20 in |12..20|; 2, born at 13, |20..23|; 3, born at 21, |23..41 cut at its limit|
    assert log.arrival_ns.tolist() == [0, 0, 13, 21, 24]
    assert log.end_ns.tolist() == [12, 20, 23, 41, 44]
