"""Section 1.6 of the reference through the shelf: model, subset of skips, setting, exact patterns, deliveries."""

from __future__ import annotations

from functools import cache

import pytest
from small import assemblies

import simulator
from simulator.dataflow.graph import EMPTY
from simulator.expect import exact

SETTINGS = ("normal", "poor", "hazardous")
SCENARIO = {"health": "health-skip-sensitivity", "resnet": "cifar-resnet-skip-sensitivity",
            "mobilenet": "cifar-mobilenet-skip-sensitivity", "imagenet": "imagenet-average-accuracy",
            "camera": "camera-skip-sensitivity"}
CNN_SKIPS = ["edge->cloud", "iot->fog"]
SKIPS = {"health": ["fog2->cloud", "edge->fog1", "iot->fog2"], "resnet": CNN_SKIPS, "mobilenet": CNN_SKIPS,
         "imagenet": CNN_SKIPS,
         "camera": ["f2->c", "f3->f1", "f4->f1", "e1->f2", "e2->f2", "e3->f2", "e4->f2"]}
CNN = [  # skip configuration in that order, patterns without flow, with flow, P(no flow): normal, poor, hazardous
    ((0, 0), 3, 1, .0592, .145, .32), ((0, 1), 2, 2, .02, .05, .15), ((1, 0), 2, 2, .04, .10, .20),
    ((1, 1), 1, 3, .0008, .005, .03)]
GOLDEN = [
    *(("resnet", *row) for row in CNN), *(("mobilenet", *row) for row in CNN),
    *(("imagenet", *row) for row in CNN[::3]),
    ("health", (0, 0, 0), 7, 1, .125632, .247885, .4696), ("health", (0, 0, 1), 6, 2, .0496, .1355, .32),
    ("health", (1, 0, 0), 6, 2, .1168, .2083, .376), ("health", (0, 1, 1), 5, 3, .013168, .061115, .1874),
    ("health", (1, 1, 0), 5, 3, .080368, .133915, .2434), ("health", (1, 1, 1), 3, 5, .003568, .015615, .0674),
    ("camera", (0,) * 7, 219, 37, .020192, .125613, .444379),
    ("camera", (1, 1, 1, 1, 0, 0, 0), 127, 129, .000301, .025117, .12771),
    ("camera", (1, 0, 0, 0, 0, 0, 1), 158, 98, .010006, .059643, .243724),
    ("camera", (0, 0, 0, 0, 0, 0, 1), 207, 49, .019906, .10666, .394979),
    ("camera", (1,) * 7, 99, 157, .000103, .006355, .069915),
]


@cache
def asked(model, bits, strategy="resilinet"):
    """Return, for each setting, patterns and their deliveries."""
    chosen = [name for name, bit in zip(SKIPS[model], bits, strict=True) if bit]
    of = {"sweep": {"failures.0.survival": list(SETTINGS)}, "repeats": 1, "skips": chosen, "strategy": strategy}
    found = []
    for assembly in assemblies(simulator.load(SCENARIO[model], set=of)):
        patterns = exact.enumerate_patterns(assembly.process, 12)
        found.append((patterns, [assembly.reach.delivery(down) for down in patterns.down()]))
    return found


def no_flow(patterns, deliveries):
    return exact.probability_of_deliveries(patterns.probability, deliveries).get(EMPTY, 0.0)


@pytest.mark.parametrize(("model", "bits", "without", "evaluations", "normal", "poor", "hazardous"), GOLDEN)
def test_no_information_flow(model, bits, without, evaluations, normal, poor, hazardous):
    found = asked(model, bits)
    assert [deliveries.count(EMPTY) for _, deliveries in found] == [without] * 3
    assert [len(deliveries) - deliveries.count(EMPTY) for _, deliveries in found] == [evaluations] * 3
    assert [no_flow(*one) for one in found] == pytest.approx((normal, poor, hazardous), abs=6e-7)


@pytest.mark.parametrize("model", SKIPS)
def test_no_skips_are_vanilla_whatever_the_strategy_says_of_joins(model):
    none = tuple(0 for _ in SKIPS[model])
    every = tuple(1 for _ in SKIPS[model])
    wanted = [no_flow(*one) for one in asked(model, none)]
    assert [no_flow(*one) for one in asked(model, every, "vanilla")] == pytest.approx(wanted, abs=1e-15)
    assert [no_flow(*one) for one in asked(model, none, "dfg")] == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize("strategy", ["dfg", "resilinet_plus", "select"])
@pytest.mark.parametrize("model", SKIPS)
def test_how_joins_combine_does_not_change_when_nothing_flows(model, strategy):
    every = tuple(1 for _ in SKIPS[model])
    for one, other in zip(asked(model, every, strategy), asked(model, every), strict=True):
        assert [delivery == EMPTY for delivery in one[1]] == [delivery == EMPTY for delivery in other[1]]


ALL_UP = {"health": (.874368, .752115, .5304), "resnet": (.9408, .855, .68), "mobilenet": (.9408, .855, .68),
          "imagenet": (.9408, .855, .68), "camera": (.886023, .263169, .074529)}


@pytest.mark.parametrize("model", ALL_UP)
def test_all_alive(model):
    found = asked(model, tuple(1 for _ in SKIPS[model]))
    assert [patterns.probability[0] for patterns, _ in found] == pytest.approx(ALL_UP[model], abs=6e-7)
    assert [patterns.probability.sum() for patterns, _ in found] == pytest.approx([1, 1, 1], abs=1e-12)


ONLY = [("health", "fog1", (.008832, .039585, .0936)), ("health", "fog2", (.036432, .074385, .1326)),
        ("health", "edge", (.076032, .112385, .1496)),
        *((model, node, values) for model in ("resnet", "mobilenet", "imagenet")
          for node, values in (("fog", (.0192, .045, .12)), ("edge", (.0392, .095, .17))))]


@pytest.mark.parametrize(("model", "node", "expected"), ONLY)
def test_only_that_node_is_dead(model, node, expected):
    found = asked(model, tuple(1 for _ in SKIPS[model]))
    only = [patterns.probability[1 << patterns.components.index(node)] for patterns, _ in found]
    assert only == pytest.approx(expected, abs=6e-7)


def test_what_flows_with_all_skips():
    (patterns, deliveries), *_ = asked("health", (1, 1, 1))
    answered = {down for down, delivery in zip(patterns.down(), deliveries, strict=True) if delivery != EMPTY}
    dead = ({"fog1"}, {"fog2"}, {"edge"}, {"fog1", "edge"})  # 011, 101, 110, 010 in the order fog1, fog2, edge
    assert answered == {frozenset(), *map(frozenset, dead)}
    (patterns, deliveries), *_ = asked("resnet", (1, 1))
    assert [down for down, delivery in zip(patterns.down(), deliveries, strict=True) if delivery == EMPTY] == [
        frozenset({"edge", "fog"})]


@pytest.mark.parametrize("model", SKIPS)
def test_a_skip_never_makes_an_answer_less_likely(model):
    skips = len(SKIPS[model])
    grown = [tuple(int(place < count) for place in range(skips)) for count in range(skips + 1)]
    for setting in range(3):
        chances = [no_flow(*asked(model, bits)[setting]) for bits in grown]
        assert chances == sorted(chances, reverse=True)
