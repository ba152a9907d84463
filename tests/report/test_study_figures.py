"""The figures of a study: chosen from its axes, or asked for; every number and every interval is in them."""

import numpy as np
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.expect.estimate import Estimate
from simulator.report.again import drawn_again
from simulator.report.study_axes import axis_of, estimate_label
from simulator.report.study_figures import study_figures
from simulator.report.study_maps import unbeaten
from simulator.report.style import save
from simulator.study.record import CellRecord, Record
from simulator.study.run import run
from tests.study.small import three_cells


def estimate(value, half=0.02):
    """Return an estimate with its interval."""
    return Estimate(value, value - half, value + half, 10, "Student t over 10 replications", "failures")


def study(labels, good, cost=None, plots=()):
    """Return a record of cells with on-time shares and latencies."""
    cells = tuple(
        CellRecord(str(place), label, {"share_on_time": estimate(good[place]),
                                       "latency_p95_ms": estimate((cost or good)[place] * 100, 3.0)})
        for place, label in enumerate(labels))
    return Record("A study", "", "h", 1, {"scenario": {"plots": list(plots)}}, {}, cells)


ALONG = [{"strategy": strategy, "mttr": f"{value} s"} for strategy in ("dfg", "vanilla") for value in (1, 10, 100)]
CROSSED = [{"rate": f"{rate} /s", "mttr": f"{value} s"} for rate in (1, 2, 3) for value in (1, 5, 9)]


def names(record):
    """Return the kinds of the figures."""
    return [name.removeprefix("study-") for name in study_figures(record)]


def test_axes_choose_the_figures():
    assert names(study(ALONG, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4])) == ["lines", "front"]
    assert names(study(CROSSED, list(np.linspace(0.9, 0.5, 9)), list(np.linspace(0.5, 0.9, 9)))) == ["map", "panels"]
    drawn = [{"rate": f"{rate} /s", "mttr": f"{value} s"} for rate, value in zip("1234", "9753", strict=True)]
    assert names(study(drawn, [0.9, 0.8, 0.7, 0.6])) == ["points", "front"]
    assert names(study([{}], [0.9])) == []
    assert names(study([{"strategy": "dfg"}, {"strategy": "vanilla"}], [0.9, 0.8])) == []


def test_lines_have_every_value_with_its_band_and_units_on_their_axes():
    good = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    axes = study_figures(study(ALONG, good))["study-lines"].axes
    assert [place.get_xlabel() for place in axes] == ["mttr (s)"] * 2
    assert [place.get_ylabel() for place in axes] == ["Answered on time (fraction of arrivals)",
                                                      "Latency, 95th percentile (ms)"]
    assert axes[0].get_xscale() == "log"
    for line, values in zip(axes[0].lines, (good[:3], good[3:]), strict=True):
        assert list(line.get_xdata()) == [1, 10, 100] and list(line.get_ydata()) == values
    for band, values in zip(axes[0].collections, (good[:3], good[3:]), strict=True):
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(min(values) - 0.02) and heights.max() == pytest.approx(max(values) + 0.02)
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes[0].lines}) == 2


def test_a_map_has_a_field_with_value_and_interval_for_each_pair():
    good = [round(value, 2) for value in np.linspace(0.9, 0.5, 9)]
    axes = study_figures(study(CROSSED, good))["study-map"].axes[0]
    grid = np.asarray(axes.images[0].get_array())
    assert grid.shape == (3, 3) and np.allclose(grid, np.reshape(good, (3, 3)))
    assert axes.texts[0].get_text() == "0.900\n± 0.020"
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["1 s", "5 s", "9 s"]


def test_a_panel_for_each_value_of_another_axis_on_the_same_scales():
    figure = study_figures(study(CROSSED, list(np.linspace(0.9, 0.5, 9))))["study-panels"]
    shown = [place for place in figure.axes if place.get_visible()]
    assert [place.get_title(loc="left") for place in shown] == ["rate 1 /s", "rate 2 /s", "rate 3 /s"]
    assert len({place.get_ylim() for place in shown}) == 1


