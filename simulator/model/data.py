"""Data sets as arrays: training and test samples, their classes, and the clusters that test errors come in."""

from __future__ import annotations

import hashlib
import importlib.util
import runpy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.model.blocks import ArraysData, CameraData, Data, WatchData
from simulator.seeds import stream

Array = NDArray[Any]
CAMERA_SHAPE = ((6, 32, 32, 3), 3)  # of a sample, and the number of classes
WATCH_WINDOW = 50  # rows of one second at 50 Hz
SYNTHETIC_SAMPLES = {"train": 96, "test": 64}
CAMERA_SOURCE = ("the EPFL multi-view multi-class crops (folder multiview-dataset of the ResiliNet repository "
                 "ashkan-software/clearShallowAtEase on GitHub), packed as docs/data.md says")


@dataclass(frozen=True)
class DataSet:
    """Samples with their classes, split into training and test.

    Args:
        x_train: Training samples, float32, shape ``(samples, *shape)``.
        y_train: Their classes, int64, shape ``(samples,)``.
        x_test: Test samples.
        y_test: Their classes.
        groups_train: Cluster of each training sample (recording, frame, subject; the row number where there is none).
        groups_test: Cluster of each test sample; errors within a cluster are alike.
        classes: Number of classes.
        title: What it is, for people.
        is_synthetic: Random arrays stand in for a file that is missing.
        fingerprint: Hash of all of the above that a result can depend on.
    """

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    groups_train: Array
    groups_test: Array
    classes: int
    title: str
    is_synthetic: bool
    fingerprint: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.x_train.shape[1:])

    def prior(self, of: Literal["train", "test"]) -> Array:
        """Return the share of each class, shape ``(classes,)``."""
        labels = self.y_train if of == "train" else self.y_test
        return np.bincount(labels, minlength=self.classes) / max(1, len(labels))


def load_data(block: Data, base: Path, quick: bool = False) -> DataSet:
    """Return the data set that a block names.

    Args:
        block: The ``data:`` block of a model file.
        base: Folder that relative paths start from.
        quick: Let random arrays of the same shapes stand in for a file that is missing.

    Raises:
        ScenarioError: the file is missing (and not ``quick``), cannot be read, or does not hold what it should.
    """
    try:
        loaded: DataSet = _LOADERS[type(block)](block, base)
    except FileNotFoundError as error:
        if not quick:
            raise ScenarioError(_missing(block, Path(str(error)))) from error
        return _synthetic(block)
    return loaded


def _missing(block: Data, path: Path) -> Problem:
    source = CAMERA_SOURCE if isinstance(block, CameraData) else "the npz that the model file describes"
    return Problem("data.path", f"no file {str(path)!r}",
                   f"get {source}, put it there or name its place in data.path; "
                   "with --quick random arrays of its shapes stand in")


# -- watch -------------------------------------------------------------------------------------------------------------


def _watch(block: WatchData, base: Path) -> DataSet:
    """Return the watch's windows; ``base`` plays no part, the data are in seglearn's wheel."""
    x, y, subject, recording = _watch_windows()
    held_out = np.unique(subject)[-block.test_subjects :]
    is_test = np.isin(subject, held_out)
    seen = x[~is_test].reshape(-1, x.shape[-1])
    x = ((x - seen.mean(axis=0)) / seen.std(axis=0)).astype(np.float32)
    return _split(x, y, is_test, recording, title="smartwatch, seven shoulder exercises, ten subjects")


