"""Regularisers: the printed values of the theory (T13, T14), and what the corrected ones do instead."""

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.keras_graph import read_graph
from simulator.neurons.crash_points import CrashPoint, gated
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.keras_tail import KerasTail
from simulator.neurons.regularisers import continuity
from simulator.neurons.regularisers.balanced import Balanced, balance
from simulator.neurons.regularisers.continuity import Continuity
from simulator.neurons.regularisers.variance import CrashVariance

LEGACY = Continuity(1.0, 1.0, legacy=True)
FAIR = Continuity(1.0, 1.0)


def column(values):
    return keras.ops.convert_to_tensor(np.array([values], dtype="float64"))


def both(regulariser, values):
    profile = column(values)
    return float(regulariser.roughness(profile)), float(regulariser.unevenness(profile))


@pytest.mark.parametrize(
    ("values", "roughness", "unevenness"),
    [
        ([1, 2, 4, 8], 3.75, 0.0),
        ([1.0] * 20, 1.5189421689, 0.525),
        (range(40), 71.8418624, 10.2844581),
        (np.sin(np.linspace(0, 50, 1000)), 31.9090272, 0.1193062),
    ],
)
def test_t13_legacy_values(values, roughness, unevenness):
    found = both(LEGACY, list(values))
    assert found == pytest.approx((roughness, unevenness), abs=2e-7)  # the printed digits


def test_equal_neurons_cost_nothing_and_ends_are_not_punished():
    assert both(FAIR, [1.0] * 50) == pytest.approx((0, 0), abs=1e-12)
    assert both(FAIR, list(range(100)))[0] == pytest.approx(
        np.mean([99, 96, 90, 86]), rel=1e-9), "a ramp has the slope 1 wherever a filter fits"


def test_the_first_difference_of_the_corrected_regulariser_is_the_total_variation():
    assert float(Continuity(1.0, 0.0).roughness(column([1, 2, 4, 8]))) == pytest.approx(7)


def test_t14_balanced():
    kernel = keras.ops.convert_to_tensor(np.array([[1.0, 3.0], [-1.0, 0.0]]))
    assert float(Balanced(1.0)(kernel)) == pytest.approx(9 / (4 + 1e-5), rel=1e-9)
    assert balance(kernel) == pytest.approx(2 / 3)


@pytest.mark.parametrize("made", [
    Balanced(0.3), pytest.param(Continuity(0.2, 0.4), marks=pytest.mark.slow),
    pytest.param(Continuity(0.2, 0.4, legacy=True), marks=pytest.mark.slow)])
def test_regularisers_are_saved_and_loaded_and_train(made):
    again = keras.regularizers.deserialize(keras.regularizers.serialize(made))
    assert again.get_config() == made.get_config()
    first = keras.layers.Dense(30, kernel_regularizer=again)
    model = keras.Sequential([keras.Input((3,)), first, keras.layers.Dense(1)])
    model.compile("adam", "mse")
    dice = np.random.Generator(np.random.PCG64(1))
    before = float(made(first.kernel))
    model.fit(dice.random((64, 3)), np.zeros((64, 1)), epochs=30, batch_size=16, verbose=0)
    assert float(made(first.kernel)) < before


def small_network(seed=1):
    keras.utils.set_random_seed(seed)
    start = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(8, activation="tanh", name="hidden")(start)
    return keras.Model(start, keras.layers.Dense(3, name="out")(hidden))


def variance_of(network, points, samples):
    found = gated(read_graph(network, "model"), points)
    return first_order(KerasTail(found.model), found.rows(samples), found.crashes).variance.mean()


@pytest.mark.slow
@pytest.mark.parametrize("granularity", ["element", "tensor"])
def test_the_penalty_is_the_first_order_variance_and_training_lowers_it(granularity):
    dice = np.random.Generator(np.random.PCG64(3))
    samples, wanted = dice.random((64, 4)), dice.random((64, 3))
    points, left = [CrashPoint("hidden", 0.1, granularity)], {}
    for strength in (0.0, 50.0):
        network = small_network()
        trained = CrashVariance(network, gated(read_graph(network, "model"), points), strength)
        before = variance_of(network, points, samples)
        assert float(trained.penalty(samples.astype("float32"))) == pytest.approx(before, rel=1e-5)
        trained.compile(keras.optimizers.Adam(0.01), "mse")
        trained.fit(samples, wanted, epochs=20, batch_size=16, verbose=0)
        left[strength] = variance_of(network, points, samples)
    assert left[50.0] < left[0.0] / 2


@pytest.mark.slow
def test_one_random_mix_of_outputs_has_the_penalty_as_its_mean():
    network, points = small_network(), [CrashPoint("hidden", 0.1)]
    samples = np.random.Generator(np.random.PCG64(4)).random((8, 4))
    one = CrashVariance(network, gated(read_graph(network, "model"), points), 1.0, passes="one")
    found = np.array([float(one.penalty(samples.astype("float32"))) for _ in range(400)])
    z = (found.mean() - variance_of(network, points, samples)) / (found.std(ddof=1) / np.sqrt(len(found)))
    assert abs(z) < 4


@pytest.mark.parametrize("padding", ["valid", "zeros", "reflect"])
@pytest.mark.parametrize("taps", [2, 5, 6])
def test_a_filter_as_a_matrix_is_the_convolution(monkeypatch, padding, taps):
    dice = np.random.Generator(np.random.PCG64(3))
    profile, weights = keras.ops.convert_to_tensor(dice.normal(size=(4, 12)).astype("float32")), dice.normal(size=taps)
    by_matrix = keras.ops.convert_to_numpy(continuity.filtered(profile, weights, padding))
    monkeypatch.setattr(continuity, "MOST_BY_MATRIX", 0)
    by_convolution = keras.ops.convert_to_numpy(continuity.filtered(profile, weights, padding))
    assert by_matrix == pytest.approx(by_convolution, abs=1e-5)
