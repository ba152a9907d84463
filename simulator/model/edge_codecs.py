"""Which hyperconnection uses which codec: what the ``codecs`` block says lies over what the hyperconnection says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simulator.dataflow.build import spans
from simulator.dataflow.graph import Edge, PartGraph
from simulator.errors import Problem, did_you_mean
from simulator.model.blocks import ModelFile
from simulator.model.codecs import FLOAT32, PayloadCodec

ALL, SKIPS, SIMPLE = "all", "skips", "simple"


class Codecs:
    """The codecs of a model's hyperconnections.

    The ``codecs`` block wins, by name before ``skips`` or ``simple`` before ``all``; then the hyperconnection's own.

    Args:
        model: The model file.
    """

    def __init__(self, model: ModelFile) -> None:
        self._over = model.codecs
        self._own = {block.name: block.codec for block in model.hyperconnections}

    def of(self, name: str, span: int) -> PayloadCodec:
        """Return the codec of a hyperconnection, ``source->target``, that bypasses so many parts."""
        for key in (name, SKIPS if span else SIMPLE, ALL):
            if key in self._over:
                return self._over[key]
        return self._own.get(name, FLOAT32)


def codecs_of(model: ModelFile, graph: PartGraph) -> dict[int, PayloadCodec]:
    """Return the codec of every hyperconnection of a part graph, by index."""
    span = spans([part.name for part in graph.parts], graph.edges)
    codecs = Codecs(model)
    return {place: codecs.of(edge.name, span[place]) for place, edge in enumerate(graph.edges)}


def tagged(model: ModelFile, edges: Sequence[Edge], span: Sequence[int]) -> tuple[Edge, ...]:
    """Return the hyperconnections with the names of their codecs as tags."""
    codecs = Codecs(model)
    return tuple(Edge(edge.source, edge.target, edge.weight, codecs.of(edge.name, bypassed).tag)
                 for edge, bypassed in zip(edges, span, strict=True))


def training_codecs(codecs: Mapping[int, PayloadCodec], graph: PartGraph) -> dict[str, object]:
    """Return the codecs that trained weights depend on, as plain values by hyperconnection."""
    return {graph.edges[place].name: codec.model_dump(mode="json", by_alias=True)
            for place, codec in codecs.items() if codec.shapes_training}


def has_codecs(model: ModelFile) -> bool:
    """Return whether a model file, with its scenario laid over it, says anything about codecs."""
    return bool(model.codecs) or any(block.codec.tag for block in model.hyperconnections)


def codec_problems(model: ModelFile) -> dict[str, Problem]:
    """Return what is wrong with the names in a ``codecs`` block, by name."""
    known = (ALL, SKIPS, SIMPLE, *(block.name for block in model.hyperconnections))
    return {name: Problem(f"codecs.{name}", f"no hyperconnections called {name!r}", did_you_mean(name, known))
            for name in model.codecs if name not in known}
