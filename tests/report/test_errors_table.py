"""The tables and the figure of silent errors."""

from dataclasses import replace

import factory
import numpy as np

from simulator.report.errors_figure import error_axis, errors_along
from simulator.report.errors_table import ending_rows, error_rows, errors_table
from simulator.report.page import page_text


def struck(bits, rate, sdc):
    plain = factory.cell(f"{bits}, {rate}")
    more = {"damaged": factory.estimate(1.0), "sdc": factory.estimate(sdc, 0.01, uncertainty="test set"),
            "error_loss": factory.estimate(sdc / 2, 0.01, uncertainty="test set")}
    rows = [{"ending": "on_time", "requests": 900, "damaged": 90, "changed": 9, "accuracy": 0.7,
             "accuracy_damaged": float("nan")}, {"ending": "lost", "requests": 0, "damaged": 0}]
    return replace(plain, label={"errors.0.bits": bits, "errors.0.per_bit": rate},
                   estimates=plain.estimates | more, tables=plain.tables | {"errors": rows})


RATES = ("1e-05", "0.0001", "0.001", "0.01")


def record(rates=RATES):
    return factory.record([struck(bits, rate, 0.1 * place) for bits in ("all", "mantissa")
                           for place, rate in enumerate(rates)])


def test_a_record_without_silent_errors_has_neither_table_nor_figure_nor_section():
    assert errors_table(factory.record()) is None
    assert error_axis(factory.record()) is None
    assert "Silent errors" not in page_text(factory.record(), {})


def test_the_table_has_a_row_for_each_cell_and_the_endings_that_there_are():
    heads, rows = error_rows(record())
    assert heads == ["errors.0.bits, errors.0.per_bit", "damaged %", "sdc %", "accuracy lost"]
    assert rows[1] == ["all, 0.0001", "100.00", "10.00 ± 1.00", "0.0500 ± 0.0100"]
    by_ending = ending_rows(record())[1]
    assert len(by_ending) == 8
    assert by_ending[0] == ["all, 1e-05", "on time", "900", "90", "9", "0.700", "–"]
    assert "Silent errors" in page_text(record(), {})


def test_the_figure_has_a_line_for_each_point_of_the_other_axes_over_a_logarithm():
    assert error_axis(record()) == "errors.0.per_bit"
    accuracy, sdc = errors_along(record()).axes
    assert accuracy.get_xscale() == sdc.get_xscale() == "log"
    lines = {line.get_label(): line for line in sdc.lines}
    assert list(lines) == ["all", "mantissa"]
    np.testing.assert_allclose(lines["all"].get_xdata(), [float(rate) for rate in RATES])
    np.testing.assert_allclose(lines["all"].get_ydata(), [0, 0.1, 0.2, 0.3])


def test_two_values_or_words_make_no_line():
    assert error_axis(record(RATES[:2])) is None
    words = [replace(cell, label={"strategy": name}) for cell, name in zip(record().cells, "abcdefgh", strict=True)]
    assert error_axis(factory.record(words)) is None
