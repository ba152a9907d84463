"""``sim fit``: two tables, a figure, and a prefab that a scenario can name."""

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.failures.bursts import Alone, Bursts
from simulator.failures.outage_laws import ExponentialOutage
from simulator.scenario.load import load
from simulator.seeds import Streams
from tests.scenario.small import write

HOUR = 3600 * 10**9
NAMES = tuple(f"m{place}" for place in range(12))
SHORT = ExponentialOutage(law="exponential", mean="20 min")
MADE = Bursts(NAMES, 5 * HOUR, ((2, 1.0), (7, 2.0)), 12, SHORT, 0.5, Alone(90 * HOUR, SHORT))


def sim(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def trace(tmp_path_factory):
    line = MADE.timeline(Streams(3), 0, 20 * 168 * HOUR)
    rows = [f"{name},{max(c, 0) / 1e9},{r / 1e9}" for name, crash, repair in
            zip(NAMES, line.crash_ns, line.repair_ns, strict=True) for c, r in zip(crash, repair, strict=True)]
    path = tmp_path_factory.mktemp("trace") / "outages.csv"
    path.write_text("\n".join(["component,down_from,up_at", *rows]))
    return path


def test_a_trace_becomes_tables_a_figure_and_a_prefab_that_a_scenario_names(trace, tmp_path):
    ended = sim("fit", trace, "--out", tmp_path / "mine.yaml", "--figure", tmp_path)
    assert ended.exit_code == 0, ended.output
    assert "bursts and single failures" in ended.stdout
    rows = [line for line in ended.stdout.split("figure")[0].splitlines() if line.startswith(" ")]
    assert max(map(len, rows)) <= 80
    assert {path.name for path in tmp_path.iterdir()} == {"mine.yaml", "fit.png", "fit.svg"}
    block = yaml.safe_load((tmp_path / "mine.yaml").read_text())["clusters"]["all"]
    assert float(block["every"].removesuffix(" s")) == pytest.approx(5 * 3600, rel=5 / np.sqrt(20 * 168 / 5))
    line = "  - {kind: prefab, path: mine.yaml, components: [edge]}\n"
    written = write(tmp_path, [("ask.yaml", "  - {kind: renewal, availability: poor, mttr: 10 s}\n", line)])
    assert load(written).scenario.failures[0].kind == "bursts"


def test_a_prefab_is_not_overwritten_unless_forced(trace, tmp_path):
    (tmp_path / "mine.yaml").write_text("mine")
    ended = sim("fit", trace, "--out", tmp_path / "mine.yaml")
    assert (ended.exit_code, (tmp_path / "mine.yaml").read_text()) == (2, "mine")
    assert "is there already; name another file, or --force" in ended.stderr
    assert sim("fit", trace, "--out", tmp_path / "mine.yaml", "--force").exit_code == 0


def test_unknown_clusters_and_files_are_told(trace, tmp_path):
    ended = sim("fit", trace, "--cluster", "x", "--cluster", "y")
    assert ended.exit_code == 2
    assert [line.split(";")[0] for line in ended.stderr.splitlines()] == [
        f"option --cluster: no cluster {name!r} in outages.csv" for name in "xy"]
    assert "there is no such file" in sim("fit", tmp_path / "gone.csv").stderr
    assert "no folder" in sim("fit", trace, "--out", tmp_path / "gone" / "a.yaml").stderr


def test_the_help_teaches():
    told = sim("fit", "--help").stdout
    for words in ("sim fit outages.csv --out mine.yaml", "kind: prefab", "lanl", "unseen"):
        assert words in told
