"""A sweep over random orders of skips: its subsets, and what is wrong with one."""

import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.expect.coalitions import coalitions_along
from simulator.model.graph import skip_names
from simulator.scenario.designs import orders_drawn
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
