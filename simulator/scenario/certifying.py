"""What is wrong with a ``certify:`` block."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.partitions import expanded
from simulator.model.widening import named_layers
from simulator.neurons.tail_bounds import ALPHA_OVER_P
from simulator.scenario.parts import Parts


def certify_problems(parts: Parts) -> Iterator[Problem]:
    """Yield a problem for a layer that is not there, a loss that is not squared, and crashes that are too likely."""
    block = parts.scenario.certify if parts.scenario else None
    if block is None or parts.scenario is None:
        return
    if block.crash.p * ALPHA_OVER_P >= 1:
        told = f"{block.crash.p:g} is too likely for the argument, which needs e^2.5 p < 1"
        yield Problem(parts.document.place("certify.crash.p"), told, f"write less than {1 / ALPHA_OVER_P:.4f}")
    if block.crash.unit != "element":
        yield Problem(parts.document.place("certify.crash.unit"), f"{block.crash.unit!r}: single neurons are certified",
                      "leave it out")
    if parts.model is None:
        return
    try:
        model = expanded(parts.model, parts.scenario.partition)
    except ScenarioError:
        return  # told where partitions are checked
    known = dict(named_layers(model))
    if block.layer not in known:
        yield Problem(parts.document.place("certify.layer"), f"no layer with units is named {block.layer!r}",
                      did_you_mean(block.layer, known) if known else "give a dense layer a name in the model file")
    if model.task == "classification" and model.training.loss != "squared":
        yield Problem(parts.document.place("certify"), "the rise of the squared loss is certified, and the training's "
                      f"loss is {model.training.loss!r}", "write training: {loss: squared}")
    if sum(part.is_exit for part in model.parts.values()) > 1:
        yield Problem(parts.document.place("certify"), "the model has several exits", "leave one exit")
