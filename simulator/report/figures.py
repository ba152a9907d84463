"""The figures: importing this module imports matplotlib, so that tables need not."""

from simulator.report.certificate_figure import certificate_stages
from simulator.report.codec_figure import accuracy_against_bytes
from simulator.report.connection_figures import connection_figures
from simulator.report.curves import accuracy_vs_deadline, accuracy_vs_failure, latency_distribution
from simulator.report.design_figure import design_front
from simulator.report.drawing import topology_drawing
from simulator.report.ending_bars import endings
from simulator.report.errors_figure import error_axis, errors_along
from simulator.report.exceedance_figure import accuracy_exceedance
from simulator.report.fit_figure import fit_figure
from simulator.report.importance_figure import accuracy_by_failures, component_curves, importance_bars, interactions
from simulator.report.lines_figure import has_lines, repeats_lines
from simulator.report.neuron_figure import neuron_histogram, neuron_scatter
from simulator.report.outages_figure import accuracy_around_outages, outage_curves
from simulator.report.over_time import accuracy_over_time
from simulator.report.predicted_figure import predicted_against_exact
from simulator.report.repeats_figure import repeats_bars
from simulator.report.search_figure import search_values
from simulator.report.study_figures import study_figures
from simulator.report.style import save
from simulator.report.trends_figure import has_slopes, slopes_along

__all__ = ["accuracy_against_bytes", "accuracy_around_outages", "accuracy_by_failures", "accuracy_exceedance",
           "accuracy_over_time", "accuracy_vs_deadline", "accuracy_vs_failure", "certificate_stages",
           "component_curves", "connection_figures", "design_front", "endings", "error_axis", "errors_along",
           "fit_figure", "has_lines", "has_slopes", "importance_bars", "interactions", "latency_distribution",
           "neuron_histogram", "neuron_scatter", "outage_curves", "predicted_against_exact", "repeats_bars",
           "repeats_lines", "save", "search_values", "slopes_along", "study_figures",
           "topology_drawing"]
