"""Six views of a person, a car or a bus."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import CameraData
from simulator.model.datasets.dataset import DataSet, split
from simulator.model.datasets.files import arrays_of, require


def load_camera(block: CameraData, base: Path) -> DataSet:
    """Return the views of an npz, divided by 255; clusters are the frames."""
    path = base / block.path
    raw = arrays_of(path)
    require(raw, ("x", "y", "split", "frame"), path)
    shape, classes = block.promised()
    if raw["x"].shape[1:] != shape:
        raise ScenarioError(Problem("data.path", f"samples in {str(path)!r} have the shape {raw['x'].shape[1:]}",
                                    f"{shape} is needed; use kind: arrays for another set"))
    kept = raw["split"] != 1  # 0 training, 1 validation (not used), 2 holdout: the test set
    x = raw["x"][kept].astype(np.float32) / np.float32(255)
    return split(x, raw["y"][kept].astype(np.int64), raw["split"][kept] == 2, raw["frame"][kept].astype(np.int64),
                 title="six camera views of a person, car or bus", classes=classes)
