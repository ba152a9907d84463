"""Write a report: figures as png and svg, and the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dataflow.graph import PartGraph
from simulator.dataflow.placement import Where
from simulator.report.certificate_table import cells_with_certificates
from simulator.report.codec_table import cells_with_codecs
from simulator.report.design_table import cells_with_designs
from simulator.report.importance_table import cells_with_importance
from simulator.report.neuron_table import FIRST, cells_with_neurons
from simulator.report.numbers import cells_with
from simulator.report.page import write_page
from simulator.report.predicted_table import cells_with_predictions
from simulator.report.repeats_table import rows_of
from simulator.report.search_table import has_search
from simulator.report.tail_table import has_tail
from simulator.scenario.labels import REPEAT
from simulator.study.record import CellRecord, Record
from simulator.topology.graph import Topology
from simulator.units import SECOND_NS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from simulator.scenario.load import Loaded
    from simulator.study.finished import Run

MS_NS = 1_000_000
MOST_CURVES = 16  # in one figure; more of them leave no room for the axes
MOST_DRAWN = 200  # machines; more of them are a blot
MOST_CELLS = 8  # with figures of their own of what crashes inside did


def report_on(run: Run, loaded: Loaded) -> list[Path]:
    """Write the report of a finished run into its folder and return the files written."""
    graph, placement = parts_placed(loaded)
    return write_report(run.record, run.requests, run.events, loaded.topology, graph, placement, deadline_ms_of(loaded),
                        run.folder)


def parts_placed(loaded: Loaded) -> tuple[PartGraph, Mapping[str, Where]]:
    """Return the parts and their nodes under the scenario as written, before its sweep."""
    from simulator.study.assemble import Assembly  # noqa: PLC0415 - reaches into all rooms

    assembly = Assembly(loaded.scenario, loaded.topology, loaded.model, loaded.path.parent)
    return assembly.graph, {**assembly.placement, **assembly.replicas}


def deadline_ms_of(loaded: Loaded) -> float | None:
    """Return the deadline in milliseconds; None where there is none, or where the sweep varies it."""
    deadline_ns = loaded.scenario.policy.deadline_ns
    if deadline_ns is None or any(key in {"policy", "policy.deadline"} for key in loaded.scenario.sweep):
        return None
    return deadline_ns / MS_NS


def write_report(  # noqa: PLR0913 - the pieces of a run, each of them optional
    record: Record,
    requests: pd.DataFrame | None,
    events: pd.DataFrame | None,
    topology: Topology | None,
    graph: PartGraph | None,
    placement: Mapping[str, Where] | None,
    deadline_ms: float | None,
    folder: Path,
) -> list[Path]:
    """Write ``figures/*.png``, ``figures/*.svg`` and ``report.html`` into the run folder.

    What the record does not hold is left out: no curve, no figure.

    Args:
        record: The answer.
        requests: A row a request, with ``cell`` and ``end_ns``; None or empty without a workload.
        events: A row a transition, with ``cell``, ``replication``, ``component``, ``time_ns``, ``is_up``; or None.
        topology: The machines, for the drawing; None leaves it out, as do the next two, and more than 200 machines.
        graph: The parts.
        placement: Node of each part, or its nodes.
        deadline_ms: The deadline in milliseconds, or None.
        folder: The run folder.

    Returns:
        The files written, the page last.
    """
    from simulator.report import figures as draw  # noqa: PLC0415 - matplotlib is heavy

    drawn = curve_figures(record, requests, events, deadline_ms)
    is_drawn = topology is not None and len(topology.nodes) <= MOST_DRAWN
    if is_drawn and topology is not None and graph is not None and placement is not None:
        drawn["topology"] = draw.topology_drawing(topology, graph, placement)
    paths, texts = [], {}
    for name, figure in drawn.items():
        paths += draw.save(figure, folder / "figures", file_name(name))
        texts[name] = paths[-1].read_text(encoding="utf-8")
    return [*paths, write_page(record, texts, folder)]


def curve_figures(
    record: Record, requests: pd.DataFrame | None, events: pd.DataFrame | None, deadline_ms: float | None,
) -> dict[str, Figure]:
    """Return the figures that the record has numbers for, by name."""
    from simulator.report import figures as draw  # noqa: PLC0415 - matplotlib is heavy

    drawn = {}
    if record.repeats and rows_of(record):
        lines = draw.has_lines(record)
        drawn["repeats_lines" if lines else "repeats"] = (draw.repeats_lines if lines else draw.repeats_bars)(record)
    drawn |= draw.study_figures(record) | draw.connection_figures(record)
    if cells_with(record, "accuracy_vs_failure"):
        drawn["accuracy_vs_failure"] = draw.accuracy_vs_failure(record)
    asked = {"accuracy_against_bytes": (cells_with_codecs, draw.accuracy_against_bytes),
             "silent_errors": (draw.error_axis, draw.errors_along),
             "accuracy_exceedance": (has_tail, draw.accuracy_exceedance), "search": (has_search, draw.search_values),
             "slopes_along": (draw.has_slopes, draw.slopes_along)}
    drawn |= {name: figure(record) for name, (has, figure) in asked.items() if has(record)}
    if any(name in cell.estimates for cell in record.cells for name in ("share_on_time", "share_late", "share_lost")):
        drawn["endings"] = draw.endings(record)
    if 0 < len(cells_with(record, "latency")) <= MOST_CURVES:
        drawn["latency"] = draw.latency_distribution(record, deadline_ms)
    if 0 < len(cells_with(record, "accuracy_vs_deadline")) <= MOST_CURVES:
        drawn["accuracy_vs_deadline"] = draw.accuracy_vs_deadline(record, deadline_ms)
    if draw.outage_curves(record):
        drawn["accuracy_around_outages"] = draw.accuracy_around_outages(record)
    for cell in cells_with_designs(record):
        drawn[f"design_front-{cell.name}" if len(record.cells) > 1 else "design_front"] = draw.design_front(cell)
    for cell in cells_with(record, "accuracy_over_time"):
        name = f"accuracy_over_time-{cell.name}" if len(record.cells) > 1 else "accuracy_over_time"
        drawn[name] = draw.accuracy_over_time(record, cell, events, span_s(cell, requests))
    drawn |= {f"certificate-{cell.name}" if len(record.cells) > 1 else "certificate": draw.certificate_stages(cell)
              for cell in cells_with_certificates(record)}
    return drawn | importance_figures(record) | predicted_figures(record) | neuron_figures(record)


def importance_figures(record: Record) -> dict[str, Figure]:
    """Return the figures of the cells in which components were ranked, by name."""
    from simulator.report import figures as draw  # noqa: PLC0415 - matplotlib is heavy

    asked = {"importance": draw.importance_bars, "component_curves": draw.component_curves,
             "failure_counts": draw.accuracy_by_failures, "interactions": draw.interactions}
    drawn: dict[str, Figure] = {}
    for cell in cells_with_importance(record):
        end = f"-{cell.name}" if len(record.cells) > 1 else ""
        drawn |= {f"{name}{end}": figure(cell) for name, figure in asked.items() if cell.tables.get(name)}
    return drawn


def predicted_figures(record: Record) -> dict[str, Figure]:
    """Return the figures of the cells in which failures were foretold, by name."""
    from simulator.report import figures as draw  # noqa: PLC0415 - matplotlib is heavy

    cells = cells_with_predictions(record)
    return {"predicted_failures" + (f"-{cell.name}" if len(record.cells) > 1 else ""):
            draw.predicted_against_exact(cell) for cell in cells}


def neuron_figures(record: Record) -> dict[str, Figure]:
    """Return the figures of the first cells in which neurons crashed, of repeats of the first one, by name."""
    from simulator.report import figures as draw  # noqa: PLC0415 - matplotlib is heavy

    drawn: dict[str, Figure] = {}
    firsts = [cell for cell in cells_with_neurons(record) if cell.label.get(REPEAT, FIRST) == FIRST]
    for cell in firsts[:MOST_CELLS]:
        end = f"-{cell.name}" if len(record.cells) > 1 else ""
        drawn[f"neuron_scatter{end}"] = draw.neuron_scatter(cell)
        drawn[f"neuron_histogram{end}"] = draw.neuron_histogram(cell)
    return drawn


def span_s(cell: CellRecord, requests: pd.DataFrame | None) -> float:
    """Return where the time axis of a cell ends, in s: where the first of its replications has no more arrivals.

    Beyond it ever fewer replications speak. Without requests it is the end of the last slice of its curve.
    """
    if requests is not None and len(requests):
        mine = requests[requests["cell"].isin({cell.name, cell.hash})]
        if len(mine):
            return float(mine.groupby("replication")["arrival_ns"].max().min()) / SECOND_NS
    x = cell.curves["accuracy_over_time"].x
    return x[-1] + (x[-1] - x[-2]) / 2 if len(x) > 1 else x[-1]


def file_name(name: str) -> str:
    """Return a name that is safe for a file.

    >>> file_name("accuracy_over_time-dfg, 250 ms")
    'accuracy_over_time-dfg_250_ms'
    """
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", name).strip("_")
