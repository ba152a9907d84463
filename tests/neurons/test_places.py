"""Crash points by the names of a split network; tails, gates and kernels; the same numbers whichever way they come."""

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.backend import keras
from simulator.model.keras_graph import read_graph
from simulator.neurons.blocks import CrashBlock
from simulator.neurons.crash_points import CrashPoint, gated, placed
from simulator.neurons.dense_chain import dense_tail_behind
from simulator.neurons.estimators.exact import exact
from simulator.neurons.estimators.first_order import contributions, first_order
from simulator.neurons.keras_tail import KerasTail
from simulator.neurons.places import crash_points, hidden, names

layers = keras.layers
SAMPLES = np.random.Generator(np.random.PCG64(1)).random((4, 3))


def split_network(last="linear"):
    keras.utils.set_random_seed(3)
    start = keras.Input((3,), name="iot")
    first = layers.Dense(4, activation="relu", name="any_name")
    edge_in = keras.Input((3,))
    edge = keras.Model(edge_in, first(edge_in), name="edge")
    cloud_in = keras.Input((4,))
    inner = layers.Activation("sigmoid", name="bent")(layers.Rescaling(4.0)(layers.Dense(5)(cloud_in)))
    cloud = keras.Model(cloud_in, layers.Dense(2, activation=last)(inner), name="cloud")
    model = keras.Model(start, cloud(edge(start)))
    for weight in model.weights:
        weight.assign(keras.random.normal(weight.shape, seed=4))
    return model


def test_a_tensor_is_named_by_its_part_its_number_or_its_layer():
    graph = read_graph(split_network(), "model")
    known = names(graph)
    assert known["edge"] == known["edge/1"] == known["any_name"] == "edge/any_name"
    assert known["cloud/3"] == known["bent"] == "cloud/bent"
    assert hidden(graph) == ["edge/any_name", "cloud/bent"]
    both = crash_points(graph, [CrashBlock(at="hidden", p=0.1), CrashBlock(at="inputs", p=0.2)], "here")
    assert [[point.tensor for point in points] for points in both] == [["edge/any_name", "cloud/bent"], ["iot"]]


def test_unknown_places_are_told_all_at_once():
    graph = read_graph(split_network(), "model")
    with pytest.raises(ScenarioError) as told:
        crash_points(graph, [CrashBlock(at="edge/7", p=0.1), CrashBlock(at="hiden", p=0.1)], "measure.neurons")
    assert "measure.neurons.crash[0].at: the network has no place 'edge/7'" in str(told.value)
    assert "did you mean 'hidden'?" in str(told.value)


def test_the_tail_behind_a_point_says_what_gates_in_the_whole_network_say():
    graph, point = read_graph(split_network(), "model"), CrashPoint("edge/any_name", 0.2)
    behind, gates = placed(graph, [point], SAMPLES), gated(graph, [point])
    assert behind.cut == "edge/any_name"
    assert behind.activations.shape == (4, 4)
    for made in (first_order, exact):
        short = made(behind.tail, behind.activations, behind.crashes)
        long = made(KerasTail(gates.model), gates.rows(SAMPLES), gates.crashes)
        assert short.mean == pytest.approx(long.mean, abs=1e-6)
        assert short.variance == pytest.approx(long.variance, abs=1e-6)


def test_dense_layers_behind_a_point_are_read_with_their_slope():
    graph = read_graph(split_network(), "model")
    tail = dense_tail_behind(graph, "edge/any_name")
    assert (tail.activation, tail.lipschitz) == ("sigmoid", 1.0)
    behind = placed(graph, [CrashPoint("edge/any_name", 0.2)], SAMPLES)
    assert tail.outputs(behind.activations) == pytest.approx(behind.tail.outputs(behind.activations), abs=1e-5)


@pytest.mark.parametrize(("last", "at"), [("softmax", "edge/any_name"), ("linear", "iot")])
def test_what_is_no_dense_tail_is_none(last, at):  # a last softmax; relu and then sigmoid
    assert dense_tail_behind(read_graph(split_network(last), "model"), at) is None


def weights_of_t2():
    start = keras.Input((2,), name="x")
    one = layers.Dense(2, activation="relu", name="h1", kernel_initializer="identity")
    out = layers.Dense(2, name="out")
    model = keras.Model(start, out(one(start)))
    out.set_weights([np.array([[1.0, 2.0], [-1.0, 0.0]]), np.zeros(2)])
    return read_graph(model, "model")


def test_t2_crashes_of_single_weights():
    found = placed(weights_of_t2(), [CrashPoint("out", 0.1, "weight")], np.ones((1, 2)))
    assert found.units == (4,)
    truth, first = (made(found.tail, found.activations, found.crashes) for made in (exact, first_order))
    assert truth.variance[0] == pytest.approx([0.18, 0.36], abs=1e-6)
    assert first.variance[0] == pytest.approx([0.18, 0.36], abs=1e-6)
    assert truth.mean[0] == pytest.approx([0, -0.2], abs=1e-6)


def test_weights_add_up_to_what_their_neurons_contribute():
    graph = read_graph(split_network(), "model")
    (name,) = [name for name in graph.graph.tensors if name.startswith("cloud/dense") and graph.shape(name) == (5,)]
    kernel = placed(graph, [CrashPoint(name, 0.1, "weight")], SAMPLES)
    neurons = placed(graph, [CrashPoint("edge/any_name", 0.1)], SAMPLES)
    by_weight = contributions(kernel.tail, kernel.activations, kernel.crashes).reshape(4, 2, 4, 5).sum(axis=3)
    by_neuron = contributions(neurons.tail, neurons.activations, neurons.crashes)
    assert by_weight == pytest.approx(by_neuron, abs=1e-5)


def test_weights_crash_only_where_there_is_a_dense_layer():
    with pytest.raises(ScenarioError, match="'cloud/bent' is not made by a dense layer"):
        placed(read_graph(split_network(), "model"), [CrashPoint("cloud/bent", 0.1, "weight")], SAMPLES)


def test_points_keep_their_order_whatever_they_are():
    graph = weights_of_t2()
    found = placed(graph, [CrashPoint("out", 0.3, "weight"), CrashPoint("h1", 0.1)], np.ones((1, 2)))
    assert found.units == (4, 2)
    assert found.crashes.probability.tolist() == [0.3] * 4 + [0.1] * 2
    rows = found.activations * found.crashes.survivors(np.array([[False] * 4 + [True, False]]))
    assert found.tail.outputs(rows)[0] == pytest.approx([-1, 0], abs=1e-6)  # neuron 0 of h1 is gone
