"""When values are damaged, as states of a process: a state is a component that is "down" while damage is done.

So the patterns of what can fail are those of crashes and of damage together, with their exact probabilities, and a
timeline has the spells of both. A state is called ``edge[bit flips]``: where, and the tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.blocks import build_process
from simulator.failures.cause_law import CauseLaw
from simulator.failures.errors import ErrorBlock
from simulator.failures.overlay import Overlay
from simulator.failures.process import FailureProcess, Timeline, Up
from simulator.failures.stated_causes import cause_law_of
from simulator.failures.trace_block import ReadTrace
from simulator.seeds import Streams
from simulator.topology.graph import Topology

FIRST_LAYER = 2000  # streams of silent errors are those of no failure process and of no slow spell


@final
@dataclass(frozen=True, eq=False)
class States:
    """A process whose components are states, with streams of its own (fulfils ``FailureProcess``).

    Args:
        process: When they hold: while it has its components down.
        components: What they are called, one for each of its components.
        layer: Keeps its streams apart.
    """

    process: FailureProcess
    components: tuple[str, ...]
    layer: int

    def survival(self) -> NDArray[np.float64]:
        """Return the probability that each state does not hold; raise NoLaw where the process has none."""
        return self.process.survival()

    def pairwise_survival(self) -> NDArray[np.float64]:
        """Return the probability that neither of two states holds; raise NoLaw where the process has none."""
        return self.process.pairwise_survival()

    def log_probability(self, up: Up) -> NDArray[np.float64]:
        """Return log P of each pattern; raise NoLaw where the process has none."""
        return self.process.log_probability(up)

    def cause_law(self) -> CauseLaw:
        """Return the causes of the states; raise NoLaw where the process has none."""
        law = cause_law_of(self.process)
        state_of = dict(zip(law.components, self.components, strict=True))
        return replace(law, components=self.components, causes=tuple(state_of.get(name, name) for name in law.causes))

    def switches_per_s(self) -> NDArray[np.float64]:
        """Return how often each state begins or ends; raise NoLaw where there is no rate."""
        return self.process.switches_per_s()

    def sample_up(self, streams: Streams, requests: int) -> Up:
        """Return one pattern for each request, from streams of its own."""
        return self.process.sample_up(replace(streams, layer=self.layer), requests)

    def timeline(self, streams: Streams, requests: int, until_ns: int) -> Timeline:
        """Return the spells, as outages of the states."""
        return replace(self.process.timeline(replace(streams, layer=self.layer), requests, until_ns),
                       components=self.components)


@dataclass(frozen=True)
class SilentErrors:
    """What one block of errors does.

    Args:
        block: What becomes of values.
        tag: What deliveries carry.
        states: By node, link or hyperconnection, the name of the state in which it does damage.
        process: When the states hold.
    """

    block: ErrorBlock
    tag: str
    states: Mapping[str, str]
    process: States


@dataclass(frozen=True)
class Strikable:
    """What errors can be on.

    Args:
        topology: Its nodes and links.
        computing: The nodes that ``all`` means: those that hold more than sources.
        edges: Names of the hyperconnections.
    """

    topology: Topology
    computing: tuple[str, ...]
    edges: tuple[str, ...]

    def all_of(self, block: ErrorBlock) -> tuple[str, ...]:
        """Return what ``all`` means."""
        return tuple(link.name for link in self.topology.links) if block.strikes_links else self.computing

    def known_to(self, block: ErrorBlock) -> tuple[str, ...]:
        """Return what can be named."""
        if block.strikes_links:
            return (*(link.name for link in self.topology.links), *self.edges)
        return tuple(node.name for node in self.topology.nodes)


def silent_errors(
    blocks: Sequence[ErrorBlock], on: Strikable, read: ReadTrace | None = None
) -> tuple[SilentErrors, ...]:
    """Return what the blocks do.

    Raises:
        ScenarioError: a block names what is not there, or what its kind cannot strike; all problems at once.
    """
    if problems := error_problems(blocks, on, read):
        raise ScenarioError(*problems)
    tags = _tags(blocks)
    found = []
    for number, (block, tag) in enumerate(zip(blocks, tags, strict=True)):
        process = _process(block, on, read)
        names = tuple(f"{name}[{tag}]" for name in process.components)
        states = dict(zip(process.components, names, strict=True))
        found.append(SilentErrors(block, tag, states, States(process, names, FIRST_LAYER + number)))
    return tuple(found)


def with_errors(process: FailureProcess, errors: Sequence[SilentErrors]) -> FailureProcess:
    """Return a process of failures and of the states of errors, independent of each other."""
    if not errors:
        return process
    failures = process.processes if isinstance(process, Overlay) else (process,) if process.components else ()
    order = tuple(name for each in (process, *(error.process for error in errors)) for name in each.components)
    return Overlay((*failures, *(error.process for error in errors)), order)


def error_problems(blocks: Sequence[ErrorBlock], on: Strikable, read: ReadTrace | None = None) -> list[Problem]:
    """Return what is wrong with the blocks, with places such as ``errors.0.on``."""
    return [problem for number, block in enumerate(blocks)
            for problem in _problems(f"errors.{number}", block, on, read)]


def _problems(place: str, block: ErrorBlock, on: Strikable, read: ReadTrace | None) -> Iterator[Problem]:
    known = on.known_to(block)
    if block.when is None:
        for name in block.on if block.on != "all" else ():
            if name not in known:
                what = "link or hyperconnection" if block.strikes_links else "node"
                yield Problem(f"{place}.on", f"no {what} named {name!r}", did_you_mean(name, known))
        return
    try:
        named = build_process([block.when], on.topology, read).components
    except ScenarioError as error:
        yield from (Problem(f"{place}.when{p.place.removeprefix('failures.0')}", p.message, p.way_out)
                    for p in error.problems)
        return
    for name in named:
        if name not in known:
            told = "a node; messages are corrupted on links" if block.strikes_links else "a link; links compute nothing"
            yield Problem(f"{place}.when", f"{name!r} is {told}", f"name some of: {', '.join(known)}")


def _process(block: ErrorBlock, on: Strikable, read: ReadTrace | None) -> FailureProcess:
    if block.when is not None:
        return build_process([block.when], on.topology, read)
    names = on.all_of(block) if block.on == "all" else tuple(dict.fromkeys(block.on))
    hit = names if block.chance else ()
    return Bernoulli(hit, (1 - block.chance,) * len(hit))


def _tags(blocks: Sequence[ErrorBlock]) -> list[str]:
    """Return the tags: the names of the blocks, with a number behind one that is there already."""
    tags: list[str] = []
    for block in blocks:
        others = (f"{block.tag} {number}" for number in count(2))
        tags.append(next(tag for tag in chain([block.tag], others) if tag not in tags))
    return tags
