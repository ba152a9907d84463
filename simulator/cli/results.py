"""``sim results`` and ``sim export``: the estimates of a run, as a table to read or as a tidy file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.errors import Problem, ScenarioError, did_you_mean

if TYPE_CHECKING:
    from simulator.study.whole import CellsOfRun

CSV, PARQUET = "csv", "parquet"
FORMATS = (CSV, PARQUET)
MOST_TURNED = 200  # cells; more of them are lines, however wide
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its record.json.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="TEST", show_default=False,
                 help="Only cells that pass: strategy=dfg, strategy!=dfg, 'expected_accuracy>=0.7'. May be repeated."),
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", metavar="NAMES", show_default=False,
                 help="Estimates to show, with commas, or 'all'; else those of the summary."),
]
Sort = Annotated[
    str | None,
    typer.Option("--sort", metavar="NAME", show_default=False, help="Estimate to sort by, the highest first."),
]


def results(run: RunArgument, columns: Columns = None, where: Where = None, sort: Sort = None) -> None:
    """Show the cells of a run with their estimates and 95 % intervals; of a run that is not finished, those that are.

    \b
    sim results runs/first-1a2b3c4d
    sim results runs/first-1a2b3c4d --columns expected_accuracy,latency_p99_ms
    sim results runs/first-1a2b3c4d --where strategy=dfg --where 'share_lost<0.1' --sort served_accuracy
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.report.results_table import lines, results_table  # noqa: PLC0415

    found = chosen(run, where or [])
    names = None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    console, is_long = Console(), len(found.cells) > MOST_TURNED
    table = results_table(found, names, sort, None if is_long else console.width)
    if is_long:
        sys.stdout.writelines(f"{line}\n" for line in lines(table))
    else:
        console.print(table)
    warn(found)


def export(
    run: RunArgument,
    file_format: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="csv or parquet; else as --out ends, or csv.",
                                 show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File; csv is printed without it.", show_default=False)
    ] = None,
    where: Where = None,
) -> None:
    """Write the estimates of a run as a tidy table: a row for each cell and estimate, with unit, low, high and method.

    \b
    sim export runs/first-1a2b3c4d > first.csv
    sim export runs/first-1a2b3c4d --out first.parquet
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.study.disk import refusals, write_whole  # noqa: PLC0415 - keeps sim --help fast
    from simulator.study.tidy import csv_text, parquet  # noqa: PLC0415

    chosen_format = format_of(file_format, out)
    found = chosen(run, where or [])
    content = parquet(found.cells) if chosen_format == PARQUET else csv_text(found.cells).encode()
    if out is None:
        sys.stdout.write(content.decode())
    else:
        with refusals(out):
            write_whole(out, content)
        typer.echo(f"{out}: {len(found.cells)} cells", err=True)
    warn(found)


def format_of(file_format: str | None, out: Path | None) -> str:
    """Return the format of an export.

    Raises:
        ScenarioError: there is no such format, or it needs a file.
    """
    chosen_format = file_format or (out.suffix.removeprefix(".") if out and out.suffix else CSV)
    if chosen_format not in FORMATS:
        place = "option --format" if file_format else "option --out"
        raise ScenarioError(Problem(place, f"no format {chosen_format!r}", did_you_mean(chosen_format, FORMATS)))
    if chosen_format == PARQUET and out is None:
        raise ScenarioError(Problem("option --format", "'parquet' is no text to print", "add --out results.parquet"))
    return chosen_format


def chosen(run: Path, where: Sequence[str]) -> CellsOfRun:
    """Return the cells of a run that pass all tests."""
    from dataclasses import replace  # noqa: PLC0415

    from simulator.study.filters import passing  # noqa: PLC0415 - keeps sim --help fast
    from simulator.study.whole import read_cells  # noqa: PLC0415

    found = read_cells(run)
    return replace(found, cells=passing(found.cells, where))


def warn(found: CellsOfRun) -> None:
    """Say what is missing."""
    if found.note:
        typer.secho(f"note: {found.note}", err=True, fg="yellow")
