"""The sub-models of a model file that is cut from a Keras file: its parts, and the adapters between their messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.backend import keras
from simulator.model.blocks import ModelFile
from simulator.model.given import FromKeras, KerasFile
from simulator.model.keras_files import file_hash, read_keras
from simulator.model.keras_graph import KerasGraph, piece_between, read_graph
from simulator.model.messages import Pack, Unpack, linear, message_adapter, packed_shape, place_model
from simulator.model.nodes import calls, input_names
from simulator.model.regions import legal
from simulator.model.smooth import smoothed

Shape = tuple[int, ...]
PASSING = frozenset({"Identity", "Pack", "Reshape", "Flatten"})
SMALL = 4096  # numbers in a tensor that a made-up part still flattens


class GivenParts:
    """What a model file says of a Keras model, as sub-models.

    Args:
        model: A model file with a ``keras:`` block.

    Raises:
        ScenarioError: the file is missing or another one, a part has no tensors, or a tensor is not there or has
            another shape; all at once.
    """

    def __init__(self, model: ModelFile) -> None:
        if model.keras is None:
            raise ScenarioError(Problem("keras", "parts are cut from a Keras model, but none is named",
                                        "write keras: {path: MODEL.keras}"))
        self.keras: KerasFile = model.keras
        self.model = model
        self.blocks = {name: part.from_keras for name, part in model.parts.items() if part.from_keras is not None}
        problems = [Problem(f"parts.{name}", "is not cut from the Keras model like the others",
                            "write from_keras: {inputs: {...}, outputs: {...}}, as 'sim partition' does")
                    for name in model.parts if name not in self.blocks]
        if problems := [*problems, *self._input_problems()]:
            raise ScenarioError(*problems)
        self._graph = None if self.keras.is_stand_in else self._read()

    def _input_problems(self) -> list[Problem]:
        known = {tensor for block in self.blocks.values() for tensor in block.inputs}
        return [Problem(f"sources.{name}.input", f"no part takes the tensor {source.input!r}",
                        did_you_mean(source.input or "", known))
                for name, source in self.model.sources.items()
                if (source.input is not None or len(self.model.sources) > 1) and source.input not in known]

    def _read(self) -> KerasGraph:
        """Return the Keras model, opened, with the layers that may learn as ``training.given`` says.

        BatchNormalization never does: a few steps of fine-tuning would spoil the statistics of a long training.
        """
        if not self.keras.file.is_file():
            way_out = ("put it there, or write its place in keras.path of the model file (docs/partition.md); "
                       "with --quick random parts of its interface stand in")
            raise ScenarioError(Problem("keras.path", f"no file {self.keras.path!r}", way_out))
        whole = read_keras(self.keras.file, "keras.path", self.keras.sha256)
        shapes = [self._shape_of(name) for name in input_names(whole)]
        known = [shape for shape in shapes if shape is not None]
        graph = read_graph(whole, "keras.path", known if len(known) == len(shapes) else None)
        if problems := [problem for name in self.blocks for problem in self._tensor_problems(name, graph)]:
            raise ScenarioError(*problems)
        moves = self.model.training.given == "trained"
        for call in graph.calls.values():
            if isinstance(call.operation, keras.Layer):
                call.operation.trainable = moves and not isinstance(call.operation, keras.layers.BatchNormalization)
        return graph if self.keras.softplus is None else smoothed(graph, self.keras.softplus)

    def _shape_of(self, tensor: str) -> Shape | None:
        return next((block.inputs[tensor] for block in self.blocks.values() if tensor in block.inputs), None)

    def _tensor_problems(self, name: str, graph: KerasGraph) -> list[Problem]:
        problems, block = [], self.blocks[name]
        for side, shapes in (("inputs", block.inputs), ("outputs", block.outputs)):
            for tensor, shape in shapes.items():
                place = f"parts.{name}.from_keras.{side}.{tensor}"
                if tensor not in graph.symbols:
                    known = did_you_mean(tensor, graph.symbols)
                    problems.append(Problem(place, f"the Keras model has no tensor {tensor!r}",
                                            known if known.startswith("did") else "cut it again with 'sim partition'"))
                elif graph.shape(tensor) != tuple(shape):
                    problems.append(Problem(place, f"{tuple(shape)} is not its shape", f"write {graph.shape(tensor)}"))
        if not problems:
            need = graph.graph.need(block.outputs, block.inputs)
            problems = [Problem(f"parts.{name}.from_keras", f"its outputs also need the tensor {tensor!r}",
                                "add it to the inputs, or cut again with 'sim partition'")
                        for tensor in graph.graph.inputs if tensor in need.seen and tensor not in block.inputs]
        return problems

    def takes(self, part: str) -> Shape:
        """Return the shape of one sample of the message that a part takes."""
        return packed_shape(list(self.blocks[part].inputs.values()))

    def source_shape(self, source: str) -> Shape:
        """Return the shape of one sample of the input that a source is for."""
        (wanted,) = self._held(source).values()
        return tuple(wanted)

    def source_problems(self, source: str, shape: Shape) -> list[Problem]:
        """Return what is wrong with the shape of one sample of what a source holds."""
        wanted = self.source_shape(source)
        if wanted == shape:
            return []
        told = f"its samples have the shape {shape}; the Keras model wants {wanted}"
        return [Problem(f"sources.{source}", told, "name the data set that the model was made for")]

    def part(self, name: str) -> Any:
        """Return the sub-model of a part: from the Keras file, or one that stands in for it."""
        block = self.blocks[name]
        if self._graph is None:
            return stand_in(name, block, is_exit=self.model.parts[name].is_exit)
        raw = {tensor for source in self.model.sources for tensor in self._held(source)}
        scaling = (self.keras.scale, self.keras.offset) if set(block.inputs) <= raw else (1.0, 0.0)
        return piece_between(self._graph, name, tuple(block.inputs), tuple(block.outputs), scaling)

    def adapter(self, source: str, target: str, is_skip: bool) -> Any | None:
        """Return what turns the output of one part into the message of another; None where it is that message."""
        wanted, name, held = self.blocks[target].inputs, f"adapter {source}->{target}", self._held(source)
        if not is_skip and source in self.model.sources:
            return place_model(name, next(iter(held)), wanted)
        return message_adapter(name, held, self.carried(source, target, is_skip), wanted)

    def carried(self, source: str, target: str, is_skip: bool) -> list[str]:
        """Return the tensors that a hyperconnection carries, a skip those that its source sends to the next part."""
        held = self._held(source)
        if not is_skip:
            return [tensor for tensor in held if tensor in self.blocks[target].inputs]
        fed = next(edge.target for edge in self.model.hyperconnections if edge.source == source)
        return [tensor for tensor in held if tensor in self.blocks[fed].inputs] or list(held)

    def _held(self, sender: str) -> Mapping[str, Shape]:
        """Return the tensors of a sender's output."""
        if sender in self.blocks:
            return self.blocks[sender].outputs
        tensor = self.model.sources[sender].input
        fed = next(edge.target for edge in self.model.hyperconnections if edge.source == sender)
        inputs = self.blocks[fed].inputs
        tensor = next(iter(inputs)) if tensor is None else tensor
        return {tensor: self._shape_of(tensor) or ()}


