"""Metrics of time: availability of accuracy, accuracy around outages, goodput, and what a correct answer costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulator.dataflow.demand import skips
from simulator.expect.availability import AccuracyOf, Steps, availability, resilience, steps
from simulator.expect.availability_law import Law, exact_availability, exact_resilience
from simulator.expect.blocks import AroundOutages, Availability, PerAnswer
from simulator.expect.curves import accuracy_vs_deadline
from simulator.expect.estimate import Estimate
from simulator.expect.exact import enumerate_patterns
from simulator.expect.goodput import Spent, degraded_latency, goodput, per_correct_answer, spans_s
from simulator.expect.outages import Window, accuracy_around_outages
from simulator.expect.timed import Requests
from simulator.expect.traffic import Sending
from simulator.failures.independent import Independent
from simulator.failures.overlay import Overlay
from simulator.failures.process import FailureProcess, NoLaw, Timeline, Up
from simulator.failures.renewal import Renewal
from simulator.network.plan import Plan
from simulator.study.answers import Answers
from simulator.study.assemble import Assembly
from simulator.study.findings import Findings
from simulator.study.given_outcomes import given_outcomes
from simulator.study.sending_findings import resent_bytes
from simulator.study.timed import TimedRuns
from simulator.topology.devices import devices

MOST_LINES = 8  # components whose outages have a curve unasked
AROUND = "accuracy_around_outages"


@dataclass(frozen=True)
class TimeMetrics:
    """Fills in the findings of a cell with the metrics of time that its scenario asks for.

    Args:
        assembly: The cell.
        answers: The model's answers; None where the scenario needs no network.
        plan: The engine's plan.
        runs: What was simulated.
        requests: The same, with how each request ended and what it was worth.
        found: Where the numbers go.
    """

    assembly: Assembly
    answers: Answers | None
    plan: Plan
    runs: TimedRuns
    requests: Requests
    found: Findings

    def find(self) -> None:
        """Find all that is asked for."""
        measure = self.assembly.scenario.measure
        if measure.timed and self.answers:
            self.found.estimates["goodput_per_s"] = goodput(self.requests)
        if measure.timed and self.is_degraded.any():
            self.found.estimates |= degraded_latency(self.requests, self.is_degraded)
        if measure.availability:
            self._availability(measure.availability)
        if measure.around_outages and self.answers:
            self._around_outages(measure.around_outages)
        if measure.accuracy_vs_deadline and self.answers:
            self.found.curves["accuracy_vs_deadline"] = accuracy_vs_deadline(self.requests)
        if measure.per_answer and self.answers:
            self._per_answer(measure.per_answer)

    @cached_property
    def is_degraded(self) -> NDArray[np.bool_]:
        """Whether a component that matters was down at the birth of each request."""
        relevant, pieces = self.assembly.reach.relevant - self.assembly.reach.strikes.states, []
        for births, timeline in self._births():
            names = timeline.components if timeline else ()
            matters = np.array([name in relevant for name in names], dtype=bool)
            up = timeline.up_at(births) if timeline else np.ones((len(births), 0), dtype=bool)
            pieces.append(~up[:, matters].all(axis=1))
        return np.concatenate(pieces)

    def _births(self) -> Iterator[tuple[NDArray[np.int64], Timeline | None]]:
        for number, timeline in enumerate(self.runs.timelines):
            yield self.runs.arrival_ns[self.runs.replication == number], timeline

    def accuracy_of(self) -> AccuracyOf | None:
        """Return how accurate each pattern is; None without a model and without given outcomes.

        Where the empty delivery is left out (``no_answer: exclude``) no answer is worth 0 here.
        """
        answers, names = self.answers, self.assembly.process.components
        if (given := given_outcomes(self.assembly)) is not None:
            return given.accuracy
        if answers is None:
            return None
        outcomes, reach = answers.outcomes, self.assembly.reach

        def accuracy(up: Up) -> NDArray[np.float64]:
            downs = [frozenset(name for name, is_up in zip(names, row, strict=True) if not is_up) for row in up]
            return np.nan_to_num(outcomes.accuracy([reach.delivery(down) for down in downs]))

        return accuracy

    def _availability(self, asked: Availability) -> None:
        accuracy_of = self.accuracy_of()
        why = self._why_no_steps(accuracy_of)
        if why or accuracy_of is None:
            self.found.notes.append(f"no availability of accuracy: {why}")
            return
        runs = self._steps(accuracy_of)
        all_up = float(accuracy_of(np.ones((1, len(self.assembly.process.components)), dtype=bool))[0])
        law = self._law(asked, accuracy_of)
        around = resilience(runs, all_up) | (exact_resilience(law) if law else {})
        rows = []
        for level in asked.accuracy:
            exact = {} if law is None else exact_availability(
                law, level, is_exponential=isinstance(self.assembly.process, Renewal))
            rows.append({"accuracy": level, **as_row(availability(runs, level) | exact | around)})
            if level == asked.accuracy[0]:
                self.found.estimates |= availability(runs, level) | exact | around
        self.found.tables["availability"] = rows

    def _why_no_steps(self, accuracy_of: AccuracyOf | None) -> str:
        """Return why accuracy is no function of time; empty where it is."""
        if accuracy_of is None:
            return "there is no model and no table of outcomes"
        if any(line and line.coins is not None and not line.coins.all() for line in self.runs.timelines):
            return "a coin for each request says nothing of the time between requests; use a process in time"
        if not all(spans_s(self.requests) > 0):
            return "all requests come at once, at the begin of time"
        return "" if any(self.runs.timelines) else "nothing can fail"

    def _steps(self, accuracy_of: AccuracyOf) -> list[Steps]:
        return [steps(line, int(births.max()), accuracy_of) for births, line in self._births() if line is not None]

    def _law(self, asked: Availability, accuracy_of: AccuracyOf) -> Law | None:
        process, count = self.assembly.process, len(self.assembly.process.components)
        why = f"{count} components can fail; availability.max_components allows {asked.max_components}"
        if count <= asked.max_components:
            try:
                patterns = enumerate_patterns(process, asked.max_components, "availability")
                accuracy = accuracy_of(patterns.up)
                return Law.of(process, patterns, accuracy) if is_independent(process) else Law(patterns, accuracy)
            except NoLaw as no_law:
                why = str(no_law)
        self.found.notes.append(f"no exact availability of accuracy: {why}")
        return None

    def _around_outages(self, asked: AroundOutages) -> None:
        lines = [line for line in self.runs.timelines if line is not None]
        relevant = self.assembly.reach.relevant
        names = [name for name in (lines[0].components if lines else ()) if name in relevant]
        window = Window(asked.before_ns, asked.after_ns, asked.bins)
        for name in asked.components or names[:MOST_LINES]:
            if any(name in line.components and len(line.crash_ns[line.components.index(name)]) for line in lines):
                crashes = [line.crash_ns[line.components.index(name)] for line in lines]
                self.found.curves[f"{AROUND}:{name}"] = accuracy_around_outages(self.requests, crashes, window)

    def _per_answer(self, asked: PerAnswer) -> None:
        """Count the bytes of each request by the pattern at its birth, with no delays, and all that is sent again."""
        sent, carried = (np.array(each) for each in zip(*map(self._bytes_of, self._births()), strict=True))
        if self.is_on_demand:
            on_demand = np.array([self._bytes_on_demand(run) for run in self.runs.skips_sent])
            sent, carried = sent + on_demand[:, 0], carried + on_demand[:, 1]
        further = np.array([resent_bytes(each, self.plan.costs.payload_bytes) for each in self.runs.sendings])
        sent, carried = sent + further[:, 0], carried + further[:, 1]
        watts = [self._joules_of_machines(load) for load in range(len(self.runs.machines))]
        known = any(node.device for node in self.plan.topology.nodes)
        joules = np.array(watts) + asked.joules_per_byte * carried if known or asked.joules_per_byte else None
        self.found.estimates |= per_correct_answer(self.requests, Spent(sent, joules))
        bare = [node for node in dict.fromkeys(self.plan.work_keys.values())
                if self.plan.topology.node_by_name[node].device is None]
        if joules is None:
            self.found.notes.append("no joules: no node has a device, and joules_per_byte is 0")
        elif bare:
            self.found.notes.append(f"joules leave out nodes without a device: {', '.join(bare)}")

    def _bytes_of(self, births: tuple[NDArray[np.int64], Timeline | None]) -> tuple[float, float]:
        """Return the bytes of all messages of a replication, each once, and once for each link that it crosses."""
        instants, timeline = births
        if timeline is None:
            sent, carried = self._bytes_in(frozenset())
            return sent * len(instants), carried * len(instants)
        patterns, counts = np.unique(timeline.up_at(instants), axis=0, return_counts=True)
        totals = np.zeros(2)
        for up, count in zip(patterns, counts, strict=True):
            down = frozenset(name for name, is_up in zip(timeline.components, up, strict=True) if not is_up)
            totals += count * np.array(self._bytes_in(down & self.assembly.reach.relevant))
        return float(totals[0]), float(totals[1])

    def _bytes_in(self, down: frozenset[str]) -> tuple[float, float]:
        sending, graph = Sending(self.assembly.reach), self.assembly.graph
        left_out = skips(graph) if self.is_on_demand else frozenset()
        sizes = [(self.plan.costs.payload_bytes.get(graph.edges[edge].name, 0), len(sending.links(edge, down)))
                 for edge in sending.edges(down) if edge not in left_out]
        return float(sum(size for size, hops in sizes if hops)), float(sum(size * hops for size, hops in sizes))

    @property
    def is_on_demand(self) -> bool:
        """Whether skips are sent on demand: then they were counted as they were sent."""
        return self.plan.policy.skips == "on_demand"

    def _bytes_on_demand(self, sent: Mapping[str, tuple[int, int]]) -> tuple[float, float]:
        """Return the bytes of all skips of a replication, each once, and once for each link that it crossed."""
        sizes = {name: self.plan.costs.payload_bytes.get(name, 0) for name in sent}
        return (float(sum(sizes[name] * messages for name, (messages, _) in sent.items())),
                float(sum(sizes[name] * links for name, (_, links) in sent.items())))

    def _joules_of_machines(self, replication: int) -> float:
        """Return the energy of the nodes with a device: idle watts all the time, busy watts while they compute."""
        span, load = float(spans_s(self.requests)[replication]), self.runs.machines[replication]
        total = 0.0
        for node in self.plan.topology.nodes:
            if node.device:
                device = devices()[node.device]
                busy = load[node.name].utilisation if node.name in load else 0.0
                total += span * (device.idle_watts + (device.busy_watts - device.idle_watts) * busy)
        return total


def is_independent(process: FailureProcess) -> bool:
    """Return whether the components of a process fail independently of each other, by its kind."""
    pieces = process.processes if isinstance(process, Overlay) else (process,)
    return all(isinstance(piece, Independent) for piece in pieces)


def as_row(estimates: dict[str, Estimate]) -> dict[str, float | int]:
    """Return estimates as a row of a table: the value, and the ends where there is an interval."""
    row: dict[str, float | int] = {}
    for name, estimate in estimates.items():
        plain = asdict(estimate)
        row[name] = plain["value"]
        if estimate.uncertainty != "none":
            row |= {f"{name}_low": plain["low"], f"{name}_high": plain["high"]}
    return row
