"""From a model file and a strategy to the part graph: which hyperconnections stay, and how joins combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from simulator.dataflow.build import Mode, build_graph, spans
from simulator.dataflow.graph import Edge, PartGraph
from simulator.dataflow.plan import JoinRule
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.blocks import ModelFile, PartBlock, Strategy
from simulator.model.edge_codecs import tagged

Skips = Literal["all", "none"] | tuple[str, ...]
KEPT = 16  # part graphs that are remembered


@dataclass(frozen=True)
class StrategyRule:
    """How a strategy builds a model to survive.

    Args:
        keeps_skips: Whether skip hyperconnections stay.
        mode: How joins combine: ``add`` or ``select``.
        has_failout: Whether parts fail at random in training.
    """

    keeps_skips: bool
    mode: Mode
    has_failout: bool


STRATEGIES: Mapping[Strategy, StrategyRule] = {
    "vanilla": StrategyRule(keeps_skips=False, mode="add", has_failout=False),
    "dfg": StrategyRule(keeps_skips=True, mode="add", has_failout=False),
    "resilinet": StrategyRule(keeps_skips=True, mode="select", has_failout=True),
    "resilinet_plus": StrategyRule(keeps_skips=True, mode="add", has_failout=True),
    "select": StrategyRule(keeps_skips=True, mode="select", has_failout=False),
}


def strategy_has_failout(strategy: Strategy) -> bool:
    """Return whether the strategy trains with failout."""
    return STRATEGIES[strategy].has_failout


def part_graph(model: ModelFile, strategy: Strategy, skips: Skips = "all",
               weights: Sequence[float] | None = None) -> PartGraph:
    """Return the part graph of a model under a strategy; the hyperconnections that stay keep their order.

    The model is checked as a whole first, so that a mistake in a skip is told whatever the strategy.

    Args:
        model: The model file.
        strategy: Whether skips stay at all, and how joins combine.
        skips: Which skips stay where the strategy keeps them: ``all``, ``none``, or their names, ``source->target``.
        weights: Weight of each hyperconnection of the file, where it is not the file's; not for a strategy without
            skips, which has nothing to weigh against each other.

    Raises:
        ScenarioError: with all problems of the model's graph, and every name that is no skip of it.
    """
    rule = STRATEGIES[strategy]
    given = [block.weight for block in model.hyperconnections]
    weighed = given if weights is None or not rule.keeps_skips else weights
    edges = tuple(Edge(block.source, block.target, weight)
                  for block, weight in zip(model.hyperconnections, weighed, strict=True))
    whole = _build(model, edges, "select")
    span = _spans(tuple(whole.position), edges)
    edges = tagged(model, edges, span)
    named = {edge.name for edge, bypassed in zip(edges, span, strict=True) if bypassed > 0}
    if problems := skip_problems(skips, sorted(named)):
        raise ScenarioError(*problems)
    wanted = {"all": named, "none": set()}[skips] if isinstance(skips, str) else set(skips)
    kept = {edge.name for edge in edges} - named | (wanted if rule.keeps_skips else set())
    if rule.mode == "select" and len(kept) == len(edges):
        return replace(whole, edges=edges)
    return _build(model, tuple(edge for edge in edges if edge.name in kept), rule.mode)


def skip_names(model: ModelFile) -> tuple[str, ...]:
    """Return the names of the hyperconnections of a model file that are skips, in its order."""
    edges = tuple(Edge(block.source, block.target) for block in model.hyperconnections)
    span = _spans((*model.sources, *model.parts), edges)
    return tuple(edge.name for edge, bypassed in zip(edges, span, strict=True) if bypassed > 0)


def skip_problems(skips: Skips, names: Sequence[str]) -> list[Problem]:
    """Return what is wrong with a subset of skip hyperconnections."""
    wrong = [skip for skip in (() if isinstance(skips, str) else skips) if skip not in names]
    return [Problem("skips", f"no skip hyperconnection named {skip!r}",
                    did_you_mean(skip, names) or "the model has none") for skip in wrong]


def _build(model: ModelFile, edges: tuple[Edge, ...], mode: Mode) -> PartGraph:
    dropped = {(block.source, block.target) for block in model.hyperconnections} - {(e.source, e.target) for e in edges}
    exits = [name for name, block in model.parts.items() if block.is_exit]
    rules = tuple((name, _join_rule(name, block, dropped)) for name, block in model.parts.items())
    return _built(tuple(model.sources), tuple(model.parts), tuple(exits), edges, mode, rules)


@lru_cache(maxsize=KEPT)
def _built(sources: tuple[str, ...], parts: tuple[str, ...], exits: tuple[str, ...], edges: tuple[Edge, ...],
           mode: Mode, rules: tuple[tuple[str, JoinRule], ...]) -> PartGraph:
    """Return a part graph; cells of one study ask for the same few again and again, and long ones take a second."""
    return build_graph(sources, parts, exits, edges, mode, dict(rules))


@lru_cache(maxsize=KEPT)
def _spans(parts: tuple[str, ...], edges: tuple[Edge, ...]) -> tuple[int, ...]:
    return spans(parts, edges)


def _join_rule(name: str, block: PartBlock, dropped: set[tuple[str, str]]) -> JoinRule:
    """Return what the file says about a part's join, without the hyperconnections that the strategy dropped."""
    if block.groups is None:
        return JoinRule(block.needs)
    kept = (
        tuple(tuple(source for source in alternative if (source, name) not in dropped) for alternative in group)
        for group in block.groups
    )
    groups = (tuple(alternative for alternative in group if alternative) for group in kept)
    return JoinRule(block.needs, tuple(group for group in groups if group))
