"""The YAML block of the measure ``predicted_failures``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.blocks import Block


class PredictedFailures(Block):
    """What failures do, foretold from the trained network by its slopes, beside what they do exactly.

    Scores (what a softmax takes), accuracy, and the ranking of components and of skip hyperconnections: to first order
    (one backward pass a score), with the effect of each failure alone, with pairs, and over all patterns of at most
    ``max_components`` that matter to the model. ``samples`` of the test set are used, evenly spread over it, or all if
    it has fewer; intervals of rank correlations come from ``draws`` test sets drawn anew by clusters.
    """

    max_components: Annotated[int, Field(gt=0, le=12)] = 10
    samples: Annotated[int, Field(ge=2)] = 2000
    draws: Annotated[int, Field(ge=10)] = 200
