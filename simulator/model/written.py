"""The model file of a partition: its plain values, and their text."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any

import yaml

from simulator.model.keras_files import file_hash
from simulator.model.keras_graph import KerasGraph
from simulator.model.regions import Region, legal


def source_names(opened: KerasGraph) -> dict[str, str]:
    """Return the source of each input, by source: one is called sensor, several like their inputs."""
    inputs = opened.graph.inputs
    return {"sensor": inputs[0]} if len(inputs) == 1 else {legal(name): name for name in inputs}


def plain_model(opened: KerasGraph, made: Sequence[Region], given: Mapping[str, Any],
                skips: tuple[int, int] | None) -> dict[str, Any]:
    """Return the plain values of a model file, in order.

    Args:
        opened: The Keras model.
        made: The parts.
        given: The values of ``keras:``.
        skips: Spans of the skip hyperconnections, smallest and largest; None for no skips.
    """
    sources, chain = source_names(opened), [region for region in made if not region.is_head]
    first = made[0].name
    edges = [{"from": source, "to": first} for source in sources]
    edges += [{"from": region.feeder, "to": region.name} for region in (*chain, *(r for r in made if r.is_head))
              if region.feeder]
    return {
        "title": f"{Path(given['path']).stem} in {len(chain)} parts",
        "keras": dict(given),
        "sources": {source: {**place, "input": tensor, "beside": first}
                    for (source, tensor), place in zip(sources.items(), _places(opened), strict=True)},
        "parts": {region.name: _plain_part(opened, region) for region in made},
        "hyperconnections": [*edges, *_skips([region.name for region in chain], skips)],
        "failout": {"survival": 0.9},
        "training": {"epochs": 3, "batch_size": 64, "learning_rate": 1e-4, "given": "trained", "adapters": "bypassed"},
    }


def _places(opened: KerasGraph) -> list[dict[str, Any]]:
    """Return where in a sample each input lies: one is all of it; equal shapes are stacked, others laid end to end."""
    shapes = [opened.shape(tensor) for tensor in opened.graph.inputs]
    if len(shapes) == 1:
        return [{}]
    if len(set(shapes)) == 1:
        return [{"take": number} for number in range(len(shapes))]
    ends = list(accumulate(map(prod, shapes)))
    return [{"numbers": [start, end]} for start, end in zip([0, *ends], ends, strict=False)]


def _plain_part(opened: KerasGraph, region: Region) -> dict[str, Any]:
    sides = {side: {tensor: list(shape) for tensor, shape in opened.shapes(tensors).items()}
             for side, tensors in (("inputs", region.inputs), ("outputs", region.outputs))}
    return {**({"exit": True} if region.is_exit else {}), "from_keras": sides}


def plain_file(path: Path, folder: Path, scaling: tuple[float, float]) -> dict[str, Any]:
    """Return the values of ``keras:`` for a file, its path written from a folder."""
    usual = {"scale": 1.0, "offset": 0.0}
    changed = {key: value for key, value in zip(usual, scaling, strict=True) if value != usual[key]}
    return {"path": _path_from(path, folder), "sha256": file_hash(path), **changed}


def _path_from(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _skips(chain: Sequence[str], span: tuple[int, int] | None) -> list[dict[str, str]]:
    """Return the skips from part to part of the chain whose span lies between two numbers."""
    least, most = span or (1, 0)
    return [{"from": chain[start], "to": chain[end]} for start in range(len(chain))
            for end in range(start + 2, len(chain)) if least <= end - start - 1 <= most]


def yaml_text(model: Mapping[str, Any]) -> str:
    """Return a model file as YAML, one line for each source, part and hyperconnection."""
    lines = ["# Written by sim partition; docs/partition.md says what each key means.",
             "# data: {kind: ...}  name the data set here (docs/data.md)"]
    for key, value in model.items():
        if key in ("sources", "parts"):
            lines += [f"{key}:", *(f"  {name}: {_flow(inner)}" for name, inner in value.items())]
        elif key == "hyperconnections":
            lines += [f"{key}:", *(f"  - {_flow(edge)}" for edge in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("...\n").strip()
