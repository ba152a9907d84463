"""Failout kills as often as it says, and a Join takes what the rule takes."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom

from simulator.dataflow.join import Join as Rule
from simulator.model.backend import arrays_of, keras
from simulator.model.layers import Failout, Join

FALSE_ALARM = 1e-6
LAYERS = [
    (Failout, {"survival": 0.8, "granularity": "batch", "seed": 3}, [(4, 5)]),
    (Failout, {"survival": 0.5, "granularity": "sample", "seed": None}, [(2, 6, 6, 3)]),
    (Join, {"groups": [[[0, 1]]], "weights": [1.0, 0.5], "needs": "any"}, [(4, 5), (4, 5), (4, 2)]),
    (Join, {"groups": [[[1], [0]], [[2, 3]]], "weights": [1.0, 2.0, 1.0, 1.0], "needs": "all"},
     [(3, 2, 2, 1)] * 4 + [(3, 4)]),
]


def call(layer, arrays, **kwargs):
    return layer(arrays[0], **kwargs) if isinstance(layer, Failout) else layer(arrays[:-1], arrays[-1], **kwargs)


@pytest.mark.parametrize(("kind", "arguments", "shapes"), LAYERS)
def test_a_layer_is_made_again_from_its_config_and_gives_the_shapes_it_states(kind, arguments, shapes):
    layer = kind(**arguments)
    config = layer.get_config()
    assert {key: config[key] for key in arguments} == arguments
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    arrays = [np.ones(shape, np.float32) for shape in shapes]
    first, second = call(layer, arrays, training=False), call(again, arrays, training=False)
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other))
    given = shapes if kind is Failout else [shapes[:-1], shapes[-1]]
    stated = layer.compute_output_shape(*given)
    assert [tuple(tensor.shape) for tensor in first] == [tuple(shape) for shape in stated]


@pytest.mark.parametrize(("kind", "arguments", "shapes"), LAYERS)
def test_a_model_with_the_layer_is_saved_and_loaded(kind, arguments, shapes, tmp_path):
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    model = keras.Model(inputs, call(kind(**arguments), inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    arrays = [np.random.Generator(np.random.PCG64(1)).random(shape, np.float32) for shape in shapes]
    for one, other in zip(model.predict_on_batch(arrays), again.predict_on_batch(arrays), strict=True):
        assert np.array_equal(one, other)


# -- Failout -----------------------------------------------------------------------------------------------------------


def draw(layer, shape, training=True):
    x = np.full(shape, 7.0, np.float32)
    return [keras.ops.convert_to_numpy(tensor) for tensor in layer(x, training=training)]


@pytest.mark.parametrize("survival", [0.2, 0.5, 0.9])
def test_failout_per_sample_lets_live_as_often_as_it_says_and_does_not_rescale(survival):
    samples = 4_000
    output, alive = draw(Failout(survival, "sample", seed=1), (samples, 3))
    low, high = binom.interval(1 - FALSE_ALARM, samples, survival)
    assert low <= alive.sum() <= high
    assert np.array_equal(output, 7.0 * np.repeat(alive, 3, axis=1))


def test_failout_per_batch_is_one_coin_for_all_samples_and_a_new_one_each_time():
    layer = Failout(0.7, "batch", seed=1)
    coins = [draw(layer, (5, 2))[1] for _ in range(400)]
    assert all(len(np.unique(alive)) == 1 for alive in coins)
    low, high = binom.interval(1 - FALSE_ALARM, 400, 0.7)
    assert low <= sum(alive[0, 0] for alive in coins) <= high


def test_two_failouts_are_independent():
    one, other = draw(Failout(0.5, seed=1), (4_000, 1))[1], draw(Failout(0.5, seed=2), (4_000, 1))[1]
    low, high = binom.interval(1 - FALSE_ALARM, 4_000, 0.25)
    assert low <= (one * other).sum() <= high


@pytest.mark.parametrize(("survival", "expected"), [(1.0, 1.0), (0.0, 0.0)])
def test_failout_at_the_ends_is_certain(survival, expected):
    for granularity in ("sample", "batch"):
        output, alive = draw(Failout(survival, granularity, seed=1), (500, 2))
        assert np.all(alive == expected)
        assert np.all(output == 7.0 * expected)


def test_failout_is_the_identity_in_inference():
    output, alive = draw(Failout(0.0, seed=1), (5, 2), training=False)
    assert np.all(output == 7.0)
    assert np.all(alive == 1)


def test_a_killed_output_is_zero_even_where_it_was_not_a_number():
    output, _ = Failout(0.0, seed=1)(np.full((3, 2), np.nan, np.float32), training=True)
    assert np.all(keras.ops.convert_to_numpy(output) == 0)


@pytest.mark.parametrize(("arguments", "told"), [
    ({"survival": 1.5}, "1.5"), ({"survival": 0.5, "granularity": "row"}, "row")])
def test_failout_refuses_what_is_no_probability_or_no_granularity(arguments, told):
    with pytest.raises(ValueError, match=told):
        Failout(**arguments)


# -- Join --------------------------------------------------------------------------------------------------------------

RULES = [
    (((0, 1, 2),),),
    (((1,), (0,)),),
    (((0,), (1, 2)), ((3,),)),
    (((3, 0), (2,), (1,)),),
]


@pytest.mark.parametrize("groups", RULES)
@pytest.mark.parametrize("needs", ["any", "all", 2])
def test_a_join_takes_what_the_rule_takes_in_every_pattern_at_once(groups, needs):
    rule = Rule(groups, needs)
    count = len(rule.edges)
    here = np.array(list(product((0.0, 1.0), repeat=count)), np.float32)
    layer = Join(groups, [1.0] * count, needs)
    tensors = [np.full((len(here), 1), 10.0**place, np.float32) for place in range(count)]
    total, available = (keras.ops.convert_to_numpy(tensor) for tensor in layer(tensors, here))
    for row, flags in enumerate(here):
        taken = rule.take({place for place in range(count) if flags[place]})
        assert total[row, 0] == sum(10.0**place for place in taken)
        assert available[row, 0] == bool(taken)


def test_a_join_multiplies_by_the_constant_weight_only_what_it_takes():
    tensors = [np.full((2, 2), value, np.float32) for value in (1, 10, 1e30)]
    total, _ = Join([[[0, 1, 2]]], [2.0, 0.5, 1.0])(tensors, np.array([[1, 1, 0], [0, 1, 0]], np.float32))
    assert keras.ops.convert_to_numpy(total).tolist() == [[7, 7], [5, 5]]


def test_a_join_refuses_groups_that_leave_an_input_out():
    with pytest.raises(ValueError, match="once"):
        Join([[[0]]], [1.0, 1.0])


@pytest.mark.parametrize(("here", "moves"), [
    ((1, 1), (False, True)), ((1, 0), (True, False)), ((0, 0), (False, False))])
def test_gradient_flows_only_through_the_branch_that_was_selected(here, moves):
    data, flags = keras.Input((3,)), keras.Input((2,))
    branches = [keras.layers.Dense(2), keras.layers.Dense(2)]
    joined, _ = Join([[[1], [0]]], [1.0, 1.0])([branch(data) for branch in branches], flags)
    model = keras.Model([data, flags], joined)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    before = [arrays_of(branch) for branch in branches]
    given = [np.ones((4, 3), np.float32), np.tile(np.float32(here), (4, 1))]
    model.train_on_batch(given, np.full((4, 2), 9.0, np.float32))
    moved = [not all(np.array_equal(old, new) for old, new in zip(was, arrays_of(branch), strict=True))
             for was, branch in zip(before, branches, strict=True)]
    assert tuple(moved) == moves
