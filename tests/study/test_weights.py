"""The literature's weight schemes, computed through the shelf: scenario, cells, assembly, part graph."""

from __future__ import annotations

import pytest
from small import assemblies

import simulator
from simulator.errors import ScenarioError

HEALTH, CNN, CAMERA = ("health-hyperconnection-weight", "cifar-resnet-hyperconnection-weight",
                       "camera-hyperconnection-weight")
SETTING = "failures.0.survival"
NUMBER = {"ones": 1, "normalised_survival": 2, "survival": 3, "uniform": 4, "uniform_10": 5, "half": 6}
RANDOM = {"uniform": 1, "uniform_10": 10}
DIGITS = 5e-5  # of the worked values


def weights(name, **changes):
    """Return the weight of each hyperconnection by name, in the only cell."""
    assembly, = assemblies(simulator.load(name, set={"sweep": {}, "repeats": 1, "strategy": "dfg", **changes}))
    return {edge.name: edge.weight for edge in assembly.graph.edges}


# Normalised survival under normal, poor and hazardous, as worked out in the specification of the reference, section 3.
WORKED = [
    (HEALTH, "iot->edge", (1, 1, 1)),
    (HEALTH, "iot->fog2", (.5208, .5348, .5618)), (HEALTH, "edge->fog2", (.4792, .4652, .4382)),
    (HEALTH, "edge->fog1", (.4894, .4888, .4937)), (HEALTH, "fog2->fog1", (.5106, .5112, .5063)),
    (HEALTH, "fog2->cloud", (.4923, .4892, .4848)), (HEALTH, "fog1->cloud", (.5077, .5108, .5152)),
    (CNN, "iot->edge", (1, 1, 1)),
    (CNN, "iot->fog", (.5102, .5263, .5556)), (CNN, "edge->fog", (.4898, .4737, .4444)),
    (CNN, "edge->cloud", (.4948, .4865, .4848)), (CNN, "fog->cloud", (.5052, .5135, .5152)),
]


@pytest.mark.parametrize(("name", "edge", "expected"), WORKED)
def test_normalised_survival_has_the_worked_values(name, edge, expected):
    found = [weights(name, weights=2, **{SETTING: setting})[edge] for setting in ("normal", "poor", "hazardous")]
    assert found == pytest.approx(expected, abs=DIGITS)


CAMERA_SURVIVAL = {
    "normal": dict(f1=.99, f2=.99, f3=.99, f4=.99, e1=.98, e2=.98, e3=.98, e4=.98),
    "poor": dict(f1=.95, f2=.95, f3=.9, f4=.9, e1=.8, e2=.8, e3=.75, e4=.75),
    "hazardous": dict(f1=.8, f2=.8, f3=.75, f4=.75, e1=.7, e2=.7, e3=.65, e4=.65),
}


def camera_by_hand(survival, scheme):
    """Return the camera's table of section 3 without the cameras' own hyperconnections."""
    into = {"f2": ("f3", "f4", "e1", "e2", "e3", "e4"), "f1": ("f2", "f3", "f4"), "f4": ("e2", "e3", "e4"),
            "c": ("f1", "f2"), "f3": ("e1",)}
    return {f"{source}->{target}": survival[source] / (sum(map(survival.get, sources)) if scheme == 2 else 1)
            for target, sources in into.items() for source in sources}


@pytest.mark.parametrize("scheme", [2, 3])
@pytest.mark.parametrize("setting", CAMERA_SURVIVAL)
def test_the_camera_has_the_weights_of_the_table(setting, scheme):
    found = weights(CAMERA, weights=scheme, **{SETTING: setting})
    expected = camera_by_hand(CAMERA_SURVIVAL[setting], scheme)
    assert {name: weight for name, weight in found.items() if not name.startswith("cam")} == pytest.approx(expected)
    assert {weight for name, weight in found.items() if name.startswith("cam")} == {1.0}
    assert found["e1->f3"] == (1.0 if scheme == 2 else CAMERA_SURVIVAL[setting]["e1"])


def test_survival_is_that_of_the_sender():
    assert weights(HEALTH, weights="survival", **{SETTING: "poor"}) == {
        "iot->edge": 1, "iot->fog2": 1, "edge->fog2": .87, "edge->fog1": .87, "fog2->fog1": .91, "fog2->cloud": .91,
        "fog1->cloud": .95}


@pytest.mark.parametrize("name", [HEALTH, CNN])
def test_of_two_that_never_fail_each_has_a_half(name):
    found = weights(name, weights=2, **{SETTING: "no_failure"})
    assert found.pop("iot->edge") == 1
    assert {weight for edge, weight in found.items() if not edge.startswith("picture")} == {0.5}


@pytest.mark.parametrize("name", NUMBER)
def test_a_number_means_the_scheme_of_that_name(name):
    by_name = weights(HEALTH, weights=name)
    assert by_name == weights(HEALTH, weights=NUMBER[name])
    assert by_name.pop("iot->edge") == 1  # a part that only sensors feed takes their data as they are
    constant = {"ones": 1.0, "half": 0.5}
    if name in constant:
        assert set(by_name.values()) == {constant[name]}


def test_random_weights_are_reproducible_in_range_and_others_for_each_seed():
    for scheme, highest in RANDOM.items():
        drawn = [weights(CAMERA, weights=scheme, seed=seed) for seed in (1, 1, 2)]
        assert drawn[0] == drawn[1] != drawn[2]
        mine = [weight for name, weight in drawn[0].items() if not name.startswith("cam")]
        assert len(set(mine)) == len(mine) == 15
        assert all(0 <= weight <= highest for weight in mine)
        assert max(mine) > 0.7 * highest  # wrong with probability 0.7^15 = 0.005, once and for all


def test_each_repeat_draws_its_own_random_weights_and_each_setting_the_same():
    some = {"sweep": {"weights": ["uniform"], SETTING: ["normal", "poor"]}, "repeats": 3, "strategy": "dfg"}
    found = [tuple(edge.weight for edge in one.graph.edges) for one in assemblies(simulator.load(HEALTH, set=some))]
    assert [found[0], found[2], found[4]] == [found[1], found[3], found[5]]
    assert len(set(found)) == 3


@pytest.mark.parametrize("scheme", NUMBER)
def test_leaving_skips_out_changes_no_other_weight(scheme):
    whole = weights(CAMERA, weights=scheme)
    some = weights(CAMERA, weights=scheme, skips=["e1->f2", "f2->c"])
    assert set(whole) - set(some) == {"f3->f1", "f4->f1", "e2->f2", "e3->f2", "e4->f2"}
    assert some == {name: whole[name] for name in some}


@pytest.mark.parametrize("scheme", NUMBER)
def test_vanilla_has_nothing_to_weigh(scheme):
    assert set(weights(CAMERA, weights=scheme, strategy="vanilla").values()) == {1.0}


def test_given_weights_are_those_of_the_file():
    assert set(weights(HEALTH, weights="given").values()) == {1.0}


def test_a_scheme_that_looks_at_survival_is_refused_where_none_is_stated():
    scripted = {"failures": [{"kind": "scripted", "outages": [{"component": "fog1", "from": "1 s", "to": "2 s"}]}]}
    with pytest.raises(ScenarioError, match="needs the survival of every node") as refused:
        weights(HEALTH, weights="survival", **scripted)
    assert refused.value.problems[0].place == "weights: survival"
    assert weights(HEALTH, weights="half", **scripted)["edge->fog2"] == 0.5
