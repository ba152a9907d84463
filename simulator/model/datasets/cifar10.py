"""CIFAR-10: from the official batches, an npz of arrays or one of lossless sheets; only what is asked is decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.batches import read_batch
from simulator.model.datasets.blocks import Cifar10Data
from simulator.model.datasets.dataset import Array, DataSet, Half, joined
from simulator.model.datasets.files import arrays_of, existing, require
from simulator.model.datasets.pictures import pixels
from simulator.model.datasets.rows import Rows, balanced, reference_halves
from simulator.model.datasets.scale import colours

CLASSES = 10
PICTURE = (32, 32, 3)
SHEET = (25, 40)  # rows and columns of pictures on a sheet
PER_SHEET = SHEET[0] * SHEET[1]
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")


@dataclass(frozen=True)
class Pictures:
    """All pictures, training before test, in chunks that are decoded when they are needed.

    Args:
        y: Class of each picture, int64.
        trained: How many of them are official training pictures.
        sizes: Pictures in each chunk.
        chunk: From the number of a chunk to its pictures, uint8.
    """

    y: Array
    trained: int
    sizes: tuple[int, ...]
    chunk: Callable[[int], Array]

    def unit(self, rows: Rows) -> Array:
        """Return some pictures divided by 255, float32; each chunk is decoded at most once."""
        ends = np.cumsum(self.sizes)
        chunk_of = np.searchsorted(ends, rows, side="right")
        x = np.empty((len(rows), *PICTURE), dtype=np.float32)
        for number in np.unique(chunk_of):
            here = chunk_of == number
            x[here] = self.chunk(int(number))[rows[here] - (ends[number] - self.sizes[number])]
        x /= np.float32(255)
        return x


def load_cifar10(block: Cifar10Data, base: Path) -> DataSet:
    """Return CIFAR-10 as the block asks; each picture is a cluster of its own.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: the file or folder holds something else, or fewer pictures than asked.
    """
    path = existing(base / block.path)
    pictures = _batches(path) if path.is_dir() else _npz(path)
    train, test = SPLITS[block.split](pictures)
    if block.validation_samples >= len(train):
        raise ScenarioError(Problem("data.validation_samples", f"{block.validation_samples} of {len(train)} training "
                                    "pictures leave none", f"write at most {len(train) - 1}"))
    train = train[: len(train) - block.validation_samples]
    train = train[balanced(pictures.y[train], block.train_samples, "data.train_samples")]
    test = test[balanced(pictures.y[test], block.test_samples, "data.test_samples")]
    rows = np.concatenate([train, test])
    x, y = pictures.unit(rows), pictures.y[rows]
    if block.standardise:
        mean, spread = colours(x[: len(train)])
        x -= mean
        x /= spread
    cut = len(train)
    return joined(Half(x[:cut], y[:cut], train), Half(x[cut:], y[cut:], test), title=f"CIFAR-10, {block.split} split",
                  classes=CLASSES)


def _official(pictures: Pictures) -> tuple[Rows, Rows]:
    rows = np.arange(len(pictures.y))
    return rows[: pictures.trained], rows[pictures.trained :]


def _reference(pictures: Pictures) -> tuple[Rows, Rows]:
    return reference_halves(len(pictures.y))


SPLITS: Mapping[str, Callable[[Pictures], tuple[Rows, Rows]]] = {"official": _official, "reference": _reference}


def _batches(folder: Path) -> Pictures:
    absent = [name for name in BATCHES if not (folder / name).exists()]
    if absent:
        raise ScenarioError(Problem("data.path", f"the folder {str(folder)!r} has no {', '.join(map(repr, absent))}",
                                    f"get {Cifar10Data.source}"))
    batches = [read_batch(folder / name) for name in BATCHES]
    sizes = tuple(len(y) for _, y in batches)
    return Pictures(np.concatenate([y for _, y in batches]), sum(sizes[:-1]), sizes, lambda number: batches[number][0])


def _npz(path: Path) -> Pictures:
    raw = arrays_of(path)
    return _sheets(raw, path) if "webp" in raw else _halves(raw, path)


def _halves(raw: Mapping[str, Array], path: Path) -> Pictures:
    require(raw, ("x_train", "y_train", "x_test", "y_test"), path)
    for name in ("train", "test"):
        x, y = raw[f"x_{name}"], raw[f"y_{name}"]
        if x.dtype != np.uint8 or x.shape != (y.size, *PICTURE):
            told = f"'x_{name}' in {str(path)!r} is {x.dtype} of shape {x.shape}, with {y.size} labels"
            raise ScenarioError(Problem("data.path", told, f"write uint8 of shape {(y.size, *PICTURE)}"))
    halves = (raw["x_train"], raw["x_test"])
    return Pictures(_labels(raw), len(halves[0]), (len(halves[0]), len(halves[1])), lambda number: halves[number])


def _sheets(raw: Mapping[str, Array], path: Path) -> Pictures:
    """Return the pictures of sheets of 25 x 40, each a lossless WebP."""
    require(raw, ("webp", "offsets", "y_train", "y_test"), path)
    y, offsets = _labels(raw), raw["offsets"].astype(np.int64)
    if (len(offsets) - 1) * PER_SHEET != len(y):
        told = f"{str(path)!r} has {len(offsets) - 1} sheets of {PER_SHEET} pictures and {len(y)} labels"
        raise ScenarioError(Problem("data.path", told, "write as many labels as pictures"))

    def sheet(number: int) -> Array:
        whole = pixels(raw["webp"][offsets[number] : offsets[number + 1]].tobytes(), f"sheet {number} of {path}")
        if whole.shape != (SHEET[0] * 32, SHEET[1] * 32, 3):
            raise ScenarioError(Problem("data.path", f"sheet {number} of {str(path)!r} has the shape {whole.shape}",
                                        f"write {SHEET[0]} rows of {SHEET[1]} pictures of 32 x 32"))
        return whole.reshape(SHEET[0], 32, SHEET[1], 32, 3).swapaxes(1, 2).reshape(-1, *PICTURE)

    return Pictures(y, raw["y_train"].size, (PER_SHEET,) * (len(offsets) - 1), sheet)


def _labels(raw: Mapping[str, Array]) -> Array:
    return np.concatenate([raw["y_train"].reshape(-1), raw["y_test"].reshape(-1)]).astype(np.int64)
