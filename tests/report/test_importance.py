"""Tables and figures of importance."""

from dataclasses import replace

import factory
import numpy as np
import pytest

from simulator.report.fitting import width_of
from simulator.report.importance_figure import (
    accuracy_by_failures,
    component_curves,
    importance_bars,
    interactions,
    spread,
)
from simulator.report.importance_table import MOST_PRINTED, importance_html, importance_tables
from simulator.report.page import page_text
from simulator.report.write import importance_figures

NAMES = ("cloud", "edge", "fog1", "a-much-longer-name-of-a-link")
POINTS = [0.0, 0.5, 1.0]


def told(of="nodes", **changes):
    return {"of": of, "rank_by": "birnbaum", "below": None, "method": "exact over 16 patterns", "ranked": 4,
            "others": 0, "covers": "test set", "is_independent": True, "left_out": ""} | changes


def rows(of="nodes", names=NAMES):
    found = []
    for place, name in enumerate(names):
        value = 0.5 / (1 + place)
        found.append({"of": of, "name": name, "failure": 0.1 * place, "birnbaum": value, "birnbaum_low": value - 0.03,
                      "birnbaum_high": value + 0.03, "improvement": value * 0.1 * place, "shapley": value / 2,
                      "criticality": 0.2, "sobol_total": float("nan") if place else 0.3, "if_down": 0.5,
                      "given_down": None if not place else 0.4, "matters": place != 3,
                      "before_next": None if place == 3 else place == 0})
    return found


def tables(of="nodes", names=NAMES):
    curves = [{"of": of, "name": name, "failure": 0.1 * place, "x": POINTS, "value": [0.8, 0.7, 0.6 - place / 20],
               "low": [0.75, 0.6, 0.4], "high": [0.85, 0.8, 0.7]} for place, name in enumerate(names)]
    counts = [{"of": of, "down": down, "mean": 0.8 / (1 + down), "low": 0.1, "high": 0.8, "probability": 0.25,
               "given": None if down > 2 else 0.7 / (1 + down)} for down in range(len(names) + 1)]
    pairs = [{"of": of, "first": first, "second": second, "shapley_interaction": 0.1, "joint_birnbaum": -0.2}
             for place, first in enumerate(names) for second in names[place + 1:]]
    return {"sensitivity": [told(of)], "importance": rows(of, names), "component_curves": curves,
            "failure_counts": counts, "interactions": pairs}


def record(found=None, cells=1):
    plain = factory.cell("vanilla")
    made = [replace(plain, label={"strategy": str(place)} if cells > 1 else {}, tables=found or tables())
            for place in range(cells)]
    return factory.record(made)


def test_the_printed_table_is_ranked_and_fits_eighty_columns():
    (table,) = importance_tables(record())
    assert [row[0] for row in table.rows] == list(NAMES)
    assert table.headers[:4] == ["nodes", "fails %", "Birnbaum", "apart from"]
    assert [row[3] for row in table.rows] == ["0, next", "0", "0", "–"]
    assert all(width_of(one) <= 80 for one in table.tables(80))


def test_long_rankings_are_cut_and_say_so():
    names = tuple(f"n{place}" for place in range(30))
    (table,) = importance_tables(record(tables(names=names)))
    assert len(table.rows) == MOST_PRINTED
    assert "the first 20 of 30" in table.caption


def test_failures_that_come_together_are_told_both_ways():
    found = tables()
    found["sensitivity"] = [told(is_independent=False)]
    _, downs = importance_tables(record(found))
    assert downs.headers[2:] == ["if set down", "if found down"]
    assert "intervention" in downs.caption
    assert downs.rows[0][3] == "–"


def test_a_table_without_intervals_claims_none():
    found = tables()
    found["sensitivity"] = [told(covers="")]
    found["importance"] = [{key: value for key, value in row.items() if not key.endswith(("_low", "_high"))}
                           | {"matters": None, "before_next": None} for row in rows()]
    (table,) = importance_tables(record(found))
    assert "apart from" not in table.headers
    assert "±" not in str(table.rows)
    assert importance_bars(record(found).cells[0])


def test_the_page_has_every_measure_with_its_words():
    text = importance_html(record())
    assert "Sobol total" in text
    assert "accuracy gained were it never down" in text
    assert "Which matter" in page_text(record(), {})
    assert "Which matter" not in page_text(factory.record(), {})


def test_there_is_a_figure_for_each_table_and_cell():
    kinds = {"importance", "component_curves", "failure_counts", "interactions"}
    assert set(importance_figures(record())) == kinds
    assert set(importance_figures(record(cells=2))) == {f"{kind}-{cell}" for kind in kinds for cell in "01"}
    only = {name: found for name, found in tables().items() if name in {"sensitivity", "importance"}}
    assert set(importance_figures(record(only))) == {"importance"}


def test_the_figures_show_the_numbers():
    (cell,) = record().cells
    bars = importance_bars(cell).axes[0]
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([0.5, 0.25, 0.5 / 3, 0.125])
    assert [text.get_text() for text in component_curves(cell).axes[0].texts] == list(NAMES)
    mean = accuracy_by_failures(cell).axes[0].lines[0]
    assert mean.get_ydata() == pytest.approx([0.8 / (1 + down) for down in range(5)])
    image = interactions(cell).axes[0].images[0].get_array()
    assert np.isnan(np.asarray(image.filled(np.nan))[0, 0])
    assert image[0, 1] == image[1, 0] == -0.2


def test_names_at_the_end_of_lines_do_not_overlap():
    found = np.array(spread([0.3, 0.31, 0.3, 0.9, 0.32], 0.05))
    assert np.diff(np.sort(found)).min() >= 0.05 - 1e-9
    assert found[3] == 0.9
    assert np.mean(found[[0, 1, 2, 4]]) == pytest.approx(0.3075)
