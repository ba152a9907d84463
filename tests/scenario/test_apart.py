"""Features that no slow model has checked beside each other are refused together; each alone is not."""

from itertools import combinations

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.load import load
from tests.scenario.small import write

POLICY = "  wait: {kind: timeout, after: 80 ms}\n"
FAILURES = "  - {kind: renewal, availability: poor, mttr: 10 s}\n"
OTHER = ("others:\n  more: {model: split.yaml, placement: {sensor: sensor}, "
         "workload: {arrivals: {kind: poisson, rate: 1 /s}}}\nseed: 1\n")
FEATURES = {
    "a part on several nodes": ("seed: 1\n", "placement: {cloud: [cloud, edge]}\nseed: 1\n"),
    "'retry'": (POLICY, POLICY + "  retry: {timeout: 20 ms}\n"),
    "'lost: wait_for_repair'": (POLICY, POLICY + "  lost: wait_for_repair\n"),
    "'held'": (POLICY, POLICY + "  held: {age: 2 s}\n"),
    "a detector": (POLICY, "  wait: {kind: heartbeat, period: 1 s, after: 80 ms}\n"),
    "silent errors": ("seed: 1\n", "errors:\n  - {kind: stuck, on: [edge], chance: 0.1, share: 0.5}\nseed: 1\n"),
    "several models": ("seed: 1\n", OTHER),
    "'design'": ("seed: 1\n", "design: {choose: [{kind: skips}]}\nseed: 1\n"),
    "failures by load": (FAILURES, "  - {kind: load_cascade, components: [edge], mtbf: 60 s, mttr: 1 s, "
                                   "load: {kind: busy}}\n"),
}
TOGETHER = (
    ("a part on several nodes", "'retry'"), ("'lost: wait_for_repair'", "'held'"), ("a detector", "silent errors"),
    ("several models", "failures by load"), ("a part on several nodes", "'design'"), ("'retry'", "'design'"),
    ("'lost: wait_for_repair'", "'design'"), ("a detector", "'design'"))
APART = [pair for pair in combinations(FEATURES, 2) if {pair, pair[::-1]}.isdisjoint(TOGETHER)]


def written(folder, *names):
    """Write the small scenario with some features; a detector comes last, for it replaces the line that others keep."""
    path = write(folder)
    text = path.read_text()
    for name in sorted(names, key="a detector".__eq__):
        old, new = FEATURES[name]
        assert old in text, name
        text = text.replace(old, new, 1)
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", FEATURES)
def test_each_alone_is_fine(tmp_path, name):
    load(written(tmp_path, name))


@pytest.mark.parametrize("pair", APART, ids=" and ".join)
def test_two_that_stay_apart_are_refused_with_their_names(tmp_path, pair):
    path = written(tmp_path, *pair)
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert any("does not go together with" in p.message and all(name in p.message for name in pair)
               for p in refused.value.problems), [p.message for p in refused.value.problems]


@pytest.mark.parametrize("pair", TOGETHER, ids=" and ".join)
def test_others_go_together(tmp_path, pair):
    load(written(tmp_path, *pair))
