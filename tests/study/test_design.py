"""What a design is said to be worth is what a run of it finds; the bound holds; limits are kept."""

import json
from itertools import chain as chained
from itertools import combinations

import numpy as np
import pytest

import simulator
from simulator.dataflow.graph import EMPTY
from simulator.errors import ScenarioError
from simulator.evaluate.outcomes import Outcomes
from simulator.evaluate.part_by_part import Evaluation
from simulator.expect.design_bound import most_expected
from simulator.expect.design_search import exhaustive, greedy
from simulator.expect.exact import enumerate_patterns
from simulator.model.graph import part_graph
from simulator.scenario.designing import space_of
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.design_bounds import most_of_paths
from simulator.study.design_judge import Judge, Limits
from simulator.study.design_made import Made
from simulator.study.design_worlds import Worlds, translated
from simulator.study.whatif import what_if
from tests.study.shared import SETTINGS, chain
from tests.support.plain_runner import PlainRunner

SKIPS = ("iot->fog", "edge->cloud")
EVERY = [list(chosen) for count in range(3) for chosen in combinations(SKIPS, count)]


def designs_of(run, cell=0):
    """Return the rows of a run's designs by text."""
    return {row["design"]: row for row in run.record.cells[cell].tables["designs"]}


def text_of(names):
    return ", ".join(names) or "nothing chosen"


def run(folder, out="run", **scenario):
    return simulator.run(chain(folder, **scenario), out=folder / out)


@pytest.mark.slow
def test_each_subset_retrained_is_worth_what_a_run_of_that_subset_finds(tmp_path):
    asked = {"choose": [{"kind": "skips"}], "evaluated": "retrained"}
    judged = designs_of(run(tmp_path, design=asked))
    swept = run(tmp_path, "swept", sweep={"skips": EVERY})
    for names, cell in zip(EVERY, swept.record.cells, strict=True):
        expected, row = cell.estimates["expected_accuracy"], judged[text_of(names)]
        assert (row["value"], row["low"], row["high"]) == pytest.approx((expected.value, expected.low, expected.high),
                                                                        abs=1e-12)


def test_with_given_weights_all_skips_are_worth_the_expected_accuracy_and_the_lead_is_paired(tmp_path):
    found = run(tmp_path, design={"choose": [{"kind": "skips"}], "compare": True})
    cell, rows = found.record.cells[0], designs_of(found)
    assert len(rows) == cell.counts["designs"] == cell.counts["designs_judged"] == 4
    assert rows[text_of(SKIPS)]["value"] == pytest.approx(cell.estimates["expected_accuracy"].value, abs=1e-12)
    first, second, *_ = rows.values()
    lead = cell.estimates["design_lead"]
    assert first["value"] == max(row["value"] for row in rows.values()) == cell.estimates["design_best"].value
    assert lead.value == pytest.approx(first["value"] - second["value"], abs=1e-12)
    assert (second["behind"], second["behind_low"], second["behind_high"]) == (lead.value, lead.low, lead.high)
    assert cell.estimates["design_gap"].value == 0
    assert cell.estimates["design_bound"].value >= first["value"]
    assert cell.tables["design"][0]["greedy_behind"] >= 0


@pytest.mark.parametrize("strategy", ["select", "dfg"])
@pytest.mark.parametrize("names", EVERY, ids=text_of)
def test_a_translated_delivery_is_answered_as_the_smaller_network_answers_it(tmp_path, strategy, names):
    model = chain(tmp_path).model
    whole, small = part_graph(model, strategy), part_graph(model, strategy, tuple(names))
    widths = {"iot": 3, "edge": 5, "fog": 5, "cloud": 4}
    big = PlainRunner(whole, 20, widths)
    little = PlainRunner(small, 20, widths)
    little.data, little.kernels, little.biases = big.data, big.kernels, big.biases
    place = {edge.name: number for number, edge in enumerate(whole.edges)}
    little.adapters = {number: big.adapters[place[edge.name]] for number, edge in enumerate(small.edges)
                       if place[edge.name] in big.adapters}
    loaded = chain(tmp_path, strategy=strategy, skips=names)
    reach = Assembly.of(variants(loaded)[0]).reach
    down = [frozenset(one) for count in range(3) for one in combinations(("edge", "fog"), count)]
    own = [delivery for delivery in dict.fromkeys(map(reach.delivery, down)) if delivery != EMPTY]
    theirs = translated(own, small, whole)
    one, other = Evaluation(small, little, 20).predictions(own), Evaluation(whole, big, 20).predictions(theirs)
    for mine, bits in zip(own, theirs, strict=True):
        assert (one[mine] == other[bits]).all()


