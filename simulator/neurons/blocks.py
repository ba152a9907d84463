"""The YAML block of the measure ``neurons``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block
from simulator.neurons.catalogue import EstimatorName

Unit = Literal["element", "channel", "tensor", "weight"]
Subsets = Literal["no", "points", "subsets"]
MOST_POINTS = 6  # crash points of which all subsets are tried
CHEAP: tuple[EstimatorName, ...] = ("first_order", "single_crash", "path_bound", "norm_bound_1", "norm_bound_2",
                                    "norm_bound_inf")


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class CrashBlock(Block):
    """What crashes: ``at`` a place in the network, with probability ``p`` each ``unit``.

    Args:
        at: ``inputs``; ``hidden``, which is every tensor that comes out of an activation but for the outputs; a part,
            for its output; ``part/2``, for what its second layer puts out; or a layer by its name.
        p: P(crash) of a unit.
        unit: One number of the tensor (``element``), its last axis (``channel``), all of it (``tensor``), or one entry
            of the kernel of a dense layer (``weight``).
    """

    at: str
    p: Annotated[float, Field(ge=0, le=1)]
    unit: Unit = "element"


class NeuronErrors(Block):
    """What crashes inside the network do to its outputs, measured by Monte Carlo beside every estimator.

    Args:
        crash: What crashes; one, or a list of what crashes at once.
        estimators: Which stand beside Monte Carlo (``sim list estimators``); those that cannot be had are told.
        repetitions: Sets of crashes that each input meets.
        inputs: How many test samples, evenly spread.
        apart: Whether each crash point is also measured alone (``points``), or every set of points (``subsets``).
        above: Errors whose probability is bounded and counted; without it 1, 2 and 3 typical deviations.
        scaling: Whether the size of derivatives of the loss in the neurons, and norms of the kernels, stand there too
            (dense layers only).
        legacy: Whether estimators also stand there as the reference computes them, errors included.
        max_passes: An estimator that takes more passes an input is left out, with a note.
    """

    crash: Annotated[tuple[CrashBlock, ...], Field(min_length=1), BeforeValidator(_listed)]
    estimators: Annotated[tuple[EstimatorName, ...], BeforeValidator(_listed)] = CHEAP
    repetitions: Annotated[int, Field(ge=10)] = 1000
    inputs: Annotated[int, Field(ge=1)] = 100
    apart: Subsets = "no"
    above: Annotated[tuple[Annotated[float, Field(gt=0)], ...], BeforeValidator(_listed)] = ()
    scaling: bool = False
    legacy: bool = False
    max_passes: Annotated[int, Field(ge=1)] = 70_000

    @model_validator(mode="after")
    def _can_be_taken_apart(self) -> Self:
        if self.apart != "no" and len(self.crash) < 2:
            raise ValueError(f"apart is {self.apart!r}, and only one thing crashes; name several in 'crash'")
        if self.apart == "subsets" and len(self.crash) > MOST_POINTS:
            raise ValueError(f"{len(self.crash)} crash points have {2**len(self.crash)} subsets; name at most "
                             f"{MOST_POINTS}, or write 'apart: points'")
        return self
