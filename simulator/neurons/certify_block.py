"""The YAML block of ``certify:``, a network trained until it is certified to bear crashes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from simulator.blocks import Block
from simulator.model.regularisers import Strength, TrainingCrash


class StartBlock(Block):
    """What the first network is trained with.

    Args:
        neurons: N.
        balanced: mu.
        variance: lambda.
        derivative: psi_d.
        smoothness: psi_s.
    """

    neurons: Annotated[int, Field(ge=1)] = 1
    balanced: Strength = 1e-10
    variance: Strength = 1e-10
    derivative: Strength = 1e-8
    smoothness: Strength = 1e-6


class CertifyBlock(Block):
    """Train, measure and adapt until a median of copies is certified: P(rise of the loss > epsilon) <= delta.

    Args:
        layer: The dense layer, by name, whose ``units`` the algorithm chooses; its neurons crash.
        crash: Where they crash, behind its activation, and how likely.
        epsilon: The most that crashes may raise the loss of an input.
        delta: P(the median of the copies raises it more), at most.
        inputs: How many test samples, evenly spread, it is certified for.
        share: Share of these that must be certified.
        start: What the first network is trained with.
        trainings: How many networks are tried.
        repetitions: Drawn crashes of each input: for the remainder, and others for the frequency that is held against
            the certificate.
        legacy: Whether to decide as the reference does, errors included.
    """

    layer: str
    crash: TrainingCrash
    epsilon: Annotated[float, Field(gt=0)]
    delta: Annotated[float, Field(gt=0, lt=1)]
    inputs: Annotated[int, Field(ge=1)] = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    start: StartBlock = StartBlock()
    trainings: Annotated[int, Field(ge=1)] = 20
    repetitions: Annotated[int, Field(ge=100)] = 2000
    legacy: bool = False
