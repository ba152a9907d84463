"""Records, frames and graphs made up for the tests of the report."""

import numpy as np
import pandas as pd

from simulator.dataflow.graph import Edge, Part, PartGraph
from simulator.dataflow.join import Join
from simulator.expect.curve import Curve
from simulator.expect.estimate import Estimate
from simulator.study.record import CellRecord, Record
from simulator.topology.graph import Link, Node, Topology

MS = 1_000_000
STRATEGIES = ("vanilla", "dfg", "resilinet")


def estimate(value, half=0.0, *, up=None, samples=20, uncertainty="failures", method="20 replications, Student t"):
    if half == 0:
        return Estimate(value, value, value, 8, "exact over 8 patterns", "none")
    return Estimate(value, value - half, value + (half if up is None else up), samples, method, uncertainty)


def estimates(level, late=0.012, lost=0.034):
    tested = {"uncertainty": "test set", "method": "exact over 8 patterns, bootstrap over 31 recordings", "samples": 31}
    return {
        "all_up_accuracy": estimate(0.781, 0.021, **tested),
        "expected_accuracy": estimate(level, 0.027, up=0.036, **tested),
        "no_information_flow": estimate(0.0674 if level > 0.5 else 0.4696),
        "served_accuracy": estimate(level - 0.004, 0.012),
        "on_time_accuracy": estimate(level - 0.013, 0.013),
        "share_on_time": estimate(1 - late - lost, 0.006),
        "share_late": estimate(late, 0.002, up=0.004),
        "share_lost": estimate(lost, 0.004),
        "latency_mean_ms": estimate(61.2, 0.8),
        "latency_p50_ms": estimate(52.1, 0.4),
        "latency_p95_ms": estimate(187.3, 4.1, up=6.3),
        "latency_p99_ms": estimate(301.0, 12.0),
        "gap_in_flight": estimate(0.0021, 0.0004),
        "gap_detection": estimate(0.0008, 0.0002),
        "gap_congestion": estimate(0.0),
        "gap_bound": estimate(0.0113),
    }


def curve(x, value, half, x_label, y_label, method):
    value = np.asarray(value, float)
    low, high = np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)
    return Curve(tuple(map(float, x)), tuple(value), tuple(low), tuple(high), x_label, y_label, method)


def curves(level):
    p = np.linspace(0, 0.5, 21)
    t = np.linspace(0, 500, 201)
    slices = np.arange(40) * 1.5 + 0.75
    fall = np.where((slices > 20) & (slices < 35), 0.45 * level, level) + 0.01 * np.sin(7 * slices)
    answered = 0.966 * (1 - np.exp(-np.maximum(t - 30, 0) / (60 + 60 * (1 - level))))
    return {
        "accuracy_vs_failure": curve(
            p,
            0.1 + 0.68 * (1 - p) ** (8 * (1 - level)),
            0.02,
            "failure probability p",
            "expected accuracy",
            "exact over 8 patterns, bootstrap over 31 recordings",
        ),
        "latency": curve(t, answered, 0.012, "time (ms)", "share of arrivals", "20 replications, Student t"),
        "accuracy_over_time": curve(slices, fall, 0.05, "time (s)", "served accuracy", "20 replications, Student t"),
    }


def cell(name="resilinet", level=0.687):
    reasons = [
        {"reason": "fog1", "ending": "lost", "requests": 310},
        {"reason": "queue of edge", "ending": "late", "requests": 42},
    ]
    return CellRecord(
        f"hash-{name}",
        {"strategy": name} if name else {},
        estimates(level),
        curves(level),
        {
            "arrivals": 20000,
            "zero_delay_equal": 2000,
            "zero_delay_compared": 2000,
            "patterns": 8,
            "deliveries": 5,
            "part_runs": 11,
        },
        {"reasons": reasons},
        ("fog1 saw 12 failure cycles, fewer than 30",),
    )


def record(cells=None, **changes):
    if cells is None:
        cells = tuple(cell(name, level) for name, level in zip(STRATEGIES, (0.493, 0.611, 0.687), strict=True))
    plain = {
        "title": "A wearable's activity model, split over four machines",
        "question": "How much accuracy do skip hyperconnections keep when machines fail?",
        "hash": "3fa94c01",
        "seed": 1,
        "scenario": {"failures": [{"kind": "renewal", "mttr": "10 s"}], "title": "A wearable"},
        "versions": {"keras": "3.15.0", "numpy": "2.2.1", "simulator": "0.1.0"},
        "cells": tuple(cells),
    }
    return Record(**{**plain, **changes})


def bare_record():
    """A record with nothing optional in it."""
    return record([CellRecord("hash", {})], question="", scenario={}, versions={})


def events(names=STRATEGIES, outage_s=(20, 35)):
    rows = [
        (name, replication, "fog1", int(at * 1e9), up)
        for name in names
        for replication in (0, 1)
        for at, up in zip(outage_s, (False, True), strict=True)
    ]
    rows += [
        (name, 0, "edge", int(at * 1e9), up)
        for name in names
        for at, up in ((3, False), (5, True), (44, False), (46.5, True))
    ]
    rows += [(name, 0, "edge-fog1", int(52e9), False) for name in names]
    return pd.DataFrame(rows, columns=["cell", "replication", "component", "time_ns", "is_up"])


