"""``sim rerun``: whether a record comes out the same again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

Fresh = Annotated[bool, typer.Option("--fresh", help="Train anew: look into no cache.")]


def rerun(record: Annotated[Path, typer.Argument(metavar="RECORD", help="A run folder, or its record.json.")],
          fresh: Fresh = False) -> None:
    """Make a record again from what it says, and tell whether every byte of it comes out the same.

    Exit code 0: it does. 1: it does not, on the same versions. 3: it does not, and versions differ, which are named.

    \b
    sim rerun runs/first-1a2b3c4d
    sim rerun record.json --fresh
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.cli.progress import Bars  # noqa: PLC0415
    from simulator.documents.yaml_text import brief  # noqa: PLC0415
    from simulator.study.rerun import rerun as made_again  # noqa: PLC0415

    with Bars(Console(stderr=True)) as bars, cache(fresh):
        found = made_again(record, bars)
    for name, then, now in found.versions:
        typer.echo(f"{name}: {then or 'not there'} then, {now or 'not there'} now")
    for place, then, now in found.changes:
        typer.echo(f"{place}: {brief(then)} then, {brief(now)} now")
    for name in found.frames:
        typer.echo(f"{name}.parquet: not the same bytes")
    same = "the same, every number" if found.versions else "the same to the byte"
    typer.echo("not the same" if found.exit_code else same)
    if found.exit_code:
        raise typer.Exit(found.exit_code)


@contextmanager
def cache(fresh: bool) -> Iterator[None]:
    """Let nothing be found in the cache of trained networks, where that is asked for."""
    if not fresh:
        yield
        return
    before = os.environ.get("SIM_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SIM_CACHE_DIR"] = folder
        try:
            yield
        finally:
            os.environ.pop("SIM_CACHE_DIR")
            if before is not None:
                os.environ["SIM_CACHE_DIR"] = before
