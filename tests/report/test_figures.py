"""What a reader must find in each figure."""

import re
import subprocess
import sys
from dataclasses import replace

import factory
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from simulator.expect.curve import Curve
from simulator.report import figures as draw
from simulator.report.drawing import Plan
from simulator.report.layout import layers, part_depths
from simulator.report.over_time import down_spans_s, most_down, slices
from simulator.report.style import look_of
from simulator.report.write import span_s

UNIT = re.compile(r"\((%|ms|s|fraction correct)\)")


def legend_texts(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def cell_lines(axes):
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def test_accuracy_against_failure_has_a_curve_for_each_cell_units_and_a_named_band():
    axes = draw.accuracy_vs_failure(factory.record()).axes[0]
    assert UNIT.search(axes.get_xlabel()).group() == "(%)"
    assert UNIT.search(axes.get_ylabel())
    assert legend_texts(axes) == [*factory.STRATEGIES, "95 % interval: finite test set"]
    line = cell_lines(axes)["dfg"]
    assert line.get_xdata()[-1] == pytest.approx(50.0)  # p is shown in %
    assert tuple(line.get_ydata()) == factory.curves(0.611)["accuracy_vs_failure"].value


def test_in_a_legend_numbers_say_what_they_count_and_words_stand_alone():
    label = {"strategy": "dfg", "failures.0.repairmen": "2", "policy.hedge_after": "5 ms"}
    made = replace(factory.cell("x"), label=label)
    axes = draw.latency_distribution(factory.record((made,)), None).axes[0]
    assert legend_texts(axes)[0] == "dfg, repairmen 2, hedge after 5 ms"


def test_an_exact_curve_has_no_band_and_no_legend_entry_for_one():
    cell = factory.cell()
    curve = cell.curves["accuracy_vs_failure"]
    exact = replace(cell, curves={"accuracy_vs_failure": replace(curve, low=curve.value, high=curve.value)})
    axes = draw.accuracy_vs_failure(factory.record([exact])).axes[0]
    assert not axes.collections
    assert legend_texts(axes) == ["resilinet"]


def test_latency_marks_the_deadline_with_its_name_and_ends_past_it():
    axes = draw.latency_distribution(factory.record(), 250.0).axes[0]
    upright = [line for line in axes.lines if len(set(line.get_xdata())) == 1]
    assert [line.get_xdata()[0] for line in upright] == [250.0]
    assert "deadline 250 ms" in [text.get_text() for text in axes.texts]
    assert axes.get_xlim()[1] > 250.0
    assert "(ms)" in axes.get_xlabel()
    assert "all arrivals" in axes.get_ylabel() and "(%)" in axes.get_ylabel()
    assert legend_texts(axes) == [*factory.STRATEGIES, "95 % interval: failures and arrivals"]
    FigureCanvasAgg(axes.figure).draw()
    assert axes.get_legend().get_window_extent().y1 < axes.bbox.y0  # below the axes, so that it hides no line


def test_a_latency_curve_is_level_from_its_last_answer_to_the_right_edge():
    axes = draw.latency_distribution(factory.record(), 2000.0).axes[0]
    x, y = cell_lines(axes)["dfg"].get_data()
    assert x[-1] >= axes.get_xlim()[1]
    assert y[-1] == y[-2] == factory.curves(0.611)["latency"].value[-1]


def test_latency_without_a_deadline_has_no_line():
    axes = draw.latency_distribution(factory.record(), None).axes[0]
    assert len(axes.lines) == len(factory.STRATEGIES)
    assert not axes.texts


def test_accuracy_falls_while_the_component_is_down():
    record = factory.record()
    upper, lower = draw.accuracy_over_time(record, record.cells[2], factory.events(), 60.0).axes
    x, y = upper.lines[0].get_data()
    bars = {
        name: [path.get_extents() for path in lower.collections[2 * place + 1].get_paths()]
        for place, name in enumerate(label.get_text() for label in lower.get_yticklabels())
    }
    outage = bars["fog1"][0]
    assert (outage.x0, outage.x1) == (20.0, 35.0)
    inside = (x > outage.x0 + 1.5) & (x < outage.x1 - 1.5)
    outside = (x < outage.x0 - 1.5) | (x > outage.x1 + 1.5)
    assert y[inside].max() < y[outside].min() - 0.2
    assert upper.get_xlim() == lower.get_xlim() == (0.0, 60.0)
    assert lower.get_xlabel() == "Simulated time (s)"
    assert upper.get_ylabel() == "Served accuracy (fraction)"
    assert upper.get_ylim() == (0.0, 1.0)  # so that the figures of two cells can be compared


def test_outages_that_all_replications_share_are_shaded_behind_the_curve_and_others_are_not():
    record, events = factory.record(), factory.events()
    cell = record.cells[2]
    scripted = events[events["component"] == "fog1"]
    for shown, is_shaded in ((scripted, True), (events, False), (scripted[scripted["replication"] == 0], False)):
        upper, lower = draw.accuracy_over_time(record, cell, shown, 60.0).axes
        assert [(patch.get_x(), patch.get_width()) for patch in upper.patches] == [(20.0, 15.0)] * is_shaded
        assert legend_texts(lower) == ["down", "up" if is_shaded else "up (replication 0)"]


def test_slices_after_the_end_of_the_first_replication_are_left_out():
    curve = factory.curves(0.687)["accuracy_over_time"]
    x, value, *_ = slices(curve, 30.0)
    assert x[-1] == pytest.approx(30.0) and len(value) == 2 * sum(middle <= 30.0 for middle in curve.x)
    requests = factory.requests().assign(replication=[n % 2 for n in range(300)])
    requests.loc[(requests["replication"] == 1) & (requests["arrival_ns"] > 30_000_000_000), "replication"] = 0
    assert span_s(factory.cell("dfg"), requests) == pytest.approx(29.4)


def test_bars_are_those_of_replication_0_of_this_cell():
    cell = factory.cell("dfg")
    events = factory.events()
    events.loc[events["replication"] == 1, "time_ns"] //= 2
    events.loc[events["cell"] == "vanilla", "time_ns"] //= 3
    spans = down_spans_s(events, cell, 60.0)
    assert spans == {"fog1": [(20.0, 15.0)], "edge": [(3.0, 2.0), (44.0, 2.5)], "edge-fog1": [(52.0, 8.0)]}


def test_a_component_whose_first_event_is_a_repair_was_down_from_the_start_and_one_never_down_is_a_note():
    cell, record = factory.cell("dfg"), factory.record()
    events = factory.events(["dfg"])
    events = events[~((events["component"] == "edge") & (events["time_ns"] == 3_000_000_000))]
    never = events.iloc[[0]].assign(component="cloud", time_ns=0, is_up=True)
    started_down = down_spans_s(events, cell, 60.0)["edge"]
    assert started_down[0] == (0.0, 5.0)
    late = never.assign(time_ns=70_000_000_000, is_up=False)
    import pandas as pd

    lower = draw.accuracy_over_time(record, record.cells[1], pd.concat([events, late]), 60.0).axes[1]
    assert "never down: cloud" in lower.get_xlabel()
    assert "cloud" not in [label.get_text() for label in lower.get_yticklabels()]


def test_of_many_components_those_down_longest_have_a_row():
    spans = {f"n{i}": [(0.0, float(i))] for i in range(40)}
    assert most_down(spans) == [f"n{i}" for i in range(24, 40)]


@pytest.mark.parametrize("events", [None, factory.events().iloc[:0]])
def test_accuracy_over_time_without_events_is_one_panel(events):
    record = factory.record()
    (axes,) = draw.accuracy_over_time(record, record.cells[0], events, 60.0).axes
    assert axes.get_xlabel().startswith("Simulated time (s)")
    assert legend_texts(axes) == ["mean, and 95 % interval: failures and arrivals"]


def test_slices_never_seen_are_holes_and_do_not_warn(tmp_path):
    cell = factory.cell()
    nan = (float("nan"),) * 3
    empty = Curve((1.0, 2.0, 3.0), nan, nan, nan, "", "", "none")
    holes = replace(cell, curves={name: empty for name in cell.curves})
    record = factory.record([holes])
    for name, figure in (
        ("a", draw.accuracy_vs_failure(record)),
        ("b", draw.latency_distribution(record, 250.0)),
        ("c", draw.accuracy_over_time(record, holes, None, 3.5)),
    ):
        draw.save(figure, tmp_path, name)


def test_endings_stack_to_all_arrivals_with_the_shares_written_out():
    axes = draw.endings(factory.record()).axes[0]
    widths = np.array([[bar.get_width() for bar in axes.patches[3 * cell : 3 * cell + 3]] for cell in range(3)])
    assert widths.sum(axis=1) == pytest.approx([100.0] * 3)
    assert legend_texts(axes) == ["on time", "late", "lost"]
    assert "lost 3.4 ± 0.4 %" in axes.texts[0].get_text()
    assert "(%)" in axes.get_xlabel() and "failures and arrivals" in axes.get_xlabel()


def test_the_first_28_curves_differ_and_differ_without_colour():
    looks = [look_of(place) for place in range(28)]
    assert len({(look.color, look.line) for look in looks}) == 28
    assert len({(look.line, look.marker) for look in looks}) == 28


@pytest.mark.parametrize("shape", [factory.health, factory.camera, factory.city])
def test_the_drawing_names_every_node_and_part_and_no_two_boxes_overlap(shape):
    topology, graph, placement = shape()
    axes = draw.topology_drawing(topology, graph, placement).axes[0]
    words = " ".join(text.get_text() for text in axes.texts)
    for name in (*placement, *(node.name for node in topology.nodes)):
        assert name in words
    plan = Plan(topology, graph, placement)
    boxes = [(plan.positions[n.name], plan.sizes[n.name]) for n in topology.nodes]
    for i, ((x, y), (w, h)) in enumerate(boxes):
        for (u, v), (w2, h2) in boxes[i + 1 :]:
            assert abs(x - u) >= (w + w2) / 2 - 1e-6 or abs(y - v) >= (h + h2) / 2 - 1e-6
    assert {"link (latency)", "hyperconnection", "skip hyperconnection"} <= set(legend_texts(axes))


def test_the_camera_tree_stands_in_layers_with_each_node_between_those_that_feed_it():
    topology, graph, placement = factory.camera()
    layer = layers(topology, graph, placement)
    assert [layer[name] for name in ("cam1", "e1", "f3", "f4", "f2", "f1", "cloud")] == [0, 1, 2, 2, 3, 4, 5]
    at = Plan(topology, graph, placement).positions
    assert at["e1"][1] == pytest.approx((at["cam1"][1] + at["cam2"][1]) / 2)
    assert at["f4"][1] == pytest.approx((at["e2"][1] + at["e3"][1] + at["e4"][1]) / 3)
    assert at["f2"][1] == pytest.approx((at["f3"][1] + at["f4"][1]) / 2)


def test_a_skip_is_a_hyperconnection_that_bypasses_a_part():
    topology, graph, placement = factory.health()
    assert len(Plan(topology, graph, placement).skips) == 3
    assert part_depths(graph)["cloud_part"] == 4


def test_a_relay_without_parts_and_a_node_apart_from_all_are_drawn():
    topology, graph, placement = factory.health()
    lonely = replace(topology, nodes=(*topology.nodes, replace(topology.nodes[0], name="spare")))
    axes = draw.topology_drawing(lonely, graph, placement).axes[0]
    assert "spare" in [text.get_text() for text in axes.texts]


def test_the_same_figure_gives_the_same_bytes_without_a_date(tmp_path):
    first, second = (
        draw.save(draw.latency_distribution(factory.record(), 250.0), tmp_path / name, "latency") for name in ("a", "b")
    )
    assert [path.name for path in first] == ["latency.png", "latency.svg"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert b"dc:date" not in first[1].read_bytes()


def test_tables_and_page_need_no_matplotlib():
    code = (
        "import sys, simulator.report, simulator.report.tables, simulator.report.page, simulator.report.write;"
        "print('matplotlib' in sys.modules, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
