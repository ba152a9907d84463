"""Smooth ReLUs in somebody else's network: how far from ReLUs, everywhere, and nothing else moves."""

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.keras_graph import piece_between, read_graph
from simulator.model.smooth import SmoothReLU, smoothed

Z = np.linspace(-8, 8, 1601).astype(np.float32)


def numpy_of(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("scale", [1.0, 2.0, 10.0])
def test_a_smooth_relu_is_at_most_ln_2_over_s_above_relu(scale):
    above = numpy_of(SmoothReLU(scale)(Z)) - np.maximum(Z, 0)
    assert above.max() == pytest.approx(np.log(2) / scale, rel=1e-5)
    assert above.argmax() == 800  # at 0
    assert above.min() >= -1e-6
    clipped = numpy_of(SmoothReLU(scale, 6.0)(Z)) - np.clip(Z, 0, 6)
    assert np.abs(clipped).max() <= np.log(2) / scale + 1e-5


def network():
    start = keras.Input((4,), name="start")
    fused = keras.layers.Dense(5, activation="relu", name="fused")(start)
    six = keras.layers.Dense(5, activation="relu6", name="six")(fused)
    layer = keras.layers.ReLU(max_value=6, name="layer")(keras.layers.Dense(5, name="plain")(six))
    leaky = keras.layers.ReLU(negative_slope=0.1, name="leaky")(layer)
    return keras.Model(start, keras.layers.Dense(3, activation="softmax", name="end")(leaky))


def test_all_relus_of_a_network_are_replaced_and_names_and_weights_stay():
    model, x = network(), np.random.Generator(np.random.PCG64(1)).normal(size=(6, 4)).astype(np.float32)
    told = numpy_of(model(x))
    graph = read_graph(model, "model")
    smooth = smoothed(graph, 1000.0)
    assert list(smooth.calls) == list(graph.calls)
    kinds = {name: getattr(call.operation, "activation", None) for name, call in smooth.calls.items()}
    assert [kinds[name].ceiling for name in ("fused", "six", "layer")] == [None, 6.0, 6.0]
    assert kinds["end"] is keras.activations.softmax
    assert isinstance(smooth.calls["leaky"].operation, keras.layers.ReLU)  # that is none of those that are known
    piece = piece_between(smooth, "whole", ("start",), (smooth.graph.outputs[0],))
    assert numpy_of(piece(x)) == pytest.approx(told, abs=2e-3)
    blunt = piece_between(smoothed(read_graph(network_like(model), "model"), 1.0), "whole", ("start",),
                          (smooth.graph.outputs[0],))
    assert np.abs(numpy_of(blunt(x)) - told).max() > 0.01


def network_like(model):
    copy = network()
    copy.set_weights(model.get_weights())
    return copy