def requests(names=STRATEGIES):
    rows = [
        (0, name, name, i, int(i * 6e8), int(i * 6e8 + 5e7), i % 7, "7", "on_time", "")
        for name in names
        for i in range(100)
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "replication",
            "cell",
            "strategy",
            "request",
            "arrival_ns",
            "end_ns",
            "sample",
            "delivery",
            "ending",
            "reason",
        ],
    )


def graph_of(pairs, sources, exit_part):
    names = list(dict.fromkeys([*sources, *(name for pair in pairs for name in pair)]))
    edges = tuple(Edge(a, b) for a, b in pairs)
    waiting, order = dict.fromkeys(names), []
    while waiting:
        ready = [n for n in waiting if all(e.source not in waiting for e in edges if e.target == n)]
        order += ready
        for name in ready:
            del waiting[name]
    parts = []
    for name in order:
        inputs = tuple(i for i, e in enumerate(edges) if e.target == name)
        parts.append(Part(name, Join(((inputs,),)) if inputs else None, name == exit_part))
    return PartGraph(tuple(parts), edges)


def links_of(pairs):
    return tuple(
        Link(f"{a}-{b}", (a, b), latency_ns=(2 + 3 * i % 17) * MS, bandwidth_bps=1e7) for i, (a, b) in enumerate(pairs)
    )


def health():
    """Five machines in a chain with three skips and a direct link for each hyperconnection."""
    chain = [("wearable", "edge"), ("edge", "fog2"), ("fog2", "fog1"), ("fog1", "cloud")]
    skips = [("wearable", "fog2"), ("edge", "fog1"), ("fog2", "cloud")]
    kinds = {"wearable": "sensor", "edge": "edge", "fog2": "fog", "fog1": "fog", "cloud": "cloud"}
    topology = Topology("Health chain", tuple(Node(n, k) for n, k in kinds.items()), links_of(chain + skips))
    graph = graph_of([(f"{a}_part", f"{b}_part") for a, b in chain + skips], ["wearable_part"], "cloud_part")
    return topology, graph, {part.name: part.name.removesuffix("_part") for part in graph.parts}


def camera():
    """Fifteen machines: six cameras, four edge, four fog, one cloud; links for the tree and for each skip."""
    tree = [
        ("cam1", "e1"),
        ("cam2", "e1"),
        ("cam3", "e2"),
        ("cam4", "e3"),
        ("cam5", "e3"),
        ("cam6", "e4"),
        ("e1", "f3"),
        ("e2", "f4"),
        ("e3", "f4"),
        ("e4", "f4"),
        ("f3", "f2"),
        ("f4", "f2"),
        ("f2", "f1"),
        ("f1", "cloud"),
    ]
    skips = [("f2", "cloud"), ("f3", "f1"), ("f4", "f1"), ("e1", "f2"), ("e2", "f2"), ("e3", "f2"), ("e4", "f2")]
    names = list(dict.fromkeys(name for pair in tree for name in pair))
    kind = {"c": "camera", "e": "edge", "f": "fog"}
    nodes = tuple(Node(n, "cloud" if n == "cloud" else kind[n[0]]) for n in names)
    graph = graph_of(tree + skips, [n for n in names if n.startswith("cam")], "cloud")
    return Topology("Camera tree", nodes, links_of(tree + skips)), graph, {part.name: part.name for part in graph.parts}


def city():
    """Nine machines with positions; parts on some of them, relays between."""
    at = {
        "street": (4.36, 50.84),
        "school": (4.37, 50.85),
        "station": (4.34, 50.86),
        "hub": (4.355, 50.853),
        "relay-n": (4.35, 50.87),
        "relay-s": (4.36, 50.83),
        "fog-a": (4.38, 50.865),
        "fog-b": (4.33, 50.845),
        "datacentre": (4.40, 50.85),
    }
    pairs = [
        ("street", "relay-s"),
        ("school", "hub"),
        ("station", "relay-n"),
        ("hub", "relay-n"),
        ("hub", "relay-s"),
        ("hub", "fog-b"),
        ("relay-n", "fog-a"),
        ("fog-a", "datacentre"),
        ("relay-s", "datacentre"),
        ("school", "fog-a"),
    ]
    kinds = {
        "street": "camera",
        "school": "camera",
        "station": "camera",
        "datacentre": "cloud",
        "fog-a": "fog",
        "fog-b": "fog",
    }
    nodes = tuple(Node(n, kinds.get(n, "router"), position=xy) for n, xy in at.items())
    graph = graph_of(
        [("view1", "low1"), ("view2", "low1"), ("view3", "low2"), ("low1", "top"), ("low2", "top"), ("view2", "top")],
        ["view1", "view2", "view3"],
        "top",
    )
    placement = {
        "view1": "street",
        "view2": "school",
        "view3": "station",
        "low1": "fog-a",
        "low2": "fog-b",
        "top": "datacentre",
    }
    return Topology("City fog", nodes, links_of(pairs)), graph, placement
