"""A neural network in pieces: one Keras sub-model per part, adapters on the edges, and their costs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.build import spans
from simulator.dataflow.costs import Costs
from simulator.dataflow.graph import PartGraph
from simulator.errors import Problem, ScenarioError
from simulator.model.backend import arrays_of, keras
from simulator.model.blocks import Failout as FailoutBlock
from simulator.model.blocks import ModelFile
from simulator.model.coders import coder_models, crossing
from simulator.model.edge_codecs import codecs_of
from simulator.model.failout import failout_problems, failout_rates
from simulator.model.given_parts import GivenParts
from simulator.model.joint import joint_model
from simulator.model.layers import Failout
from simulator.model.messages import is_placed, sent_shape
from simulator.model.pieces import FITS, Shape, adapter_model, part_model
from simulator.model.sources import held_by, source_shape
from simulator.model.work import memory_bytes, work_flop
from simulator.seeds import stream

Weights = Mapping[str, NDArray[np.float32]]


class SplitModel:
    """The pieces of a model file on a part graph, with weights.

    Args:
        model: The model file.
        graph: The part graph of a strategy.
        shape: Shape of one sample of the data set.
        classes: Number of classes of the data set.
        failout: Which parts die in training; None for a strategy without failout.
        seed: Seed of the initial weights (a stream of its own for each piece) and of failout.

    Raises:
        ScenarioError: a part has no layers or one that does not fit, an exit does not end in the classes, a failout
            names an unknown part, or a source takes what is not there; all of them at once.
    """

    def __init__(self, model: ModelFile, graph: PartGraph, shape: Shape, classes: int,
                 failout: FailoutBlock | None = None, seed: int = 0) -> None:
        self.model, self.graph, self.classes, self.seed = model, graph, classes, seed
        self.parts: dict[str, Any] = {}
        self.adapters: dict[int, Any] = {}
        self.codecs = codecs_of(model, graph)
        self.coders: dict[int, tuple[Any, ...]] = {}  # encoder and decoder, where they are trained
        self.shapes: dict[str, Shape] = {}
        self.given = GivenParts(model) if model.keras else None
        problems = [*self._take_sources(shape), *failout_problems(failout, graph)]
        problems += [problem for part in graph.parts if part.join is not None for problem in self._build(part.name)]
        if problems:
            raise ScenarioError(*problems)
        self.failouts = {name: Failout(rate, failout.granularity, self._seed_of(name, "failout"))
                         for name, rate in failout_rates(failout, graph).items() if failout}

    def _take_sources(self, shape: Shape) -> list[Problem]:
        problems: list[Problem] = []
        for name in self.graph.sources:
            wanted = self.given.source_shape(name) if self.given else None
            self.shapes[name], wrong = source_shape(name, self.model.sources[name], shape, wanted)
            problems += wrong
            if self.given and not wrong:
                problems += self.given.source_problems(name, self.shapes[name])
        return problems

    def _build(self, name: str) -> list[Problem]:
        """Build a part and the adapters of its inputs; return what is wrong."""
        edges = self.graph.inputs[name]
        senders = {edge: self.graph.edges[edge].source for edge in edges}
        if any(sender not in self.shapes for sender in senders.values()):
            return []  # a part before this one is wrong, which is told already
        wanted = (self.given.takes(name) if self.given else
                  self._wanted(name, [(self._spans[edge], self.shapes[sender]) for edge, sender in senders.items()]))
        try:
            keras.utils.set_random_seed(self._seed_of(name, "weights"))
            part = (self.given.part(name) if self.given else
                    part_model(name, self.model.parts[name].layers, wanted, self.classes))
        except ScenarioError as error:
            return list(error.problems)
        self.parts[name], self.shapes[name] = part, tuple(part.output.shape[1:])
        for edge, sender in senders.items():
            keras.utils.set_random_seed(self._seed_of(self.graph.edges[edge].name, "weights"))
            adapter = (self.given.adapter(sender, name, self._spans[edge] > 0) if self.given else
                       adapter_model(f"adapter {self.graph.edges[edge].name}", self.shapes[sender], wanted))
            if adapter is not None:
                self.adapters[edge] = adapter
            keras.utils.set_random_seed(self._seed_of(self.graph.edges[edge].name, "codec"))
            self.coders[edge] = coder_models(self.codecs[edge], self.graph.edges[edge].name, self.sent_shape(edge))
        if name in self.graph.exits and self.shapes[name] != (self.classes,):
            told = f"an exit must end in one number for each of {self.classes} classes, not in {self.shapes[name]}"
            way_out = ("choose the output that answers with 'sim partition --outputs'" if self.given else
                       "end it with {layer: Dense, units: classes, activation: softmax}")
            if self.model.task == "regression":
                told = f"the exit of a regression must end in one number, not in {self.shapes[name]}"
                way_out = "end it with {layer: Dense, units: 1}"
            return [Problem(f"parts.{name}" if self.given else f"parts.{name}.layers", told, way_out)]
        return []

    def _wanted(self, name: str, sent: list[tuple[int, Shape]]) -> Shape:
        """Return the shape that a part takes, of the spans and shapes that are sent: that of a simple input."""
        simple = next(shape for span, shape in sent if span == 0)
        return FITS[self.model.parts[name].fit](simple, [shape for _, shape in sent])

    @cached_property
    def _spans(self) -> tuple[int, ...]:
        return spans([part.name for part in self.graph.parts], self.graph.edges)

    def _seed_of(self, name: str, purpose: str) -> int:
        return int(stream(self.seed, 0, name, purpose).integers(2**31))

    @cached_property
    def training_model(self) -> Any:
        """The whole network as one Keras model, with failout; it shares its weights with the pieces."""
        crossings = {place: crossing(*self.pieces_on(place), codec if codec.shapes_training else None)
                     for place, codec in self.codecs.items()}
        return joint_model(self.graph, self.parts, crossings, self.failouts, self._source_shapes)

    @cached_property
    def told_model(self) -> Any:
        """The whole network as one Keras model that is told which edges are up (input ``edges_up``)."""
        crossings = {place: crossing(*self.pieces_on(place), codec) for place, codec in self.codecs.items()}
        return joint_model(self.graph, self.parts, crossings, {}, self._source_shapes, is_told=True)

    def pieces_on(self, edge: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return the sub-models that a tensor passes on an edge, before and after its codec's arithmetic.

        They are adapter, encoder and decoder; an adapter that only places a tensor in its message comes last.
        """
        adapter = (self.adapters[edge],) if edge in self.adapters else ()
        if adapter and is_placed(adapter[0]):
            return self.coders[edge], adapter
        return (*adapter, *self.coders[edge]), ()

    @property
    def _source_shapes(self) -> dict[str, Shape]:
        return {name: self.shapes[name] for name in self.graph.sources}

    def inputs_of(self, x: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return what each source holds of samples ``(samples, *shape)``."""
        return {name: held_by(self.model.sources[name], x, self.shapes[name]) for name in self.graph.sources}

    def sent_shape(self, edge: int) -> Shape:
        """Return the shape of one sample of the message on an edge, after its adapter."""
        if edge in self.adapters:
            return sent_shape(self.adapters[edge])
        return self.shapes[self.graph.edges[edge].source]

    def costs(self) -> Costs:
        """Return FLOP and memory of each part with its adapters, encoders and decoders, and bytes of each message.

        The sender runs adapters and encoders, the receiver decoders; rounding and sorting are not counted.
        """
        work, memory = {}, {}
        for part in self.graph.parts:
            pieces = [self.parts[part.name]] if part.name in self.parts else []
            pieces += [self.adapters[edge] for edge in self.graph.outputs[part.name] if edge in self.adapters]
            pieces += [coder for edge in self.graph.outputs[part.name] for coder in self.coders[edge][:1]]
            pieces += [coder for edge in self.graph.inputs[part.name] for coder in self.coders[edge][1:]]
            work[part.name] = sum(work_flop(piece) for piece in pieces)
            memory[part.name] = sum(memory_bytes(piece) for piece in pieces)
        payload = {edge.name: self.codecs[place].message_bytes(self.sent_shape(place))
                   for place, edge in enumerate(self.graph.edges)}
        return Costs(work, payload, memory)

    def count_params(self) -> int:
        """Return the number of weights of all parts, adapters and trained codecs."""
        return sum(piece.count_params() for piece in self._pieces.values())

    @property
    def _pieces(self) -> dict[str, Any]:
        adapters = {self.graph.edges[edge].name: adapter for edge, adapter in self.adapters.items()}
        coders = {f"{self.graph.edges[edge].name} {name}": coder for edge, pair in self.coders.items()
                  for name, coder in zip(("encoder", "decoder"), pair, strict=False)}
        return {**self.parts, **adapters, **coders}

    @property
    def weights(self) -> dict[str, NDArray[np.float32]]:
        """All weights, by ``piece:number``; a piece is a part, an adapter or a coder of an edge."""
        return {f"{name}:{number}": array for name, piece in self._pieces.items()
                for number, array in enumerate(arrays_of(piece))}

    def load(self, weights: Weights) -> None:
        """Take these weights.

        Raises:
            ValueError: they are not of this model: a name or a shape differs.
        """
        own = self.weights
        if {name: array.shape for name, array in own.items()} != {name: weights[name].shape for name in weights}:
            raise ValueError("these weights belong to another model")
        for name, piece in self._pieces.items():
            piece.set_weights([weights[f"{name}:{number}"] for number in range(len(piece.weights))])
