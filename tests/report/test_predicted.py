"""Tables and the figure of failures foretold."""

from dataclasses import replace

import factory
import numpy as np
import pytest

from simulator.expect.rankings import FEW_CLUSTERS
from simulator.report.fitting import width_of
from simulator.report.predicted_figure import predicted_against_exact
from simulator.report.predicted_table import coefficient, predicted_html, predicted_tables
from simulator.report.write import predicted_figures

ORDERS = ("first_order", "by_delivery", "single_crash", "pairs", "exact")
SKIPS = ("by_delivery", "slopes_in_states", "secants")


def tables(*, skips=2, clusters=28):
    rng = np.random.default_rng(1)
    orders = [{"order": order, "deliveries": 1 + place, "part_runs": 4, "backward": 7 if place < 2 else 0,
               "expected_accuracy": 0.7 + place / 100, "error": place / 100 - 0.04, "error_half_width": 0.012,
               "mean_error": 0.4 - place / 10, "deviation_error": None} for place, order in enumerate(ORDERS)]
    deliveries = [{"delivery": "c <- a->c", "probability": 0.2, "down": "",
                   **dict(zip(ORDERS, rng.random(5), strict=True)),
                   **{f"{order}_shift": float(rng.random()) for order in ORDERS}} for _ in range(4)]
    components = [{"name": name, "failure": 0.1, "D": 2.0, "d": 1.5, "birnbaum": 0.3 / (1 + place), "improvement": 0.02,
                   "shift": 0.2, "variance": 0.3, **dict(zip(ORDERS[:4], rng.random(4), strict=True))}
                  for place, name in enumerate(("edge", "fog", "a-long-name-of-a-link"))]
    found = {"predicted_orders": orders, "predicted_deliveries": deliveries, "predicted_components": components}
    ranked = [("components", "shift", "improvement"), ("components", "first_order", "birnbaum")]
    if skips:
        found["predicted_skips"] = [{"name": f"a->c{place}", "exact": 0.1, "low": 0.05, "high": 0.2,
                                     **dict.fromkeys(SKIPS, 0.1 * place)} for place in range(skips)]
        ranked.append(("skips", "secants", "reliance"))
    found["predicted_ranks"] = [
        {"of": of, "by": by, "against": against, "ranked": 3, "spearman": -0.5, "spearman_low": -1.0,
         "spearman_high": 0.5, "kendall": None, "kendall_low": None, "kendall_high": None, "is_first_same": False}
        for of, by, against in ranked]
    found["predicted_failures"] = [{"samples": 1000, "test_samples": 2000, "clusters": clusters, "draws": 200,
                                    "components": 3, "is_independent": True, "outputs": 7}]
    return found


def record(cells=1, **changes):
    made = [replace(factory.cell("dfg"), label={"strategy": str(place)} if cells > 1 else {}, tables=tables(**changes))
            for place in range(cells)]
    return factory.record(made)


def test_both_tables_fit_eighty_columns():
    orders, ranks = predicted_tables(record())
    for table in (orders, ranks):
        assert all(width_of(one) <= 80 for one in table.tables(80))
        assert len(table.tables(80)) == 1, "not turned"
    assert [row[0] for row in orders.rows] == ["slopes, summed", "slopes, whole", "singles, summed", "pairs", "exact"]
    assert [row[-1] for row in orders.rows][:3] == ["1 + 7 back", "2 + 7 back", "3"]
    assert "1,000 of 2,000 test samples" in orders.caption
    assert ranks.rows[1][1:] == ["slopes, summed", "−0.50 [−1.00, 0.50]", "–", "other"]


@pytest.mark.parametrize(("clusters", "told"), [(1, "no intervals"), (FEW_CLUSTERS - 1, "rough"), (28, "28 clusters)")])
def test_a_caption_says_on_how_many_clusters_an_interval_rests(clusters, told):
    assert told in predicted_tables(record(clusters=clusters))[1].caption


def test_a_coefficient_without_an_interval_is_a_number():
    assert coefficient({"kendall": 0.5, "kendall_low": None}, "kendall") == "0.50"


def test_the_page_has_components_and_skips_with_what_each_way_is():
    page = predicted_html(record())
    for text in ("a-long-name-of-a-link", "a-&gt;c1", "group-b3", "0.100 [0.050, 0.200]"):
        assert text in page
    assert predicted_html(factory.record([factory.cell("dfg")])) == ""


@pytest.mark.parametrize("skips", [0, 2])
def test_the_figure_has_a_panel_for_each_kind_and_the_line_where_both_agree(skips):
    (cell,) = record(skips=skips).cells
    figure = predicted_against_exact(cell)
    assert len(figure.axes) == (4 if skips else 3)
    for axes in figure.axes:
        line, *points = axes.get_lines()
        assert np.array_equal(*line.get_data())
        assert axes.get_xlim() == axes.get_ylim()
        assert len(points) >= 3
        inside = axes.get_xlim()[0] <= min(map(np.min, points[0].get_data()))
        assert inside
    first = figure.axes[0].get_lines()[1]
    assert first.get_xdata().tolist() == [row["exact"] for row in cell.tables["predicted_deliveries"]]
    assert first.get_ydata().tolist() == [row["first_order"] for row in cell.tables["predicted_deliveries"]]


def test_each_cell_has_a_figure_of_its_own():
    assert sorted(predicted_figures(record(cells=2))) == ["predicted_failures-0", "predicted_failures-1"]
