"""The text of records: strict JSON, and a row of a table is a line of the file."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from simulator.study.record import json_text

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=20)


@given(PLAIN)
def test_what_is_written_reads_back_the_same(plain):
    assert json.loads(json_text(plain)) == plain


@given(PLAIN)
def test_names_are_sorted_at_every_level(plain):
    def in_order(pairs):
        assert [name for name, _ in pairs] == sorted(name for name, _ in pairs)
        return dict(pairs)

    json.loads(json_text(plain), object_pairs_hook=in_order)


def test_a_row_of_a_table_is_a_line():
    record = {"tables": {"deliveries": [{"b": 2, "a": math.nan}, {"a": 1.5, "b": 3}]}, "notes": [], "counts": {}}
    assert json_text(record).splitlines() == [
        "{", ' "counts": {},', ' "notes": [],', ' "tables": {', '  "deliveries": [', '   {"a": null, "b": 2},',
        '   {"a": 1.5, "b": 3}', "  ]", " }", "}"]
