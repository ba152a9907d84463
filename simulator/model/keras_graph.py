"""A Keras model as a graph of calls, and sub-models between any tensors of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.cuts import Step, TensorGraph, Tensors
from simulator.model.messages import Pack, Unpack, is_plain, packed_shape
from simulator.model.nodes import Call, has_mask, input_names, input_tensors, walk
from simulator.model.regions import legal

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Named:
    """A tensor of the model, by name, as an argument of a call."""

    name: str


@dataclass(frozen=True)
class KerasGraph:
    """A Keras model, opened.

    Args:
        graph: Its calls and tensors by name.
        calls: Each call by name; tensors in its arguments are ``Named``.
        symbols: A symbolic tensor for each name, with its shape and type.
        aliases: Other names of tensors: those of models inside, for what they return.
    """

    graph: TensorGraph
    calls: Mapping[str, Call]
    symbols: Mapping[str, Any]
    aliases: Mapping[str, str]

    def shape(self, tensor: str) -> Shape:
        """Return the shape of one sample of a tensor."""
        return tuple(self.symbols[tensor].shape[1:])

    def shapes(self, tensors: Sequence[str]) -> dict[str, Shape]:
        """Return the shapes of some tensors, in order."""
        return {tensor: self.shape(tensor) for tensor in tensors}

    def with_outputs(self, outputs: Sequence[str]) -> KerasGraph:
        """Return the same model with some of its outputs, and the inputs that they need."""
        need = self.graph.need(outputs)
        inputs = tuple(tensor for tensor in self.graph.inputs if tensor in need.seen)
        steps = tuple(step for step in self.graph.steps if step.name in need.steps)
        return replace(self, graph=TensorGraph(inputs, tuple(outputs), steps))

    def named(self, tensor: str) -> str:
        """Return the name of a tensor that a user wrote: ``layer``, ``layer:0`` or a model inside."""
        bare = tensor.removesuffix(":0")
        return self.aliases.get(bare, bare)


def read_graph(model: Any, place: str, shapes: Sequence[Shape] | None = None) -> KerasGraph:
    """Return a model as a graph; each layer gets a name of its own, that of its first call.

    Args:
        model: A functional or sequential Keras model.
        place: Where it is named, for problems.
        shapes: Shape of one sample of each input, where the model leaves sizes open.

    Raises:
        ScenarioError: the shapes are not known, or do not fit the model.
    """
    symbols = dict(zip(input_names(model), _inputs(model, place, shapes), strict=True))
    calls: dict[str, Call] = {}
    steps: list[Step] = []
    aliases: dict[str, str] = {}

    def visit(call: Call) -> list[Named]:
        tensors = keras.tree.flatten(_called(call, symbols))
        names = [f"{call.name}:{number}" if number else call.name for number in range(len(tensors))]
        symbols.update(zip(names, tensors, strict=True))
        calls[call.name] = call
        taken = [leaf.name for leaf in keras.tree.flatten((call.args, call.kwargs)) if isinstance(leaf, Named)]
        steps.append(Step(call.name, tuple(dict.fromkeys(taken)), tuple(names)))
        return [Named(name) for name in names]

    def opened(name: str, outputs: Sequence[Named]) -> None:
        aliases.update({f"{name}:{number}" if number else name: made.name for number, made in enumerate(outputs)})

    inputs = tuple(symbols)
    ends = walk(model, [Named(name) for name in inputs], visit, opened)
    _name_apart(calls)
    outputs = tuple(dict.fromkeys(end.name for end in ends))
    return KerasGraph(TensorGraph(inputs, outputs, tuple(steps)), calls, symbols, aliases)


def _inputs(model: Any, place: str, shapes: Sequence[Shape] | None) -> list[Any]:
    """Return fresh symbolic inputs of known sizes."""
    tensors = input_tensors(model)
    told = [tuple(tensor.shape[1:]) for tensor in tensors]
    wanted = told if shapes is None else [tuple(shape) for shape in shapes]
    fits = len(wanted) == len(told) and all(_fits(shape, own) for shape, own in zip(wanted, told, strict=True))
    if not fits or any(size is None for shape in wanted for size in shape):
        said = f"the inputs of the model have the shapes {', '.join(map(str, told))}" + (
            "" if shapes is None else f", not {', '.join(map(str, wanted))}")
        raise ScenarioError(Problem(place, said, "give each its shape: --shape 32,32,3, once for each input"))
    return [keras.Input(shape, dtype=tensor.dtype) for shape, tensor in zip(wanted, tensors, strict=True)]


def _fits(shape: Sequence[int | None], own: Sequence[int | None]) -> bool:
    return len(shape) == len(own) and all(b in (None, a) for a, b in zip(shape, own, strict=True))


def _called(call: Call, values: Mapping[str, Any]) -> Any:
    def fill(leaf: Any) -> Any:
        return values[leaf.name] if isinstance(leaf, Named) else leaf

    args, kwargs = keras.tree.map_structure(fill, call.args), keras.tree.map_structure(fill, call.kwargs)
    return call.operation(*args, **kwargs)


def _name_apart(calls: Mapping[str, Call]) -> None:
    """Give each operation a name that no other has: two models inside may each have a layer of the same name."""
    first: dict[int, str] = {}
    for name, call in calls.items():
        if id(call.operation) not in first:
            first[id(call.operation)] = name
            call.operation.name = legal(name)
    taken: set[str] = set()
    for call in {id(call.operation): call for call in calls.values()}.values():
        while call.operation.name in taken:
            call.operation.name += "_"
        taken.add(call.operation.name)


def mask_problems(graph: KerasGraph, cuts: Sequence[Tensors], place: str) -> list[Problem]:
    """Return a problem for each tensor in a cut that carries a mask: a message has no room for one."""
    return [Problem(place, f"{tensor!r} carries a mask, which does not travel", "cut where the sequence is summed up")
            for cut in cuts for tensor in cut if has_mask(graph.symbols[tensor])]


def piece_between(graph: KerasGraph, name: str, inputs: Tensors, outputs: Tensors,
                  scaling: tuple[float, float] = (1.0, 0.0)) -> Any:
    """Return the sub-model from some tensors to others; it shares its layers, hence its weights, with the model.

    Its input and its output are messages: one tensor as it is, several packed into a vector (``messages``).

    Args:
        graph: The model.
        name: Name of the sub-model.
        inputs: Tensors that come in.
        outputs: Tensors that go out; they depend on nothing but the inputs.
        scaling: Scale and offset of what comes in.
    """
    shapes, dtypes = graph.shapes(inputs), [str(graph.symbols[tensor].dtype) for tensor in inputs]
    start = keras.Input(packed_shape(list(shapes.values())))
    tensor = start if scaling == (1.0, 0.0) else keras.layers.Rescaling(*scaling)(start)
    made = [tensor] if is_plain(dtypes) else Unpack(list(shapes.values()), dtypes)(tensor)
    values = dict(zip(inputs, made, strict=True))
    need = graph.graph.need(outputs, inputs)
    for step in (step for step in graph.graph.steps if step.name in set(need.steps)):
        results = keras.tree.flatten(_called(graph.calls[step.name], values))
        values.update((out, made) for out, made in zip(step.outputs, results, strict=True) if out not in inputs)
    ends = [values[tensor] for tensor in outputs]
    plain = is_plain([str(graph.symbols[tensor].dtype) for tensor in outputs])
    end = ends[0] if plain else Pack()(ends)
    return keras.Model(start, keras.layers.Identity()(end) if end is start else end, name=legal(name))
