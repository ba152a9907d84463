"""Derivatives and crashes on each backend that is installed: as in float64 by hand, and by finite differences.

Other backends than the one at work run in a process of their own, since Keras has one for all of a process.
"""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.keras_graph import read_graph
from simulator.neurons import gradients
from simulator.neurons.crash_points import CrashPoint, placed
from simulator.neurons.crashes import of_neurons
from simulator.neurons.draws import Coins
from simulator.neurons.estimators.exact import exact
from simulator.neurons.estimators.first_order import first_order
from simulator.neurons.estimators.second_order import second_order
from simulator.neurons.estimators.single_crash import single_crash
from simulator.neurons.monte_carlo import monte_carlo
from simulator.neurons.tail import DenseTail

DICE = np.random.Generator(np.random.PCG64(5))
KERNELS = [DICE.normal(size=size) for size in ((3, 5), (5, 4), (4, 2))]
SAMPLES, WEIGHTS, DIRECTION = DICE.random((4, 3)), DICE.normal(size=(4, 2)), DICE.normal(size=(4, 3))
MADE = {"first_order": first_order, "second_order": second_order, "single_crash": single_crash, "exact": exact}
PROGRAM = "import json; from tests.neurons.test_backends import told; print(json.dumps(told()))"


def network():
    start = tensor = keras.Input((3,), name="start")
    for place, kernel in enumerate(KERNELS):
        layer = keras.layers.Dense(kernel.shape[1], activation="sigmoid" if place < 2 else None, name=f"layer{place}")
        tensor = layer(tensor)
        layer.set_weights([kernel, np.zeros(kernel.shape[1])])
    return keras.Model(start, tensor)


def told():
    """Return what this process's backend says, as plain lists."""
    model = network()

    def outputs(at):
        return model(at, training=False)

    values, weights, direction = (array.astype(np.float32) for array in (SAMPLES, WEIGHTS, DIRECTION))
    found = {"gradient": gradients.gradients(outputs, values, weights[np.newaxis])[0],
             "curvature": gradients.curvature(outputs, values, weights, direction)}
    of = placed(read_graph(model, "model"), [CrashPoint("layer0", 0.1)], SAMPLES)
    for name, make in MADE.items():
        moments = make(of.tail, of.activations, of.crashes)
        found |= {f"{name} mean": moments.mean, f"{name} variance": moments.variance}
    coins = Coins(5, 0.1, np.random.Generator(np.random.PCG64(6)))
    found["drawn mean"] = monte_carlo(of.tail, of.activations, of.crashes, 50, coins).mean
    return {name: np.asarray(array, dtype=float).tolist() for name, array in found.items()}


def by_hand():
    """Return the same in float64, by numpy."""
    zeros = [np.zeros(kernel.shape[1]) for kernel in KERNELS]
    whole = DenseTail(tuple(KERNELS), tuple(zeros), "sigmoid", 0.25)
    tail = DenseTail(tuple(KERNELS[1:]), tuple(zeros[1:]), "sigmoid", 0.25)
    found = {"gradient": whole.gradient(SAMPLES, WEIGHTS), "curvature": whole.curvature(SAMPLES, WEIGHTS, DIRECTION)}
    at, crashes = 1 / (1 + np.exp(-(SAMPLES @ KERNELS[0]))), of_neurons(5, 0.1)
    for name, make in MADE.items():
        moments = make(tail, at, crashes)
        found |= {f"{name} mean": moments.mean, f"{name} variance": moments.variance}
    coins = Coins(5, 0.1, np.random.Generator(np.random.PCG64(6)))
    found["drawn mean"] = monte_carlo(tail, at, crashes, 50, coins).mean
    return found


def assert_alike(said):
    for name, array in by_hand().items():
        assert np.asarray(said[name]) == pytest.approx(array, rel=2e-4, abs=2e-6), name


def test_this_backend_says_what_numpy_says_in_float64():
    assert_alike(told())


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_each_backend_that_is_installed_says_the_same(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    if backend == keras.backend.backend():
        pytest.skip("that is this process's own")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False,
                          env={**os.environ, "KERAS_BACKEND": backend})
    assert done.returncode == 0, done.stderr
    assert_alike(json.loads(done.stdout.splitlines()[-1]))


def test_first_and_second_derivatives_are_those_of_finite_differences():
    whole = DenseTail(tuple(KERNELS), tuple(np.zeros(kernel.shape[1]) for kernel in KERNELS), "sigmoid", 0.25)
    step, found = 1e-4, told()

    def moved(times):
        return (whole.outputs(SAMPLES + times * step * DIRECTION) * WEIGHTS).sum(axis=1)

    slope = (np.asarray(found["gradient"]) * DIRECTION).sum(axis=1)
    bend = (np.asarray(found["curvature"]) * DIRECTION).sum(axis=1)
    assert slope == pytest.approx((moved(1) - moved(-1)) / (2 * step), rel=1e-4, abs=1e-5)
    assert bend == pytest.approx((moved(1) - 2 * moved(0) + moved(-1)) / step**2, rel=1e-3, abs=1e-4)
    # and each against the other: the Hessian times d is how the gradient changes along d
    change = (whole.gradient(SAMPLES + step * DIRECTION, WEIGHTS) - whole.gradient(SAMPLES - step * DIRECTION, WEIGHTS))
    assert np.asarray(found["curvature"]) == pytest.approx(change / (2 * step), rel=1e-3, abs=1e-4)
