"""Partition a Keras file: from cuts to a model file, with what each part and each message costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.dataflow.build import spans
from simulator.dataflow.graph import Edge
from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.blocks import ModelFile
from simulator.model.cuts import Tensors, cut_problems, leaks, place
from simulator.model.given_parts import GivenParts, ends_in_softmax
from simulator.model.keras_files import read_keras
from simulator.model.keras_graph import KerasGraph, mask_problems, read_graph
from simulator.model.messages import packed_shape, sent_shape
from simulator.model.nodes import calls
from simulator.model.recomposed import difference
from simulator.model.regions import Region, regions
from simulator.model.work import flop_of, sample_bytes, work_flop
from simulator.model.written import plain_file, plain_model, source_names

PLACE = "argument MODEL"
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Wish:
    """What a user asks of a partition.

    Args:
        path: The Keras file.
        cuts: Sets of tensors, from input to output; names as a user writes them.
        names: Names of the parts, one more than cuts; without it part1, part2, ...
        skips: Spans of the skip hyperconnections, smallest and largest; None for no skips.
        shapes: Shape of one sample of each input, where the model leaves sizes open.
        outputs: The outputs that are wanted; without it all.
        scaling: Scale and offset that turn samples of the data set into inputs.
    """

    path: Path
    cuts: tuple[Tensors, ...] = ()
    names: Tensors = ()
    skips: tuple[int, int] | None = None
    shapes: tuple[Shape, ...] = ()
    outputs: Tensors = ()
    scaling: tuple[float, float] = (1.0, 0.0)


@dataclass(frozen=True)
class PartRow:
    """A part: how many layers are called in it, its weights, its FLOP for one sample, and the memory it needs."""

    name: str
    calls: int
    parameters: int
    work_flop: float
    is_exit: bool


@dataclass(frozen=True)
class MessageRow:
    """A hyperconnection: the bytes of its message, and the shape and the weights of its adapter where it has one."""

    name: str
    span: int
    tensors: Tensors
    payload_bytes: int
    adapter: str = ""
    parameters: int = 0


@dataclass(frozen=True)
class Partition:
    """A model file, and what it costs.

    Args:
        model: Its plain values, in order.
        parts: A row for each part.
        messages: A row for each hyperconnection.
        difference: Largest difference between the model's outputs and those of the parts composed again, on random
            inputs, as a share of the largest output.
        shared: Layers whose calls fall in more than one part: each holds a copy of the weights.
        notes: What else a user should know.
    """

    model: Mapping[str, Any]
    parts: tuple[PartRow, ...]
    messages: tuple[MessageRow, ...]
    difference: float
    shared: Tensors = ()
    notes: Tensors = field(default=())


@dataclass(frozen=True)
class Candidate:
    """A single tensor that separates input from output: its shape, bytes, and the FLOP before and behind it."""

    tensor: str
    shape: Shape
    payload_bytes: int
    before_flop: float
    behind_flop: float


def candidates(path: Path, shapes: Sequence[Shape] = ()) -> tuple[Candidate, ...]:
    """Return every single tensor at which a model can be cut in two, from input to output.

    Raises:
        ScenarioError: the file cannot be read.
    """
    opened = read_graph(read_keras(path, PLACE), PLACE, shapes or None)
    graph = opened.graph
    cost = {step.name: _step_flop(opened, step.name) for step in graph.steps}
    found = []
    for tensor in (tensor for step in graph.steps for tensor in step.outputs):
        cut = (tensor,)
        if graph.outputs_behind(cut) and not leaks(graph, cut):
            before = sum(cost[step] for step in graph.need(cut).steps)
            behind = sum(cost[step] for step in graph.need(graph.outputs, cut).steps)
            shape = opened.shape(tensor)
            found.append(Candidate(tensor, shape, sample_bytes(shape), before, behind))
    return tuple(found)


def _step_flop(opened: KerasGraph, name: str) -> float:
    (step,) = (step for step in opened.graph.steps if step.name == name)
    ends = ([opened.symbols[tensor] for tensor in side] for side in (step.inputs, step.outputs))
    return float(flop_of(opened.calls[name].operation, *ends))


def partition(wish: Wish, folder: Path) -> Partition:
    """Return the partition that a user asks for.

    Args:
        wish: What is asked.
        folder: Where the model file will lie; the path of the Keras file is written from there.

    Raises:
        ScenarioError: with everything that is wrong with the file, the cuts and the names.
    """
    whole = read_keras(wish.path, PLACE)
    opened = read_graph(whole, PLACE, wish.shapes or None)
    opened = _with_outputs(opened, wish.outputs)
    cuts = tuple(tuple(opened.named(tensor) for tensor in cut) for cut in wish.cuts)
    names = wish.names or tuple(f"part{number + 1}" for number in range(len(cuts) + 1))
    if problems := _problems(opened, cuts, names, wish):
        raise ScenarioError(*problems)
    made = regions(opened.graph, cuts, names)
    model = plain_model(opened, made, plain_file(wish.path, folder, wish.scaling), wish.skips)
    file = ModelFile.model_validate(model)
    if file.keras is None:
        raise ScenarioError(Problem(PLACE, "names no file"))
    file = file.model_copy(update={"keras": file.keras.beside(folder)})
    given = GivenParts(file)
    pieces = {region.name: given.part(region.name) for region in made}
    rows = tuple(PartRow(region.name, sum(1 for _ in calls(pieces[region.name])), pieces[region.name].count_params(),
                         work_flop(pieces[region.name]), region.is_exit) for region in made)
    return Partition(model, rows, tuple(_message_rows(file, given, opened)), difference(opened, made, PLACE),
                     _shared(opened, made), tuple(_notes(opened, made, pieces)))


def _with_outputs(opened: KerasGraph, wanted: Tensors) -> KerasGraph:
    named = tuple(opened.named(output) for output in wanted)
    known = opened.graph.outputs
    if unknown := [output for output in named if output not in known]:
        raise ScenarioError(*(Problem("option --outputs", f"the model has no output {output!r}",
                                      f"its outputs are {', '.join(known)}") for output in unknown))
    return opened.with_outputs(named) if named else opened


def _problems(opened: KerasGraph, cuts: Sequence[Tensors], names: Tensors, wish: Wish) -> list[Problem]:
    problems = [*cut_problems(opened.graph, cuts)]
    if not problems:
        for number, cut in enumerate(cuts):
            problems += mask_problems(opened, [cut], place(number, cut))
    if len(names) != len(cuts) + 1:
        problems.append(Problem("option --names", f"{len(cuts)} cuts make {len(cuts) + 1} parts, not {len(names)}",
                                "name each part once, from input to output"))
    problems += [Problem("option --names", f"{name!r} is not a name", "write letters, digits and underscores")
                 for name in names if not re.fullmatch(r"[A-Za-z]\w*", name)]
    taken = [*names, *source_names(opened)]
    problems += [Problem("option --names", f"{name!r} is named twice", "sources and parts have names of their own")
                 for name in dict.fromkeys(names) if taken.count(name) > 1]
    return problems


def _message_rows(file: ModelFile, given: GivenParts, opened: KerasGraph) -> Iterator[MessageRow]:
    edges = [Edge(block.source, block.target) for block in file.hyperconnections]
    for edge, span in zip(edges, spans([*file.sources, *file.parts], edges), strict=True):
        adapter = given.adapter(edge.source, edge.target, span > 0)
        carried = given.carried(edge.source, edge.target, span > 0)
        shape = packed_shape([opened.shape(tensor) for tensor in carried]) if adapter is None else sent_shape(adapter)
        learns = adapter is not None and adapter.count_params() > 0
        held = _shape_text(adapter.input.shape[1:]) if adapter is not None else ""
        made = f"{held} -> {_shape_text(shape)}" if learns else ""
        yield MessageRow(edge.name, span, tuple(carried), sample_bytes(shape), made,
                         adapter.count_params() if adapter is not None else 0)


def _shape_text(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))


def _shared(opened: KerasGraph, made: Sequence[Region]) -> Tensors:
    """Return the layers with weights that are called in more than one part."""
    parts: dict[str, set[str]] = {}
    for region in made:
        for name in opened.graph.need(region.outputs, region.inputs).steps:
            operation = opened.calls[name].operation
            if isinstance(operation, keras.layers.Layer) and operation.weights:
                parts.setdefault(operation.name, set()).add(region.name)
    return tuple(name for name, where in parts.items() if len(where) > 1)


def _notes(opened: KerasGraph, made: Sequence[Region], pieces: Mapping[str, Any]) -> Iterator[str]:
    for region in (region for region in made if region.is_exit):
        ends = "softmax" if ends_in_softmax(pieces[region.name]) else "logits"
        yield f"{region.name} answers with {region.outputs[0]!r}: {opened.shape(region.outputs[0])[-1]} numbers, {ends}"
