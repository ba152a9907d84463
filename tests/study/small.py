"""Small scenarios, cells and runs for the tests of the study room; most of them without Keras."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np

import simulator
from simulator.dataflow.costs import Costs
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly, given_costs
from simulator.study.cell import Cell
from simulator.study.progress import Progress
from simulator.study.timed import simulate

THREE_CELLS = {
    "sweep": {"policy.deadline": ["8 s", "10 s", "12 s"]},
    "workload.requests": 300,
    "replications": 2,
    "failures": [{"kind": "renewal", "availability": {"second": 0.9, "second-third": 0.95}, "mttr": "5 s"}],
}


class Told(Progress):
    """Remembers what it was told."""

    def __init__(self):
        self.cells, self.simulated, self.weights, self.aside = [], [], [], []

    def cell(self, label, done, total, was_found):
        self.cells.append((label, was_found))

    def simulating(self, label, requests, total):
        self.simulated.append(label)

    def trained(self, label, was_cached, weights):
        self.weights.append((label, was_cached, weights))

    def set_aside(self, text):
        self.aside.append(text)


def three_cells(**more):
    """Return the queue scenario, with failures and a deadline of three values: three cells without Keras."""
    return simulator.load("queue", set={**THREE_CELLS, **more})


def many_cells(values=(0.5, 0.7, 0.9), *, is_reversed=False, **more):
    """Return a study of given outcomes: twice as many cells as values, of milliseconds each, without Keras."""
    order = slice(None, None, -1 if is_reversed else 1)
    sweep = {"failures.0.survival.second": list(values)[order], "failures.0.survival.third": [0.6, 0.8][order]}
    return simulator.load("queue", set={
        "workload": None, "measure": ["expected_accuracy"], "sweep": sweep,
        "outcomes": {"kind": "by_parts", "no_answer": 0.1, "gain": 0.85, "each_lost": 0.97},
        "failures": [{"kind": "bernoulli", "survival": {"second": 0.9, "third": 0.8}}], **more})


def assemblies(loaded):
    """Return the assembly of each cell."""
    return [Assembly(cell.scenario, cell.topology, cell.model, cell.base) for cell in variants(loaded)]


def assembly(name, strategy=None, **changes):
    """Return the assembly of the only cell of a shipped scenario at one strategy."""
    chosen = {"sweep": {}} | ({"strategy": strategy} if strategy else {})
    (only,) = assemblies(simulator.load(name, set=chosen | changes))
    return only


def cells(loaded):
    """Return the cells of a scenario, not yet run."""
    return [
        Cell(variant, str(number), quick=False, progress=Progress()) for number, variant in enumerate(variants(loaded))
    ]


def simulated(of, samples=0, costs=None):
    """Return the timed runs of an assembly; without costs, what its model file gives by hand."""
    costs = costs or given_costs(of.model, of.graph) or Costs({}, {})
    return simulate(of, of.plan(costs), of.scenario.workload, np.zeros(samples, dtype=np.int64), lambda done: None)


def queues(folder: Path, services, **scenario):
    """Return a loaded scenario of servers in a row behind a source, joined by links of ``link`` (default: no time)."""
    names = ["origin", *(f"server{place}" for place in range(1, len(services) + 1))]
    pairs = list(pairwise(names))
    link = scenario.pop("link", {"latency": "0 s"})
    files = {
        "topology": {
            "title": "servers in a row",
            "nodes": {name: {"kind": "server"} for name in names},
            "links": [{"between": list(pair), **link} for pair in pairs],
        },
        "model": {
            "sources": {"origin": {}},
            "parts": {
                name: {"service": service, "exit": name == names[-1]}
                for name, service in zip(names[1:], services, strict=True)
            },
            "hyperconnections": [{"from": a, "to": b} for a, b in pairs],
        },
        "scenario": {
            "title": "queues",
            "topology": "topology.yaml",
            "model": "model.yaml",
            "measure": ["timed"],
            **scenario,
        },
    }
    for name, plain in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(plain))
    return simulator.load(folder / "scenario.yaml")


def tree_bytes(folder: Path):
    """Return the bytes of what a run must reproduce, by file name."""
    return {name: (folder / name).read_bytes() for name in ("record.json", "requests.parquet", "events.parquet")}
