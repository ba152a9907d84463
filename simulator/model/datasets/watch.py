"""The smartwatch's windows, from the file that ``seglearn`` ships."""

from __future__ import annotations

import importlib.util
import runpy
from functools import cache
from pathlib import Path

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.model.datasets.blocks import WatchData
from simulator.model.datasets.dataset import Array, DataSet, split

WATCH_WINDOW = 50  # rows of one second at 50 Hz


def load_watch(block: WatchData, _base: Path) -> DataSet:
    """Return the watch's windows; the folder plays no part, the data are in seglearn's wheel."""
    x, y, subject, recording = _windows()
    held_out = np.unique(subject)[-block.test_subjects :]
    is_test = np.isin(subject, held_out)
    seen = x[~is_test].reshape(-1, x.shape[-1])
    x = ((x - seen.mean(axis=0)) / seen.std(axis=0)).astype(np.float32)
    return split(x, y, is_test, recording, title="smartwatch, seven shoulder exercises, ten subjects")


@cache
def _windows() -> tuple[Array, Array, Array, Array]:
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
