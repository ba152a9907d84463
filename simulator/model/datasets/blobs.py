"""Made-up samples that need no file: one normal cloud a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulator.model.datasets.blocks import BlobsData
from simulator.model.datasets.dataset import DataSet, split
from simulator.seeds import stream


def load_blobs(block: BlobsData, _base: Path) -> DataSet:
    """Return normal clouds of deviation 1 around centres that are normal with deviation ``distance``.

    The same block gives the same samples; the scenario's seed plays no part.
    """
    dice, count = stream(block.seed, 0, "data", "blobs"), block.train_samples + block.test_samples
    centres = block.distance * dice.standard_normal((block.classes, block.features))
    y = np.arange(count) % block.classes
    x = (centres[y] + dice.standard_normal((count, block.features))).astype(np.float32)
    title = f"{block.classes} normal clouds in {block.features} dimensions"
    return split(x, y, np.arange(count) >= block.train_samples, np.arange(count), title=title, classes=block.classes)
