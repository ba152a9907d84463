"""Common cause: a share of every component's failures strikes all of them together, at unchanged marginals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.bernoulli import Bernoulli
from simulator.failures.causes import Causes, Hits
from simulator.failures.settings import Probabilities, probabilities_of
from simulator.topology.graph import Topology

Share = Annotated[float, Field(ge=0, le=1)]


def common_part(unavailability: dict[str, float], beta: float) -> list[tuple[float, frozenset[str]]]:
    """Return independent shocks whose union hits each component with probability beta times its unavailability.

    The common cause has a strength: what a weak one fells a strong one fells too, and the components that fail most
    are the first to go. Its law is that of nested shocks, one for each strength: P(shock k) = 1 - (1 - c_k) /
    (1 - c_(k-1)) with c sorted upwards, which fells all from k on. With equal components it is one shock, and the
    model is the beta-factor model (Fleming, 1975) with marginals kept exactly.

    >>> [(round(p, 3), sorted(hit)) for p, hit in common_part({"a": 0.1, "b": 0.2}, 0.5)]
    [(0.05, ['a', 'b']), (0.053, ['b'])]
    """
    names = sorted(unavailability, key=lambda name: unavailability[name])
    shocks, free = [], 1.0
    for place, name in enumerate(names):
        still_free = 1 - beta * unavailability[name]
        if free > still_free:
            shocks.append((1 - still_free / free, frozenset(names[place:])))
        free = still_free
    return shocks


def residual(unavailability: float, beta: float) -> float:
    """Return the probability of failing alone that keeps the marginal: 1 - (1 - q) / (1 - beta q).

    The textbook's (1 - beta) q is an approximation of it: it makes components fail less often than they should.

    >>> round(residual(0.1, 0.5), 6)
    0.052632
    """
    return 0.0 if beta == 1 else 1 - (1 - unavailability) / (1 - beta * unavailability)


class CommonCauseBlock(Block):
    """A share ``beta`` of every component's failures has a common cause; each component's survival stays as it is.

    ``survival`` is a named setting, one probability, or {component: probability}. ``beta`` is 0 for independent
    components and 1 for components that fail together (the ones that fail more often, alone besides). ``among`` lists
    sets of components with a common cause of their own; without it there is one, of all that can fail.
    """

    kind: Literal["common_cause"]
    survival: Probabilities
    beta: Share
    among: tuple[tuple[str, ...], ...] | None = Field(default=None, min_length=1)

    def build(self, topology: Topology) -> Causes:
        """Return the process; raise ScenarioError where the block names what the topology does not have."""
        survival = probabilities_of("survival", self.survival, topology)
        sets = (tuple(survival),) if self.among is None else self.among
        if problems := self._problems(sets, survival):
            raise ScenarioError(*problems)
        beta_of = {name: self.beta if any(name in members for members in sets) else 0.0 for name in survival}
        causes = {name: (residual(1 - p, beta_of[name]), frozenset({name})) for name, p in survival.items()}
        for number, members in enumerate(sets):
            shocks = common_part({name: 1 - survival[name] for name in members if name in survival}, self.beta)
            causes |= {f"common cause {number + 1}.{k}": shock for k, shock in enumerate(shocks, 1)}
        fells: dict[str, Hits] = {name: ((1.0, members),) for name, (_, members) in causes.items()}
        idle = tuple(1 - chance for chance, _ in causes.values())
        return Causes(Bernoulli(tuple(causes), idle), fells, tuple(survival))

    def _problems(self, sets: tuple[tuple[str, ...], ...], survival: dict[str, float]) -> list[Problem]:
        named = [(f"among.{row}.{column}", name)
                 for row, members in enumerate(sets) for column, name in enumerate(members)]
        found = [Problem(place, f"no component {name!r} that can fail", did_you_mean(name, survival))
                 for place, name in named if name not in survival]
        found += [Problem(f"among.{row}", "[] is no set of components", "name two or more that fail together")
                  for row, members in enumerate(sets) if not members and self.among is not None]
        seen: set[str] = set()
        for place, name in named:
            if name in seen:
                found.append(Problem(place, f"{name!r} is named twice", "name a component once"))
            seen.add(name)
        return found
