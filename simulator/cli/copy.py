"""``sim copy``: a file of the shelf, to edit."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from simulator.cli.names import of_named_kind
from simulator.errors import Problem, ScenarioError


class Kind(StrEnum):
    """What lies on the shelf."""

    SCENARIO = "scenario"
    TOPOLOGY = "topology"
    MODEL = "model"
    PREFAB = "prefab"


To = typer.Argument(help="File or folder to copy to; here when not given.", show_default=False)
Destination = Annotated[Path | None, To]
Name = Annotated[str, typer.Argument(help="Its name on the shelf (sim list).", autocompletion=of_named_kind)]


def copy(kind: Annotated[Kind, typer.Argument(help="What to copy.")], name: Name, to: Destination = None) -> None:
    """Copy a file of the shelf, to edit it; nothing is ever overwritten.

    \b
    sim copy scenario first
    sim copy topology health-chain mine.yaml
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.scenario.shelf import on_shelf  # noqa: PLC0415 - keeps sim --help fast

    source = on_shelf(kind.value, name, "argument NAME")
    target = to / source.name if to and to.is_dir() else to or Path(source.name)
    try:
        with source.open("rb") as read, target.open("xb") as written:
            shutil.copyfileobj(read, written)
    except FileExistsError as error:
        way_out = f"name another file: sim copy {kind.value} {name} FILE"
        raise ScenarioError(Problem("argument TO", f"{str(target)!r} is there already", way_out)) from error
    except OSError as error:
        said = f"{str(target)!r} cannot be written: {error.strerror}"
        raise ScenarioError(Problem("argument TO", said, "name a file in a folder that you can write to")) from error
    typer.echo(f"copied to {target}")