def test_what_none_beats_agrees_with_brute_force():
    costs = np.random.Generator(np.random.PCG64(3)).integers(0, 6, (40, 2)).astype(float)
    by_hand = [i for i in range(40) if not any(all(costs[j] <= costs[i]) and any(costs[j] < costs[i])
                                                for j in range(40))]
    assert unbeaten(costs) == by_hand
    assert unbeaten(np.array([[np.nan, 0.0], [1.0, 1.0]])) == [1]


@pytest.mark.parametrize(("plot", "kind"), [
    ({"kind": "lines", "x": "mttr", "y": ["latency_p95", "share_on_time"], "scale": "linear"}, "1_lines"),
    ({"kind": "lines", "x": "mttr", "y": "share_on_time", "panels": "rate"}, "1_lines"),
    ({"kind": "heat_map", "x": "mttr", "y": "rate", "of": "latency_p95"}, "1_heat_map"),
    ({"kind": "front", "x": "latency_p95", "y": "share_on_time"}, "1_front"),
])
def test_what_is_asked_for_is_drawn_and_nothing_else(plot, kind, tmp_path):
    record = study(CROSSED, list(np.linspace(0.9, 0.5, 9)), plots=[plot])
    assert names(record) == [kind]
    for path in save(study_figures(record)[f"study-{kind}"], tmp_path, "figure"):
        assert path.stat().st_size > 1000


@pytest.mark.parametrize(("plot", "told"), [
    ({"kind": "front", "x": "latency_p9", "y": "share_on_time"}, "plots.0.x: 'latency_p9' is no estimate"),
    ({"kind": "lines", "x": "strategy", "y": "share_on_time"}, "along which no line can be drawn"),
])
def test_what_cannot_be_drawn_is_told(plot, told):
    with pytest.raises(ScenarioError) as refused:
        study_figures(study(ALONG, [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], plots=[plot]))
    assert told in str(refused.value)


@pytest.mark.parametrize(("plot", "told"), [
    ({"kind": "lines", "x": "policy.deadlin", "y": "share_late"},
     "plots.0.x: 'policy.deadlin' is not varied by the sweep; did you mean 'policy.deadline'?"),
    ({"kind": "pie", "x": "a", "y": "b"}, "unknown kind 'pie'"),
    ({"kind": "heat_map", "x": "policy.deadline", "y": "policy.deadline"}, "key 'of' is missing"),
])
def test_a_wrong_plot_is_refused_before_anything_runs(plot, told):
    with pytest.raises(ScenarioError) as refused:
        three_cells(plots=[plot])
    assert told in str(refused.value)


def test_numbers_with_units_make_an_axis_and_words_do_not():
    assert axis_of("x", ["1 s", "500 ms", "2 s"]).numbers == {"1 s": 1.0, "500 ms": 0.5, "2 s": 2.0}
    assert axis_of("workload.arrivals.rate", ["1 /s", "30 /min", "2 /s"]).label == "arrivals rate (/s)"
    assert axis_of("x", ["0.1", "1", "10"]).is_log and not axis_of("x", ["1", "2", "3"]).is_log
    assert axis_of("x", ["own staff", "2 s", "3 s"]) is None and axis_of("x", ["1", "2"]) is None
    assert estimate_label("traffic_on_demand_bytes").startswith("Traffic on demand (")


def test_a_finished_run_is_drawn_again_with_other_figures(tmp_path):
    few = {"workload.requests": 30, "replications": 2}
    done = run(three_cells(**few), tmp_path / "run")
    written = drawn_again(done.folder)
    assert (tmp_path / "run/figures/study-lines.svg") in written and written[-1].name == "report.html"
    asked = simulator.load("queue", set={"sweep": {"policy.deadline": ["1 s", "2 s", "3 s"]}, "plots": [
        {"kind": "front", "x": "latency_p50", "y": "share_late", "y_best": "low"}]}).scenario.plots
    drawn_again(done.folder, asked)
    assert [path.name for path in sorted((tmp_path / "run/figures").glob("study-*"))] == [
        "study-1_front.png", "study-1_front.svg"]
    assert "The study" in (tmp_path / "run/report.html").read_text()