@cache
def _watch_windows() -> tuple[Array, Array, Array, Array]:
    """Return windows ``(n, 50, 6)``, their class, subject and recording."""
    package = importlib.util.find_spec("seglearn")
    if package is None or not package.submodule_search_locations:
        raise ScenarioError(Problem("data.kind", "'watch' is shipped with seglearn, which is not installed",
                                    "pip install seglearn"))
    # Importing the package would import scikit-learn and TensorFlow, for seconds; its file of data sets does not.
    raw = runpy.run_path(str(Path(package.submodule_search_locations[0]) / "datasets.py"))["load_watch"]()
    counts = [len(rows) // WATCH_WINDOW for rows in raw["X"]]
    x = np.concatenate([rows[: count * WATCH_WINDOW].reshape(count, WATCH_WINDOW, rows.shape[1])
                        for rows, count in zip(raw["X"], counts, strict=True)])
    y, subject = (np.repeat(np.asarray(raw[key]), counts).astype(np.int64) for key in ("y", "subject"))
    return x, y, subject, np.repeat(np.arange(len(counts)), counts)


# -- camera ------------------------------------------------------------------------------------------------------------


def _camera(block: CameraData, base: Path) -> DataSet:
    path = base / block.path
    raw = _arrays_of(path)
    _require(raw, ("x", "y", "split", "frame"), path)
    if raw["x"].shape[1:] != CAMERA_SHAPE[0]:
        raise ScenarioError(Problem("data.path", f"samples in {str(path)!r} have the shape {raw['x'].shape[1:]}",
                                    f"{CAMERA_SHAPE[0]} is needed; use kind: arrays for another set"))
    kept = raw["split"] != 1  # 0 training, 1 validation (not used), 2 holdout: the test set
    x = raw["x"][kept].astype(np.float32) / np.float32(255)
    return _split(x, raw["y"][kept].astype(np.int64), raw["split"][kept] == 2, raw["frame"][kept].astype(np.int64),
                  title="six camera views of a person, car or bus", classes=3)


# -- arrays ------------------------------------------------------------------------------------------------------------


def _arrays(block: ArraysData, base: Path) -> DataSet:
    path = base / block.path
    raw = _arrays_of(path)
    x, y, is_test, groups = _halves(raw, path) if "x_train" in raw else _by_subject(raw, path, block.test_subjects)
    if not len(x) == len(y) == len(groups):
        told = f"{str(path)!r} has {len(x)} samples, {len(y)} labels and {len(groups)} groups or subjects"
        raise ScenarioError(Problem("data.path", told, "write one label and one group for each sample"))
    if block.shape and tuple(block.shape) != x.shape[1:]:
        raise ScenarioError(Problem("data.shape", f"{tuple(block.shape)} is not the shape of a sample in {str(path)!r}",
                                    f"write {list(x.shape[1:])}"))
    x, y, is_test, groups = x[:: block.every], y[:: block.every], is_test[:: block.every], groups[:: block.every]
    x = _scaled(x, is_test, standardise=block.standardise)
    return _split(x, y.reshape(-1).astype(np.int64), is_test, groups, title=path.stem, classes=block.classes)


def _halves(raw: Mapping[str, Array], path: Path) -> tuple[Array, Array, Array, Array]:
    """Return samples, classes, the claim which are test samples, and groups of a file with both halves."""
    _require(raw, ("x_train", "y_train", "x_test", "y_test"), path)
    counts = {name: len(raw[name]) for name in ("x_train", "y_train", "x_test", "y_test")}
    if counts["x_train"] != counts["y_train"] or counts["x_test"] != counts["y_test"]:
        told = (f"{str(path)!r} has {counts['x_train']} training and {counts['x_test']} test samples, "
                f"but {counts['y_train']} and {counts['y_test']} labels")
        raise ScenarioError(Problem("data.path", told, "write one label for each sample"))
    if raw["x_train"].shape[1:] != raw["x_test"].shape[1:]:
        raise ScenarioError(Problem("data.path", f"training samples in {str(path)!r} have the shape "
                                    f"{raw['x_train'].shape[1:]}, test samples {raw['x_test'].shape[1:]}",
                                    "give all samples one shape"))
    x, y = (np.concatenate([raw[f"{name}_train"], raw[f"{name}_test"]]) for name in ("x", "y"))
    groups = np.arange(len(x))
    if "groups_train" in raw and "groups_test" in raw:
        groups = np.concatenate([raw["groups_train"], raw["groups_test"]])
    return x, y, np.arange(len(x)) >= counts["x_train"], groups


def _by_subject(raw: Mapping[str, Array], path: Path, test_subjects: int) -> tuple[Array, Array, Array, Array]:
    """Return the same of a file with subjects, the last of which are the test set."""
    _require(raw, ("x", "y", "subject"), path)
    is_test = np.isin(raw["subject"], np.unique(raw["subject"])[-test_subjects:])
    return raw["x"], raw["y"], is_test, raw["subject"]


def _scaled(x: Array, is_test: Array, *, standardise: bool) -> Array:
    scaled: Array = x.astype(np.float32) / np.float32(255) if x.dtype == np.uint8 else x.astype(np.float32)
    if standardise:
        seen = scaled[~is_test]
        spread = seen.std(axis=0)
        scaled = (scaled - seen.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return scaled.astype(np.float32)


def _arrays_of(path: Path) -> Mapping[str, Array]:
    if not path.exists():
        raise FileNotFoundError(str(path))
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError) as error:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} is not a readable npz: {error}",
                                    "write it with numpy.savez_compressed")) from error


def _require(raw: Mapping[str, Array], names: tuple[str, ...], path: Path) -> None:
    absent = [name for name in names if name not in raw]
    if absent:
        raise ScenarioError(Problem("data.path", f"{str(path)!r} has no array {', '.join(map(repr, absent))}",
                                    f"it holds {', '.join(map(repr, raw))}"))


# -- common ------------------------------------------------------------------------------------------------------------


def _synthetic(block: Data) -> DataSet:
    """Return random arrays of the shapes that the block promises."""
    shape, classes = (block.shape, block.classes) if isinstance(block, ArraysData) else CAMERA_SHAPE
    if shape is None or classes is None:
        raise ScenarioError(Problem("data", "the file is missing and its shapes are not known",
                                    "write data.shape and data.classes, or put the file there"))
    count = sum(SYNTHETIC_SAMPLES.values())
    dice = stream(0, 0, "data", "synthetic")
    x = dice.random((count, *shape), dtype=np.float32)
    y = np.arange(count) % classes
    made = _split(x, y, np.arange(count) >= SYNTHETIC_SAMPLES["train"], np.arange(count), title="random arrays",
                  classes=classes)
    return replace(made, is_synthetic=True, title=f"SYNTHETIC stand-in for the data set {block.kind!r}")


def _split(x: Array, y: Array, is_test: Array, groups: Array, *, title: str, classes: int | None = None) -> DataSet:
    """Return the data set of all samples and the claim which are test samples."""
    count = int(y.max()) + 1 if classes is None else classes
    if is_test.all() or not is_test.any():
        lacking = "training" if is_test.all() else "the test"
        raise ScenarioError(Problem("data", f"{title!r} leaves no sample for {lacking}",
                                    "hold out fewer or more subjects"))
    if y.min() < 0 or y.max() >= count:
        found = f"{title!r} has labels {y.min()} to {y.max()}, not 0 to {count - 1}"
        raise ScenarioError(Problem("data.classes", found,
                                    f"write {int(y.max()) + 1}"))
    digest = hashlib.sha256(f"{count} {x.shape}".encode())
    for array in (x, y, is_test, groups):
        digest.update(np.ascontiguousarray(array).data)
    return DataSet(x[~is_test], y[~is_test], x[is_test], y[is_test], groups[~is_test], groups[is_test], count, title,
                   is_synthetic=False, fingerprint=digest.hexdigest()[:16])


_LOADERS: dict[type[Any], Any] = {WatchData: _watch, CameraData: _camera, ArraysData: _arrays}
