"""Any npz of the user's own, with both halves or with subjects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import ArraysData
from simulator.model.datasets.dataset import Array, DataSet, split
from simulator.model.datasets.files import arrays_of, require
from simulator.model.datasets.scale import scaled


def load_arrays(block: ArraysData, base: Path) -> DataSet:
    """Return the data set of an npz, as the block asks.

    Raises:
        FileNotFoundError: with the path, where nothing is.
        ScenarioError: arrays do not fit together, or to the block.
    """
    path = base / block.path
    raw = arrays_of(path)
    x, y, is_test, groups = _halves(raw, path) if "x_train" in raw else _by_subject(raw, path, block.test_subjects)
    if not len(x) == len(y) == len(groups):
        told = f"{str(path)!r} has {len(x)} samples, {len(y)} labels and {len(groups)} groups or subjects"
        raise ScenarioError(Problem("data.path", told, "write one label and one group for each sample"))
    if block.shape and tuple(block.shape) != x.shape[1:]:
        raise ScenarioError(Problem("data.shape", f"{tuple(block.shape)} is not the shape of a sample in {str(path)!r}",
                                    f"write {list(x.shape[1:])}"))
    x, y, is_test, groups = x[:: block.every], y[:: block.every], is_test[:: block.every], groups[:: block.every]
    x = scaled(x, is_test, standardise=block.standardise)
    return split(x, y.reshape(-1).astype(np.int64), is_test, groups, title=path.stem, classes=block.classes)


def _halves(raw: Mapping[str, Array], path: Path) -> tuple[Array, Array, Array, Array]:
    """Return samples, classes, the claim which are test samples, and groups of a file with both halves."""
    require(raw, ("x_train", "y_train", "x_test", "y_test"), path)
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
    require(raw, ("x", "y", "subject"), path)
    is_test = np.isin(raw["subject"], np.unique(raw["subject"])[-test_subjects:])
    return raw["x"], raw["y"], is_test, raw["subject"]
