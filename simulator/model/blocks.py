"""The YAML blocks of a model file: sources, parts, hyperconnections, strategy, training, data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.model.datasets.blocks import Data as Data  # re-exported: it is part of a model file
from simulator.units import DurationNs, SizeBytes, WorkFlop

Strategy = Literal["vanilla", "dfg", "resilinet", "resilinet_plus", "select"]
Rate = Annotated[float, Field(ge=0, le=1)]


class SourceBlock(Block):
    """A sensor's data: which slice of the data set's input it holds.

    ``take`` indexes the first axis of a sample (camera: the view); without it the source holds the whole sample.
    """

    take: int | None = None


class ServiceBlock(Block):
    """A given service time, for parts without layers: ``mean``, constant or exponential."""

    mean_ns: DurationNs
    law: Literal["constant", "exponential"] = "constant"


class PartBlock(Block):
    """A part: layers (Keras), or work and output size given by hand."""

    layers: tuple[dict[str, Any], ...] = ()
    service: ServiceBlock | None = None
    work_flop: WorkFlop | None = None
    output_bytes: SizeBytes | None = None
    is_exit: bool = Field(default=False, alias="exit")
    needs: Literal["any", "all"] | int = "any"
    groups: tuple[tuple[tuple[str, ...], ...], ...] | None = None


class HyperconnectionBlock(Block):
    """An edge between parts; its span (parts bypassed) is derived: 0 is simple, 1 or more is a skip."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    weight: float = 1.0


class Failout(Block):
    """Failout in training: each part's output is dropped with probability 1 - survival, per sample or per batch."""

    survival: Rate | dict[str, Rate] = 0.9
    granularity: Literal["sample", "batch"] = "sample"


class Training(Block):
    """How the weights are found."""

    epochs: Annotated[int, Field(ge=0)] = 20
    batch_size: Annotated[int, Field(gt=0)] = 64
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.0


class ModelFile(Block):
    """A split model: who computes what, and who feeds whom."""

    title: str = ""
    data: Data | None = None
    sources: dict[str, SourceBlock]
    parts: dict[str, PartBlock]
    hyperconnections: tuple[HyperconnectionBlock, ...]
    failout: Failout = Failout()
    training: Training = Training()
