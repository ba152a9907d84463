"""The pieces of a split model: a Keras sub-model per part, and the adapters that make a skip fit, from shapes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.backend import keras
from simulator.model.convolution import Conv2D
from simulator.model.layers import Crash

Shape = tuple[int, ...]
FOREIGN = frozenset({"Lambda", "Layer", "Wrapper", "InputLayer", "InputSpec", "TFSMLayer", "TorchModuleWrapper",
                     "JaxLayer", "FlaxLayer", "RNN", "StackedRNNCells", "LSTMCell", "GRUCell", "SimpleRNNCell",
                     "TimeDistributed", "Bidirectional"})
OWN = {"Conv2D": Conv2D, "Crash": Crash}  # beside the layers of Keras, or in their place: the same answers, sooner


def layer_names() -> tuple[str, ...]:
    """Return the names that ``layer:`` may have: ours, and classes of ``keras.layers`` described by plain values."""
    members = vars(keras.layers).items()
    keras_own = {name for name, member in members if name not in FOREIGN
                 and inspect.isclass(member) and issubclass(member, keras.Layer)}
    return tuple(sorted(keras_own | set(OWN)))


def part_model(name: str, layers: Sequence[Mapping[str, Any]], shape: Shape, classes: int) -> Any:
    """Return the sub-model of a part.

    Args:
        name: The part's name.
        layers: What the model file says: ``{layer: Dense, units: 64}``; the value ``classes`` is the number of classes.
        shape: Shape of one sample of the part's (joined) input.
        classes: Number of classes of the data set.

    Raises:
        ScenarioError: a layer is unknown, an argument does not fit it, or it does not fit the tensor before it.
    """
    if not layers:
        raise ScenarioError(Problem(f"parts.{name}", "has no layers, so it cannot be trained",
                                    "write layers: [{layer: Dense, units: 64}, ...]"))
    start = keras.Input(shape)
    return keras.Model(start, _chain(start, layers, f"parts.{name}.layers", classes), name=_legal(name))


def _chain(tensor: Any, items: Sequence[Mapping[str, Any]], place: str, classes: int) -> Any:
    """Return what a list of layers makes of a tensor; all unknown layers are told at once."""
    made: list[Any] = []
    problems: list[Problem] = []
    for number, words in enumerate(items):
        try:
            made.append(None if "residual" in words else _layer(f"{place}[{number}]", words, classes))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(*problems)
    for number, (layer, words) in enumerate(zip(made, items, strict=True)):
        at = f"{place}[{number}]"
        tensor = _residual(tensor, words, at, classes) if layer is None else _applied(layer, tensor, words, at)
    return tensor


def _applied(layer: Any, tensor: Any, words: Mapping[str, Any], place: str) -> Any:
    try:
        return layer(tensor)
    except (ValueError, TypeError) as error:
        told = f"{words['layer']!r} does not fit its input of shape {tuple(tensor.shape[1:])}: {_first(error)}"
        raise ScenarioError(Problem(place, told, "change it or the layer before it")) from error


def _residual(tensor: Any, words: Mapping[str, Any], place: str, classes: int) -> Any:
    """Return the sum of what a chain and its shortcut make of a tensor."""
    if unknown := sorted(set(words) - {"residual", "shortcut"}):
        raise ScenarioError(Problem(place, f"{unknown[0]!r} beside a residual",
                                    "write {residual: [...], shortcut: [...]}"))
    long = _chain(tensor, words["residual"], f"{place}.residual", classes)
    short = _chain(tensor, words.get("shortcut", ()), f"{place}.shortcut", classes)
    if long.shape != short.shape:
        told = f"a chain that ends in {tuple(long.shape[1:])} cannot be added to a shortcut of {tuple(short.shape[1:])}"
        way_out = "give the shortcut a 1 x 1 convolution of the same strides and filters"
        raise ScenarioError(Problem(place, told, way_out))
    return keras.layers.Add()([long, short])


def _layer(place: str, words: Mapping[str, Any], classes: int) -> Any:
    if "layer" not in words:
        raise ScenarioError(Problem(place, f"{dict(words)!r} does not say which layer", "write layer: Dense"))
    kind = str(words["layer"])
    known = layer_names()
    if kind not in known:
        near = did_you_mean(kind, known)
        raise ScenarioError(Problem(place, f"keras.layers has no {kind!r} that can be used here",
                                    near if near.startswith("did") else "see keras.io/api/layers"))
    layer_class = OWN.get(kind) or getattr(keras.layers, kind)
    given = {key: classes if value == "classes" else _frozen(value) for key, value in words.items() if key != "layer"}
    if unknown := sorted(set(given) - _arguments(layer_class)):
        raise ScenarioError(*(Problem(place, f"{kind} has no argument {key!r}",
                                      did_you_mean(key, _arguments(layer_class))) for key in unknown))
    try:
        return layer_class(**given)
    except (ValueError, TypeError) as error:
        raise ScenarioError(Problem(place, f"{kind} cannot be made of {given!r}: {_first(error)}",
                                    "see keras.io/api/layers")) from error


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _arguments(layer_class: type[Any]) -> set[str]:
    """Return the names of a layer's arguments, those of its bases included."""
    names = {"name", "dtype", "trainable"}
    for base in layer_class.__mro__:
        if base is not object and base.__module__.startswith(("keras", "simulator")) and "__init__" in vars(base):
            parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
            names |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
            if base is layer_class and all(p.kind is not p.VAR_KEYWORD for p in parameters):
                break
    return names - {"self"}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _legal(name: str) -> str:
    """Return a name that every backend takes as a scope."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def adapter_model(name: str, shape: Shape, target: Shape) -> Any | None:
    """Return the linear sub-model that turns one shape into another, None where they are equal.

    Vectors: a Dense layer with bias. Pictures and sequences: a 1 x 1 convolution without bias whose stride is the
    rounded ratio of the sizes, then cropped or zero-padded at the far end to the exact size; no convolution where that
    alone does it. Anything else is flattened first and reshaped last.

    Args:
        name: Name of the hyperconnection.
        shape: Shape of one sample of what the source part sends.
        target: Shape that the target part's simple inputs have.
    """
    if shape == target:
        return None
    start = keras.Input(shape)
    if len(shape) == len(target) > 1:
        tensor = _pointwise(start, shape, target)
    else:
        tensor = start if len(shape) == 1 else keras.layers.Flatten()(start)
        tensor = keras.layers.Dense(prod(target))(tensor)
        tensor = tensor if len(target) == 1 else keras.layers.Reshape(target)(tensor)
    return keras.Model(start, tensor, name=_legal(name))


def _pointwise(tensor: Any, shape: Shape, target: Shape) -> Any:
    axes, strides = len(shape) - 1, _strides(shape, target)
    convolution, cropping, padding = (
        getattr(keras.layers, f"{kind}{axes}D") for kind in ("Conv", "Cropping", "ZeroPadding"))
    if shape[-1] != target[-1] or max(strides) > 1:
        tensor = convolution(target[-1], 1, strides=strides, use_bias=False)(tensor)
    excess = [have - want for have, want in zip(tensor.shape[1:-1], target[:-1], strict=True)]
    for layer, sign in ((cropping, 1), (padding, -1)):
        ends = tuple((0, max(0, sign * extra)) for extra in excess)
        if any(end for _, end in ends):
            tensor = layer(ends if axes > 1 else ends[0])(tensor)
    return tensor


def _strides(shape: Shape, target: Shape) -> Shape:
    return tuple(max(1, round(here / there)) for here, there in zip(shape[:-1], target[:-1], strict=True))


def _grown(simple: Shape, sent: Sequence[Shape]) -> Shape:
    """Return the simple input's shape, as large in each direction as any input is after its adapter's stride."""
    like = [shape for shape in sent if len(shape) == len(simple) > 1]
    strided = [[-(-size // stride) for size, stride in zip(shape[:-1], _strides(shape, simple), strict=True)]
               for shape in like]
    return (*(max(sizes) for sizes in zip(simple[:-1], *strided, strict=True)), simple[-1])


# What a part takes where its inputs differ in size: the size of its simple input, or the largest.
FITS: Mapping[str, Callable[[Shape, Sequence[Shape]], Shape]] = {
    "shrink": lambda simple, sent: simple,
    "grow": _grown,
}
