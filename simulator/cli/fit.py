"""``sim fit``: a failure process from a trace of real machines."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.partition import Force
from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulator.failures.trace_table import TraceTable
    from simulator.study.trace_judge import Judged


class Layout(StrEnum):
    """How a trace is written."""

    INTERVALS = "intervals"
    FTA = "fta"
    LANL = "lanl"


class Unit(StrEnum):
    """Of a trace's instants."""

    S = "s"
    MS = "ms"
    MIN = "min"
    H = "h"
    DAY = "day"


class Split(StrEnum):
    """Which weeks are fitted."""

    HALF = "half"
    WEEKS = "weeks"


Trace = Annotated[Path, typer.Argument(help="A CSV (also .gz) or Parquet file.", show_default=False)]
Nodes = Annotated[Path | None, typer.Option("--nodes", show_default=False,
                                            help="CSV with node_id, cluster and name of each machine.")]
Cluster = Annotated[list[str] | None, typer.Option("--cluster", metavar="NAME", show_default=False,
                                                   help="This cluster only; may be repeated. All when not given.")]
LayoutOption = Annotated[Layout, typer.Option("--layout", help="How the trace is written.")]
UnitOption = Annotated[Unit, typer.Option("--unit", help="Of the trace's instants.")]
SplitOption = Annotated[Split, typer.Option("--split", help="half: the first half of the weeks is fitted, the second "
                                                            "one is unseen; weeks: they alternate.")]
Out = Annotated[Path | None, typer.Option("--out", help="The prefab to write, fitted to all weeks.",
                                          show_default=False)]
FigureOption = Annotated[Path | None, typer.Option("--figure", metavar="FOLDER", show_default=False,
                                                   help="Folder for fit.png and fit.svg.")]


def fit(trace: Trace, layout: LayoutOption = Layout.INTERVALS, nodes: Nodes = None,  # noqa: PLR0913 - options
        unit: UnitOption = Unit.S, cluster: Cluster = None, split: SplitOption = Split.HALF, out: Out = None,
        figure: FigureOption = None, force: Force = False) -> None:
    """Fit a failure process to a trace: bursts that fell several machines of a cluster, and failures alone.

    One half of the weeks is fitted, the other one judges: times up and down by KS distance, burst sizes and
    P(another down | one down) against the 95 % band of the unseen weeks. Independent laws stand beside it. What is
    written is fitted to all weeks: a prefab, which scenarios name, or whose blocks are pasted into their failures.

    \b
    sim fit outages.csv --out mine.yaml
    sim fit grid5000_events.parquet --layout fta --nodes grid5000_nodes.csv --cluster site8/c1 --figure figures
    in a scenario: failures: [{kind: prefab, path: mine.yaml}]

    docs/failures-traces.md shows the layouts, where traces come from, and how to read the tables.
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    from simulator.report.fit_table import candidate_table, cluster_table  # noqa: PLC0415
    from simulator.study.trace_files import TraceFile, read_trace  # noqa: PLC0415
    from simulator.study.trace_judge import judge, total  # noqa: PLC0415

    refuse_to_overwrite(out, force)
    table = chosen(read_trace(TraceFile(trace, layout.value, unit.value, nodes)), cluster or [])
    judged = judge(table, split.value)
    console = Console()
    console.print(candidate_table(judged, total(judged)))
    console.print(cluster_table(judged))
    if figure:
        from simulator.report.figures import fit_figure, save  # noqa: PLC0415 - matplotlib

        console.print(f"figure  {save(fit_figure(judged), figure, 'fit')[0]}", highlight=False, soft_wrap=True)
    if out:
        write(out, trace, judged)
        console.print(f"written to {out}; in a scenario: failures: [{{kind: prefab, path: {out}}}]", highlight=False,
                      soft_wrap=True)


def chosen(table: TraceTable, clusters: list[str]) -> TraceTable:
    """Return the machines of some clusters, or all.

    Raises:
        ScenarioError: with all clusters that the trace does not have.
    """
    from simulator.failures.trace_block import known  # noqa: PLC0415 - keeps sim --help fast
    from simulator.failures.trace_table import TraceTable  # noqa: PLC0415

    there = table.clusters()
    if problems := [Problem("option --cluster", f"no cluster {name!r} in {table.name}", known(name, there))
                    for name in clusters if name not in there]:
        raise ScenarioError(*problems)
    return TraceTable(table.name, tuple(node for node in table.nodes if not clusters or node.cluster in clusters))


def refuse_to_overwrite(out: Path | None, force: bool) -> None:
    """Raise ScenarioError where the prefab cannot or may not be written."""
    if out is None:
        return
    if out.exists() and not force:
        raise ScenarioError(Problem("option --out", f"{str(out)!r} is there already", "name another file, or --force"))
    if not out.parent.is_dir():
        raise ScenarioError(Problem("option --out", f"no folder {str(out.parent)!r}", "make it first"))


def write(out: Path, trace: Path, judged: tuple[Judged, ...]) -> None:
    """Write the prefab, the cluster with most failures first.

    Raises:
        ScenarioError: it cannot be written.
    """
    from simulator.scenario.prefabs import prefab_text  # noqa: PLC0415 - keeps sim --help fast
    from simulator.study.burst_fit import plain_block  # noqa: PLC0415

    busiest = sorted(judged, key=lambda each: -sum(each.starts))
    blocks = {each.cluster or "all": plain_block(each.whole) for each in busiest}
    try:
        out.write_text(prefab_text(f"Bursts of failures, fitted to {trace.name}", trace.name, blocks), encoding="utf-8")
    except OSError as error:
        raise ScenarioError(Problem("option --out", f"{str(out)!r} cannot be written: {error.strerror}",
                                    "name a file in a folder that you can write to")) from error
