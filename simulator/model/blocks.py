"""The YAML blocks of a model file: sources, parts, hyperconnections, strategy, training, data."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from simulator.blocks import Block, with_generated
from simulator.durations import Service
from simulator.model.codecs import FLOAT32, Codec
from simulator.model.datasets.blocks import Data as Data  # re-exported: it is part of a model file
from simulator.model.datasets.blocks import TableData
from simulator.model.generated import ChainModel
from simulator.model.given import FromKeras, KerasFile
from simulator.model.regularisers import Regularisers
from simulator.units import SizeBytes, WorkFlop

Strategy = Literal["vanilla", "dfg", "resilinet", "resilinet_plus", "select"]
Layers = tuple[dict[str, Any], ...]
Constant = int | float
Rate = Annotated[float, Field(ge=0, le=1)]


class SourceBlock(Block):
    """A sensor's data: which slice of the data set's input it holds.

    ``take`` indexes the first axis of a sample (camera: the view); without it the source holds the whole sample.
    ``numbers`` is for samples that are vectors: from which number to before which one, in the shape of the ``input``.
    ``beside`` names a part: the source stands on that part's node unless the scenario places it elsewhere.
    ``input`` names the input of a given Keras model that the source holds; it is needed where there are several.
    """

    output_bytes: SizeBytes | None = None  # of its message, in a model without layers
    take: int | None = None
    numbers: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(gt=0)]] | None = None
    beside: str | None = None
    input: str | None = None


class PartBlock(Block):
    """A part: layers (Keras), a piece of a given Keras model, or work and output size given by hand.

    An item of ``layers`` is ``{layer: Dense, units: 64}``; ``{block: name, times: 3}``, layers that the file names
    once; or ``{residual: [...], shortcut: [...]}``, the sum of two chains (no shortcut: of a chain and its input).
    ``service`` is its service time, which wins over its FLOP; ``priority`` counts on a machine that serves by it:
    the lowest goes first, a part that has none has its place in the file, from 0.
    """

    layers: Layers = ()
    from_keras: FromKeras | None = None
    service: Service | None = None
    priority: int | None = None
    work_flop: WorkFlop | None = None
    output_bytes: SizeBytes | None = None
    fit: Literal["shrink", "grow"] = "shrink"
    is_exit: bool = Field(default=False, alias="exit")
    needs: Literal["any", "all"] | int = "any"
    groups: tuple[tuple[tuple[str, ...], ...], ...] | None = None


class HyperconnectionBlock(Block):
    """An edge between parts; its span (parts bypassed) is derived: 0 is simple, 1 or more is a skip."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    weight: float = 1.0
    codec: Codec = FLOAT32

    @property
    def name(self) -> str:
        """Its name, ``source->target``."""
        return f"{self.source}->{self.target}"


class Failout(Block):
    """Failout in training: each part's output is dropped with probability 1 - survival, per sample or per batch.

    Args:
        survival: One rate, a rate by part, or ``setting``: the survival of each part's node in the scenario's failures.
        parts: The parts that one rate or ``setting`` is for; without it all but sources and exits.
        granularity: ``sample`` draws for each sample, ``batch`` once for the whole mini-batch (the literature's).
    """

    survival: Rate | dict[str, Rate] | Literal["setting"] = 0.9
    parts: tuple[str, ...] | None = None
    granularity: Literal["sample", "batch"] = "sample"


class Training(Block):
    """How the weights are found.

    Args:
        epochs: How often every sample is seen; 0 leaves a given model as it is.
        batch_size: Samples of one step.
        optimizer: Adam, or Adagrad as the literature's poster had it.
        learning_rate: Of the optimizer; 0.0001 or less to fine-tune.
        validation_share: Share of the training samples that chooses the epoch.
        given: Whether the weights of a given Keras model stay (``fixed``: only adapters learn) or move (``trained``).
        adapters: What adapters of a given model start from: random weights (``labels``), or a fit without labels to
            what the parts that they bypass would have sent (``bypassed``).
        loss: Of classes: cross-entropy, or the squared error of one number a class, 1 for the right one. A regression
            has the squared error.
        regularisers: What is added to the loss so that the network bears crashes inside it.
    """

    epochs: Annotated[int, Field(ge=0)] = 20
    batch_size: Annotated[int, Field(gt=0)] = 64
    optimizer: Literal["adam", "adagrad"] = "adam"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    given: Literal["fixed", "trained"] = "trained"
    adapters: Literal["labels", "bypassed"] = "bypassed"
    loss: Literal["cross_entropy", "squared"] = "cross_entropy"
    regularisers: Regularisers | None = None


class ModelFile(Block):
    """A split model: who computes what, and who feeds whom.

    Args:
        task: Whether exits score classes, or answer one number (``units: 1``): the ``target`` of a table.
        layer_defaults: Arguments that every layer of a class has unless it says otherwise, by class.
        blocks: Lists of layers by name, for ``{block: name}`` in a part.
        constants: Numbers by name, for arguments of layers: ``units: width``. A scenario may give others.
        partitions: Ways to split the network, by name: the layers of each part.
        partition: The one that is used unless the scenario names another.
        keras: The Keras model that the parts are pieces of, where it is given.
        codecs: Codecs laid over those of the hyperconnections: of ``all``, ``skips``, ``simple``, or by name.
        generate: Stands for the sources, parts and hyperconnections that are not written.
    """

    title: str = ""
    task: Literal["classification", "regression"] = "classification"
    data: Data | None = None
    sources: dict[str, SourceBlock]
    parts: dict[str, PartBlock]
    hyperconnections: tuple[HyperconnectionBlock, ...]
    layer_defaults: dict[str, dict[str, Any]] = {}
    blocks: dict[str, Layers] = {}
    constants: dict[str, Constant] = {}
    partitions: dict[str, dict[str, Layers]] = {}
    partition: str | None = None
    keras: KerasFile | None = None
    codecs: dict[str, Codec] = {}
    failout: Failout = Failout()
    training: Training = Training()
    generate: ChainModel | None = None

    @model_validator(mode="before")
    @classmethod
    def _generated(cls, value: Any) -> Any:
        return with_generated(value, ChainModel)

    @property
    def stood_for(self) -> set[str]:
        """The keys that ``generate`` stands for, as far as nothing else is written there."""
        if self.generate is None:
            return set()
        made = ModelFile(generate=self.generate)  # type: ignore[call-arg]  # the rest is what it stands for
        return {key for key in ("sources", "parts", "hyperconnections") if getattr(self, key) == getattr(made, key)}

    @property
    def has_layers(self) -> bool:
        """Whether it is a network: of layers, or cut from a given one."""
        return any(part.layers or part.from_keras for part in self.parts.values())

    @model_validator(mode="after")
    def _learns_what_its_data_hold(self) -> Self:
        has_target = isinstance(self.data, TableData) and self.data.target is not None
        if self.task == "regression" and self.data is not None and not has_target:
            raise ValueError("task: regression needs data of kind table with a target, a column of numbers")
        if self.task == "classification" and has_target:
            raise ValueError("data with a target, a column of numbers, needs task: regression")
        return self
