"""``sim plot``: the figures and the page of a finished run, drawn again without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Like = Annotated[str | None, typer.Option("--like", metavar="SCENARIO", show_default=False,
                                          help="Draw what 'plots:' of this scenario says, instead of the run's.")]


def plot(run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")], like: Like = None) -> None:
    """Draw the figures and the report of a finished run again; nothing is run.

    \b
    sim plot runs/first-1a2b3c4d
    sim plot runs/mine --like mine.yaml
    """  # noqa: D301 - \b tells click to keep the lines
    import simulator  # noqa: PLC0415 - keeps sim --help fast
    from simulator.report.again import drawn_again  # noqa: PLC0415

    plots = None if like is None else simulator.load(like).scenario.plots
    for path in drawn_again(run, plots):
        typer.echo(path)
