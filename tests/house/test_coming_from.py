"""The page for people who come from other simulators: its files run and say what it says, its words exist."""

import re

import pytest

import simulator
from simulator.scenario.shelf import names
from tests.house.commands import ROOT

PAGE = (ROOT / "docs/coming-from.md").read_text()


def test_the_files_of_the_yafs_tutorial_run_and_take_as_long_as_the_page_says(tmp_path):
    for name, text in re.findall(r"```yaml\n# ([\w.-]+)\n(.*?)```", PAGE, flags=re.DOTALL):
        (tmp_path / name).write_text(text)
    (cell,) = simulator.run(simulator.load(tmp_path / "simple-case.yaml"), tmp_path / "run").record.cells
    by_hand = (1000 / 1e6 + 10) + 20 / 5000 + (500 / 1e6 + 1) + 30 / 100
    assert cell.estimates["latency_mean_ms"].value == pytest.approx(by_hand, abs=1e-4)
    assert f"latency of {by_hand:.1f} ms" in PAGE


def test_every_scenario_that_the_page_names_is_on_the_shelf():
    assert set(re.findall(r"sim run ([\w-]+)", PAGE)) - {"simple-case"} <= set(names("scenario"))


@pytest.mark.parametrize("key", ["discipline", "servers", "buffer", "latency", "bandwidth", "jitter", "placement",
                                 "others", "survival", "skips", "weights", "failout", "repeats", "output", "work"])
def test_a_key_that_the_page_names_is_a_key(key):
    from simulator.scenario.schema import schema_of

    schemas = [schema_of(kind) for kind in ("scenario", "topology", "model")]
    blocks = [*schemas, *(block for schema in schemas for block in schema["$defs"].values())]
    assert f"`{key}" in PAGE or f"{key}:" in PAGE
    assert any(key in block.get("properties", {}) for block in blocks)
