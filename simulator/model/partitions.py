"""From a model file with named blocks of layers and several partitions to one whose parts hold all their layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.blocks import Constant, Layers, ModelFile

NAMES = ("layer", "name", "activation")  # arguments that are never a constant
LISTS = ("residual", "shortcut")  # items that hold layers of their own


def expanded(model: ModelFile, partition: str | None = None) -> ModelFile:
    """Return the model with every part's layers written out: one partition chosen, blocks and constants filled in.

    Args:
        model: The model file.
        partition: Name of a partition; None: the one that the file names, else its first.

    Raises:
        ScenarioError: an unknown partition, block or part, with the place in the model file; all problems at once.
    """
    problems = list(_default_problems(model))
    chosen = _chosen(model, partition, problems)
    parts = {}
    for name, part in model.parts.items():
        layers, place = chosen.get(name, (part.layers, f"parts.{name}.layers"))
        whole = _written_out(layers, model.blocks, place, problems)
        layers = tuple(_filled_in(item, model.constants) for item in _with_defaults(whole, model.layer_defaults))
        parts[name] = part.model_copy(update={"layers": layers})
    if problems:
        raise ScenarioError(*dict.fromkeys(problems))  # a block that is wrong is told once, however often it is named
    return model.model_copy(update={"parts": parts, "layer_defaults": {}, "blocks": {}, "partitions": {},
                                    "partition": None, "constants": {}})


def _chosen(model: ModelFile, partition: str | None, problems: list[Problem]) -> Mapping[str, tuple[Layers, str]]:
    """Return the layers of the parts in a partition, and where they are written; note what is wrong with it."""
    if not model.partitions:
        if partition is not None:
            told = f"{partition!r}, but the model has one partition only"
            problems.append(Problem("partition", told, "leave it out"))
        return {}
    name = partition or model.partition or next(iter(model.partitions))
    if name not in model.partitions:
        problems.append(Problem("partition", f"no partition named {name!r}", did_you_mean(name, model.partitions)))
        return {}
    chosen = model.partitions[name]
    for part in chosen:
        if part not in model.parts:
            place = f"partitions.{name}.{part}"
            problems.append(Problem(place, f"no part named {part!r}", did_you_mean(part, model.parts)))
    left_out = (part for part, block in model.parts.items() if part not in chosen and not block.layers)
    problems += [Problem(f"partitions.{name}", f"{name!r} says nothing of {part!r}, a part without layers of its own",
                         f"write {part}: [{{block: name}}, ...]") for part in left_out]
    return {part: (layers, f"partitions.{name}.{part}") for part, layers in chosen.items()}


def _default_problems(model: ModelFile) -> Iterator[Problem]:
    """Yield the classes that have defaults, but no layer anywhere in the file."""
    partitions = (layers for parts in model.partitions.values() for layers in parts.values())
    lists = (*(part.layers for part in model.parts.values()), *model.blocks.values(), *partitions)
    known = dict.fromkeys(name for layers in lists for name in _classes(layers))
    for name in model.layer_defaults:
        if name not in known:
            yield Problem(f"layer_defaults.{name}", f"no layer of the class {name!r} in the model",
                          did_you_mean(name, known))


def _classes(layers: Iterable[Any]) -> Iterator[str]:
    for item in layers:
        if isinstance(item, Mapping):
            if "layer" in item:
                yield str(item["layer"])
            for key in LISTS:
                yield from _classes(item[key] if isinstance(item.get(key), list | tuple) else ())


def _written_out(layers: Iterable[Any], blocks: Mapping[str, Layers], place: str, problems: list[Problem],
                 within: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the layers with blocks in place of their names, also inside residual items."""
    for number, item in enumerate(layers):
        at = f"{place}.{number}"
        if not isinstance(item, Mapping):
            problems.append(Problem(at, f"{item!r} is no layer", "write {layer: ReLU}, or {block: name}"))
        elif "block" not in item:
            lists = {key: _listed(item[key], f"{at}.{key}", problems) for key in LISTS if key in item}
            yield {**item, **{key: list(_written_out(value, blocks, f"{at}.{key}", problems, within))
                              for key, value in lists.items()}}
        elif wrong := _block_problem(item, blocks, within):
            problems.append(Problem(at, *wrong))
        else:
            name = str(item["block"])
            for _ in range(item.get("times", 1)):
                yield from _written_out(blocks[name], blocks, f"blocks.{name}", problems, (*within, name))


def _listed(value: object, place: str, problems: list[Problem]) -> Iterable[Any]:
    """Return a list of layers inside an item; note where it is none."""
    if isinstance(value, list | tuple):
        return value
    problems.append(Problem(place, f"{value!r} is no list of layers", "write [{layer: ReLU}], or [{block: name}]"))
    return ()


def _with_defaults(layers: Iterable[dict[str, Any]], defaults: Mapping[str, Mapping[str, Any]],
                   ) -> Iterator[dict[str, Any]]:
    """Yield the layers with the arguments that all of their class have, also inside residual items."""
    for item in layers:
        inner = {key: list(_with_defaults(item[key], defaults)) for key in LISTS if key in item}
        yield {**defaults.get(str(item.get("layer")), {}), **item, **inner}


def _filled_in(value: Any, constants: Mapping[str, Constant]) -> Any:
    """Return an item with numbers in place of the names of constants, wherever an argument is one."""
    if isinstance(value, Mapping):
        return {key: inner if key in NAMES else _filled_in(inner, constants) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_filled_in(inner, constants) for inner in value]
    return constants.get(value, value) if isinstance(value, str) else value


def _block_problem(item: Mapping[str, Any], blocks: Mapping[str, Layers], within: tuple[str, ...],
                   ) -> tuple[str, str] | None:
    name, times = str(item["block"]), item.get("times", 1)
    if name not in blocks:
        return f"no block named {name!r}", did_you_mean(name, blocks)
    if name in within:
        return f"the block {name!r} holds itself", "take it out"
    if unknown := sorted(set(item) - {"block", "times"}):
        return f"{unknown[0]!r} beside a block", "write {block: name, times: 2}"
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        return f"times: {times!r} is not a whole number >= 1", "write times: 2"
    return None
