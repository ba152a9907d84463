"""Pictures in folders of classes, or packed as JPEG bytes in an npz; only those that are asked are decoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import ImagesData
from simulator.model.datasets.dataset import Array, DataSet, Half, joined
from simulator.model.datasets.files import arrays_of, existing, require
from simulator.model.datasets.pictures import pictures_in, pixels
from simulator.model.datasets.rows import Rows, balanced

MOST_BYTES = 8 << 30  # of samples in memory
TEST_FOLDERS = ("test", "val")


@dataclass(frozen=True)
class Packed:
    """Pictures that are not decoded yet.

    Args:
        y: Class of each, int64.
        is_test: Which are test pictures.
        names: What each is called.
        picture: From the number of a picture to its file or bytes.
    """

    y: Array
    is_test: Array
    names: tuple[str, ...]
    picture: Callable[[int], Path | bytes]


def load_images(block: ImagesData, base: Path) -> DataSet:
    """Return the pictures resized and scaled; each is a cluster of its own.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: the folder or file holds something else, fewer pictures than asked, or more than memory holds.
    """
    path = existing(base / block.path)
    packed = _folder(path) if path.is_dir() else _npz(path, block.test_every)
    chosen = []
    for rows, wanted, key in ((np.flatnonzero(~packed.is_test), block.train_samples, "data.train_samples"),
                              (np.flatnonzero(packed.is_test), block.test_samples, "data.test_samples")):
        chosen.append(rows[balanced(packed.y[rows], wanted, key)])
    _fits(sum(map(len, chosen)), block.size)
    train, test = (Half(_decoded(packed, rows, block), packed.y[rows], rows) for rows in chosen)
    classes = block.classes or int(packed.y.max()) + 1
    return joined(train, test, title=f"pictures of {classes} classes in {path.name!r}", classes=classes)


def _fits(count: int, size: tuple[int, int]) -> None:
    most = MOST_BYTES // (size[0] * size[1] * 3 * 4)
    if count > most:
        raise ScenarioError(Problem("data.train_samples", f"{count} pictures of {size[0]} x {size[1]} take more than "
                                    f"{MOST_BYTES >> 30} GiB", f"ask for at most {most}, test pictures included"))


def _decoded(packed: Packed, rows: Rows, block: ImagesData) -> Array:
    x = np.empty((len(rows), *block.size, 3), dtype=np.float32)
    for place, row in enumerate(rows):
        x[place] = pixels(packed.picture(int(row)), packed.names[row], block.size)
    SCALES[block.scale](x)
    return x


def _unit(x: Array) -> None:
    x /= np.float32(255)


def _minus_one_one(x: Array) -> None:
    x /= np.float32(127.5)
    x -= np.float32(1)


SCALES: Mapping[str, Callable[[Array], None]] = {"unit": _unit, "minus_one_one": _minus_one_one}


def _folder(path: Path) -> Packed:
    """Return the pictures of ``train/CLASS`` and ``test/CLASS`` (or ``val``); classes are numbered by name."""
    test = next((path / name for name in TEST_FOLDERS if (path / name).is_dir()), path / TEST_FOLDERS[0])
    halves = [_by_class(path / "train"), _by_class(test)]
    problems = [Problem("data.path", f"the folder {str(folder)!r} has no pictures in folders of classes",
                        f"get {ImagesData.source}")
                for folder, found in zip((path / "train", test), halves, strict=True) if not found]
    classes = sorted({name for name, _ in halves[0]})
    unknown = sorted({name for name, _ in halves[1]} - set(classes))
    if unknown and classes:
        told = f"{str(test)!r} has classes that are not in training, such as {unknown[0]!r}"
        problems.append(Problem("data.path", told, "give both halves folders of the same names"))
    if problems:
        raise ScenarioError(*problems)
    files = [*halves[0], *halves[1]]
    number = {name: place for place, name in enumerate(classes)}
    return Packed(np.array([number[name] for name, _ in files]), np.arange(len(files)) >= len(halves[0]),
                  tuple(str(file) for _, file in files), lambda row: files[row][1])


def _by_class(folder: Path) -> list[tuple[str, Path]]:
    if not folder.is_dir():
        return []
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return [(path.name, file) for path in classes for file in pictures_in(path)]


def _npz(path: Path, test_every: int) -> Packed:
    raw = arrays_of(path)
    require(raw, ("jpeg", "offsets", "y"), path)
    offsets, y = raw["offsets"].astype(np.int64), raw["y"].reshape(-1).astype(np.int64)
    if len(offsets) != len(y) + 1 or offsets.max(initial=0) > raw["jpeg"].size:
        told = f"{str(path)!r} has {len(offsets)} offsets into {raw['jpeg'].size} bytes, and {len(y)} labels"
        raise ScenarioError(Problem("data.path", told, "write one offset more than labels, the last one the end"))
    number = np.arange(len(y))
    return Packed(y, number % test_every == test_every - 1, tuple(f"picture {row} of {path}" for row in number),
                  lambda row: raw["jpeg"][offsets[row] : offsets[row + 1]].tobytes())
