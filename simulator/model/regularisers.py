"""The YAML blocks of what training adds to its loss so that a network bears crashes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block

Strength = Annotated[float, Field(ge=0)]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class TrainingCrash(Block):
    """What crashes, as the penalty sees it: ``at`` a place in the network, with probability ``p`` each ``unit``.

    Args:
        at: ``inputs``; ``hidden``, every tensor that comes out of an activation but for the outputs; a part, for its
            output; ``part/2``, for what its second layer puts out; or a layer by its name.
        p: P(crash) of a unit.
        unit: One number of the tensor (``element``), its last axis (``channel``) or all of it (``tensor``).
    """

    at: str
    p: Annotated[float, Field(gt=0, lt=1)]
    unit: Literal["element", "channel", "tensor"] = "element"


class VariancePenalty(Block):
    """The variance of the error under crashes, to first order (b3), mean over samples and outputs.

    Args:
        strength: lambda.
        crash: What crashes; one, or a list of what crashes at once.
        passes: ``all``: a backward pass for each output. ``one``: one for a random mix of them, of equal expectation.
    """

    strength: Strength
    crash: Annotated[tuple[TrainingCrash, ...], Field(min_length=1), BeforeValidator(_listed)]
    passes: Literal["all", "one"] = "all"


class ContinuityPenalty(Block):
    """Neighbouring neurons of a layer compute similar functions: of every layer but an exit's last, biases included.

    Args:
        derivative: psi_d, of the differences along the index of neurons.
        smoothness: psi_s, of the distance from a running average.
    """

    derivative: Strength = 0.0
    smoothness: Strength = 0.0


class Regularisers(Block):
    """What is added to the loss.

    Args:
        l1: Of the absolute values of all kernels.
        l2: Of the squares of all kernels.
        balanced: mu, of the largest over the smallest squared weight of a neuron of the first layer.
        continuity: Of all layers but an exit's last.
        variance: Of the variance of the error under crashes.
        legacy: Whether continuity and variance are as the reference computes them, errors included.
    """

    l1: Strength = 0.0
    l2: Strength = 0.0
    balanced: Strength = 0.0
    continuity: ContinuityPenalty | None = None
    variance: VariancePenalty | None = None
    legacy: bool = False

    @model_validator(mode="after")
    def _legacy_of_something(self) -> Self:
        if self.legacy and not (self.continuity or self.variance):
            raise ValueError("legacy changes continuity and variance, and neither is here; leave it out")
        return self
