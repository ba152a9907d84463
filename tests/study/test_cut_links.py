"""Every shipped topology is used by a shipped scenario whose answer changes when one of its links is cut."""

import numpy as np
import pytest
from small import assembly, simulated

import simulator
from simulator.expect import frontier
from simulator.expect.exact import enumerate_patterns
from simulator.failures.stated_causes import cause_law_of
from simulator.scenario.shelf import names

# topology: (scenario, strategy, link that is cut)
CUTS = {
    "backbone-germany": ("backbone", "vanilla", "Frankfurt-Nuernberg"),
    "camera-tree": ("camera", "resilinet", "f2-c"),
    "city-fog": ("city-fog", "resilinet", "south-centre"),
    "cnn-chain": ("cnn", "resilinet", "edge-cloud"),
    "edge-devices": ("devices", None, "board-jetson"),
    "health-chain": ("first", "resilinet", "edge-fog1"),
    "lossy-radio": ("lossy", None, "gateway-server"),
    "queue-chain": ("queue", None, "second-third"),
    "small-fog": ("load-cascade", "vanilla", "gateway-fog"),
    "two-boxes": ("hedge", None, "camera-box1"),
    "uplink": ("retry", None, "camera-server"),
}
# Topologies whose scenarios send no requests: (scenario, link that is cut).
STILL = {
    "chain-20": ("long-chain", "f10-f12"),
    "chain-40": ("design-chain", "n20-n22"),
    "chain-1000": ("no-flow", "n487-n492"),
    "long-chain": ("rare", "node30-node32"),
    "skip-chain-100": ("long-chain-100", "n50-n52"),
    "skip-chain-1000": ("long-chain-1000", "n500-n502"),
}
NOTHING_TO_CUT = {"one-machine"}
FORWARD = STILL.keys() - {"chain-20"}  # machines that are down still forward, so that there is a way round the cut
FEW = {"workload.requests": 1000, "replications": 2}
LONGER = {"backbone-germany"}  # there is a way round every link: a cut costs time, not answers
ELSEWHERE = {"two-boxes"}  # a replica takes over: the same share of answers, from another machine, in other times
EXACT = ("camera-tree", "city-fog", "cnn-chain", "health-chain")


def no_information_flow(of):
    """Return P(no answer), over all patterns."""
    patterns = enumerate_patterns(of.process, 20)
    lost = np.array([of.reach.delivery(down) == 0 for down in patterns.down()])
    return float(patterns.probability[lost].sum())


def answered(of):
    """Return the share of requests that are answered, and their mean latency in milliseconds."""
    runs = simulated(of)
    ok = np.array([delivery > 0 for delivery in runs.deliveries])[runs.delivery]
    return ok.mean(), ((runs.end_ns - runs.arrival_ns)[ok] / 1e6).mean() if ok.any() else np.nan


def down_for_good(link):
    return {"kind": "scripted", "outages": [{"component": link, "from": "0 s", "to": "100000 day"}]}


def test_every_shipped_topology_has_its_row():
    queues = {name for name in names("topology") if name.startswith("queue-")}  # one machine behind one link
    rows = CUTS | STILL
    assert set(rows) == set(names("topology")) - queues - NOTHING_TO_CUT | {"queue-chain"}
    assert {topology: simulator.load(scenario).scenario.topology for topology, (scenario, *_) in rows.items()} == {
        topology: topology for topology in rows
    }


@pytest.mark.parametrize("topology", CUTS)
def test_a_link_that_is_cut_costs_answers_or_time(topology):
    scenario, strategy, link = CUTS[topology]
    whole = assembly(scenario, strategy, **FEW)
    plain = [block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in whole.scenario.failures]
    cut = assembly(scenario, strategy, **FEW, failures=[*plain, down_for_good(link)])
    (share, latency), (share_cut, latency_cut) = answered(whole), answered(cut)
    if topology in LONGER:
        assert latency_cut > latency * 1.001
    elif topology in ELSEWHERE:
        assert share_cut == share
        assert abs(latency_cut / latency - 1) > 0.001
    else:
        assert share_cut < share - 0.01
    assert share_cut <= share


@pytest.mark.parametrize("topology", EXACT)
def test_a_link_that_is_gone_makes_no_answer_more_likely(topology):
    scenario, strategy, link = CUTS[topology]
    whole = assembly(scenario, strategy)
    before, after = no_information_flow(whole), no_information_flow(whole.without_link(link))
    assert after > before * 1.5


def along_frontier(of):
    """Return P(no answer), without going through the patterns."""
    return frontier.no_information_flow(of.graph, of.placement, of.reach.routes, cause_law_of(of.crashes)).value


@pytest.mark.parametrize("topology", STILL)
def test_a_link_that_is_gone_makes_no_answer_more_likely_unless_there_is_a_way_round(topology):
    scenario, link = STILL[topology]
    whole = assembly(scenario)
    assert link in {each.name for each in whole.topology.links}
    before, after = along_frontier(whole), along_frontier(whole.without_link(link))
    if topology in FORWARD:
        assert after == pytest.approx(before, rel=1e-9)
    else:
        assert after > before * 1.5


def test_health_without_its_skip_links_falls_back_to_the_published_vanilla():
    """Over the wires of the chain alone every skip passes the node it should bypass: .003568 becomes .125632."""
    whole = assembly("first", "resilinet", **{"failures.0.availability": "normal"})
    assert no_information_flow(whole) == pytest.approx(0.003568, abs=1e-6)
    cut = whole.without_link("iot-fog2").without_link("edge-fog1").without_link("fog2-cloud")
    vanilla = assembly("first", "vanilla", **{"failures.0.availability": "normal"})
    assert no_information_flow(cut) == pytest.approx(no_information_flow(vanilla), rel=1e-12)
    assert no_information_flow(vanilla) == pytest.approx(0.125632, abs=1e-6)


def test_a_cut_fibre_sends_the_backbone_round():
    whole = assembly("backbone", "vanilla", failures=[], **FEW)
    (all_up, straight), (still_up, round_about) = answered(whole), answered(whole.without_link("Frankfurt-Nuernberg"))
    assert all_up == still_up == 1
    assert round_about > straight * 1.02
