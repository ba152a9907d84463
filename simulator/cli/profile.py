"""``sim profile``: how long each part takes on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import ScenarioName
from simulator.cli.run import Quick, Sets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.report.fitting import FittingTable
    from simulator.study.profile import PartTimes


def profile(
    scenario: ScenarioName,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", show_default=False, help="Write the times as CSV.")
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=2, metavar="N", help="Times that each part is run.")] = 200,
    strategy: Annotated[
        str | None, typer.Option("--strategy", show_default=False, help="One strategy; else the first of the sweep.")
    ] = None,
    sets: Sets = None,
    quick: Quick = False,
) -> None:
    """Time each part of a scenario's model on this machine, one sample at a time, without training it.

    Run it on each kind of machine that is to hold a part. A part's times go into the model file, in place of
    its FLOP over the node's speed: service: {law: empirical, path: times.csv, column: edge}.

    \b
    sim profile first
    sim profile camera --strategy resilinet --out raspberry-pi.csv
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.cli.whatif import cells_of  # noqa: PLC0415
    from simulator.scenario.located import located  # noqa: PLC0415
    from simulator.study.assemble import Assembly  # noqa: PLC0415
    from simulator.study.profile import profiled, write_times  # noqa: PLC0415

    loaded, cells = cells_of(scenario, strategy, sets or [], quick=quick)
    cell = cells[0]
    assembly = Assembly(cell.scenario, cell.topology, cell.model, cell.base)
    with located(loaded, cell.scenario.model):
        times = profiled(assembly, runs, quick=quick)
    console = Console()
    console.print(table_of(times, cell.scenario.strategy))
    if out is not None:
        write_times(times, out)
        console.print(f"{len(times)} parts, {runs} runs each, written to {out}")


def table_of(times: Mapping[str, PartTimes], strategy: str) -> FittingTable:
    """Return the table of measured times."""
    import numpy as np  # noqa: PLC0415 - keeps sim --help fast

    from simulator.report.fitting import FittingTable  # noqa: PLC0415

    rows = [[name, f"{part.median_ms:.3f}", f"{np.quantile(part.ms, 0.95):.3f}", f"{part.work_flop / 1e6:.3f}",
             "" if np.isnan(part.speed_flop_per_s) else f"{part.speed_flop_per_s / 1e6:,.0f}"]
            for name, part in times.items()]
    heads = ["part", "median ms", "p95 ms", "MFLOP", "MFLOP/s"]
    return FittingTable(f"Times of one sample on this machine, {strategy}", heads, rows,
                        "MFLOP/s: what a topology writes as a node's speed, by the median")
