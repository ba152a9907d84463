"""A network in pieces computes what the whole computes, and its costs are the published ones."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.pieces import adapter_model
from simulator.model.runner import KerasRunner
from simulator.model.work import work_flop
from tests.support.models import answers, edges_up, run_by_parts, shelf_model, split_model, tiny, tiny_with

DICE = np.random.Generator(np.random.PCG64(7))
STRATEGIES = ("vanilla", "dfg", "resilinet", "resilinet_plus", "select")


@pytest.mark.parametrize(("name", "shape", "classes", "strategy", "deliveries"), [
    *(("health-mlp", (23,), 13, strategy, 1 if strategy == "vanilla" else 5) for strategy in STRATEGIES),
    ("camera-mlp", (6, 4, 4, 3), 3, "resilinet", 103),
    pytest.param("camera-mlp", (6, 4, 4, 3), 3, "dfg", 103, marks=pytest.mark.slow),
    ("cnn-small", (32, 32, 3), 10, "resilinet", 3),
    ("cnn-small", (31, 31, 3), 10, "dfg", 3),
])
def test_part_by_part_equals_the_whole_network_told_which_edges_are_up(name, shape, classes, strategy, deliveries):
    split = split_model(shelf_model(name), strategy, shape, classes, seed=3)
    samples = 4
    x = DICE.random((samples, *shape), dtype=np.float32)
    runner, deads = KerasRunner(split, x), answers(split.graph)
    assert len(deads) == deliveries
    told = np.repeat([edges_up(split.graph, dead) for dead in deads], samples, axis=0)
    given = {**split.inputs_of(np.concatenate([x] * len(deads))), "edges_up": told}
    whole = split.told_model.predict_on_batch(given)[split.graph.exits[0]]
    parts = [run_by_parts(runner, split.graph, dead, np.arange(samples)) for dead in deads]
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-6
    assert len({output.tobytes() for output in parts}) == deliveries  # different deliveries give different answers


def test_the_training_model_in_inference_is_the_network_with_everything_up():
    split = split_model(tiny(), "resilinet", (4,), 3, failout=tiny().failout, seed=3)
    x = DICE.random((5, 4), dtype=np.float32)
    whole = split.training_model.predict_on_batch(split.inputs_of(x))["cloud"]
    assert np.allclose(whole, run_by_parts(KerasRunner(split, x), split.graph, frozenset(), np.arange(5)), atol=1e-6)


def test_resilinet_with_everything_up_is_vanilla_with_the_same_seed():
    x = DICE.random((5, 4), dtype=np.float32)
    outputs = [run_by_parts(KerasRunner(split, x), split.graph, frozenset(), np.arange(5))
               for split in (split_model(tiny(), strategy, (4,), 3, seed=5) for strategy in ("vanilla", "select"))]
    assert np.array_equal(*outputs)


def test_only_a_strategy_with_failout_has_failout_and_neither_sources_nor_exits_die():
    model = tiny()
    assert split_model(model, "dfg", (4,), 3).failouts == {}
    assert set(split_model(model, "resilinet", (4,), 3, failout=model.failout).failouts) == {"edge", "fog"}


def test_failout_of_a_part_reaches_all_its_consumers_and_their_adapters():
    """With the edge always dead, the fog takes the sensor's skip and the cloud the fog: no gradient to the edge."""
    model = tiny(failout={"survival": {"edge": 0.0}})
    split = split_model(model, "resilinet", (4,), 3, failout=model.failout, seed=1)
    before = split.weights
    split.training_model.compile(optimizer=keras.optimizers.SGD(0.5), loss={"cloud": "sparse_categorical_crossentropy"})
    split.training_model.train_on_batch(split.inputs_of(np.ones((8, 4), np.float32)), {"cloud": np.zeros(8, np.int64)})
    moved = {name.split(":")[0] for name, array in split.weights.items() if not np.array_equal(array, before[name])}
    assert moved == {"iot->fog", "fog", "cloud"}


# -- counts: ResiliNet's models, in MAC --------------------------------------------------------------------------------


@pytest.mark.parametrize(("strategy", "weights"), [("vanilla", 574_013), ("dfg", 580_013), ("resilinet", 580_013)])
def test_health_has_the_published_number_of_weights(strategy, weights):
    assert split_model(shelf_model("health-mlp"), strategy, (23,), 13).count_params() == weights


def test_health_has_the_published_work_and_bytes():
    costs = split_model(shelf_model("health-mlp"), "resilinet", (23,), 13).costs()
    macs = {"iot": 5_750, "edge": 5_750, "fog2": 125_000, "fog1": 187_500, "cloud": 253_250}
    assert costs.work_flop == {part: 2 * mac for part, mac in macs.items()}
    assert costs.payload_bytes.pop("iot->edge") == 92
    assert set(costs.payload_bytes.values()) == {1_000}
    assert costs.memory_bytes["edge"] == 4 * (6_000 + 250)


def test_camera_has_the_published_weights_work_and_bytes():
    split = split_model(shelf_model("camera-mlp"), "resilinet", (6, 32, 32, 3), 3)
    costs = split.costs()
    assert split.count_params() == 109_379
    assert split.adapters == {}
    assert {part: work / 2 for part, work in costs.work_flop.items() if work} == {
        **dict.fromkeys(("e1", "e2", "e3", "e4"), 98_304), "f3": 1_048_576,
        **dict.fromkeys(("f4", "f2", "f1"), 2_097_152), "c": 3_244_032}
    for edge, sent in costs.payload_bytes.items():
        assert sent == (12_288 if edge.startswith("cam") else 131_072)


