"""The example of the documentation runs as it is, from its first cell to its plot."""

import importlib.util
import re

import pytest

from tests.house.commands import ROOT, python

EXAMPLE = ROOT / "docs/examples/own_everything.py"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="no Keras here: the example is NOT run")
def test_the_example_with_everything_of_one_s_own_runs_and_draws(tmp_path):
    ran = python(EXAMPLE, tmp_path / "own", timeout_s=900)
    assert ran.code == 0, ran.said
    said = dict(re.findall(r"(vanilla|resilinet) +expected_accuracy +([\d.]+)", ran.said))
    assert 0.4 < float(said["vanilla"]) < float(said["resilinet"]) < 1
    assert (tmp_path / "own/endings.png").stat().st_size > 1000


def test_the_example_is_written_in_cells_that_say_what_they_do():
    text = EXAMPLE.read_text()
    assert text.startswith("# %% [markdown]\n")
    assert text.count("\n# %%\n") >= 5
