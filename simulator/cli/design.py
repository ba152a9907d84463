"""``sim design``: which skips, nodes, machines or settings are best."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.cli.names import of_shelf
from simulator.cli.run import Json, Out, Quick, Seed, Sets, loaded_with, run_and_show
from simulator.errors import Problem, ScenarioError


def design(scenario: Annotated[str, typer.Argument(help="A scenario with design: or search:, by name or path.",
                                                    autocompletion=of_shelf("scenario"))],
           out: Out = None, seed: Seed = None, sets: Sets = None, quick: Quick = False, as_json: Json = False) -> None:
    """Choose skips, components to harden, replicas or nodes: the best within a budget, and how sure that is.

    It is sim run on a scenario that has a design: or a search: block; the same run folder, found again the same way.

    \b
    sim design design-harden
    sim design design-skips --set design.budget.bytes='1 MB'
    sim design search-timeout --set search.trials=60
    """  # noqa: D301 - \b tells click to keep the lines
    loaded = loaded_with(scenario, sets, seed)
    if loaded.scenario.design is None and loaded.scenario.search is None:
        raise ScenarioError(Problem(loaded.place("design"), "the scenario does not say what may be chosen",
                                    "write 'design: {choose: [{kind: skips, at_most: 3}]}' or 'search:', or sim run"))
    run_and_show(loaded, out, quick=quick, as_json=as_json)
