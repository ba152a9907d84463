"""``sim cite``: the sources of the methods that a run used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Bibtex = Annotated[bool, typer.Option("--bibtex", help="Print BibTeX entries instead of a list.")]


def cite(run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its record.json.")],
         bibtex: Bibtex = False) -> None:
    """Print what to cite for a run: the literature of the strategies, failures, measures and estimators that it used.

    \b
    sim cite runs/first-1a2b3c4d
    sim cite runs/first-1a2b3c4d --bibtex > sources.bib
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.report.references import used_by  # noqa: PLC0415 - keeps sim --help fast
    from simulator.study.whole import read_record  # noqa: PLC0415

    record = read_record(run)
    for one in used_by(record):
        typer.echo(f"{one.bibtex()}\n" if bibtex else f"{one.of}\n    {one.text()}\n    [{one.key}]\n")
    if not bibtex:
        installed = ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
        typer.echo(f"run with {installed}")
