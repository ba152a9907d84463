"""What if: one request, looked at closely."""

import math

import pytest
from small import assembly

import simulator.study.whatif as whatif
from simulator.errors import ScenarioError
from simulator.seeds import Streams
from simulator.study.whatif import what_if

MS = 1_000_000
PERFECT = {"policy.wait": {"kind": "perfect"}}


@pytest.fixture(autouse=True)
def known_answers(monkeypatch, watch):
    """Ask the model that is trained already."""
    monkeypatch.setattr(whatif, "answers", lambda of, **_: watch(of.scenario.strategy))


def fates(found):
    return {edge.name: (edge.fate, edge.why) for edge in found.edges}


def test_with_fog2_down_resilinet_answers_over_the_skip_past_it():
    found = what_if(assembly("first", "resilinet", **PERFECT), ["fog2"])
    assert found.down == ("fog2",)
    assert found.delivery == "cloud <- iot->edge fog1->cloud edge->fog1"
    assert (found.ending, found.reason) == ("on_time", "")
    assert fates(found) == {
        "iot->edge": ("taken", ""),
        "edge->fog2": ("spare", "fog2 is down"),
        "fog2->fog1": ("lost", "fog2 is down"),
        "fog1->cloud": ("taken", ""),
        "iot->fog2": ("spare", "fog2 is down"),
        "edge->fog1": ("taken", ""),
        "fog2->cloud": ("lost", "fog2 is down"),
    }


def test_with_fog2_down_vanilla_gives_no_answer_and_says_who_is_to_blame():
    found = what_if(assembly("first", "vanilla", **PERFECT), ["fog2"])
    assert (found.delivery, found.ending, found.reason) == ("-", "lost", "fog2 was down")
    assert fates(found)["fog1->cloud"] == ("lost", "fog1 is starved: none of its inputs came")
    assert found.accuracy.value < 0.3  # the worth of a guess


def test_a_node_cut_off_by_its_links_has_no_route():
    found = what_if(assembly("first", "resilinet", **PERFECT), ["edge-fog1", "fog2"])
    assert found.delivery == "-"
    assert fates(found)["edge->fog1"] == ("lost", "no route from edge to fog1 over what is up")


def test_its_latency_is_the_sum_of_links_and_machines(watch):
    of, costs = assembly("first", "resilinet", **PERFECT), watch("resilinet").costs
    streams = Streams(of.scenario.seed)
    total = 0
    for edge, link in (("iot->edge", "iot-edge"), ("edge->fog1", "edge-fog1"), ("fog1->cloud", "fog1-cloud")):
        wire = of.topology.link_by_name[link]
        jitter = round(float(streams.of(f"{edge}@{link}", "jitter").random(1)[0]) * wire.jitter_ns)
        total += wire.latency_ns + jitter + math.ceil(costs.payload_bytes[edge] * 8e9 / wire.bandwidth_bps)
    for part in ("iot", "edge", "fog1", "cloud"):
        total += math.ceil(costs.work_flop.get(part, 0) * 1e9 / of.topology.node_by_name[part].speed_flop_per_s)
    assert what_if(of, ["fog2"]).latency_ns == total
    assert 30 * MS < total < 70 * MS


def test_its_accuracy_is_the_share_of_right_answers_over_the_test_set_and_by_class(watch):
    of, known = assembly("first", "resilinet"), watch("resilinet").outcomes
    found = what_if(of, ["fog2"])
    right = known.correct(of.reach.delivery(frozenset({"fog2"})))
    assert found.accuracy.value == pytest.approx(right.mean())
    by_class = dict(found.by_class)
    assert set(by_class) == set(known.labels.tolist())
    weights = {label: (known.labels == label).mean() for label in by_class}
    assert sum(weights[label] * one.value for label, one in by_class.items()) == pytest.approx(right.mean())


def test_nothing_down_takes_the_simple_way():
    found = what_if(assembly("first", "resilinet"), [])
    assert found.down == ()
    assert [name for name, (fate, _) in fates(found).items() if fate == "taken"] == [
        "iot->edge",
        "edge->fog2",
        "fog2->fog1",
        "fog1->cloud",
    ]
    assert fates(found)["edge->fog1"] == ("spare", "a better input is there")


def test_all_unknown_names_are_told_with_the_nearest():
    with pytest.raises(ScenarioError) as told:
        what_if(assembly("first", "resilinet"), ["fog3", "egde", "fog1"])
    said = str(told.value)
    assert "'fog3'; did you mean 'fog" in said
    assert "'egde'; did you mean 'edge'?" in said
    assert len(told.value.problems) == 2


@pytest.mark.parametrize(
    ("at_s", "down"), [(0, ()), (19.999, ()), (20, ("fog2",)), (34.999, ("fog2",)), (35, ()), (62, ("edge", "fog1"))]
)
def test_an_instant_of_the_outage_has_down_what_the_script_says(at_s, down):
    found = what_if(assembly("outage", "resilinet"), [], round(at_s * 1e9))
    assert found.down == down


def test_what_the_user_takes_down_comes_on_top_of_the_script():
    of = assembly("outage", "resilinet")
    assert what_if(of, ["fog1"], round(25e9)).down == ("fog2", "fog1")
    assert what_if(of, ["fog1"]).down == ("fog1",)
    assert what_if(of, ["fog1"], round(25e9)).delivery == "-"


def test_an_instant_of_crash_and_repair_is_that_of_replication_0():
    of = assembly("first", "resilinet")
    line = of.process.timeline(Streams(of.scenario.seed), 1, 10**12)
    at_ns = int(line.crash_ns[0][3])
    assert line.components[0] in what_if(of, [], at_ns).down
    assert line.components[0] not in what_if(of, [], at_ns - 1).down


def test_outcomes_from_a_table_need_no_model(monkeypatch):
    monkeypatch.undo()
    of = assembly("camera", "vanilla", outcomes={"kind": "table", "path": "pyproject.toml", "column": "x"})
    assert what_if(of, ["f2"]).accuracy is None


def test_the_city_sends_round_the_ring_past_a_cabinet_that_is_down():
    of = assembly("city-fog", "resilinet", **PERFECT)
    found = what_if(of, ["north"])
    assert found.delivery == "cloud <- iot->edge edge->fog2 fog2->cloud"
    assert what_if(of, ["north", "south"]).delivery == "-"
    assert fates(what_if(of, ["north", "south"]))["fog2->cloud"][1] == "no route from east to centre over what is up"
