"""What comes out of a codec, sample by sample, and how many bytes its message has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator.model import codecs
from simulator.model.codecs import FLOAT32, Codec, received_rows


def codec(said):
    return TypeAdapter(Codec).validate_python(said)


ROUNDING = ["float16", "int8", {"kind": "top_k", "share": 0.3}, {"kind": "top_k", "k": 2}]
each_rounding = pytest.mark.parametrize("said", ROUNDING, ids=str)


def rows(count, *shape, seed=0):
    return np.random.Generator(np.random.PCG64(seed)).normal(size=(count, *shape)).astype(np.float32)


def test_float32_is_the_tensor_itself():
    x = rows(3, 4)
    assert received_rows(FLOAT32, x) is x
    assert (FLOAT32.tag, FLOAT32.message_bytes((50, 6))) == ("", 1200)


def test_float16_keeps_whole_numbers_up_to_2048_exactly():
    x = np.arange(-2048, 2049, dtype=np.float32)[np.newaxis]
    assert np.array_equal(received_rows(codec("float16"), x), x)


def test_float16_is_the_nearest_half_and_saturates():
    x = rows(5, 7, seed=1)
    assert np.array_equal(received_rows(codec("float16"), x), x.astype(np.float16).astype(np.float32))
    assert received_rows(codec("float16"), np.float32([[1e9, -1e9]])).tolist() == [[65504.0, -65504.0]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20))
def test_int8_errs_by_half_a_step_at_most_and_has_256_levels(values):
    x = np.float32([values])
    received = received_rows(codec("int8"), x)
    scale = (x.max().astype(float) - x.min()) / 255
    # Of the arithmetic itself, and of a step that is too small for a float32.
    rounding = 4 * np.finfo(np.float32).eps * np.abs(x).max() + np.finfo(np.float32).tiny
    assert np.abs(received.astype(float) - x).max() <= scale / 2 + rounding
    assert len(np.unique(received)) <= 256


def test_int8_uses_all_levels_and_errs_by_no_less():
    x = np.linspace(0, 1, 100_001, dtype=np.float32)[np.newaxis]
    received = received_rows(codec("int8"), x)
    assert len(np.unique(received)) == 256
    assert np.abs(received - x).max() == pytest.approx(0.5 / 255, rel=1e-3)


def test_int8_keeps_the_zeros_of_a_relu_and_constant_tensors():
    relu = np.maximum(rows(6, 30, seed=2), 0)
    assert np.array_equal(received_rows(codec("int8"), relu)[relu == 0], relu[relu == 0])
    constant = np.full((2, 5), 0.3, np.float32)
    assert np.array_equal(received_rows(codec("int8"), constant), constant)


def test_top_k_keeps_the_largest_magnitudes_in_their_places_and_of_equal_ones_the_lower_index():
    x = np.float32([[1, -3, 2, 3, -1], [2, 2, -2, 2, 0]])
    kept = received_rows(codec({"kind": "top_k", "k": 2}), x)
    assert kept.tolist() == [[0, -3, 0, 3, 0], [2, 2, 0, 0, 0]]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.integers(1, 12))
def test_top_k_is_what_a_stable_sort_keeps(values, k):
    x = np.float32([values])
    kept = sorted(range(len(values)), key=lambda place: (-abs(values[place]), place))[:k]
    expected = [value if place in kept else 0 for place, value in enumerate(values)]
    assert received_rows(codec({"kind": "top_k", "k": k}), x).tolist() == [expected]


def test_top_k_of_everything_is_the_identity():
    x = rows(4, 3, 3)
    assert received_rows(codec({"kind": "top_k", "share": 1}), x) is x
    assert received_rows(codec({"kind": "top_k", "k": 100}), x) is x


@pytest.mark.parametrize(("said", "shape", "expected"), [
    ("float16", (8, 8, 3), 384), ("int8", (8, 8, 3), 200), ("int8", (1,), 9),
    ({"kind": "top_k", "share": 0.1}, (128,), 13 * 6), ({"kind": "top_k", "share": 0.001}, (128,), 6),
    ({"kind": "top_k", "k": 500}, (128,), 128 * 6),
    ({"kind": "top_k", "k": 10}, (256, 256), 60), ({"kind": "top_k", "k": 10}, (256, 257), 80),
    ({"kind": "bottleneck", "width": 32}, (128,), 128), ({"kind": "bottleneck", "width": 2}, (8, 8, 3), 512),
])
def test_the_bytes_of_a_message(said, shape, expected):
    assert codec(said).message_bytes(shape) == expected


@each_rounding
@pytest.mark.parametrize("shape", [(7,), (3, 4), (4, 3, 2)])
def test_a_sample_does_not_depend_on_its_batch(said, shape, monkeypatch):
    x, chosen = rows(9, *shape, seed=3), codec(said)
    whole = received_rows(chosen, x)
    one_by_one = np.concatenate([received_rows(chosen, x[place : place + 1]) for place in range(9)])
    monkeypatch.setattr(codecs, "ROWS_BYTES", 2 * x[0].nbytes)
    assert whole.tobytes() == one_by_one.tobytes() == received_rows(chosen, x).tobytes()
    assert (whole.shape, whole.dtype) == (x.shape, np.float32)
    assert received_rows(chosen, x[:0]).shape == (0, *shape)


@each_rounding
def test_twice_is_once(said):
    x = rows(5, 20, seed=4)
    once = received_rows(codec(said), x)
    assert np.allclose(received_rows(codec(said), once), once, rtol=0, atol=1e-6)


@pytest.mark.parametrize("said", [{"kind": "top_k"}, {"kind": "top_k", "share": 0.5, "k": 3}, "int9", "top_k",
                                  {"kind": "top_k", "share": 0}, {"kind": "bottleneck", "width": 0},
                                  {"kind": "float32", "in_training": True}], ids=str)
def test_what_makes_no_sense_is_refused(said):
    with pytest.raises(ValidationError):
        codec(said)


def test_tags_tell_codecs_apart():
    said = ["float16", "int8", {"kind": "top_k", "share": 1}, {"kind": "top_k", "k": 1},
            {"kind": "top_k", "share": 0.1}, {"kind": "bottleneck", "width": 4}]
    tags = [codec(one).tag for one in said]
    assert tags == ["float16", "int8", "top_k 1.0", "top_k k=1", "top_k 0.1", "bottleneck 4"]
