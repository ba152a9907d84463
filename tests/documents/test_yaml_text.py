"""YAML with places: what words stand for, where keys are, what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.documents.yaml_text import document_of, plain_value
from simulator.errors import ScenarioError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="ascii", exclude_categories=["C"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        (".5", 0.5),
        ("1.", 1.0),
        (".inf", float("inf")),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("0x10", "0x10"),
        ("'1'", "1"),
        ("2026-01-02", "2026-01-02"),
        ("3 ms", "3 ms"),
        ("[a, 1]", ["a", 1]),
        ("{a: {b: no}}", {"a": {"b": "no"}}),
    ],
)
def test_a_word_stands_for_what_yaml_1_2_says(text, value):
    found = plain_value(text)
    assert (found, type(found)) == (value, type(value))


@given(PLAIN)
def test_what_json_writes_is_read_back(value):
    found = plain_value(json.dumps(value))
    assert found == value


def test_each_key_and_item_has_its_line():
    document = document_of("a: 1\nb:\n  c:\n    - d: 2\n    - 3\n", "x.yaml")
    assert {path: place for path, place in document.places.items() if path} == {
        "a": "x.yaml:1",
        "b": "x.yaml:2",
        "b.c": "x.yaml:3",
        "b.c.0": "x.yaml:4",
        "b.c.0.d": "x.yaml:4",
        "b.c.1": "x.yaml:5",
    }


def test_a_path_that_is_not_written_is_placed_at_the_nearest_key_above():
    document = document_of("# a comment\na:\n  b: 1\n", "x.yaml")
    assert document.place("a.c.d") == "x.yaml:2 a.c.d"
    assert document.place("z") == "x.yaml:1 z"


def test_all_duplicate_keys_are_told():
    document = document_of("a: 1\na: 2\nb: {c: 1, c: 2}\n", "x.yaml")
    assert [str(problem) for problem in document.problems] == [
        "x.yaml:2 a: key 'a' is written twice, first in line 1; keep one",
        "x.yaml:3 b.c: key 'c' is written twice, first in line 3; keep one",
    ]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_as_a_user_error(text):
    try:
        document_of(text, "x.yaml")
    except ScenarioError as error:
        assert all(problem.place.startswith("x.yaml") for problem in error.problems)
