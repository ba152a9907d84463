"""Which parts die in training, and how often: a failout block on a part graph."""

from __future__ import annotations

from simulator.dataflow.graph import PartGraph
from simulator.errors import Problem, did_you_mean
from simulator.model.blocks import Failout as FailoutBlock


def failout_rates(failout: FailoutBlock | None, graph: PartGraph) -> dict[str, float]:
    """Return the survival of each part that can die in training: with one rate, the parts named, else all but exits.

    Raises:
        ValueError: the block says ``setting``, which only a scenario's failures can tell.
    """
    if failout is None:
        return {}
    if isinstance(failout.survival, dict):
        return dict(failout.survival)
    if failout.survival == "setting":
        raise ValueError("failout.survival 'setting' must be resolved before the model is built")
    return dict.fromkeys(failout_parts(failout, graph), failout.survival)


def failout_parts(failout: FailoutBlock, graph: PartGraph) -> tuple[str, ...]:
    """Return the parts that a failout with one rate is for: those it names, else all but sources and exits."""
    inner = tuple(part.name for part in graph.parts if part.join is not None and not part.is_exit)
    return inner if failout.parts is None else failout.parts


def failout_problems(failout: FailoutBlock | None, graph: PartGraph) -> list[Problem]:
    """Return what is wrong with the names in a failout block."""
    known = [part.name for part in graph.parts]
    return [Problem(f"failout.survival.{name}", f"no part named {name!r}", did_you_mean(name, known))
            for name in failout_rates(failout, graph) if name not in known]
