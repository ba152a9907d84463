"""Keras comes from one place, quietly, and a backend that is not there is told."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from simulator.model.backend import keras
from simulator.model.runner import KerasRunner
from tests.support.models import answers, run_by_parts, shelf_model, split_model

ASK = "from simulator.model.backend import keras, versions; print(versions())"
PREDICT = """
import sys, numpy as np
from simulator.model.runner import KerasRunner
from tests.support.models import answers, run_by_parts, shelf_model, split_model
given = dict(np.load(sys.argv[1]))
x = given.pop("x")
split = split_model(shelf_model(sys.argv[2]), "resilinet", x.shape[1:], 3)
split.load(given)
runner = KerasRunner(split, x)
rows = np.arange(len(x))
np.save(sys.argv[3], np.stack([run_by_parts(runner, split.graph, dead, rows) for dead in answers(split.graph)]))
"""


def python(*words, **env):
    command, environment = [sys.executable, "-c", *words], {**os.environ, **env}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_an_unknown_backend_is_told_with_the_nearest():
    told = python(ASK, KERAS_BACKEND="tensorflw").stderr
    assert "ScenarioError: KERAS_BACKEND: no backend named 'tensorflw'; did you mean 'tensorflow'?" in told


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_a_backend_that_is_not_installed_is_told_with_what_to_install():
    told = python(ASK, KERAS_BACKEND="torch").stderr
    assert "cannot import 'torch'" in told
    assert "pip install torch" in told


def test_a_wrong_number_of_threads_is_told():
    assert "SIM_THREADS: 'two' is not a whole number >= 1" in python(ASK, SIM_THREADS="two").stderr


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="jax is not installed")
@pytest.mark.parametrize(("name", "shape"), [
    ("watch-mlp", (50, 6)), ("camera-mlp", (6, 8, 8, 3)), ("cnn-small", (32, 32, 3)), ("health-mlp", (23,)),
    ("mobilenet", (32, 32, 3)), ("resnet18", (32, 32, 3))])
def test_jax_predicts_what_tensorflow_predicts_with_the_same_weights(name, shape, tmp_path):
    x = np.random.Generator(np.random.PCG64(1)).random((8, *shape), np.float32)
    split = split_model(shelf_model(name), "resilinet", shape, 3, seed=4)
    np.savez(tmp_path / "given.npz", x=x, **split.weights)
    other = "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"
    done = python(PREDICT, str(tmp_path / "given.npz"), name, str(tmp_path / "told.npy"), KERAS_BACKEND=other)
    assert done.returncode == 0, done.stderr
    runner = KerasRunner(split, x)
    own = np.stack([run_by_parts(runner, split.graph, dead, np.arange(8)) for dead in answers(split.graph)])
    assert np.abs(np.load(tmp_path / "told.npy") - own).max() < 1e-5
