"""``sim list``: what is on the shelf."""

from __future__ import annotations

import typer


def list_() -> None:
    """List the scenarios, topologies, models and prefabs that are shipped, with their titles."""
    from simulator.scenario.shelf import FOLDERS, titles  # noqa: PLC0415 - keeps sim --help fast

    for kind, plural in FOLDERS.items():
        typer.secho(plural, bold=True)
        found = titles(kind)
        width = max(map(len, found), default=0)
        for name, title in found.items():
            typer.echo(f"  {name:<{width}}  {title}")
