"""Weights are found by what they depend on, are the same on every run, and a torn file is no misfortune."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model import train as train_module
from simulator.model.backend import arrays_of, keras
from simulator.model.blocks import Failout, Training
from simulator.model.data import DataSet
from simulator.model.graph import part_graph
from simulator.model.runner import KerasRunner
from simulator.model.train import trained, weights_key
from tests.support.models import TINY, split_model, tiny

TRAINING = Training(epochs=2, batch_size=16, learning_rate=0.01)


def blobs(count=120):
    """Return three classes of points around three corners."""
    dice = np.random.Generator(np.random.PCG64(5))
    y = np.arange(count) % 3
    x = (3 * np.eye(4)[y] + dice.normal(size=(count, 4))).astype(np.float32)
    half = count // 2
    rows = np.arange(count)
    return DataSet(x[:half], y[:half], x[half:], y[half:], rows[:half], rows[half:], 3, "blobs", False, "b")


def train_tiny(strategy="resilinet", training=TRAINING, failout=None, seed=1, told=None, model=None):
    model = model or tiny()
    failout = model.failout if failout is None and strategy.startswith("resilinet") else failout
    progress = (lambda done, epochs: told.append((done, epochs))) if told is not None else lambda done, epochs: None
    return trained(model, part_graph(model, strategy), strategy, blobs(), training, failout, seed, progress)


def test_training_tells_every_epoch_and_a_second_run_finds_the_weights(own_cache):
    told = []
    split, was_cached, name = train_tiny(told=told)
    assert (was_cached, told) == (False, [(1, 2), (2, 2)])
    again, was_cached, same = train_tiny(told=told)
    assert (was_cached, same, len(told)) == (True, name, 2)
    assert all(np.array_equal(array, again.weights[key]) for key, array in split.weights.items())
    assert [path.suffix for path in own_cache.iterdir()] == [".npz"]  # no part file is left


def test_training_gives_the_same_bytes_again(own_cache):
    names = []
    for _ in range(2):
        names.append(train_tiny()[2])
        next(own_cache.iterdir()).unlink()
    assert names[0] == names[1]


@pytest.mark.slow
def test_training_gives_the_same_bytes_in_another_process_which_says_not_a_word(tmp_path):
    code = "from tests.model.test_train import train_tiny; print(train_tiny()[2])"
    env = {**os.environ, "SIM_CACHE_DIR": str(tmp_path / "other")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == [train_tiny()[2]]
    if keras.backend.backend() == "tensorflow":  # on jax Keras itself imports TensorFlow late, aloud
        assert done.stderr == ""


def test_training_learns():
    split, _, _ = train_tiny("dfg", Training(epochs=30, batch_size=16, learning_rate=0.01))
    data = blobs()
    runner, output = KerasRunner(split, data.x_test), {}
    output["iot"] = runner.source("iot", np.arange(len(data.x_test)))
    for part in split.graph.parts[1:]:
        edges = split.graph.inputs[part.name]
        output[part.name] = runner.run(part.name, [runner.send(e, output[split.graph.edges[e].source]) for e in edges])
    assert (runner.predict("cloud", output["cloud"]) == data.y_test).mean() > 0.8


@pytest.fixture
def count_trainings(monkeypatch):
    """Replace training by a count: what is found and what is trained again is the question, not what is learned."""
    trainings = []
    monkeypatch.setattr(train_module, "train", lambda *arguments: trainings.append(arguments))
    return trainings


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 torn", None])
def test_a_torn_or_foreign_file_is_trained_again(damage, own_cache, count_trainings):
    name = train_tiny()[2]
    path = next(own_cache.iterdir())
    if damage is None:
        np.savez(path, other=np.zeros(3))
    else:
        path.write_bytes(damage)
    assert train_tiny()[1:] == (False, name)
    assert train_tiny()[1:] == (True, name)
    assert len(count_trainings) == 2


def test_a_file_cut_anywhere_is_no_file(own_cache, count_trainings):
    train_tiny()
    path = next(own_cache.iterdir())
    whole = path.read_bytes()
    for cut in range(1, len(whole), 97):
        path.write_bytes(whole[:cut])
        assert train_module.read_weights(path) is None


def test_the_key_changes_with_everything_that_weights_depend_on(monkeypatch):
    model, data = tiny(), blobs()
    split = split_model(model, "resilinet", (4,), 3)

    def key(split=split, strategy="resilinet", data=data, training=TRAINING, failout=model.failout, seed=1):
        return weights_key(split, strategy, data, training, failout, seed)

    heavier = tiny(hyperconnections=[{**edge, "weight": 2.0} for edge in TINY["hyperconnections"]])
    longer = Training(epochs=3, batch_size=16, learning_rate=0.01)
    keys = [key(), key(seed=2), key(training=longer), key(strategy="select"),
            key(failout=Failout(survival=0.8)), key(failout=Failout(granularity="batch")), key(failout=None),
            key(data=replace(data, fingerprint="c")), key(split=split_model(model, "dfg", (4,), 3)),
            key(split=split_model(heavier, "resilinet", (4,), 3))]
    monkeypatch.setenv("SIM_THREADS", "7")
    keys.append(key())
    assert len(set(keys)) == len(keys)
    monkeypatch.delenv("SIM_THREADS")
    assert key() == keys[0]


def test_with_a_validation_share_the_best_epoch_is_kept(monkeypatch):
    losses, seen = iter([0.5, 0.2, 0.9]), []

    def told(whole, batches):
        seen.append(arrays_of(whole))
        return next(losses)

    monkeypatch.setattr(train_module, "validation_loss", told)
    split, _, _ = train_tiny("dfg", Training(epochs=3, batch_size=16, learning_rate=0.01, validation_share=0.2))
    kept = arrays_of(split.training_model)
    assert [all(map(np.array_equal, kept, epoch)) for epoch in seen] == [False, True, False]


def test_no_epochs_is_no_training():
    split, _, _ = train_tiny(training=Training(epochs=0))
    fresh = split_model(tiny(), "resilinet", (4,), 3, seed=1).weights
    assert all(np.array_equal(array, fresh[name]) for name, array in split.weights.items())


def test_a_cache_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch, count_trainings):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(ScenarioError, match="SIM_CACHE_DIR: cannot write trained weights"):
        train_tiny()
