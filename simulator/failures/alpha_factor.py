"""Alpha factors: of all that fails among components that are alike, which share takes one, two, three at once."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from simulator.blocks import Block
from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.failures.settings import Probabilities, probabilities_of
from simulator.failures.shocks import Shocks
from simulator.failures.strikes import Coin, InTime, Shock
from simulator.topology.graph import Topology
from simulator.units import PositiveDurationNs

MOST_ALIKE = 8  # components of a set: it has 2^8 - 1 shocks
SUMS_TO_ONE = 1e-9
ALPHAS = "write which shares of failures take 1, 2, ... components, such as [0.95, 0.03, 0.02]"


def shares_of_a_shock(alphas: tuple[float, ...], *, is_staggered: bool) -> tuple[float, ...]:
    """Return which share of a component's failures is due to one given shock of 1, 2, ... components.

    Staggered testing: Q_k = alpha_k Q / C(m - 1, k - 1); else Q_k = k alpha_k Q / (C(m - 1, k - 1) sum_j j alpha_j)
    (Mosleh et al., NUREG/CR-5485, 1998). A component is in C(m - 1, k - 1) shocks of k.

    >>> [round(share, 4) for share in shares_of_a_shock((0.9, 0.06, 0.04), is_staggered=True)]
    [0.9, 0.03, 0.04]
    >>> [round(share, 4) for share in shares_of_a_shock((0.9, 0.06, 0.04), is_staggered=False)]
    [0.7895, 0.0526, 0.1053]
    """
    weights = [alpha if is_staggered else k * alpha for k, alpha in enumerate(alphas, 1)]
    total, m = sum(weights), len(alphas)
    return tuple(weight / total / math.comb(m - 1, k) for k, weight in enumerate(weights))


class AlphaFactorBlock(Block):
    """Components that are alike, with a shock for each subset of them; ``alphas`` says how many fail at once.

    ``alphas[k - 1]`` is the share of failures that take exactly k components. ``among`` lists the sets (without it
    there is one, of all that can fail); what is in none fails alone. The components of a set have one ``survival``,
    which is kept exactly: it is the intensities -log P(no such shock) that are shared out, not the probabilities.
    With ``mttr`` shocks strike in time and last so long on average; without it each request tosses a coin for each.
    """

    kind: Literal["alpha_factor"]
    survival: Probabilities
    alphas: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    testing: Literal["staggered", "non_staggered"] = "staggered"
    among: tuple[tuple[str, ...], ...] | None = Field(default=None, min_length=1)
    mttr_ns: PositiveDurationNs | None = None

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        if not 1 < len(self.alphas) <= MOST_ALIKE:
            raise ValueError(f"{len(self.alphas)} alphas are for sets of {len(self.alphas)} components, not of 2 to "
                             f"{MOST_ALIKE}; {ALPHAS}")
        if abs(sum(self.alphas) - 1) > SUMS_TO_ONE:
            raise ValueError(f"alphas sum to {sum(self.alphas):g}, not to 1; {ALPHAS}")
        return self

    def build(self, topology: Topology) -> Shocks:
        """Return the process; raise ScenarioError for unknown components, and sets of unlike ones or a wrong size."""
        survival = probabilities_of("survival", self.survival, topology)
        sets = (tuple(survival),) if self.among is None else self.among
        if problems := self._problems(sets, survival):
            raise ScenarioError(*problems)
        in_a_set = {name for members in sets for name in members}
        shocks = [self._shock((name,), 1.0, survival) for name in survival if name not in in_a_set]
        shares = shares_of_a_shock(self.alphas, is_staggered=self.testing == "staggered")
        shocks += [self._shock(felled, share, survival) for members in sets for k, share in enumerate(shares, 1)
                   for felled in combinations(members, k) if share]
        return Shocks(tuple(survival), tuple(shocks))

    def _shock(self, felled: tuple[str, ...], share: float, survival: dict[str, float]) -> Shock:
        mean = -share * math.log(survival[felled[0]])
        often = Coin(-math.expm1(-mean)) if self.mttr_ns is None else InTime(self.mttr_ns / mean, float(self.mttr_ns))
        return Shock(" ".join(felled), often, np.ones(1), np.array([[float(name not in felled) for name in survival]]))

    def _problems(self, sets: tuple[tuple[str, ...], ...], survival: dict[str, float]) -> list[Problem]:
        found: list[Problem] = [Problem(f"survival.{name}", "0 is never up, and has no failures to share out",
                                        "write more than 0") for name, p in survival.items() if p == 0]
        seen: set[str] = set()
        for row, members in enumerate(sets):
            place = "survival" if self.among is None else f"among.{row}"
            for column, name in enumerate(members):
                if name not in survival:
                    found.append(Problem(f"{place}.{column}", f"no component {name!r} that can fail",
                                         did_you_mean(name, survival)))
                elif name in seen:
                    found.append(Problem(f"{place}.{column}", f"{name!r} is named twice", "name a component once"))
                seen.add(name)
            found += self._unlike(place, members, survival)
        return found

    def _unlike(self, place: str, members: tuple[str, ...], survival: dict[str, float]) -> list[Problem]:
        found, values = [], sorted({survival[name] for name in members if name in survival})
        if len(members) != len(self.alphas):
            told = f"a set of {len(members)} ({', '.join(members)}), but {len(self.alphas)} alphas"
            found.append(Problem(place, told,
                                 "write one alpha for each number of components that fail at once, or name other sets "
                                 f"in 'among', of at most {MOST_ALIKE}"))
        if len(values) > 1:
            found.append(Problem(place, f"survivals of {', '.join(f'{value:g}' for value in values)}",
                                 "give the components of a set the same survival, or use kind: common_cause"))
        return found
