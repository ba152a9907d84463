"""``sim whatif``: one failure, looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import ScenarioName
from simulator.cli.run import Quick, Sets

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from simulator.scenario.load import Loaded
    from simulator.scenario.variants import Variant
    from simulator.study.assemble import Assembly
    from simulator.study.whatif import EdgeFate, WhatIf

MS_NS = 1e6
HARD_SPACE = "\u00a0"  # an interval is not broken over lines
STYLES = {"taken": "bold green", "spare": "dim", "lost": "red"}
MARKS = {"taken": "==>", "spare": "-->", "lost": " x "}


def whatif(
    scenario: ScenarioName,
    down: Annotated[
        str, typer.Option("--down", metavar="NAMES", help="Nodes and links that are down, with commas.")
    ] = "",
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            show_default=False,
            help="Also what the scenario's own failures have down at this instant of replication 0.",
        ),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", show_default=False, help="One strategy only; the sweep's first values are taken for all else."
        ),
    ] = None,
    sets: Sets = None,
    quick: Quick = False,
) -> None:
    """Show what one request is answered from while components are down, how well, how fast, and which edges starve.

    \b
    sim whatif first --down fog2
    sim whatif first --down fog1,edge --strategy vanilla
    sim whatif outage --at 25s
    """  # noqa: D301 - \b tells click to keep the lines
    at_ns = None if at is None else instant_ns(at)
    names = [name.strip() for name in down.split(",") if name.strip()]
    look(scenario, strategy, sets or [], Failure(names, at_ns), quick=quick)


@dataclass(frozen=True)
class Failure:
    """What is down: the components named, and what the scenario has down at an instant."""

    names: list[str]
    at_ns: int | None


def look(scenario: str, strategy: str | None, sets: list[str], failure: Failure, *, quick: bool) -> None:
    """Print what each cell of a scenario answers under a failure."""
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.cli.progress import Bars  # noqa: PLC0415
    from simulator.scenario.located import located  # noqa: PLC0415
    from simulator.study.assemble import Assembly  # noqa: PLC0415
    from simulator.study.whatif import what_if  # noqa: PLC0415

    console = Console(markup=False)
    with Bars(Console(stderr=True)) as bars:
        loaded, cells = cells_of(scenario, strategy, sets, quick=quick)
        for cell in cells:
            assembly = Assembly(cell.scenario, cell.topology, cell.model, cell.base)
            console.rule(", ".join(cell.label.values()) or cell.scenario.title, style="dim")
            with located(loaded, cell.scenario.model):
                found = what_if(assembly, failure.names, failure.at_ns, quick=quick, progress=bars)
            show(console, assembly, found)


def cells_of(scenario: str, strategy: str | None, sets: list[str], *, quick: bool,
             ) -> tuple[Loaded, tuple[Variant, ...]]:
    """Return a scenario and its cells, or those of one strategy."""
    import simulator  # noqa: PLC0415 - keeps sim --help fast
    from simulator.cli.sets import overrides  # noqa: PLC0415
    from simulator.scenario.variants import variants  # noqa: PLC0415
    from simulator.study.quick import quickened  # noqa: PLC0415

    loaded = simulator.load(scenario, overrides(sets) | ({"strategy": strategy} if strategy else {}))
    cells = variants(quickened(loaded) if quick else loaded)
    return loaded, tuple(cell for cell in cells if strategy in (None, cell.scenario.strategy)) or cells


def instant_ns(text: str) -> int:
    """Return ``--at`` in nanoseconds.

    Raises:
        ScenarioError: it is no duration.
    """
    from simulator.errors import Problem, ScenarioError  # noqa: PLC0415 - keeps sim --help fast
    from simulator.units import magnitude  # noqa: PLC0415

    try:
        return round(magnitude(text, "nanosecond"))
    except ValueError as error:
        raise ScenarioError(Problem("option --at", str(error))) from error


def edges_table(assembly: Assembly, fates: Sequence[EdgeFate]) -> Table:
    """Return a drawing of edges: what each hyperconnection became, and why."""
    from rich.table import Table  # noqa: PLC0415 - keeps sim --help fast

    edges = Table(box=None, show_header=False, padding=(0, 1))
    for edge, fate in zip(assembly.graph.edges, fates, strict=True):
        edges.add_row(edge.source, MARKS[fate.fate], edge.target, fate.fate, fate.why, style=STYLES[fate.fate])
    return edges


def show(console: Console, assembly: Assembly, found: WhatIf) -> None:
    """Print the delivery as a drawing of edges, the accuracy overall and per class, and the latency."""
    from simulator.report.numbers import estimate_text  # noqa: PLC0415 - keeps sim --help fast

    console.print(f"down: {', '.join(found.down) or 'nothing'}", highlight=False)
    console.print(edges_table(assembly, found.edges))
    ending = found.ending.replace("_", " ")
    console.print(
        f"answer: {found.delivery}   {ending} after {found.latency_ns / MS_NS:,.1f} ms"
        + (f" ({found.reason})" if found.reason else ""),
        highlight=False,
    )
    if found.accuracy:
        words = "accuracy" if found.delivery != "-" else "no answer; its worth is"
        console.print(f"{words} {estimate_text(found.accuracy)} over the test set", highlight=False)
        console.print(
            "by class: " + "  ".join(f"{c}: {estimate_text(e).replace(' ', HARD_SPACE)}" for c, e in found.by_class),
            highlight=False,
            style="dim",
        )
