"""``sim compare``: two runs side by side, and what differs beyond its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.errors import Problem, RunFolderError

DIFFERS = 1
All = Annotated[bool, typer.Option("--all", help="Show every estimate that both have.")]


def compare(first: Annotated[Path, typer.Argument(metavar="FIRST", help="A run folder, or its record.json.")],
            second: Annotated[Path, typer.Argument(metavar="SECOND", help="Another one.")],
            everything: All = False) -> None:
    """Compare two runs: what was asked differently, and which estimates differ beyond their intervals.

    Cells are paired by the values of the sweep that they share. Exit code 1 where something differs, 0 where nothing.

    \b
    sim run queue --out runs/a
    sim run queue --out runs/b --set workload.arrivals.rate='0.6 /s'
    sim compare runs/a runs/b
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.report.compare_table import LEGEND, differences_tables, settings_table, summary  # noqa: PLC0415
    from simulator.study.compare import compared  # noqa: PLC0415
    from simulator.study.whole import read_record  # noqa: PLC0415

    records = read_record(first), read_record(second)
    comparison = compared(*records)
    if not comparison.differences:
        raise RunFolderError(Problem(f"{first}, {second}", "have no cells and estimates in common",
                                     "compare runs whose sweeps share values of their keys"))
    console = Console()
    if table := settings_table(*records):
        console.print(table)
    for table in differences_tables(comparison, everything=everything):
        console.print(table)
    console.print(LEGEND, style="dim", highlight=False)
    for line in summary(comparison):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if any(one.differs for one in comparison.differences):
        raise typer.Exit(DIFFERS)
