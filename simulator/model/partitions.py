"""From a model file with named blocks of layers and several partitions to one whose parts hold all their layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.blocks import Layers, ModelFile

LISTS = ("residual", "shortcut")  # items that hold layers of their own


def expanded(model: ModelFile, partition: str | None = None) -> ModelFile:
    """Return the model with every part's layers written out: one partition chosen, blocks put in their places.

    Args:
        model: The model file.
        partition: Name of a partition; None: the one that the file names, else its first.

    Raises:
        ScenarioError: an unknown partition, block or part, with the place in the model file; all problems at once.
    """
    problems: list[Problem] = []
    layers = {name: part.layers for name, part in model.parts.items()}
    layers |= _chosen(model, partition, problems)
    parts = {}
    for name, part in model.parts.items():
        whole = _written_out(layers[name], model.blocks, f"parts.{name}.layers", problems)
        parts[name] = part.model_copy(update={"layers": tuple(_with_defaults(whole, model.layer_defaults))})
    if problems:
        raise ScenarioError(*problems)
    return model.model_copy(update={"parts": parts, "layer_defaults": {}, "blocks": {}, "partitions": {},
                                    "partition": None})


def _chosen(model: ModelFile, partition: str | None, problems: list[Problem]) -> Mapping[str, Layers]:
    """Return the layers of the parts in a partition; note what is wrong with it."""
    if not model.partitions:
        if partition is not None:
            problems.append(Problem("partition", f"{partition!r}, but the model has one partition only", "leave it out"))
        return {}
    name = partition or model.partition or next(iter(model.partitions))
    if name not in model.partitions:
        problems.append(Problem("partition", f"no partition named {name!r}", did_you_mean(name, model.partitions)))
        return {}
    for part in model.partitions[name]:
        if part not in model.parts:
            place = f"partitions.{name}.{part}"
            problems.append(Problem(place, f"no part named {part!r}", did_you_mean(part, model.parts)))
    return model.partitions[name]


def _written_out(layers: Layers, blocks: Mapping[str, Layers], place: str, problems: list[Problem],
                 within: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield the layers with blocks in place of their names, also inside residual items."""
    for number, item in enumerate(layers):
        at = f"{place}.{number}"
        if "block" not in item:
            inner = {key: list(_written_out(tuple(item[key]), blocks, f"{at}.{key}", problems, within))
                     for key in LISTS if isinstance(item.get(key), list)}
            yield {**item, **inner}
            continue
        name, times = str(item["block"]), item.get("times", 1)
        if wrong := _block_problem(item, blocks, within):
            problems.append(Problem(at, *wrong))
            continue
        for _ in range(times):
            yield from _written_out(blocks[name], blocks, f"blocks.{name}", problems, (*within, name))


def _with_defaults(layers: Iterable[dict[str, Any]], defaults: Mapping[str, Mapping[str, Any]],
                   ) -> Iterator[dict[str, Any]]:
    """Yield the layers with the arguments that all of their class have, also inside residual items."""
    for item in layers:
        inner = {key: list(_with_defaults(item[key], defaults)) for key in LISTS if key in item}
        yield {**defaults.get(str(item.get("layer")), {}), **item, **inner}


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
