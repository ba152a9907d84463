"""From a block to its data set: the one list of kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.arrays import load_arrays
from simulator.model.datasets.blobs import load_blobs
from simulator.model.datasets.blocks import (
    ArraysData,
    BlobsData,
    CameraData,
    Cifar10Data,
    Data,
    DataBlock,
    ImagesData,
    MhealthData,
    MnistData,
    TableData,
    WatchData,
)
from simulator.model.datasets.camera import load_camera
from simulator.model.datasets.cifar10 import load_cifar10
from simulator.model.datasets.dataset import DataSet, synthetic
from simulator.model.datasets.images import load_images
from simulator.model.datasets.mhealth import load_mhealth
from simulator.model.datasets.mnist import load_mnist
from simulator.model.datasets.table import load_table
from simulator.model.datasets.watch import load_watch

LOADERS: Mapping[type[DataBlock], Callable[[Any, Path], DataSet]] = {
    WatchData: load_watch,
    MhealthData: load_mhealth,
    CameraData: load_camera,
    Cifar10Data: load_cifar10,
    MnistData: load_mnist,
    ImagesData: load_images,
    TableData: load_table,
    ArraysData: load_arrays,
    BlobsData: load_blobs,
}


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
        return LOADERS[type(block)](block, base)
    except FileNotFoundError as error:
        if not quick:
            raise ScenarioError(_missing(block, str(error))) from error
        return synthetic(block)


def _missing(block: DataBlock, path: str) -> Problem:
    return Problem("data.path", f"no file {path!r}",
                   f"get {block.source}, put it there or name its place in data.path; "
                   "with --quick random arrays of its shapes stand in")
