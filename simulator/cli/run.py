"""``sim run``: run a scenario, write its run folder, print the table that answers its question."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import ScenarioName

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.scenario.load import Loaded
    from simulator.study.finished import Run
    from simulator.study.how import How
    from simulator.study.record import Record

MOST_SHOWN = 200  # cells of a study whose tables are printed unasked
MOST_NOTES = 20  # of such a study
Out = Annotated[
    Path | None, typer.Option("--out", help="Run folder; a new folder in runs/ when not given.", show_default=False)
]
Seed = Annotated[
    int | None, typer.Option("--seed", min=0, help="Root seed, instead of the scenario's.", show_default=False)
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        show_default=False,
        help="Replace a value: --set policy.deadline='100 ms'. May be repeated.",
    ),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="One epoch, 200 requests; random data where the data set is missing.")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Cells made side by side, each in its own process.")]
Dask = Annotated[
    str, typer.Option("--dask", metavar="local|tcp://HOST:PORT|FILE", show_default=False,
                      help="Have cells made by Dask: here, by a scheduler that runs, or as a file says.")
]
InShard = Annotated[
    str | None,
    typer.Option("--shard", metavar="i/K", show_default=False, help="Only one of K parts: 1/4 the first of four."),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option("--max-seconds", min=0, show_default=False, help="Begin no cell after so long."),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="KEY=VALUE", show_default=False,
                 help="Only cells with this value of the sweep. May be repeated."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say which cells are left, and how long they take.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only the cells that failed before.")]
From = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="RUN", show_default=False,
                 help="Another run folder in which finished cells are found, too. May be repeated."),
]
KeepReplications = Annotated[
    bool, typer.Option("--keep-replications", help="Keep each replication: more can be added without these again.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the record as JSON instead of tables.")]


def run(  # noqa: PLR0913 - its options
    scenario: ScenarioName,
    out: Out = None,
    seed: Seed = None,
    sets: Sets = None,
    quick: Quick = False,
    as_json: Json = False,
    jobs: Jobs = 1,
    dask: Dask = "",
    shard: InShard = None,
    max_seconds: MaxSeconds = None,
    only: Only = None,
    failed: Failed = False,
    found_in: From = None,
    keep_replications: KeepReplications = False,
    dry_run: DryRun = False,
) -> None:
    """Run a scenario: train or load its models, simulate, evaluate, and write tables, figures and a report.

    Finished cells are found and skipped, so an interrupted run goes on where it was; without --out those of all
    folders in runs/ are found.

    \b
    sim run first
    sim run first --quick
    sim run my.yaml --out runs/mine --set policy.deadline='100 ms' --seed 2
    sim run my.yaml --jobs 4

    Where the scenario claims something (assert:), the exit code is 0 if all of it holds, 1 if some is violated beyond
    doubt, 3 if an interval lies on both sides of its limit.
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.study.how import How, Shard  # noqa: PLC0415 - keeps sim --help fast

    how = How(jobs=jobs, dask=dask, shard=Shard.of(shard) if shard else None, only=tuple(only or ()), failed=failed,
              found_in=tuple(found_in or ()),
              keeps_replications=keep_replications, max_seconds=max_seconds)
    loaded = loaded_with(scenario, sets, seed)
    if dry_run:
        show_foreseen(loaded, out, how, quick=quick)
        return
    run_and_show(loaded, out, quick=quick, as_json=as_json, how=how)


def show_foreseen(loaded: Loaded, out: Path | None, how: How, *, quick: bool) -> None:
    """Print what a run would do."""
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.cli.progress import Bars  # noqa: PLC0415
    from simulator.report.foreseen_table import foreseen_table, foreseen_words  # noqa: PLC0415
    from simulator.study.foresee import foresee  # noqa: PLC0415

    with Bars(Console(stderr=True)) as bars:
        foreseen = foresee(loaded, out, how, quick=quick, progress=bars)
    console = Console()
    if table := foreseen_table(foreseen):
        console.print(table)
    for line in foreseen_words(foreseen):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def loaded_with(scenario: str, sets: list[str] | None, seed: int | None) -> Loaded:
    """Return a scenario with what the options change."""
    import simulator  # noqa: PLC0415 - keeps sim --help fast
    from simulator.cli.sets import overrides  # noqa: PLC0415

    return simulator.load(scenario, overrides(sets or []) | ({} if seed is None else {"seed": str(seed)}))


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, a cluster's way to say that time is over, stop a run as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_and_show(loaded: Loaded, out: Path | None, *, quick: bool, as_json: bool, how: How | None = None) -> None:
    """Run a loaded scenario and print its tables and notes, or its record; what is claimed decides the exit code."""
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    import simulator  # noqa: PLC0415
    from simulator.cli.progress import Bars  # noqa: PLC0415
    from simulator.study.claims import claims_of, exit_code  # noqa: PLC0415

    console = Console()
    with stopped_by_sigterm(), Bars(Console(stderr=True)) as bars:
        done = simulator.run(loaded, out, quick=quick, progress=bars, how=how)
    if as_json:
        sys.stdout.write(done.record.to_json())
    else:
        show(done, console)
    if code := exit_code(claims_of(done.record)):
        raise typer.Exit(code)


def show(done: Run, console: Console) -> None:
    """Print the tables and notes of a run, and where its report is."""
    from simulator.report.all_tables import tables_of  # noqa: PLC0415 - keeps sim --help fast

    if done.was_found:
        console.print(f"Found finished in {done.folder}; nothing had to be run.", style="green", highlight=False)
    is_large = len(done.record.cells) > MOST_SHOWN and not done.record.repeats
    for table in () if is_large else tables_of(done.record):
        console.print(table)
    if is_large:
        console.print(f"{len(done.record.cells):,} cells: sim results {done.folder} shows them, sim export "
                      f"{done.folder} writes them", highlight=False, soft_wrap=True, markup=False)
    notes = notes_of(done.record)
    if is_large and len(notes) > MOST_NOTES:
        notes = [*notes[:MOST_NOTES], f"... and {len(notes) - MOST_NOTES:,} more notes, which are in the report"]
    for note in notes:
        console.print(note, style="yellow", highlight=False, soft_wrap=True, markup=False)
    console.print(f"report  {done.folder / 'report.html'}", highlight=False, soft_wrap=True)


def notes_of(record: Record) -> list[str]:
    """Return the notes of a run, each once, with the cells that it is on."""
    every = len(record.cells)
    return [f"note on {'all cells' if len(names) == every > 1 else '; '.join(names)}: {note}"
            for note, names in record.notes.items()]
