"""Quantities: what is read, what is refused, and that what is shown is read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simulator import units

READ = [  # text, type, number of base units; worked out by hand
    ("3 ms", units.DurationNs, 3_000_000),
    ("2.5ms", units.DurationNs, 2_500_000),
    ("1 us", units.DurationNs, 1000),
    ("1 µs", units.DurationNs, 1000),
    (" 5  min ", units.DurationNs, 300 * 10**9),
    ("1 day", units.DurationNs, 86_400 * 10**9),
    ("1e3 ms", units.DurationNs, 10**9),
    (".5 s", units.DurationNs, 5 * 10**8),
    ("1_000 s", units.DurationNs, 10**12),
    (0, units.DurationNs, 0),
    ("0 s", units.DurationNs, 0),
    ("0.1 ns", units.DurationNs, 0),
    ("9007199254740993 ns", units.DurationNs, 2**53 + 1),
    ("2 /s", units.RatePerS, 2.0),
    ("/s", units.RatePerS, 1.0),
    ("30 /min", units.RatePerS, 0.5),
    ("5 request/s", units.RatePerS, 5.0),
    ("1 Mbps", units.BandwidthBps, 1e6),
    ("1 Gbit/s", units.BandwidthBps, 1e9),
    ("1 MB/s", units.BandwidthBps, 8e6),
    ("2 Mb/s", units.BandwidthBps, 2e6),
    ("1 KiB/s", units.BandwidthBps, 8192.0),
    ("92 B", units.SizeBytes, 92),
    ("1 KiB", units.SizeBytes, 1024),
    ("1 kB", units.SizeBytes, 1000),
    ("8 bit", units.SizeBytes, 1),
    ("1 GiB", units.SizeBytes, 2**30),
    ("1 TFLOPS", units.SpeedFlopPerS, 1e12),
    ("50 MFLOP/s", units.SpeedFlopPerS, 5e7),
    ("10 kFLOP", units.WorkFlop, 1e4),
]
DURATION = "; write a duration such as '250 ms', '10 s' or '5 min'"
BANDWIDTH = "; write a bandwidth such as '2 Mbps' or '1 Gbit/s'"
REFUSED = [  # value, type, what is said
    ("250 mb", units.DurationNs, f"'250 mb' has an unknown unit 'mb'; 'MB' would be a size{DURATION}"),
    ("20 /s", units.BandwidthBps, f"'20 /s' is a rate, not a bandwidth{BANDWIDTH}"),
    ("3 MB", units.DurationNs, f"'3 MB' is a size, not a duration{DURATION}"),
    ("3 s", units.SizeBytes, "'3 s' is a duration, not a size; write a size such as '92 B', '256 KiB' or '4 MB'"),
    ("3 ms/s", units.DurationNs, f"'3 ms/s' is a plain number, not a duration{DURATION}"),
    (20, units.DurationNs, f"20 has no unit{DURATION}"),
    (2.5, units.DurationNs, f"2.5 has no unit{DURATION}"),
    ("20", units.DurationNs, f"'20' has no unit{DURATION}"),
    ("ms", units.DurationNs, f"'ms' is not a number with a unit{DURATION}"),
    ("", units.DurationNs, f"'' is not a number with a unit{DURATION}"),
    (None, units.DurationNs, f"None is not a number with a unit{DURATION}"),
    (True, units.DurationNs, f"True is not a number with a unit{DURATION}"),
    ([1], units.DurationNs, f"[1] is not a number with a unit{DURATION}"),
    (float("nan"), units.DurationNs, f"nan is not a finite quantity >= 0{DURATION}"),
    ("nan ms", units.DurationNs, f"'nan ms' is not a finite quantity >= 0{DURATION}"),
    ("inf s", units.DurationNs, f"'inf s' is not a finite quantity >= 0{DURATION}"),
    (-3, units.DurationNs, f"-3 is not a finite quantity >= 0{DURATION}"),
    ("-3 ms", units.DurationNs, f"'-3 ms' is not a finite quantity >= 0{DURATION}"),
    ("1e400 s", units.DurationNs, f"'1e400 s' is not a finite quantity >= 0{DURATION}"),
    ("1e9999999999999999999 s", units.DurationNs, f"'1e9999999999999999999 s' is not a finite quantity >= 0{DURATION}"),
    ("3 MS", units.DurationNs, f"'3 MS' has an unknown unit 'MS'; did you mean 'ms'?{DURATION}"),
    ("3 msec", units.DurationNs, f"'3 msec' has an unknown unit 'msec'; did you mean 'ms'?{DURATION}"),
    ("5 mbps", units.BandwidthBps, f"'5 mbps' has an unknown unit 'mbps'; did you mean 'Mbps'?{BANDWIDTH}"),
    ("9**9**9 s", units.DurationNs, f"'9**9**9 s' has an unknown unit '**9**9 s'{DURATION}"),
    ("0 ms", units.PositiveDurationNs, f"'0 ms' must be > 0{DURATION}"),
    (0, units.BandwidthBps, f"0 must be > 0{BANDWIDTH}"),
]
WHOLE = [units.DurationNs, units.SizeBytes]
REAL = [units.RatePerS, units.BandwidthBps, units.SpeedFlopPerS, units.WorkFlop]


@pytest.mark.parametrize(("text", "kind", "number"), READ, ids=[str(row[0]) for row in READ])
def test_a_quantity_is_read_exactly(text, kind, number):
    assert TypeAdapter(kind).validate_python(text) == number


@pytest.mark.parametrize(("value", "kind", "said"), REFUSED, ids=[f"{row[0]!r}" for row in REFUSED])
def test_what_is_no_such_quantity_is_refused_with_the_way_out(value, kind, said):
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    (problem,) = refused.value.errors()
    assert str(problem["ctx"]["error"]).replace("? write", "?; write") == said


@given(st.sampled_from(WHOLE), st.integers(0, 2**62))
def test_a_whole_quantity_is_shown_as_text_that_reads_back(kind, number):
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(adapter.dump_python(number)) == number


@given(st.sampled_from(REAL), st.floats(1e-30, 1e30))
def test_a_real_quantity_is_shown_as_text_that_reads_back(kind, number):
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(adapter.dump_python(number)) == number


@pytest.mark.parametrize(
    ("number", "kind", "text"),
    [
        (80_000_000, units.DurationNs, "80 ms"),
        (90 * 60 * 10**9, units.DurationNs, "1.5 h"),
        (1, units.DurationNs, "1 ns"),
        (3600 * 10**9 + 1, units.DurationNs, "3600.000000001 s"),
        (310 * 60 * 10**9, units.DurationNs, "310 min"),
        (0.5, units.RatePerS, "30 /min"),
        (2.0, units.RatePerS, "2 /s"),
        (1e6, units.BandwidthBps, "1 Mbps"),
        (0, units.SizeBytes, "0 GB"),
    ],
)
def test_a_quantity_is_shown_in_the_largest_unit_that_keeps_it_short(number, kind, text):
    assert TypeAdapter(kind).dump_python(number) == text
