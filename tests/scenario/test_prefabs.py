"""A prefab is read in place of its name: the scenario, its sweep and its hash have the process itself."""

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.identity import cell_hash
from simulator.scenario.load import load
from simulator.scenario.prefabs import prefab_text
from simulator.scenario.schema import schema_of
from simulator.scenario.variants import variants
from tests.scenario.small import write

BLOCK = {"kind": "bursts", "every": "1 h", "among": 9, "sizes": {2: 3, 5: 1.5},
         "outage": {"law": "lognormal", "mean": "300 s", "sigma": 1.5}}
WRITTEN = "  - {kind: renewal, availability: poor, mttr: 10 s}\n"


def scenario(tmp_path, block, more=()):
    clusters = {"a": BLOCK, "b": {**BLOCK, "every": "9 h"}}
    (tmp_path / "mine.yaml").write_text(prefab_text("Mine", "outages.csv", clusters))
    return write(tmp_path, [("ask.yaml", WRITTEN, f"  - {block}\n"), *more])


def test_a_prefab_is_its_first_cluster_or_the_named_one_with_keys_laid_over(tmp_path):
    (first,) = load(scenario(tmp_path, "{kind: prefab, path: mine.yaml}")).scenario.failures
    assert (first.kind, first.every_ns, first.together) == ("bursts", 3600 * 10**9, True)
    text = "{kind: prefab, path: mine.yaml, cluster: b, together: false, components: [edge, cloud]}"
    (named,) = load(scenario(tmp_path, text)).scenario.failures
    assert (named.every_ns, named.together, named.components) == (9 * 3600 * 10**9, False, ("edge", "cloud"))


def test_a_sweep_varies_what_a_prefab_says(tmp_path):
    swept = ("ask.yaml", "seed: 1\n", "seed: 1\nsweep: {failures.0.together: [true, false]}\n")
    cells = variants(load(scenario(tmp_path, "{kind: prefab, path: mine.yaml}", [swept])))
    assert [cell.scenario.failures[0].together for cell in cells] == [True, False]
    swept = ("ask.yaml", "seed: 1\n", "seed: 1\nsweep: {failures.0.cluster: [a, b]}\n")
    with pytest.raises(ScenarioError, match="cluster"):
        variants(load(scenario(tmp_path, "{kind: prefab, path: mine.yaml}", [swept])))


def test_a_whole_prefab_may_be_a_point_of_a_sweep(tmp_path):
    swept = ("ask.yaml", "seed: 1\n", "seed: 1\nsweep: {failures.0: [{kind: prefab, path: mine.yaml}, "
             "{kind: prefab, path: mine.yaml, cluster: b}]}\n")
    cells = variants(load(scenario(tmp_path, "{kind: bernoulli, survival: poor}", [swept])))
    assert [cell.scenario.failures[0].every_ns // 10**9 for cell in cells] == [3600, 9 * 3600]


def test_a_prefab_and_its_block_pasted_are_one_cell(tmp_path):
    pasted = ("{kind: bursts, every: 1 h, among: 9, sizes: {2: 3, 5: 1.5}, "
              "outage: {law: lognormal, mean: 5 min, sigma: 1.5}}")
    hashes = {cell_hash(variants(load(scenario(tmp_path, text)))[0])
              for text in ("{kind: prefab, path: mine.yaml}", pasted)}
    assert len(hashes) == 1


def test_the_schema_of_a_scenario_knows_prefabs():
    choices = schema_of("scenario")["properties"]["failures"]["items"]["oneOf"]
    kinds = [choice for choice in choices if "title" in choice]
    assert [choice["properties"]["kind"]["const"] for choice in kinds] == ["prefab"]


@pytest.mark.parametrize(("block", "line"), [
    ("{kind: prefab}", "ask.yaml:5 failures.0.path: None names no prefab; write path: with a name on the shelf"),
    ("{kind: prefab, path: grid500}", "ask.yaml:5 failures.0.path: no prefab named 'grid500'; did you mean 'grid5000'"),
    ("{kind: prefab, path: mine.yaml, cluster: c}", "ask.yaml:5 failures.0.cluster: no cluster 'c' in"),
    ("{kind: prefab, path: mine.yaml, evry: 3 h}", "ask.yaml:5 failures.0.evry: unknown key 'evry'"),
    ("{kind: prefab, path: chain.yaml}", "clusters"),
])
def test_what_is_wrong_with_a_prefab_is_told_at_its_place(tmp_path, block, line):
    with pytest.raises(ScenarioError) as told:
        load(scenario(tmp_path, block))
    assert line in str(told.value).replace(f"{tmp_path}/", "")
