"""All tables of a finished run, in the order in which a terminal shows them."""

from __future__ import annotations

from simulator.report.certificate_table import certificate_tables
from simulator.report.codec_table import codec_table
from simulator.report.connection_tables import connection_tables
from simulator.report.design_table import design_tables
from simulator.report.detection_table import detection_table
from simulator.report.errors_table import errors_table
from simulator.report.expected_table import expected_tables
from simulator.report.fitting import FittingTable
from simulator.report.importance_table import importance_tables
from simulator.report.machines import machine_tables
from simulator.report.models import model_tables
from simulator.report.neuron_table import neuron_tables
from simulator.report.numbers import estimate_of
from simulator.report.precision_table import sure_tables
from simulator.report.predicted_table import predicted_tables
from simulator.report.repeats_table import tables as repeats_tables
from simulator.report.score_table import score_table
from simulator.report.search_table import search_tables
from simulator.report.sendings import sending_tables
from simulator.report.sharper import sharper_table
from simulator.report.tables import agreement_table, has_summary, rich_table
from simulator.report.tail_table import tail_table
from simulator.report.time_tables import time_tables
from simulator.report.traffic import traffic_tables
from simulator.report.trends_table import trend_tables
from simulator.report.uncertainty_table import tables as uncertainty_tables
from simulator.study.record import Record


def tables_of(record: Record) -> list[FittingTable]:
    """Return the tables of a finished run, in the order in which they are printed."""
    traffic, designs = traffic_tables(record), [*certificate_tables(record), *design_tables(record)]
    tail, neurons = tail_table(record), neuron_tables(record)
    summary = [rich_table(record)] * (has_summary(record) or not (traffic or designs or tail or neurons))
    served = any(estimate_of(cell, "served_accuracy") for cell in record.cells)
    machines = [] if served else machine_tables(record)
    others = [tail, sharper_table(record), detection_table(record), codec_table(record), errors_table(record),
              agreement_table(record) if served else None]
    measured = [*expected_tables(record), *designs, *importance_tables(record), *predicted_tables(record),
                *neurons, *model_tables(record), *time_tables(record), *traffic, *machines, *sending_tables(record)]
    scores = [table for table in [score_table(record)] if table]
    first = [*search_tables(record), *(repeats_tables(record) or summary), *scores, *uncertainty_tables(record)]
    first += [*trend_tables(record), *connection_tables(record)]
    return [*first, *measured, *(table for table in others if table), *sure_tables(record)]
