"""The published numbers of the literature's graphs: P(no flow), patterns without flow, deliveries and part runs."""

from math import prod

import pytest

from simulator.dataflow.graph import EMPTY
from simulator.evaluate.plan import RunPlan
from tests.support.golden_graphs import camera, chain, cnn, health, patterns, reach_on, shelf_topology, wired

GRAPHS = {"health": (health, "health-chain", ["fog1", "fog2", "edge"]), "cnn": (cnn, "cnn-chain", ["fog", "edge"]),
          "camera": (camera, "camera-tree", ["f1", "f2", "f3", "f4", "e1", "e2", "e3", "e4"])}
GOLDEN = [  # graph, skip configuration, patterns without flow, P(no flow) under normal, poor, hazardous
    ("cnn", (0, 0), 3, .0592, .145, .32), ("cnn", (0, 1), 2, .02, .05, .15), ("cnn", (1, 0), 2, .04, .10, .20),
    ("cnn", (1, 1), 1, .0008, .005, .03),
    ("health", (0, 0, 0), 7, .125632, .247885, .4696), ("health", (0, 0, 1), 6, .0496, .1355, .32),
    ("health", (1, 0, 0), 6, .1168, .2083, .376), ("health", (0, 1, 1), 5, .013168, .061115, .1874),
    ("health", (1, 1, 0), 5, .080368, .133915, .2434), ("health", (1, 1, 1), 3, .003568, .015615, .0674),
    ("camera", (0,) * 7, 219, .020192, .125613, .444379),
    ("camera", (1, 1, 1, 1, 0, 0, 0), 127, .000301, .025117, .12771),
    ("camera", (1, 0, 0, 0, 0, 0, 1), 158, .010006, .059643, .243724),
    ("camera", (0, 0, 0, 0, 0, 0, 1), 207, .019906, .10666, .394979),
    ("camera", (1,) * 7, 99, .000103, .006355, .069915),
]


def no_flow(reach, names, survival):
    """Return how many patterns do not answer, and their probability."""
    empty = [down for down in patterns(names) if reach.delivery(down) == EMPTY]
    return len(empty), sum(prod(1 - survival[n] if n in down else survival[n] for n in names) for down in empty)


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("name", "skips", "patterns_without", "normal", "poor", "hazardous"), GOLDEN)
def test_probability_that_nothing_flows(name, skips, patterns_without, normal, poor, hazardous, mode):
    make, shelf, names = GRAPHS[name]
    topology = shelf_topology(shelf)
    reach = reach_on(make(skips, mode), topology)
    for setting, expected in {"normal": normal, "poor": poor, "hazardous": hazardous}.items():
        count, probability = no_flow(reach, names, topology.survival(setting))
        assert count == patterns_without
        assert probability == pytest.approx(expected, abs=6e-7)


@pytest.mark.parametrize(("name", "all_up"), [("health", (.874368, .752115, .5304)), ("cnn", (.9408, .855, .68)),
                                              ("camera", (.886023, .263169, .074529))])
def test_probability_that_all_are_up(name, all_up):
    _, shelf, names = GRAPHS[name]
    topology = shelf_topology(shelf)
    found = [prod(topology.survival(setting)[n] for n in names) for setting in ("normal", "poor", "hazardous")]
    assert found == pytest.approx(all_up, abs=6e-7)


@pytest.mark.parametrize("mode", ["add", "select"])
@pytest.mark.parametrize(("name", "skips", "answering", "deliveries", "part_runs", "plain_runs"), [
    ("health", (1, 1, 1), 5, 5, 11, 20), ("health", (0, 0, 0), 1, 1, 4, 4), ("cnn", (1, 1), 3, 3, 6, 9),
    ("camera", (1,) * 7, 157, 103, 218, 1413), ("camera", (0,) * 7, 37, None, 57, 333)])
def test_shared_outputs_are_computed_once(name, skips, answering, deliveries, part_runs, plain_runs, mode):
    make, shelf, names = GRAPHS[name]
    graph = make(skips, mode)
    reach = reach_on(graph, shelf_topology(shelf))
    answers = [delivery for down in patterns(names) if (delivery := reach.delivery(down)) != EMPTY]
    assert len(answers) == answering
    assert deliveries in (None, len(set(answers)))
    assert RunPlan.of(graph, answers).part_runs == part_runs
    assert len(answers) * (len(graph.parts) - len(graph.sources)) == plain_runs


@pytest.mark.parametrize("mode", ["add", "select"])
def test_a_chain_of_twelve(mode):
    graph = chain(12, mode)
    reach = reach_on(graph, wired(graph))
    found = [reach.delivery(down) for down in patterns(list(graph.position)[1:])]
    answers = [delivery for delivery in found if delivery != EMPTY]
    assert (len(found), len(answers), len(set(answers))) == (4096, 144, 144)
    assert RunPlan.of(graph, answers).part_runs == 376


def test_over_the_wires_of_the_chain_alone_skips_are_worth_nothing():
    topology = shelf_topology("health-chain")
    for link in ("iot-fog2", "edge-fog1", "fog2-cloud"):
        topology = topology.without_link(link)
    _, probability = no_flow(reach_on(health(), topology), ["fog1", "fog2", "edge"], topology.survival("normal"))
    assert probability == pytest.approx(.125632, abs=6e-7)
