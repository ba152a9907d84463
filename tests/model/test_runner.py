"""A part's answer for a row depends on that row alone, however rows are batched."""

import numpy as np
import pytest

from simulator.model import runner as runner_module
from simulator.model.backend import arrays_of
from simulator.model.runner import KerasRunner
from tests.support.models import split_model, tiny


@pytest.fixture
def split():
    return split_model(tiny(), "dfg", (4,), 3, seed=2)


def rows(count, width=4):
    return np.random.Generator(np.random.PCG64(count)).random((count, width), np.float32)


def test_the_source_is_its_rows_of_the_test_set(split):
    x = rows(9)
    assert np.array_equal(KerasRunner(split, x).source("iot", np.array([3, 3, 0])), x[[3, 3, 0]])


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40])
def test_padding_and_chunks_change_no_byte_of_any_row(split, count, monkeypatch):
    monkeypatch.setattr(runner_module, "CHUNK_ROWS", (16, 16))
    runner, x = KerasRunner(split, rows(1)), rows(40)
    whole = runner.run("edge", [x])
    assert runner.run("edge", [x[:count]]).tobytes() == whole[:count].tobytes()
    assert whole.shape == (40, 5)


def test_inputs_are_added_and_none_of_them_is_changed(split):
    runner, tensors = KerasRunner(split, rows(1)), [rows(30), rows(31)[:30], rows(32)[:30]]
    kept = [tensor.copy() for tensor in tensors]
    assert np.allclose(runner.run("edge", tensors), runner.run("edge", [sum(tensors)]), atol=1e-6)
    assert all(np.array_equal(one, other) for one, other in zip(kept, tensors, strict=True))


def test_an_edge_sends_the_adapter_times_the_constant_weight(split):
    runner, x = KerasRunner(split, rows(1)), rows(6)
    edge = next(place for place, edge in enumerate(split.graph.edges) if edge.name == "iot->fog")
    kernel, bias = arrays_of(split.adapters[edge])
    assert np.allclose(runner.send(edge, x), 0.5 * (x @ kernel + bias), atol=1e-6)
    assert runner.send(0, x) is x  # neither adapter nor weight: nothing to do


def test_no_row_gives_no_row(split):
    assert KerasRunner(split, rows(1)).run("edge", [rows(1)[:0]]).shape == (0, 5)


def test_the_predicted_class_is_the_largest(split):
    runner = KerasRunner(split, rows(1))
    assert runner.predict("cloud", np.float32([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]])).tolist() == [1, 0]
    assert runner.row_bytes("edge") == 20
