"""The quick version of a scenario, for a first look: one epoch, few samples, 200 requests, three replications."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.expect.search_blocks import SearchBlock
from simulator.model.blocks import ModelFile, Training
from simulator.model.data import DataSet
from simulator.network.blocks import Workload
from simulator.scenario.designs import Axis, axis_points, thinned
from simulator.scenario.load import Loaded
from simulator.scenario.others import OtherWorkload
from simulator.scenario.scenario import Repeats

Asked = TypeVar("Asked", Workload, OtherWorkload)
REQUESTS, EPOCHS, REPLICATIONS = 200, 1, 3
EPOCHS_KEY = "training.epochs"
TRIALS, FRESH_SEEDS = 3, 2  # of a search
CELLS = 9  # a larger grid keeps the first and the last value of each axis
TRAINING_SAMPLES, TEST_SAMPLES = 128, 48


def quickened(loaded: Loaded) -> Loaded:
    """Return the scenario made quick; what it asks stays the same, but of a large grid only its corners, and once."""
    scenario, workload, model = loaded.scenario, loaded.scenario.workload, quick_model(loaded.model)
    sweep = _quick_sweep(loaded)
    # What the scenario writes of its training wins over the model's file, also over one that a sweep names.
    training = (scenario.training or Training()).model_copy(update={"epochs": model.training.epochs})
    return replace(
        loaded,
        scenario=scenario.model_copy(
            update={
                "workload": workload and _quick_workload(workload),
                "others": {name: other.model_copy(update={"workload": _quick_workload(other.workload)})
                           for name, other in scenario.others.items()},
                "replications": min(REPLICATIONS, scenario.replications),
                "training": training,
                "sweep": sweep,
                "repeats": Repeats(),
                "precision": None,
                "claims": {},
                "plots": (),
                "search": scenario.search and _quick_search(scenario.search),
            }
        ),
        model=model,
        others={name: quick_model(other) for name, other in loaded.others.items()},
    )


def _quick_sweep(loaded: Loaded) -> dict[str, Axis]:
    """Return the axes of a sweep, of a large grid their ends alone, with few epochs."""
    scenario, model = loaded.scenario, loaded.model
    sweep = dict(scenario.sweep)
    if prod(len(axis_points(scenario, model, name)) for name in sweep) > CELLS:
        sweep = {name: thinned(scenario, model, name) for name in sweep}
    if EPOCHS_KEY in sweep:
        points = axis_points(scenario.model_copy(update={"sweep": sweep}), model, EPOCHS_KEY)
        sweep[EPOCHS_KEY] = tuple(_few_epochs(point.values[EPOCHS_KEY]) for point in points)
    return sweep


def _quick_workload(workload: Asked) -> Asked:
    few = None if workload.requests is None else min(REQUESTS, workload.requests)
    return workload.model_copy(update={"requests": few})


def _quick_search(search: SearchBlock) -> SearchBlock:
    few = {"trials": min(TRIALS, search.trials), "fresh_seeds": min(FRESH_SEEDS, search.fresh_seeds)}
    return search.model_copy(update=few)


def _few_epochs(epochs: Any) -> Any:
    """Return at most so many epochs; what is no number stays, for the block to refuse."""
    return min(EPOCHS, epochs) if isinstance(epochs, int) else epochs


def quick_model(model: ModelFile) -> ModelFile:
    """Return the model with one epoch of training."""
    return model.model_copy(
        update={"training": model.training.model_copy(update={"epochs": min(EPOCHS, model.training.epochs)})}
    )


def quick_data(dataset: DataSet) -> DataSet:
    """Return at most 128 training and 48 test samples of a data set, spread evenly over it."""
    train, test = spread(len(dataset.y_train), TRAINING_SAMPLES), spread(len(dataset.y_test), TEST_SAMPLES)
    return replace(
        dataset,
        x_train=dataset.x_train[train],
        y_train=dataset.y_train[train],
        groups_train=dataset.groups_train[train],
        x_test=dataset.x_test[test],
        y_test=dataset.y_test[test],
        groups_test=dataset.groups_test[test],
        fingerprint=f"{dataset.fingerprint} quick",
    )


def spread(count: int, most: int) -> NDArray[np.intp]:
    """Return at most ``most`` indices below ``count``, evenly spread.

    >>> spread(10, 4).tolist(), spread(3, 4).tolist()
    ([0, 3, 6, 9], [0, 1, 2])
    """
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.intp))