def test_an_adapter_runs_at_the_sender_and_its_bytes_are_those_after_it():
    costs = split_model(shelf_model("cnn-small"), "resilinet", (32, 32, 3), 10).costs()
    assert costs.payload_bytes["iot->edge"] == 4 * 32 * 32 * 3
    assert costs.payload_bytes["iot->fog"] == 4 * 16 * 16 * 16
    assert costs.work_flop["iot"] == 2 * 16 * 16 * 16 * 3


@pytest.mark.parametrize(("layer", "shape", "flop"), [
    (keras.layers.Dense(7), (5, 3), 2 * 5 * 3 * 7),
    (keras.layers.Conv2D(8, 3, strides=2, padding="same"), (9, 9, 4), 2 * 25 * 8 * 9 * 4),
    (keras.layers.Conv2D(8, 3, padding="same", groups=2), (9, 9, 4), 2 * 81 * 8 * 9 * 2),
    (keras.layers.Conv2DTranspose(8, 2, strides=2), (5, 5, 4), 2 * 25 * 4 * 4 * 8),
    (keras.layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2), (9, 9, 4), 2 * 81 * 9 * 4 * 2),
    (keras.layers.SeparableConv2D(6, 3, padding="same"), (9, 9, 4), 2 * 81 * (9 * 4 + 4 * 6)),
    (keras.layers.ReLU(), (9, 9, 4), 324),
    (keras.layers.MaxPooling2D(3), (9, 9, 4), 324),
    (keras.layers.Flatten(), (9, 9, 4), 0),
])
def test_the_work_of_a_layer_is_two_flop_per_multiply_accumulate(layer, shape, flop):
    start = keras.Input(shape)
    assert work_flop(keras.Model(start, layer(start))) == flop


# -- adapters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "target"), [
    ((23,), (250,)), ((32, 32, 3), (16, 16, 32)), ((31, 31, 96), (7, 7, 384)), ((31, 31, 96), (8, 8, 8)),
    ((4, 4, 2), (9, 9, 2)), ((50, 6), (25, 8)), ((50, 6), (64,)), ((12,), (2, 3)), ((8, 8, 3), (10, 4)),
    ((16, 8, 3), (4, 4, 3)),
])
def test_an_adapter_lands_in_the_exact_shape_and_is_linear(shape, target):
    adapter = adapter_model("a->b", shape, target)
    x = DICE.random((2, *shape), dtype=np.float32)
    zero, one, two = (np.asarray(adapter.predict_on_batch(k * x)) for k in (0, 1, 2))
    assert one.shape == (2, *target)
    assert np.allclose(two - one, one - zero, atol=1e-5)


def test_no_adapter_where_the_shapes_are_equal():
    assert adapter_model("a->b", (4, 4, 2), (4, 4, 2)) is None


# -- what a user can get wrong -----------------------------------------------------------------------------------------

MISTAKES = [
    (tiny_with("edge", {"layer": "Dens", "units": 5}), ["parts.edge.layers[0]", "'Dens'", "did you mean 'Dense'?"]),
    (tiny_with("edge", {"layer": "Dense", "unit": 5}), ["parts.edge.layers[0]", "'unit'", "did you mean 'units'?"]),
    (tiny_with("edge", {"layer": "Dense"}), ["parts.edge.layers[0]", "units"]),
    (tiny_with("edge", {"layer": "Dense", "units": -1}), ["parts.edge.layers[0]", "-1"]),
    (tiny_with("edge", {"layer": "Dense", "units": 5, "activation": "rleu"}), ["parts.edge.layers[0]", "rleu"]),
    (tiny_with("edge", {"units": 5}), ["does not say which layer", "write layer: Dense"]),
    (tiny_with("edge", {"layer": "Lambda", "function": "abs"}), ["'Lambda'", "can be used here"]),
    (tiny_with("edge", {"layer": "Conv2D", "filters": 2, "kernel_size": 3}),
     ["'Conv2D' does not fit its input of shape (4,)"]),
    (tiny_with("edge"), ["parts.edge", "has no layers"]),
    (tiny_with("cloud", {"layer": "Dense", "units": 4}), ["parts.cloud.layers", "3 classes", "units: classes"]),
    (tiny(failout={"survival": {"edgy": 0.5}}), ["failout.survival.edgy", "did you mean 'edge'?"]),
    (tiny(sources={"iot": {"take": 1}}), ["sources.iot.take", "1 is not an index"]),
]


@pytest.mark.parametrize(("model", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_the_way_out(model, told):
    with pytest.raises(ScenarioError) as caught:
        split_model(model, "resilinet", (4,), 3, failout=model.failout)
    for words in told:
        assert words in str(caught.value)


def test_all_mistakes_are_told_at_once():
    parts = {"edge": {"layers": [{"layer": "Dens"}, {"layer": "Dense", "unit": 3}]},
             "fog": {"layers": [{"layer": "ReLU"}]},
             "cloud": {"exit": True, "layers": [{"layer": "Dense", "units": 2}]}}
    with pytest.raises(ScenarioError) as caught:
        split_model(tiny(parts=parts, failout={"survival": {"x": 1}}), "dfg", (4,), 3, failout=tiny(
            failout={"survival": {"x": 1}}).failout)
    assert [problem.place for problem in caught.value.problems] == [
        "failout.survival.x", "parts.edge.layers[0]", "parts.edge.layers[1]"]


def test_weights_of_another_model_are_refused():
    split, other = split_model(tiny(), "dfg", (4,), 3), split_model(tiny(), "dfg", (5,), 3)
    with pytest.raises(ValueError, match="another model"):
        split.load(other.weights)
