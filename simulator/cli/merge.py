"""``sim merge``: the union of run folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the union; cells that are there already stay.")],
) -> None:
    """Copy the finished cells of several run folders into one; sim run finds them there.

    The order does not matter, nor whether a folder is merged twice. The same cell with other bytes is an error.

    \b
    sim merge runs/shard-1 runs/shard-2 --out runs/all
    sim run my.yaml --out runs/all
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.study.merge import merge as merged  # noqa: PLC0415 - keeps sim --help fast

    done = merged(runs, out)
    for text in done.left_out:
        typer.secho(f"warning: {text}; left out", err=True, fg="yellow")
    typer.echo(f"{out}: {done.cells} cells, {done.copied} of them copied now; 'sim run SCENARIO --out {out}' makes "
               "the record and the report of a run")