def test_a_hardened_component_is_worth_what_a_run_with_its_survival_finds(tmp_path):
    asked = {"choose": [{"kind": "harden", "survival": 0.95}]}
    judged = designs_of(run(tmp_path, design=asked))
    for names, text in ((("edge",), "edge hardened"), (("edge", "fog"), "edge hardened, fog hardened")):
        survival = {"edge": SETTINGS["edge"]["poor"], "fog": SETTINGS["fog"]["poor"]} | dict.fromkeys(names, 0.95)
        failures = [{"kind": "bernoulli", "survival": survival}]
        alone = run(tmp_path, text, failures=failures).record.cells[0].estimates["expected_accuracy"]
        assert judged[text]["value"] == pytest.approx(alone.value, abs=1e-12)


def test_replicas_and_places_are_worth_what_runs_with_them_find(tmp_path):
    asked = {"choose": [{"kind": "replicate", "on": {"edge": ["fog"]}},
                        {"kind": "placement", "among": {"fog": ["edge", "fog"]}}]}
    judged = designs_of(run(tmp_path, design=asked))
    placed = {"edge also on fog": {"edge": ["edge", "fog"]}, "fog on edge": {"fog": "edge"},
              "edge also on fog, fog on edge": {"edge": ["edge", "fog"], "fog": "edge"}}
    assert set(judged) == {"nothing chosen", *placed}
    for text, placement in placed.items():
        alone = run(tmp_path, text, placement=placement).record.cells[0].estimates["expected_accuracy"]
        assert judged[text]["value"] == pytest.approx(alone.value, abs=1e-12)


def test_bytes_and_latency_are_those_of_traffic_and_whatif(tmp_path):
    rows = designs_of(run(tmp_path, design={"choose": [{"kind": "skips"}]}))
    for names in EVERY:
        loaded = chain(tmp_path, skips=names, measure=["traffic"])
        traffic = simulator.run(loaded, out=tmp_path / f"traffic {len(names)}{names[:1]}").record.cells[0].estimates
        assert rows[text_of(names)]["bytes"] == pytest.approx(traffic["traffic_always_on_bytes"].value)
        found = what_if(Assembly.of(variants(loaded)[0]), [])
        assert rows[text_of(names)]["latency_ms"] == pytest.approx(found.latency_ns / 1e6, abs=1e-6)


@pytest.mark.slow
def test_limits_are_kept_and_a_budget_that_nothing_keeps_is_told(tmp_path):
    free = designs_of(run(tmp_path, design={"choose": [{"kind": "skips"}]}))
    middle = sorted(row["bytes"] for row in free.values())[1]
    asked = {"choose": [{"kind": "skips"}], "budget": {"bytes": f"{int(middle) + 1} B"}}
    kept = designs_of(run(tmp_path, "kept", design=asked))
    assert {text: row["is_within"] for text, row in kept.items()} == {
        text: row["bytes"] <= int(middle) + 1 for text, row in free.items()}
    priced = designs_of(run(tmp_path, "priced", design={"choose": [{"kind": "skips"}], "budget": {"cost": 1}}))
    assert {text: row["is_within"] for text, row in priced.items()} == {
        text: row["changes"] <= 1 for text, row in free.items()}
    none = run(tmp_path, "none", design={"choose": [{"kind": "skips"}], "budget": {"bytes": "1 B"}}).record.cells[0]
    assert "design_best" not in none.estimates
    (note,) = [note for note in none.notes if "budget" in note]
    assert note.startswith("no design is within the budget; the nearest, 'nothing chosen', has bytes ")
    assert "B against 1: raise that limit" in note


def test_a_latency_limit_is_kept(tmp_path):
    asked = {"choose": [{"kind": "placement", "among": {"edge": ["fog"]}}]}
    rows = designs_of(run(tmp_path, design=asked))
    slow, fast = sorted(rows.values(), key=lambda row: -row["latency_ms"])
    assert slow["latency_ms"] > fast["latency_ms"]
    limit = (slow["latency_ms"] + fast["latency_ms"]) / 2
    tight = designs_of(run(tmp_path, "tight", design=asked | {"budget": {"latency": f"{limit} ms"}}))
    assert tight[fast["design"]]["is_within"]
    assert not tight[slow["design"]]["is_within"]