def given_identity(model: ModelFile) -> dict[str, Any]:
    """Return what weights depend on of a Keras file and of the cuts through it."""
    given = model.keras
    if given is None:
        return {}
    content = "stand-in" if given.is_stand_in else file_hash(given.file)
    pieces = {name: [list(map(list, side.items())) for side in (block.inputs, block.outputs)]
              for name, part in model.parts.items() if (block := part.from_keras)}
    smooth = {} if given.softplus is None else {"softplus": given.softplus}
    return {"content": content, **smooth, "scaling": [given.scale, given.offset], "pieces": pieces,
            "inputs": {name: source.input for name, source in model.sources.items()},
            "order": [block.name for block in model.hyperconnections]}


def exit_loss(piece: Any) -> Any:
    """Return the loss that fits what an exit ends in: probabilities, or logits where there is no softmax."""
    if ends_in_softmax(piece):
        return "sparse_categorical_crossentropy"
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def ends_in_softmax(piece: Any) -> bool:
    """Return whether the last operation of a sub-model is a softmax, inside a layer or by itself."""
    last = list(calls(piece))
    while last and type(last[-1].operation).__name__ in PASSING:
        last.pop()
    if not last:
        return False
    operation = last[-1].operation
    activation = getattr(operation, "activation", None)
    return type(operation).__name__ == "Softmax" or getattr(activation, "__name__", "") in ("softmax", "sigmoid")


def stand_in(name: str, block: FromKeras, *, is_exit: bool) -> Any:
    """Return a small sub-model with random weights of a part's interface; it means nothing, and takes no file."""
    start = keras.Input(packed_shape(list(block.inputs.values())))
    tensors = [start] if len(block.inputs) == 1 else Unpack(list(block.inputs.values()))(start)
    source = tensors[-1]
    ends = [_random(source, tuple(shape)) for shape in block.outputs.values()]
    end = ends[0] if len(ends) == 1 else Pack()(ends)
    return keras.Model(start, keras.layers.Softmax()(end) if is_exit else end, name=legal(name))


def _random(tensor: Any, shape: Shape) -> Any:
    here: Sequence[int] = tensor.shape[1:]
    if len(here) > 1 and len(here) != len(shape):
        tensor = keras.layers.Flatten()(tensor) if prod(here) < SMALL else _pooled(tensor)
    return linear(tensor, shape)


def _pooled(tensor: Any) -> Any:
    """Return the mean over all places of a picture or sequence, by channel."""
    while len(tensor.shape) > 2:
        tensor = keras.ops.mean(tensor, axis=1)
    return tensor
