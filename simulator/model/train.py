"""Trained weights: found on the disk by what they depend on, or trained and put there."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.graph import PartGraph
from simulator.model.adapters import fit_adapters
from simulator.model.backend import arrays_of, compiles, keras, make_deterministic, versions
from simulator.model.blocks import Failout, ModelFile, Strategy, Training
from simulator.model.data import DataSet
from simulator.model.edge_codecs import training_codecs
from simulator.model.failout import failout_rates
from simulator.model.given_parts import exit_loss, given_identity
from simulator.model.keep import cache_folder, note_use, write_arrays
from simulator.model.split import SplitModel, Weights
from simulator.seeds import stream

FEW_STEPS = 16  # so few are done sooner than a graph is compiled
FORMAT = 3  # raise it when training changes, so that old weights are not taken for new ones
ONLY_OF_GIVEN = {"given", "adapters"}
OPTIMIZERS = {"adam": keras.optimizers.Adam, "adagrad": keras.optimizers.Adagrad}
NEWER = {"loss": "cross_entropy", "regularisers": None}  # what weights did not depend on before
Progress = Callable[[int, int], None]
Dress = Callable[[SplitModel], Any]


def trained(  # noqa: PLR0913 - what weights depend on, by name
            model: ModelFile, graph: PartGraph, strategy: Strategy, dataset: DataSet, training: Training,
            failout: Failout | None, seed: int, progress: Progress = lambda done, epochs: None,
            dress: Dress | None = None) -> tuple[SplitModel, bool, str]:
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
        dress: Makes of a split model's whole what is fitted, with the training's regularisers in it.

    Raises:
        ScenarioError: the model does not fit itself or the data, or the cache folder cannot be written.
    """
    split = SplitModel(model, graph, dataset.shape, dataset.classes, failout, seed)
    path = cache_folder() / "weights" / f"{weights_key(split, strategy, dataset, training, failout, seed)}.npz"
    found = read_weights(path)
    if found is not None:
        try:
            split.load(found)
        except (ValueError, KeyError):
            found = None
    if found is None:
        train(split, dataset, training, seed, progress, dress)
        write_weights(path, split.weights)
    return split, found is not None, weights_hash(split.weights)


def train(split: SplitModel, dataset: DataSet, training: Training, seed: int, progress: Progress,
          dress: Dress | None = None) -> None:
    """Train a split model as one network, with failout where it has any: Adam on the sum of the exits' losses.

    The loss is cross-entropy, or the squared error: of the classes, or of the target in standard deviations.

    Every epoch takes the samples in a new order and leaves out the remainder of the last batch. With a validation share
    the weights of the epoch with the smallest validation loss are kept. A sample that no path reaches in a step still
    counts: the exit learns to guess from its biases (ResiliNet).
    """
    make_deterministic(int(stream(seed, 0, "", "training").integers(2**31)))
    if split.given and training.adapters == "bypassed":
        fit_adapters(split, dataset.x_train)
    if training.epochs == 0:
        return
    whole = dress(split) if dress else split.training_model
    is_squared = dataset.is_regression or training.loss == "squared"
    is_short = training.epochs * len(dataset.y_train) < FEW_STEPS * training.batch_size
    whole.compile(optimizer=OPTIMIZERS[training.optimizer](training.learning_rate),
                  jit_compile=compiles() and not is_short, run_eagerly=is_short,
                  loss={name: "mean_squared_error" if is_squared else exit_loss(split.parts[name])
                        for name in split.graph.exits})
    x, dice = split.inputs_of(dataset.x_train), stream(seed, 0, "", "order")
    y = targets_of(dataset, training)
    kept_out, rest = np.split(dice.permutation(len(y)), [int(training.validation_share * len(y))])

    def batch(rows: NDArray[np.intp]) -> tuple[dict[str, Any], dict[str, Any]]:
        return {name: array[rows] for name, array in x.items()}, dict.fromkeys(split.graph.exits, y[rows])

    least, best = float("inf"), None
    for epoch in range(training.epochs):
        for rows in _batches(dice.permutation(rest), training.batch_size):
            whole.train_on_batch(*batch(rows))
        if len(kept_out):
            loss = validation_loss(whole, [batch(rows) for rows in _batches(kept_out, training.batch_size)])
            least, best = min((least, best), (loss, arrays_of(whole)), key=itemgetter(0))
        progress(epoch + 1, training.epochs)
    if best is not None:
        whole.set_weights(best)


def targets_of(dataset: DataSet, training: Training) -> NDArray[Any]:
    """Return what outputs are trained to be: scaled numbers, class numbers, or one number a class."""
    if dataset.target_scale is not None:
        return dataset.target_scale.scaled(dataset.y_train)
    return np.eye(dataset.classes, dtype=np.float32)[dataset.y_train] if training.loss == "squared" else dataset.y_train


def validation_loss(whole: Any, batches: Sequence[tuple[Any, Any]]) -> float:
    """Return the mean loss with everything up."""
    return float(np.mean([whole.test_on_batch(*batch, return_dict=True)["loss"] for batch in batches]))


def _batches(order: NDArray[Any], size: int) -> list[NDArray[Any]]:
    """Return whole batches of row numbers; one smaller batch where there are not enough rows."""
    return [order[start : start + size] for start in range(0, max(1, len(order) - size + 1), size)]


# -- the cache ---------------------------------------------------------------------------------------------------------


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
        "training": _of_training(training.model_dump(mode="json", exclude=None if model.keras else ONLY_OF_GIVEN)),
    }
    if numbers := {name: source.numbers for name, source in model.sources.items() if source.numbers}:
        named["numbers"] = numbers
    if dataset.is_regression:
        named["task"] = "regression"
    if model.keras:
        named["keras"] = given_identity(model)
    if codecs := training_codecs(split.codecs, graph):
        named["codecs"] = codecs
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:32]


def _of_training(plain: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in plain.items() if key not in NEWER or value != NEWER[key]}


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
        note_use(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights whole or not at all.

    Raises:
        ScenarioError: the folder cannot be written.
    """
    write_arrays(path, weights)
