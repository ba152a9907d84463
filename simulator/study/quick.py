"""The quick version of a scenario: one epoch, 200 requests, at most three replications; for a first look."""

from __future__ import annotations

from dataclasses import replace

from simulator.model.blocks import ModelFile, Training
from simulator.scenario.load import Loaded

REQUESTS, EPOCHS, REPLICATIONS = 200, 1, 3


def quickened(loaded: Loaded) -> Loaded:
    """Return the scenario made quick; what it asks stays the same."""
    scenario, workload, model = loaded.scenario, loaded.scenario.workload, quick_model(loaded.model)
    # What the scenario writes of its training wins over the model's file, also over one that a sweep names.
    training = (scenario.training or Training()).model_copy(update={"epochs": model.training.epochs})
    return replace(
        loaded,
        scenario=scenario.model_copy(
            update={
                "workload": workload and workload.model_copy(update={"requests": min(REQUESTS, workload.requests)}),
                "replications": min(REPLICATIONS, scenario.replications),
                "training": training,
            }
        ),
        model=model,
    )


def quick_model(model: ModelFile) -> ModelFile:
    """Return the model with one epoch of training."""
    return model.model_copy(
        update={"training": model.training.model_copy(update={"epochs": min(EPOCHS, model.training.epochs)})}
    )
