"""The YAML block of the measure ``sensitivity``."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from simulator.blocks import Block

Ranked = Literal["components", "nodes", "links", "hyperconnections"]
Ranking = Literal["birnbaum", "improvement", "shapley", "banzhaf", "raw", "rrw", "criticality", "diagnosis",
                  "sobol_first", "sobol_total", "shapley_effects"]
Importance = Literal[Ranking, "if_down", "given_down"]
EVERY_MEASURE: tuple[Importance, ...] = get_args(Importance)


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Sensitivity(Block):
    """Which components matter to accuracy, and how sure that is: importance measures, curves and interactions.

    ``of`` is what is ranked: the ``components`` that can fail (the default), all ``nodes`` or all ``links`` that the
    model uses, whether they can fail or not; or a list of these. ``measures`` are all unless some are listed, and
    ``rank_by`` is the one that orders them. With ``below``, the risk of ``raw``, ``rrw``, ``criticality`` and
    ``diagnosis`` is that accuracy falls below it, without it what accuracy loses. Exact from the table of all patterns
    of at most ``max_components``; else from ``draws`` patterns, ``orders`` pairs of orders of failing, and ``pairs``
    patterns for interactions, in each of which every two components are set up and down.

    ``hyperconnections`` are ranked by what a trained network loses when they are switched off: the ``skips`` or ``all``
    (``switches``), in all their subsets up to ``max_switches`` of them, above in ``orders`` pairs of orders.
    """

    of: Annotated[tuple[Ranked, ...], Field(min_length=1), BeforeValidator(_listed)] = ("components",)
    measures: Annotated[tuple[Importance, ...], Field(min_length=1), BeforeValidator(_listed)] = EVERY_MEASURE
    rank_by: Ranking = "birnbaum"
    below: Annotated[float, Field(gt=0, le=1)] | None = None
    max_components: Annotated[int, Field(gt=0, le=24)] = 20
    draws: Annotated[int, Field(ge=100)] = 2000
    orders: Annotated[int, Field(ge=10)] = 200
    pairs: Annotated[int, Field(ge=10)] = 400
    switches: Literal["skips", "all"] = "skips"
    max_switches: Annotated[int, Field(gt=0, le=14)] = 10

    @model_validator(mode="after")
    def _ranks_by_what_is_measured(self) -> Self:
        if self.rank_by not in self.measures:
            raise ValueError(f"rank_by is {self.rank_by!r}, which is not among the measures; add it to them")
        return self
