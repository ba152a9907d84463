"""The benchmarks run: small sizes, so that what they compare is still found equal; their ratios are not looked at."""

from __future__ import annotations

import pytest

from tests.house.commands import python


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"),
    [("chain", "2000"), ("dag", "200"), ("mesh", "2000"), ("meters", "2000"), ("memory", "20000"),
     ("accuracy_in_loop", "200"), ("expectation", "5"), ("patterns", "64"), ("importance", "8"), ("estimators", "3"),
     ("neurons", "100"),
     ("failout_training", "1"), ("repetition", "1"), ("studies", "2"), ("startup", "1"), ("store", "200")],
)
def test_a_benchmark_runs(name, size):
    ran = python("-m", f"benchmarks.{name}", size, timeout_s=400)
    assert ran.code == 0, ran.said
    assert "wanted" in ran.said
