"""What transmitters of links did, by timetables written by hand, on both engines, and what a record says of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import simulator
from simulator.dataflow.costs import Costs
from simulator.network import engine, vectorised
from simulator.network.offered import transmitter_loads
from simulator.network.plan import Draws, MachineLoad, Plan
from simulator.study.findings import Findings
from simulator.study.machine_findings import find_links
from simulator.study.run import run as run_scenario
from simulator.topology.graph import Link, Node, Topology
from tests.support.small_plans import graph, timeline

BYTE_IN_NS = 8 / 5e-9  # a byte takes 5 ns
TWO = graph([("a", "b")], exit_part="b")
FORK = graph([("s", "t"), ("t", "c")])


def plan(links, parts=TWO, payload=None):
    nodes = tuple(Node(part.name) for part in parts.parts)
    sizes = payload or {edge.name: 1 for edge in parts.edges}
    return Plan(parts, {n.name: n.name for n in nodes}, Topology("", nodes, links), Costs({}, sizes))


def lines(made, births, down=None, engines=(engine.run, vectorised.run)):
    """Return what transmitters did, the same on all engines."""
    births = np.array(births, dtype=np.int64)
    work = {part.name: np.zeros(len(births), dtype=np.int64) for part in made.graph.parts}
    draws = Draws(births, work, timeline(down) if down else None)
    first, *others = (dict(run(made, draws, has_meters=True).lines) for run in engines)
    assert all(repr(other) == repr(first) for other in others)
    return first


def test_a_transmitter_is_busy_while_it_sends_and_messages_wait_for_it():
    #  messages at 0, 1, 20: sent |0..5|, |5..10|, |20..25| (the last after the last birth); the way takes 100 ns more
    found = lines(plan((Link("a-b", ("a", "b"), 100, bandwidth_bps=BYTE_IN_NS),)), [0, 1, 20])
    assert found == {("a-b", "a"): MachineLoad(3, (5 + 9) / 20, 10 / 20)}


def test_a_crash_ends_what_is_sent_and_what_waits_and_a_link_that_is_down_holds_nothing():
    #  |0..3 sent, cut|, 1..3 waits, cut; down on [3, 10): 4 refused; 12 sent |12..17|; 20 is the last birth
    link = (Link("a-b", ("a", "b"), 100, bandwidth_bps=BYTE_IN_NS),)
    found = lines(plan(link), [0, 1, 4, 12, 20], {"a-b": [(3, 10), (1000, 1001)]})
    assert found[("a-b", "a")] == MachineLoad(5, (3 + 2 + 5) / 20, (3 + 5) / 20)


def test_what_dies_on_the_way_has_left_the_transmitter():
    link = (Link("a-b", ("a", "b"), 100, bandwidth_bps=BYTE_IN_NS),)
    assert lines(plan(link), [0, 20], {"a-b": [(18, 19)]}) == {("a-b", "a"): MachineLoad(2, 5 / 20, 5 / 20)}


def test_an_empty_message_on_a_link_that_dies_takes_no_time():
    link = (Link("a-b", ("a", "b"), 100, bandwidth_bps=BYTE_IN_NS),)
    found = lines(plan(link, payload={"a->b": 0}), [0, 20], {"a-b": [(18, 19)]})
    assert found == {("a-b", "a"): MachineLoad(2, 0.0, 0.0)}


SHARED = [({"duplex": "half"}, ("link", "s-t", "")), ({"medium": "air"}, ("medium", "air", ""))]


@pytest.mark.parametrize(("more", "key"), SHARED)
def test_those_that_share_a_transmitter_are_counted_together(more, key):
    #  s->t and t->c over one channel of 5 ns a message: 0: |0..5| to t, then |5..10| to c; 7: waits |10..15|, |15..20|
    nodes = (Node("s"), Node("t"), Node("c")) if "medium" in more else (Node("s"), Node("t"))
    links = [Link("s-t", ("s", "t"), bandwidth_bps=BYTE_IN_NS, **more)]
    links += [Link("t-c", ("t", "c"), bandwidth_bps=BYTE_IN_NS, **more)] if "medium" in more else []
    placement = {"s": "s", "t": "t", "c": "c" if "medium" in more else "s"}
    made = Plan(FORK, placement, Topology("", nodes, tuple(links)), Costs({}, {edge.name: 1 for edge in FORK.edges}))
    found = lines(made, [0, 7, 100], engines=(engine.run,))
    assert found == {key: MachineLoad(6, (5 + 5 + (10 - 7) + 5 + 5) / 100, 20 / 100)}


def test_links_of_endless_bandwidth_have_no_transmitter_and_nothing_is_noted_unasked():
    made = plan((Link("a-b", ("a", "b"), 100),))
    assert lines(made, [0, 1]) == {}
    births = np.array([0, 1])
    draws = Draws(births, {"a": births * 0, "b": births * 0})
    queued = plan((Link("a-b", ("a", "b"), 100, bandwidth_bps=BYTE_IN_NS),))
    assert engine.run(queued, draws).lines == {}
    assert vectorised.run(queued, draws).lines == {}


def test_the_offered_load_is_that_of_all_messages_on_a_transmitter():
    links = (Link("s-t", ("s", "t"), bandwidth_bps=BYTE_IN_NS, medium="air"),
             Link("t-c", ("t", "c"), bandwidth_bps=BYTE_IN_NS, medium="air"))
    assert transmitter_loads(plan(links, FORK), 100.0) == {("medium", "air", ""): pytest.approx(0.1)}


def test_rows_are_of_the_busiest_first_and_a_replication_without_messages_counts_as_idle():
    links = (Link("s-t", ("s", "t"), bandwidth_bps=BYTE_IN_NS), Link("t-c", ("t", "c"), bandwidth_bps=BYTE_IN_NS))
    found = Findings()
    loads = ({("s-t", "s"): MachineLoad(9, 0.1, 0.2), ("t-c", "t"): MachineLoad(9, 0.5, 0.7)},
             {("s-t", "s"): MachineLoad(9, 0.3, 0.2)})
    find_links(loads, plan(links, FORK), 50.0, found)
    first, second = found.tables["links"]
    assert (first["link"], first["messages"]) == ("t-c from t", 9)
    assert (first["utilisation"], first["number_present"]) == (0.35, 0.25)
    assert (second["link"], second["messages"], second["utilisation"]) == ("s-t from s", 18, 0.2)
    assert first["offered_load"] == second["offered_load"] == pytest.approx(0.1)


def test_a_run_says_what_its_links_did(tmp_path):
    """The radio of the shelf's lossy scenario carries 2 x 16 ms a request: at 5 /s it is busy 16 % of the time."""
    few = {"sweep": {}, "replications": 4, "workload.requests": 500}
    (cell,) = run_scenario(simulator.load("lossy", set=few), tmp_path / "run").record.cells
    row = max(cell.tables["links"], key=lambda row: row["utilisation"])
    assert row == cell.tables["links"][0]
    assert row["offered_load"] == pytest.approx(0.16, rel=0.1)
    assert row["utilisation_low"] <= row["utilisation"] <= row["utilisation_high"]
    assert math.isclose(row["utilisation"], row["offered_load"], rel_tol=0.02)  # nothing is cut off in the middle
