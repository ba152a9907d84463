"""``sim explain``: one request of a finished run, from its birth to its ending, and why it ended so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.study.explain import Explanation
    from simulator.study.replay import Replay

MS_NS, S_NS = 1e6, 1e9


def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, as sim run has named it.")],
    request: Annotated[int, typer.Option("--request", metavar="N", help="Number of the request, from 0.")],
    replication: Annotated[int, typer.Option("--replication", metavar="R", help="Number of the replication.")] = 0,
    cell: Annotated[
        str | None, typer.Option("--cell", help="One cell only, such as dfg; without it each.", show_default=False)
    ] = None,
    is_replayed: Annotated[
        bool, typer.Option("--replay", help="Run the replication again and print the request's life, step by step.")
    ] = False,
) -> None:
    """Explain one request: its birth, what was up, what it was answered from, how it ended and why.

    Numbers of requests are in requests.parquet, whose column 'why' has the reasons of all of them.

    \b
    sim explain runs/first-1a2b3c4d --request 17
    sim explain runs/first-1a2b3c4d --request 17 --cell resilinet --replay
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.study.explain import Asked, read_record  # noqa: PLC0415
    from simulator.study.explain import explain as explained  # noqa: PLC0415
    from simulator.study.replay import replay  # noqa: PLC0415

    console, quick = Console(highlight=False, markup=False), read_record(run).is_quick
    for found in explained(Asked(run, request, replication, cell)):
        if found.variant.label:
            console.rule(", ".join(found.variant.label.values()), style="dim")
        show(console, found)
        if is_replayed:
            show_life(console, replay(found, quick=quick))


def show(console: Console, found: Explanation) -> None:
    """Print what the run folder says of a request."""
    from simulator.cli.whatif import edges_table  # noqa: PLC0415 - keeps sim --help fast

    row = found.row
    born, age = row["arrival_ns"] / S_NS, (row["end_ns"] - row["arrival_ns"]) / MS_NS
    about = f", about test sample {row['sample']}" * (found.assembly.has_layers)
    console.print(f"request {row['request']} of replication {row['replication']}, born at {born:,.3f} s{about}")
    console.print(f"down at its birth: {', '.join(found.down) or 'nothing'}")
    if found.held:
        console.print(f"silent errors at its birth: {', '.join(found.held)}")
    for when, what in found.switches:
        console.print(f"{(when - row['arrival_ns']) / MS_NS:,.1f} ms later {what}")
    console.print("by what was up then, with no delays:", style="dim")
    console.print(edges_table(found.assembly, found.edges))
    because = f" ({row['reason']})" if row["reason"] else ""
    console.print(f"answer: {row['delivery']}   {str(row['ending']).replace('_', ' ')} after {age:,.1f} ms{because}")
    if isinstance(row.get("held"), str) and row["held"]:
        console.print(f"held: {row['held']}")
    if row["why"]:
        console.print(f"why: {row['why']}")


def show_life(console: Console, life: Replay) -> None:
    """Print a request's life as a table of time since its birth, who, and what."""
    from rich.table import Table  # noqa: PLC0415 - keeps sim --help fast
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, padding=(0, 1), title="run again", title_justify="left", title_style="dim")
    for head in ("ms", "part or message", "what"):
        table.add_column(head, justify="right" if head == "ms" else "left", overflow="fold")
    for moment in life.moments:
        table.add_row(f"{moment.age_ns / MS_NS:,.3f}", Text(moment.who), Text(moment.what))
    console.print(table)
    if not life.is_same:
        console.print("Not as in requests.parquet: the data, the model or this package have changed since the run.",
                      style="yellow")
