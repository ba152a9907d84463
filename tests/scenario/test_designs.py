"""A sweep over random orders of skips: its subsets, and what is wrong with one."""

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.expect.coalitions import coalitions_along
from simulator.model.graph import skip_names
from simulator.scenario.designs import orders_drawn
from simulator.scenario.identity import cell_hash
from simulator.scenario.variants import variants

DESIGN = {"design": "permutations", "count": 2}


def loaded(**overrides):
    return simulator.load("which-skips-camera", overrides)


def test_cells_are_the_subsets_met_along_each_order_and_its_reverse():
    one = loaded(**{"sweep": {"skips": DESIGN}, "repeats": 1})
    names = skip_names(one.model)
    assert len(names) == 7
    drawn = orders_drawn(one.scenario, one.model)
    met = {frozenset(names[i] for i in range(7) if row >> i & 1)
           for orders in drawn for order in orders for row in coalitions_along(order)}
    cells = variants(one)
    texts = [cell.label["skips"] for cell in cells]
    assert texts[:2] == ["none", "all"]
    assert {frozenset({"none": (), "all": names}.get(t, t.split())) for t in texts} == met
    assert len(cells) == len(met) <= 26
    for orders in drawn:
        assert tuple(orders[0]) == tuple(reversed(orders[1]))


def test_the_same_seed_draws_the_same_orders_and_another_one_others():
    same = [orders_drawn(one.scenario, one.model) for one in (loaded(), loaded())]
    other = loaded(seed="5")
    assert same[0] == same[1] != orders_drawn(other.scenario, other.model)


@pytest.mark.parametrize(("sweep", "told"), [
    ({"strategy": DESIGN}, "a design chooses subsets of skips"),
    ({"skips": {"design": "permutations", "count": 1}}, "count"),
    ({"skips": {"design": "permutation", "count": 2}}, "permutation"),
])
def test_a_wrong_design_is_refused_with_its_place(sweep, told):
    with pytest.raises(ScenarioError) as refused:
        loaded(**{"sweep": sweep, "repeats": 1})
    text = str(refused.value)
    assert told in text and "sweep" in text


@pytest.mark.parametrize(("key", "value", "told"), [
    ("errors", [{"kind": "bit_flips", "per_bit": 0.1}], "silent errors"),
    ("policy.no_answer", "exclude", "exclude"),
    ("placement", {"edge": ["edge", "fog2"]}, "several nodes"),
])
def test_what_does_not_go_with_the_sensitivity_of_hyperconnections_is_told(key, value, told):
    with pytest.raises(ScenarioError) as refused:
        simulator.load("which-skips", {key: value})
    assert told in str(refused.value)


def test_sensitivity_needs_a_network():
    with pytest.raises(ScenarioError) as refused:
        simulator.load("queue", {"measure": [{"sensitivity": {"of": "hyperconnections"}}]})
    assert "needs a network" in str(refused.value)


def points(sweep, **more):
    """Return the cells of a scenario without a network at the points of a sweep."""
    return variants(simulator.load("queue", {"sweep": sweep, **more}))


def test_a_range_has_both_ends_and_even_steps_or_ratios():
    linear = points({"policy.deadline": {"from": "10 ms", "to": "200 ms", "steps": 5}})
    assert [cell.scenario.policy.deadline_ns for cell in linear] == [10_000_000, 57_500_000, 105_000_000, 152_500_000,
                                                                     200_000_000]
    assert [cell.label["policy.deadline"] for cell in linear][:2] == ["10 ms", "57.5 ms"]
    ratios = points({"policy.deadline": {"from": "10 ms", "to": "1 s", "steps": 3, "scale": "log"}})
    assert [cell.scenario.policy.deadline_ns for cell in ratios] == [10**7, 10**8, 10**9]


def test_labels_name_cells_and_change_no_identity():
    plain = points({"policy.deadline": ["8 s", "9 s"]})
    named = points({"policy.deadline": {"values": ["8 s", "9 s"], "labels": ["short", "long"]}})
    assert [cell.label for cell in named] == [{"policy.deadline": "short"}, {"policy.deadline": "long"}]
    assert [cell_hash(cell) for cell in named] == [cell_hash(cell) for cell in plain]


