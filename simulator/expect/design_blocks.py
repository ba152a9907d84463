"""The YAML blocks of ``design:``: what may be chosen, within which limits, and how the best is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, field_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.expect.design_space import Option, Slot
from simulator.units import PositiveDurationNs, SizeBytes

Number = Annotated[int, Field(ge=0)]
Spans = Literal["any"] | Annotated[int, Field(ge=1)] | tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
Price = Annotated[float, Field(ge=0)]
Prices = Price | dict[str, Price]
FEW = 6  # names in an error
Nodes = Annotated[tuple[str, ...], Field(min_length=1, max_length=255)]


@dataclass(frozen=True)
class Given:
    """What a scenario has to choose from.

    Args:
        skips: Span of each skip hyperconnection that its model and strategy have.
        new_skips: Span of each that could be added, where a choice asks for new ones.
        nodes: The node of each source and part.
        replicated: Parts that stand on several nodes already.
        known_nodes: All nodes of the topology.
        survival: P(up) of each component that can fail; None where they do not fail independently.
    """

    skips: Mapping[str, int]
    new_skips: Mapping[str, int]
    nodes: Mapping[str, str]
    replicated: Sequence[str]
    known_nodes: Sequence[str]
    survival: Mapping[str, float] | None


class Skips(Block):
    """Which skip hyperconnections there are: ``at_most`` so many, of a ``span`` (a number, or the least and the most).

    Candidates are those of the model under its strategy; with ``new`` also any other between two parts of which one
    feeds the other over parts between them, where a route carries it.
    """

    kind: Literal["skips"]
    at_most: Number | None = None
    span: Spans = "any"
    new: bool = False
    cost: Prices = 1.0

    @field_validator("span")
    @classmethod
    def _begins_below_its_end(cls, span: Spans) -> Spans:
        if isinstance(span, tuple) and span[0] > span[1]:
            raise ValueError(f"the least, {span[0]}, is above the most, {span[1]}; write [{span[1]}, {span[0]}]")
        return span

    def slots(self, given: Given, choice: int) -> tuple[Slot, ...]:
        """Return a slot for each candidate; raise ScenarioError where there is none, or a cost names none."""
        known = {**given.skips, **(given.new_skips if self.new else {})}
        low, high = (1, max(known.values(), default=1)) if self.span == "any" else (
            (self.span, self.span) if isinstance(self.span, int) else self.span)
        names = [name for name, span in known.items() if low <= span <= high]
        if not names:
            asked = f"of span {low}" if low == high else f"of span {low} to {high}"
            has = f"; it has spans {_listed(known.values())}" if known else ""
            said = f"the model has no skip hyperconnection {asked} under its strategy{has}"
            raise ScenarioError(Problem("span", said, "write another span, a strategy that keeps skips, or new: true"))
        _check(("cost", self.cost, names))
        _check_number(self.at_most, len(names), f"skip hyperconnections ({_few(names)})")
        return tuple(Slot(choice, (Option(name, price(self.cost, name), skips=(name,)),)) for name in names)


class Harden(Block):
    """Which components get a better ``survival``: ``at_most`` so many of ``components`` (all that can fail)."""

    kind: Literal["harden"]
    survival: Annotated[float, Field(gt=0, le=1)]
    components: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    at_most: Number | None = None
    cost: Prices = 1.0

    def slots(self, given: Given, choice: int) -> tuple[Slot, ...]:
        """Return a slot for each component; raise ScenarioError where one cannot fail, or would get worse."""
        if given.survival is None:
            said = "to harden one component says nothing of the others only where they fail independently"
            raise ScenarioError(Problem("kind", said, "write one block of failures, of kind bernoulli or renewal"))
        names = tuple(given.survival) if self.components is None else self.components
        _check(*((f"components.{place}", [name], list(given.survival)) for place, name in enumerate(names)),
               ("cost", self.cost, names))
        worse = [f"{name} ({given.survival[name]:g})" for name in names if given.survival[name] >= self.survival]
        if worse or not names:
            said = f"{self.survival:g} is no better than what {', '.join(worse)} has" if names else "nothing can fail"
            raise ScenarioError(Problem("survival", said, "write a higher one, or name other components"))
        _check_number(self.at_most, len(names), f"components to harden ({_few(names)})")
        return tuple(Slot(choice, (Option(f"{name} hardened", price(self.cost, name),
                                          survival={name: self.survival}),)) for name in names)


class Replicate(Block):
    """Which parts get a second node: ``at_most`` so many; ``on`` are the nodes to choose from, by part."""

    kind: Literal["replicate"]
    on: Annotated[dict[str, Nodes], Field(min_length=1)]
    at_most: Number | None = None
    cost: Prices = 1.0

    def slots(self, given: Given, choice: int) -> tuple[Slot, ...]:
        """Return a slot for each part; raise ScenarioError where a part or node is unknown, or there already."""
        _check_parts("on", self.on, given)
        _check(("cost", self.cost, list(self.on)))
        twice = [Problem(f"on.{part}", f"{part!r} stands on {given.nodes[part]!r} already", "name another node")
                 for part, nodes in self.on.items() if given.nodes[part] in nodes]
        if twice:
            raise ScenarioError(*twice)
        _check_number(self.at_most, len(self.on), f"parts to replicate ({_few(list(self.on))})")
        return tuple(Slot(choice, tuple(
            Option(f"{part} also on {node}", price(self.cost, part), nodes={part: (given.nodes[part], node)})
            for node in nodes)) for part, nodes in self.on.items())


class Placement(Block):
    """Which node each of some parts stands on: ``among`` are the nodes to choose from; ``at_most`` so many move."""

    kind: Literal["placement"]
    among: Annotated[dict[str, Nodes], Field(min_length=1)]
    at_most: Number | None = None
    cost: Prices = 0.0

    def slots(self, given: Given, choice: int) -> tuple[Slot, ...]:
        """Return a slot for each part; raise ScenarioError where a part or node is unknown."""
        _check_parts("among", self.among, given)
        _check(("cost", self.cost, list(self.among)))
        _check_number(self.at_most, len(self.among), f"parts to place ({_few(list(self.among))})")
        return tuple(Slot(choice, tuple(
            Option(f"{part} on {node}", price(self.cost, part), nodes={part: (node,)})
            for node in nodes if node != given.nodes[part])) for part, nodes in self.among.items())


Choice = Annotated[Skips | Harden | Replicate | Placement, Field(discriminator="kind")]


class Budget(Block):
    """The limits of a design: expected ``bytes`` of a request, ``latency`` of one that is alone, summed ``cost``."""

    bytes: SizeBytes | None = None
    latency_ns: PositiveDurationNs | None = None
    cost: Price | None = None


class DesignBlock(Block):
    """What may be chosen, and the limits; the best design has the highest ``objective`` within them.

    ``objective`` is expected accuracy where there is a network, else P(information flows). ``evaluated`` says whether
    each design answers with the weights ``given`` by one training, or is ``retrained``. All designs are judged where
    there are no more than ``exhaustive_up_to`` (4096; retrained 64), else a greedy search looks for the best;
    ``method`` says which whatever their number. ``compare`` runs the greedy search beside the exhaustive one.
    """

    choose: Annotated[tuple[Choice, ...], Field(min_length=1)]
    budget: Budget = Budget()
    objective: Literal["expected_accuracy", "information_flow"] | None = None
    evaluated: Literal["given", "retrained"] = "given"
    method: Literal["auto", "exhaustive", "greedy"] = "auto"
    exhaustive_up_to: Annotated[int, Field(ge=1, le=100_000)] | None = None
    compare: bool = False
    max_components: Annotated[int, Field(gt=0, le=24)] = 20

    @property
    def most_exhaustive(self) -> int:
        """Up to how many designs all are judged."""
        return self.exhaustive_up_to or (64 if self.evaluated == "retrained" else 4096)


def price(prices: Prices, name: str) -> float:
    """Return what one thing costs: the price of all, or its own, and 1 where only others have one."""
    return prices.get(name, 1.0) if isinstance(prices, Mapping) else prices


def _few(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= FEW else f"{', '.join(names[:FEW])}, ..."


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(numbers))))


def _check_number(at_most: int | None, count: int, what: str) -> None:
    """Raise ScenarioError where more may be chosen than there are."""
    if at_most is not None and at_most > count:
        raise ScenarioError(Problem("at_most", f"{at_most} is more than the {count} {what} that there are",
                                    f"write at most {count}, or leave it out: any number"))


def _check_parts(key: str, named: Mapping[str, Sequence[str]], given: Given) -> None:
    _check((key, list(named), list(given.nodes)),
           *((f"{key}.{part}", nodes, list(given.known_nodes)) for part, nodes in named.items()))
    several = [Problem(f"{key}.{part}", f"{part!r} stands on several nodes already", "leave it out, or place it on one")
               for part in named if part in given.replicated]
    if several:
        raise ScenarioError(*several)


def _check(*asked: tuple[str, Prices | Sequence[str], Sequence[str]]) -> None:
    """Raise ScenarioError for each name that is not known: of (place, names, known names)."""
    problems = [Problem(place, f"{name!r} is not among what there is to choose from", did_you_mean(name, known))
                for place, names, known in asked if not isinstance(names, float | int)
                for name in names if name not in known]
    if problems:
        raise ScenarioError(*problems)