def test_the_same_run_gives_the_same_bytes_and_is_found(tmp_path):
    asked = {"choose": [{"kind": "skips"}], "compare": True}
    first, second = run(tmp_path, "one", design=asked), run(tmp_path, "two", design=asked)
    assert (first.folder / "record.json").read_bytes() == (second.folder / "record.json").read_bytes()
    assert run(tmp_path, "one", design=asked).was_found
    assert (first.folder / "figures" / "design_front.png").exists()


# Random worlds without a network: a judge with random predictions, so that more inputs may well answer worse.
def random_world(folder, seed):
    """Return worlds of random survivals, some hand-made links missing, and every kind of choice."""
    rng = np.random.Generator(np.random.PCG64(seed))
    survival = {name: round(float(rng.uniform(0.3, 0.95)), 3) for name in ("edge", "fog", "iot-fog", "edge-cloud")}
    choose = [{"kind": "skips"}, {"kind": "harden", "survival": 0.97, "at_most": 2},
              {"kind": "replicate", "on": {"edge": ["fog", "cloud"]}},
              {"kind": "placement", "among": {"fog": ["fog", "edge"]}}]
    chosen = [choose[place] for place in sorted(rng.choice(4, 2, replace=False))]
    strategy = "select" if seed % 2 else "dfg"
    loaded = chain(folder, failures=[{"kind": "bernoulli", "survival": survival}], strategy=strategy,
                   design={"choose": chosen})
    cell = variants(loaded)[0]
    one = Assembly.of(cell)
    space = space_of(cell.scenario, cell.model, cell.topology)
    return rng, Worlds(Made(one, space, quick=False), enumerate_patterns(one.process, 20), one.graph)


def random_outcomes(rng, no_answer):
    labels = rng.integers(0, 2, 12)

    def predict(deliveries):
        return {delivery: np.where(rng.random(12) < rng.random(), labels, 1 - labels) for delivery in deliveries}

    return Outcomes(labels, np.arange(12), np.full(12, no_answer), predict)


@pytest.mark.parametrize("seed", range(12))
def test_no_design_is_above_the_bound_even_where_more_inputs_answer_worse(tmp_path, seed, monkeypatch):
    rng, worlds = random_world(tmp_path, seed)
    monkeypatch.setattr(Made, "payload_bytes", {})
    no_answer = float(rng.choice([0.0, 0.4, 0.9]))
    judge = Judge(worlds, Limits(None, None, None), None, random_outcomes(rng, no_answer), lambda judged: None)
    every, some = exhaustive(worlds.space, judge), greedy(worlds.space, judge)
    best = every.seen[every.best].value
    assert some.seen[some.best].value <= best + 1e-12
    within = [design for design in every.seen if not worlds.structure(design).why_not]
    for cost in (None, 1.0, 2.0):
        cheap = [design for design in within if cost is None or worlds.space.cost(design) <= cost]
        most = most_of_paths(worlds.made, Judge(worlds, Limits(None, None, cost), None, None, lambda judged: None), 0.0)
        assert max(map(judge.answered, cheap)) <= most.flow + 1e-12
        assert max(every.seen[design].value for design in cheap) <= most_expected(
            most.flow, judge.best_answer, no_answer) + 1e-12


