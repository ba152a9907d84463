"""Keras networks through the estimators: the same numbers as in float64, whatever the shape of the network."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.keras_graph import read_graph
from simulator.neurons.crash_points import CrashPoint, gated
from simulator.neurons.crashes import of_neurons
from simulator.neurons.estimators.exact import exact
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.estimators.second_order import second_order
from simulator.neurons.estimators.single_crash import pair_corrected, single_crash
from simulator.neurons.keras_tail import KerasTail
from simulator.neurons.tail import DenseTail

layers = keras.layers
DICE = np.random.Generator(np.random.PCG64(1))
KERNELS = [DICE.normal(size=size) for size in ((3, 5), (5, 4), (4, 2))]
BIASES = [DICE.normal(size=kernel.shape[1]) * 0.2 for kernel in KERNELS]
SAMPLES = DICE.random((3, 3))


def sigmoid4(z):
    return keras.ops.sigmoid(4 * z)


def dense_network(activation=sigmoid4):
    start = tensor = keras.Input((3,), name="start")
    for place, name in enumerate(("one", "two", "out")):
        made = layers.Dense(KERNELS[place].shape[1], activation=activation if name != "out" else None, name=name)
        tensor = made(tensor)
        made.set_weights([KERNELS[place], BIASES[place]])
    return keras.Model(start, tensor)


@pytest.mark.parametrize("made", [first_order, second_order, single_crash, pair_corrected, exact])
def test_the_estimates_of_a_dense_network_are_those_in_float64(made):
    found = gated(read_graph(dense_network(), "model"), [CrashPoint("one", 0.1)])
    by_keras = made(KerasTail(found.model), found.rows(SAMPLES), found.crashes)
    tail = DenseTail(tuple(KERNELS[1:]), tuple(BIASES[1:]), "sigmoid")
    activations = 1 / (1 + np.exp(-4 * (SAMPLES @ KERNELS[0] + BIASES[0])))
    plain = made(tail, activations, of_neurons(5, 0.1))
    assert by_keras.mean == pytest.approx(plain.mean, rel=2e-5, abs=2e-6)
    assert by_keras.variance == pytest.approx(plain.variance, rel=2e-5, abs=2e-6)


def test_t8_crashes_at_two_layers_at_once():
    start = keras.Input((1,), name="x")
    one = layers.Dense(2, activation="relu", name="h1", kernel_initializer="ones")
    two = layers.Dense(2, activation="relu", name="h2", kernel_initializer="identity")
    out = layers.Dense(1, name="out", kernel_initializer="ones")
    found = gated(read_graph(keras.Model(start, out(two(one(start)))), "model"),
                  [CrashPoint("h1", 0.1), CrashPoint("h2", 0.1)])
    rows, tail = found.rows(np.ones((1, 1))), KerasTail(found.model)
    first, truth = first_order(tail, rows, found.crashes), exact(tail, rows, found.crashes)
    assert (first.mean.item(), first.variance.item()) == pytest.approx((-0.4, 0.36), abs=1e-6)
    assert (truth.mean.item(), truth.variance.item()) == pytest.approx((-0.38, 0.3078), abs=1e-6)


def skip_network():
    start = keras.Input((4, 4, 2), name="picture")
    stem = layers.Conv2D(3, 3, padding="same", activation="relu", name="stem")(start)
    inner = layers.Conv2D(3, 3, padding="same", activation="relu", name="inner")(stem)
    both = layers.Add(name="both")([stem, inner])
    return keras.Model(start, layers.Dense(2, name="out")(layers.Flatten(name="flat")(both)))


@pytest.mark.parametrize(("granularity", "units"), [("element", 48), ("channel", 3), ("tensor", 1)])
def test_a_crash_is_seen_by_all_that_take_the_tensor(granularity, units):
    model = skip_network()
    graph = read_graph(model, "model")
    found = gated(graph, [CrashPoint("stem", 0.2, granularity)])
    assert found.crashes.units == units
    samples = DICE.random((2, 4, 4, 2))
    rows, tail = found.rows(samples), KerasTail(found.model)
    assert tail.outputs(rows) == pytest.approx(keras.ops.convert_to_numpy(model(samples.astype("float32"))), abs=1e-5)
    stem = keras.Model(model.input, model.get_layer("stem").output)(samples.astype("float32"))
    crashed = keras.ops.convert_to_numpy(stem).copy()
    crashed[..., 0] = 0
    if granularity == "tensor":
        crashed[:] = 0
    if granularity != "element":
        inner = model.get_layer("inner")(crashed)
        wanted = model.get_layer("out")(model.get_layer("flat")(model.get_layer("both")([crashed, inner])))
        rows[:, found.inputs] = 0
        assert tail.outputs(rows) == pytest.approx(keras.ops.convert_to_numpy(wanted), abs=1e-5)


def test_points_that_cannot_be_are_told_all_at_once():
    graph = read_graph(skip_network(), "model")
    with pytest.raises(ScenarioError) as told:
        gated(graph, [CrashPoint("stm", 0.1), CrashPoint("out", 0.1), CrashPoint("both", 0.1), CrashPoint("both", 0.2)])
    text = str(told.value)
    assert "no tensor 'stm'" in text
    assert "stem" in text
    assert "'out' is an output" in text
    assert "'both' crashes twice" in text
