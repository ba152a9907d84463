"""Trained weights: found on the disk by what they depend on, or trained and put there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras, make_deterministic, versions
from simulator.model.blocks import Failout, ModelFile, Strategy, Training
from simulator.model.data import DataSet
from simulator.model.split import SplitModel, Weights, failout_rates
from simulator.seeds import stream

FORMAT = 1  # raise it when training changes, so that old weights are not taken for new ones
Progress = Callable[[int, int], None]


def trained(  # noqa: PLR0913 - what weights depend on, by name
            model: ModelFile, graph: PartGraph, strategy: Strategy, dataset: DataSet, training: Training,
            failout: Failout | None, seed: int, progress: Progress = lambda done, epochs: None,
            ) -> tuple[SplitModel, bool, str]:
    """Return a split model with trained weights, whether they were found on the disk, and the hash of the weights.

    Args:
        model: The model file.
        graph: Its part graph under the strategy.
        strategy: How it is built to survive; part of the weights' identity only by name.
        dataset: What it learns from.
        training: Epochs, batch size, learning rate.
        failout: Which parts die in training, None for none.
        seed: Seed of initial weights, shuffling and failout.
        progress: Called with (epochs done, epochs) after every epoch; not called when the weights are found.

    Raises:
        ScenarioError: the model does not fit itself or the data, or the cache folder cannot be written.
    """
    split = SplitModel(model, graph, dataset.shape, dataset.classes, failout, seed)
    path = cache_folder() / f"{weights_key(split, strategy, dataset, training, failout, seed)}.npz"
    found = read_weights(path)
    if found is not None:
        try:
            split.load(found)
        except (ValueError, KeyError):
            found = None
    if found is None:
        train(split, dataset, training, seed, progress)
        write_weights(path, split.weights)
    return split, found is not None, weights_hash(split.weights)


class _Report(keras.callbacks.Callback):  # type: ignore[misc]
    """Tell the progress, and keep the weights of the epoch with the smallest validation loss, if there is one."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        super().__init__()
        self.progress, self.epochs = progress, epochs
        self.least = float("inf")
        self.best: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Remember the best epoch and tell that one more is done."""
        loss = (logs or {}).get("val_loss")
        if loss is not None and loss < self.least:
            self.least, self.best = loss, self.model.get_weights()
        self.progress(epoch + 1, self.epochs)


def train(split: SplitModel, dataset: DataSet, training: Training, seed: int, progress: Progress) -> None:
    """Train a split model as one network, with failout where it has any: Adam on the sum of the exits' cross-entropies.

    A sample that no path reaches in a step still counts: the exit learns to guess from its biases (ResiliNet).
    """
    make_deterministic(int(stream(seed, 0, "", "training").integers(2**31)))
    whole, exits = split.training_model, len(split.graph.exits)
    whole.compile(optimizer=keras.optimizers.Adam(training.learning_rate),
                  loss=["sparse_categorical_crossentropy"] * exits)
    order = stream(seed, 0, "", "validation").permutation(len(dataset.x_train))
    kept_out = int(training.validation_share * len(order))
    report = _Report(progress, training.epochs)

    def samples(rows: NDArray[Any]) -> tuple[dict[str, NDArray[Any]], list[NDArray[Any]]]:
        return split.inputs_of(dataset.x_train[rows]), [dataset.y_train[rows]] * exits

    whole.fit(*samples(order[kept_out:]), batch_size=training.batch_size, epochs=training.epochs, verbose=0,
              callbacks=[report], validation_data=samples(order[:kept_out]) if kept_out else None)
    if report.best is not None:
        whole.set_weights(report.best)


# -- the cache ---------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Return the folder of trained weights: ``SIM_CACHE_DIR``, or the user's cache folder."""
    return Path(os.environ.get("SIM_CACHE_DIR") or platformdirs.user_cache_dir("graceful-sim")) / "weights"


def weights_key(split: SplitModel, strategy: Strategy, dataset: DataSet, training: Training, failout: Failout | None,
                seed: int) -> str:
    """Return the hash of everything that trained weights depend on."""
    graph, model = split.graph, split.model
    named = {
        "format": FORMAT, "strategy": strategy, "seed": seed, "data": dataset.fingerprint, **versions(),
        "layers": {name: [dict(layer) for layer in model.parts[name].layers] for name in split.parts},
        "sources": {name: model.sources[name].take for name in graph.sources},
        "graph": [[part.name, repr(part.join), part.is_exit] for part in graph.parts],
        "edges": [[edge.source, edge.target, edge.weight] for edge in graph.edges],
        "failout": [failout_rates(failout, graph), failout.granularity if failout else None],
        "training": training.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:32]


def weights_hash(weights: Weights) -> str:
    """Return the hash of the weights themselves."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(weights[name]).data)
    return digest.hexdigest()[:16]


def read_weights(path: Path) -> dict[str, NDArray[np.float32]] | None:
    """Return the weights in a file, None where there is none or it is torn."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights whole or not at all.

    Raises:
        ScenarioError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **weights)  # type: ignore[arg-type]
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        told = f"cannot write trained weights to {str(path.parent)!r}: {error.strerror}"
        raise ScenarioError(Problem("SIM_CACHE_DIR", told, "set SIM_CACHE_DIR to a folder of yours")) from error
