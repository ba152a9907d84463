"""``sim list``: what is on the shelf, and the estimators of crashes."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.errors import Problem, ScenarioError, did_you_mean

ESTIMATORS = "estimators"
ESTIMATORS_CAPTION = ("order: power of p up to which the mean is right. cost: passes through what follows the crash "
                      "point, for one input, n units and m outputs. small shares: no unit matters much, activations "
                      "are smooth. linear end: the output has no activation. More: docs/neuron-faults.md")
HELP = "scenarios, topologies, models, prefabs or estimators; else all that is on the shelf."
Kinds = Annotated[str | None, typer.Argument(help=HELP, show_default=False)]


def list_(kind: Kinds = None) -> None:
    """List the scenarios, topologies, models and prefabs that are shipped, with their titles.

    \b
    sim list
    sim list models
    sim list estimators    of what crashed neurons do: what each is, when it holds, and what it costs
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.scenario.shelf import FOLDERS, titles  # noqa: PLC0415 - keeps sim --help fast

    known = [*FOLDERS.values(), ESTIMATORS]
    if kind is not None and kind not in known:
        raise ScenarioError(Problem("sim list", f"there is no list of {kind!r}", did_you_mean(kind, known)))
    if kind == ESTIMATORS:
        list_estimators()
        return
    for one, plural in FOLDERS.items():
        if kind not in (None, plural):
            continue
        typer.secho(plural, bold=True)
        found = titles(one)
        width = max(map(len, found), default=0)
        for name, title in found.items():
            typer.echo(f"  {name:<{width}}  {title}")


def list_estimators() -> None:
    """Print the catalogue of estimators of what crashed neurons do."""
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast
    from rich.table import Table  # noqa: PLC0415

    from simulator.neurons.catalogue import estimator_rows  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), caption_justify="left", caption=ESTIMATORS_CAPTION)
    for head in ("estimator", "kind", "what it is", "order", "when it holds", "cost"):
        table.add_column(head)
    for row in estimator_rows():
        table.add_row(*row)
    Console().print(table)
