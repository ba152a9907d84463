"""The calls inside a Keras model, one by one: the only file that looks behind Keras' public names.

A functional model is a graph of calls (Keras: nodes). A model inside it is opened, so that its layers are calls like
all others; a layer that is called twice is two calls of one operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.model.backend import keras

INSIDE, AGAIN = "/", "@"


@dataclass(frozen=True)
class Call:
    """One call of an operation.

    Args:
        name: ``layer``, ``model/layer`` inside a model, ``layer@2`` when a layer is called for the second time.
        operation: The layer or the operation of ``keras.ops``.
        args: Positional arguments as given, tensors replaced by their values.
        kwargs: Keyword arguments, the same.
        inputs: The symbolic tensors of the definition that go in.
        outputs: The symbolic tensors of the definition that come out.
    """

    name: str
    operation: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


def is_graph(operation: Any) -> bool:
    """Return whether an operation is a graph of calls: a functional model, or a sequential one with a known input."""
    return type(operation).__name__ in ("Functional", "Sequential") and _functional(operation) is not None


def walk(model: Any, inputs: Sequence[Any], visit: Callable[[Call], Sequence[Any]],
         opened: Callable[[str, Sequence[Any]], None] = lambda name, outputs: None, prefix: str = "") -> list[Any]:
    """Return the values of a model's outputs when each call is answered by ``visit``.

    Args:
        model: A graph.
        inputs: The value of each input; values may be anything: names, shapes, tensors.
        visit: Returns the value of each output of a call; calls come after those that they need.
        opened: Told the name and the outputs of each model inside.
        prefix: Put before every name.
    """
    functional, count = _functional(model), Counter[str]()
    values = {id(tensor): value for tensor, value in zip(functional.inputs, inputs, strict=True)}
    by_depth = functional._nodes_by_depth  # noqa: SLF001 - Keras has no public way to walk a graph
    for node in (node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input):
        operation = node.operation
        count[operation.name] += 1
        again = f"{AGAIN}{count[operation.name]}" if count[operation.name] > 1 else ""
        name = f"{prefix}{operation.name}{again}"
        args, kwargs = _filled(node.arguments, values)
        if is_graph(operation):
            made = walk(operation, _in_order(operation, args, kwargs), visit, opened, name + INSIDE)
            opened(name, made)
        else:
            made = list(visit(Call(name, operation, args, kwargs, tuple(node.input_tensors), tuple(node.outputs))))
        values.update((id(tensor), value) for tensor, value in zip(node.outputs, made, strict=True))
    return [values[id(tensor)] for tensor in functional.outputs]


def calls(model: Any) -> Iterator[Call]:
    """Yield the calls that a model consists of, models inside opened; values are the definition's own tensors."""
    found: list[Call] = []

    def visit(call: Call) -> Sequence[Any]:
        found.append(call)
        return call.outputs

    walk(model, _functional(model).inputs, visit)
    yield from found


def input_names(model: Any) -> list[str]:
    """Return the names of a graph's inputs: those of their input layers."""
    return [tensor._keras_history.operation.name for tensor in _functional(model).inputs]  # noqa: SLF001


def input_tensors(model: Any) -> list[Any]:
    """Return the symbolic inputs of a graph, flat."""
    return list(_functional(model).inputs)


def has_mask(tensor: Any) -> bool:
    """Return whether a mask travels with a symbolic tensor."""
    return getattr(tensor, "_keras_mask", None) is not None


def maker_of(tensor: Any) -> Any | None:
    """Return the operation that a symbolic tensor comes from."""
    history = getattr(tensor, "_keras_history", None)
    return None if history is None else history.operation


def _functional(model: Any) -> Any:
    return model._functional if isinstance(model, keras.Sequential) else model  # noqa: SLF001


def _filled(arguments: Any, values: Mapping[int, Any]) -> tuple[Any, Any]:
    def fill(leaf: Any) -> Any:
        return values[id(leaf)] if isinstance(leaf, keras.KerasTensor) else leaf

    return keras.tree.map_structure(fill, arguments.args), keras.tree.map_structure(fill, arguments.kwargs)


def _in_order(model: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """Return the inputs of a model inside, in the order of its own inputs."""
    given = args[0] if args else kwargs["inputs"]
    if isinstance(given, Mapping) and set(given) >= set(input_names(model)):
        return [given[name] for name in input_names(model)]
    return list(keras.tree.flatten(given))
