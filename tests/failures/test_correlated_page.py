"""What docs/failures-correlated.md shows can be written, and has the law that the page says."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from simulator.failures.blocks import Failure, build_process
from simulator.failures.process import NoLaw
from simulator.failures.shocks import Shocks
from simulator.seeds import Streams
from simulator.topology.files import read_topology
from simulator.units import SECOND_NS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/failures-correlated.md").read_text()
BLOCKS = [block for text in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
          for block in yaml.safe_load(text)["failures"]]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{place} {block['kind']}" for place, block in enumerate(BLOCKS)])
def test_a_block_of_the_page_makes_a_process_that_runs(block):
    topology = read_topology(ROOT / "topologies/city-fog.yaml")
    process = build_process([TypeAdapter(Failure).validate_python(block)], topology)
    line = process.timeline(Streams(1), 5, 100 * SECOND_NS)
    assert line.components == process.components
    if block["kind"] == "scripted":
        with pytest.raises(NoLaw):
            process.survival()
        return
    survival = process.survival()
    assert ((survival > 0) & (survival < 1)).all()
    assert process.pairwise_survival().diagonal() == pytest.approx(survival)
    assert process.sample_up(Streams(1), 7).shape == (7, len(survival))
    assert not isinstance(process, Shocks) or len(process.shocks)


def test_every_kind_has_a_section():
    for kind in {block["kind"] for block in BLOCKS} - {"renewal"}:
        (heading,) = re.findall(rf"^## (.*`{kind}`)$", PAGE, flags=re.MULTILINE)
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        assert f"](#{anchor})" in PAGE