def test_axes_that_go_together_make_one_axis():
    over = {"policy.deadline": ["8 s", "9 s"], "workload.requests": [10, 20]}
    found = points({"sizes": {"design": "zip", "over": over}, "seed": [1, 2]})
    assert [tuple(cell.label.values()) for cell in found] == [
        ("8 s", "10", "1"), ("8 s", "10", "2"), ("9 s", "20", "1"), ("9 s", "20", "2")]
    named = points({"sizes": {"design": "zip", "over": over, "labels": ["small", "large"]}})
    assert [cell.label for cell in named] == [{"sizes": "small"}, {"sizes": "large"}]
    assert [cell_hash(cell) for cell in named] == [cell_hash(cell) for cell in found][::2]


OVER = {"policy.deadline": {"from": "1 s", "to": "21 s"}, "workload.requests": {"from": 100, "to": 1100, "whole": True}}


def drawn(design, count, over=None, name="lhs", **more):
    """Return the deadlines in seconds and the requests of drawn points."""
    cells = points({name: {"design": design, "count": count, "over": over or OVER}}, **more)
    return ([cell.scenario.policy.deadline_ns / 1e9 for cell in cells],
            [cell.scenario.workload.requests for cell in cells])


def test_a_latin_hypercube_has_one_point_in_each_slice_of_every_range():
    deadlines, requests = drawn("latin_hypercube", 20)
    assert sorted(int((value - 1) / 1) for value in deadlines) == list(range(20))
    assert sorted(int((value - 100) / 50) for value in requests) == list(range(20))
    alone, _ = drawn("random", 20)
    assert sorted(int((value - 1) / 1) for value in alone) != list(range(20))
    assert all(1 <= value <= 21 for value in alone)


def test_draws_depend_on_seed_and_name_and_on_no_other_setting():
    first, _ = drawn("random", 5)
    backwards = dict(reversed(OVER.items()))
    assert drawn("random", 5, over=backwards)[0] == first == drawn("random", 5, over={
        "policy.deadline": OVER["policy.deadline"]})[0]
    assert drawn("random", 5, name="other")[0] != first != drawn("random", 5, seed=2)[0]
    assert drawn("random", 9)[0][:5] == first


@pytest.mark.parametrize(("sweep", "told"), [
    ({"policy.deadline": {"from": "10 ms", "to": "200 ms"}}, "sweep.policy.deadline: key 'steps' is missing"),
    ({"policy.deadline": {"from": "10 ms", "to": "2 B", "steps": 5}}, "'2 B' is a size, not a duration"),
    ({"policy.deadline": {"from": "1 B", "to": "2 B", "steps": 5}},
     "sweep.policy.deadline.to: '2 B' is a size, not a duration"),
    ({"workload.requests": {"from": 1, "to": 4, "whole": True, "steps": 9}}, "fewer whole numbers from 1 to 4"),
    ({"policy.deadline": {"values": ["8 s", "9 x"], "labels": ["a", "b"]}}, "sweep.policy.deadline.values.1: '9 x'"),
    ({"policy.deadline": {"values": ["8 s", "9 s"], "labels": ["a"]}}, "there are 1 labels for 2 values"),
    ({"policy.deadline": {"values": ["8 s", "9 s"], "labels": ["a", "a"]}}, "two values have one label"),
    ({"policy.deadline": {"design": "latin", "count": 3}}, "unknown design 'latin'; known: 'latin_hypercube'"),
    ({"a": {"design": "zip", "over": {"policy.deadline": ["8 s"], "seed": [1, 2]}}}, "cannot go together"),
    ({"a": {"design": "zip", "over": {"workload.request": [1]}}},
     "sweep.a.over.workload.request.0: unknown key 'request'"),
    ({"seed": [1], "a": {"design": "zip", "over": {"seed": [1]}}}, "'seed' is varied by the sweep's 'seed' too"),
    ({"a": {"design": "random", "count": 1, "over": OVER}}, "sweep.a.count: 1 must be >= 2"),
    ({"a": {"design": "random", "count": 2, "over": {"repeats": {"from": 1, "to": 2}}}},
     "a sweep cannot vary 'repeats'"),
])
def test_a_wrong_axis_is_refused_with_its_place(sweep, told):
    with pytest.raises(ScenarioError) as refused:
        points(sweep)
    assert told in str(refused.value)
