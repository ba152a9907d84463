"""Scripted failures: groups, flapping and partitions, to the nanosecond; and what is refused."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from simulator.errors import ScenarioError
from simulator.failures.blocks import Failure, build_process
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from simulator.units import SECOND_NS

ADAPTER = TypeAdapter(Failure)
RING = ("a", "b", "c", "d")
TOPOLOGY = Topology("ring", tuple(map(Node, RING)), tuple(
    Link(f"{x}-{y}", (x, y)) for x, y in zip(RING, (*RING[1:], "a"), strict=True)))


def script(*outages):
    return build_process([ADAPTER.validate_python({"kind": "scripted", "outages": list(outages)})], TOPOLOGY)


def seconds(process):
    return {name: [(c / SECOND_NS, r / SECOND_NS) for c, r in zip(crash, repair, strict=True)]
            for name, crash, repair in zip(process.components, process.crash_ns, process.repair_ns, strict=True)}


def test_several_components_go_down_together():
    assert seconds(script({"components": ["c", "a", "a-b"], "from": "1 s", "to": "2 s"})) == {
        "a": [(1, 2)], "c": [(1, 2)], "a-b": [(1, 2)]}


def test_flapping_comes_again_until_its_end_and_the_last_one_is_cut():
    assert seconds(script({"component": "a", "every": "10 s", "lasts": "4 s", "from": "5 s", "to": "28 s"})) == {
        "a": [(5, 9), (15, 19), (25, 28)]}
    assert seconds(script({"component": "a", "every": "10 s", "lasts": "4 s", "from": "5 s", "to": "25 s"})) == {
        "a": [(5, 9), (15, 19)]}


def test_flapping_is_laid_over_an_outage():
    process = script({"component": "a", "every": "10 s", "lasts": "1 s", "from": 0, "to": "25 s"},
                     {"component": "a", "from": "500 ms", "to": "10 s"})
    assert seconds(process) == {"a": [(0, 11), (20, 21)]}


def test_a_partition_takes_down_the_links_between_the_sides_and_nothing_else():
    process = script({"partition": [["a", "b"], ["c", "d"]], "from": "1 s", "to": "2 s"})
    assert seconds(process) == {"b-c": [(1, 2)], "d-a": [(1, 2)]}
    line = process.timeline(Streams(1), 0, 10 * SECOND_NS)
    up = line.up_at(np.array([SECOND_NS - 1, SECOND_NS, 2 * SECOND_NS - 1, 2 * SECOND_NS]))
    assert up.all(axis=1).tolist() == [True, False, False, True]


def test_a_partition_has_three_sides_and_flaps():
    process = script({"partition": [["a"], ["b", "c"], ["d"]], "from": 0, "to": "6 s", "every": "3 s", "lasts": "1 s"})
    assert seconds(process) == {name: [(0, 1), (3, 4)] for name in ("a-b", "c-d", "d-a")}


@pytest.mark.parametrize(("outage", "problems"), [
    ({"components": ["a", "x", "b-d"]},
     ["failures.0.outages.0.components.1: no component 'x' in the topology",
      "failures.0.outages.0.components.2: no component 'b-d' in the topology; did you mean 'c-d'?"]),
    ({"partition": [["a", "x"], ["a", "b-c"]]},
     ["failures.0.outages.0.partition.0.1: no node 'x' in the topology",
      "failures.0.outages.0.partition.1.0: 'a' is on two sides; name a node once",
      "failures.0.outages.0.partition.1.1: no node 'b-c' in the topology"]),
    ({"partition": [["a"], []]}, ["failures.0.outages.0.partition.1: no node is on this side; name one or more"]),
    ({"partition": [["a"], ["c"]]}, ["failures.0.outages.0.partition: no link joins the sides, so that nothing is cut; "
                                     "name nodes on both ends of the links that are to be down"]),
    ({"partition": [["a"], ["b", "c"]]},
     ["failures.0.outages.0.partition: the sides still reach each other over 'd'; put each of these on a side"]),
])
def test_what_does_not_fit_the_topology_is_refused_all_at_once(outage, problems):
    with pytest.raises(ScenarioError) as refused:
        script({**outage, "from": "1 s", "to": "2 s"})
    told = [str(problem) for problem in refused.value.problems]
    assert len(told) == len(problems)
    assert all(said.startswith(expected) for said, expected in zip(told, problems, strict=True)), told


@pytest.mark.parametrize(("outage", "message"), [
    ({}, "an outage of nothing; write component"),
    ({"component": "a", "partition": [["a"], ["b"]]}, "an outage of component and partition; write component"),
    ({"components": ["a", "b"], "to": "1 s"}, r"of \['a', 'b'\] from '1 s' to '1 s' does not last"),
    ({"component": "a", "every": "1 s"}, "has 'every' without 'lasts'; write every"),
    ({"component": "a", "lasts": "1 s"}, "has 'lasts' without 'every'"),
    ({"component": "a", "every": "1 s", "lasts": "1 s"}, "lasts '1 s' every '1 s': it is never up between"),
    ({"component": "a", "every": "1 us", "lasts": "1 ns", "to": "1 h"},
     "makes 3,599,000,000 outages, more than 1,000,000"),
    ({"components": []}, "at least 1 item"),
    ({"partition": [["a", "b"]]}, "at least 2 items"),
])
def test_an_outage_that_cannot_be_is_refused_once_with_a_way_out(outage, message):
    with pytest.raises(ValidationError, match=message) as refused:
        script({"from": "1 s", "to": "2 s", **outage})
    assert refused.value.error_count() == 1


@pytest.mark.parametrize("outage", [
    {"components": ["a", "b"], "from": "3 s", "to": "5 s"},
    {"component": "a", "from": "0 h", "to": "5 min", "every": "10 s", "lasts": "1 s"},
    {"partition": [["a", "b"], ["c", "d"]], "from": "3 s", "to": "5 s"},
])
def test_an_outage_is_written_as_it_was_read(outage):
    block = {"kind": "scripted", "outages": [outage]}
    assert ADAPTER.validate_python(block).model_dump(mode="json", by_alias=True, exclude_none=True) == block
