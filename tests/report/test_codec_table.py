"""The table and the figure of bytes against accuracy."""

from dataclasses import replace

import factory

from simulator.report.codec_figure import accuracy_against_bytes
from simulator.report.codec_table import codec_rows, codec_table
from simulator.report.page import page_text


def coded(name, skip_bytes, loss=None, simple_bytes=2736):
    plain = factory.cell(name)
    more = {"degraded_accuracy": factory.estimate(0.6, 0.05, uncertainty="test set")}
    more |= {"codec_loss": factory.estimate(loss, 0.001, uncertainty="test set")} if loss is not None else {}
    return replace(plain, label={"codecs.skips": name}, estimates=plain.estimates | more,
                   counts=plain.counts | {"skip_bytes": skip_bytes, "simple_bytes": simple_bytes})


def record(**changes):
    return factory.record([coded("float32", 1536), coded("int8", 408, 0.0023, **changes)])


def test_a_record_without_codecs_has_neither_table_nor_section():
    assert codec_table(factory.record()) is None
    assert "Bytes against accuracy" not in page_text(factory.record(), {})


def test_the_table_has_a_row_for_each_cell():
    heads, rows = codec_rows(record())
    assert heads == ["codecs.skips", "skip bytes", "all up", "degraded", "expected", "codec loss"]
    assert [row[:2] for row in rows] == [["float32", "1,536"], ["int8", "408"]]
    assert (rows[0][3], rows[0][5], rows[1][5]) == ("0.600 ± 0.050", "", "0.0023 ± 0.0010")
    assert "Bytes against accuracy" in page_text(record(), {})


def test_the_bytes_of_simple_hyperconnections_are_shown_where_they_differ():
    assert "simple bytes" in codec_rows(record(simple_bytes=1000))[0]


def test_repeats_of_a_point_are_one_row_with_an_interval_over_the_training_seed():
    cells = [replace(one, label={**one.label, "repeat": f"repeat {number}"},
                     estimates=one.estimates | {"degraded_accuracy": factory.estimate(value, 0.05)})
             for number, value in ((1, 0.5), (2, 0.6), (3, 0.7)) for one in record().cells]
    heads, rows = codec_rows(factory.record(cells))
    assert heads[0] == "codecs.skips"
    assert [row[0] for row in rows] == ["float32", "int8"]
    assert rows[0][3] == "0.600 ± 0.248"  # t(2 degrees of freedom) 4.3027 times 0.1 / sqrt(3)


def test_the_figure_has_a_point_for_each_cell_at_its_bytes():
    figure = accuracy_against_bytes(record())
    degraded, expected = figure.axes
    for axes in (degraded, expected):
        assert [float(line.lines[0].get_xdata()[0]) for line in axes.containers] == [1536.0, 408.0]
    assert degraded.containers[0].lines[0].get_ydata()[0] == 0.6
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["float32", "int8"]