BAD = {
    "unknown node to harden": ({"choose": [{"kind": "harden", "survival": 0.9, "components": ["edgy"]}]},
                               "design.choose.0.components.0: 'edgy' is not among", "did you mean 'edge'?"),
    "hardening that is none": ({"choose": [{"kind": "harden", "survival": 0.75}]},
                               "design.choose.0.survival: 0.75 is no better than what fog (0.8) has", "higher"),
    "unknown part to replicate": ({"choose": [{"kind": "replicate", "on": {"foggy": ["edge"]}}]},
                                  "design.choose.0.on: 'foggy' is not among", "did you mean 'fog'?"),
    "unknown node for a part": ({"choose": [{"kind": "placement", "among": {"fog": ["edgy"]}}]},
                                "design.choose.0.among.fog: 'edgy' is not among", "did you mean 'edge'?"),
    "a replica where the part is": ({"choose": [{"kind": "replicate", "on": {"fog": ["fog"]}}]},
                                    "design.choose.0.on.fog: 'fog' stands on 'fog' already", "another node"),
    "choices that clash": ({"choose": [{"kind": "placement", "among": {"fog": ["edge"]}},
                                       {"kind": "replicate", "on": {"fog": ["edge"]}}]},
                           "design.choose.1.on.fog: 'placement' decides where 'fog' stands too", "one of the two"),
    "a kind twice": ({"choose": [{"kind": "skips"}, {"kind": "skips"}]}, "design.choose.1.kind: 'skips' is there twice",
                     "one choice of each kind"),
    "a span that no skip has": ({"choose": [{"kind": "skips", "span": 4}]},
                                "span 4 under its strategy; it has spans 1", "another span"),
    "a price of nothing": ({"choose": [{"kind": "skips", "cost": {"iot->fogg": 2}}]},
                           "design.choose.0.cost: 'iot->fogg' is not among", "did you mean 'iot->fog'?"),
    "more than there are": ({"choose": [{"kind": "skips", "at_most": 3}]},
                            "design.choose.0.at_most: 3 is more than the 2 skip hyperconnections (iot->fog, edge->cl",
                            "at most 2"),
    "a span the wrong way round": ({"choose": [{"kind": "skips", "span": [3, 1]}]},
                                   "design.choose.0.span: the least, 3, is above", "write [1, 3]"),
    "an unknown limit": ({"choose": [{"kind": "skips"}], "budget": {"costs": 1}}, "unknown key 'costs'", "'cost'?"),
    "too much that fails": ({"choose": [{"kind": "skips"}, {"kind": "replicate", "on": {"edge": ["fog"]}}],
                             "max_components": 1, "budget": {"bytes": "1 kB"}},
                            "design.choose.1.kind: 2 components can fail", "price what is chosen"),
    "a budget below nothing": ({"choose": [{"kind": "skips"}], "budget": {"cost": -1}}, "design.budget.cost: ", ""),
    "new skips of a given network": ({"choose": [{"kind": "skips", "new": True}]},
                                     "design.choose.0.new: a new skip hyperconnection has no weights", "retrained"),
    "retrained for nothing": ({"choose": [{"kind": "skips"}], "objective": "information_flow",
                               "evaluated": "retrained"}, "design.evaluated: 'retrained', but nothing is trained", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_with_a_design_is_told_with_its_place_and_the_way_out(tmp_path, name):
    asked, told, way_out = BAD[name]
    with pytest.raises(ScenarioError) as refused:
        chain(tmp_path, design=asked)
    text = "\n".join(map(str, refused.value.problems))
    assert told in text, text
    assert way_out in text, text


def test_components_that_fail_together_are_not_hardened_alone(tmp_path):
    together = [{"kind": "common_cause", "survival": "poor", "beta": 0.5}]
    with pytest.raises(ScenarioError, match="only where they fail independently"):
        chain(tmp_path, failures=together, design={"choose": [{"kind": "harden", "survival": 0.9}]})


def test_without_a_network_designs_are_worth_the_probability_of_flow_and_new_skips_can_be_added(tmp_path):
    chain(tmp_path, strategy="select")
    model = json.loads((tmp_path / "model.yaml").read_text())
    for part in model["parts"].values():
        part.pop("layers")
    model["sources"]["iot"]["output"] = "100 B"
    del model["data"], model["training"]
    model["hyperconnections"] = model["hyperconnections"][:4]
    (tmp_path / "model.yaml").write_text(json.dumps(model))
    scenario = json.loads((tmp_path / "scenario.yaml").read_text())
    scenario |= {"measure": [], "design": {"choose": [{"kind": "skips", "new": True}], "objective": "information_flow"}}
    (tmp_path / "scenario.yaml").write_text(json.dumps(scenario))
    rows = designs_of(simulator.run(simulator.load(tmp_path / "scenario.yaml"), out=tmp_path / "run"))
    edge, fog = (SETTINGS[name]["poor"] for name in ("edge", "fog"))
    by_hand = {"nothing chosen": edge * fog, "iot->fog": fog, "edge->cloud": edge,
               "iot->fog, edge->cloud": 1 - (1 - edge) * (1 - fog), "iot->cloud": 1.0}
    for text, chance in by_hand.items():
        assert rows[text]["value"] == pytest.approx(chance, abs=1e-12)
    assert set(chained.from_iterable(text.split(", ") for text in rows)) == {
        "nothing chosen", "iot->fog", "edge->cloud", "iot->cloud"}
