"""Run a replication again with an eye on one request, and tell its life as a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from simulator.dataflow.costs import Costs
from simulator.failures.process import Timeline
from simulator.network import engine
from simulator.network.blame import UNSENT
from simulator.network.endings import reason
from simulator.network.plan import Log
from simulator.network.together import Merged, run_together
from simulator.network.trace import Event, Note, Trace
from simulator.seeds import Streams
from simulator.study.answers import dataset_of
from simulator.study.assemble import Assembly, given_costs
from simulator.study.explain import Explanation
from simulator.study.held import held_text
from simulator.study.kept import kept_path, read_kept
from simulator.study.network import Network
from simulator.study.progress import Progress
from simulator.study.timed import run_once
from simulator.study.together import MAIN, Tenant, run_once_together

MS_NS = 1_000_000


@dataclass(frozen=True)
class Moment:
    """One line of a request's life.

    Args:
        age_ns: Time since its birth.
        who: A part or a hyperconnection.
        what: What happened, in words.
    """

    age_ns: int
    who: str
    what: str


@dataclass(frozen=True)
class Replay:
    """A request's life, and whether it is that of the record.

    Args:
        moments: In the order of time.
        is_same: Whether delivery and end are those of ``requests.parquet``.
    """

    moments: tuple[Moment, ...]
    is_same: bool


def replay(explained: Explanation, *, quick: bool) -> Replay:
    """Run the replication of a request again, with SimPy's engine, and return what happened to the request.

    Args:
        explained: The request.
        quick: Whether the run was quick.

    Raises:
        ScenarioError: the data set, of which the shapes are needed, is missing.
    """
    assembly, row = explained.assembly, explained.row
    workload = assembly.scenario.workload
    if workload is None:
        return Replay((), is_same=False)
    if assembly.others:
        return _told(explained, *_again_together(explained, quick=quick))
    request, streams = int(row["request"]), Streams(assembly.scenario.seed, int(row["replication"]))
    plan, arrivals = assembly.plan(costs_of(assembly, quick=quick)), assembly.arrivals_ns(workload, streams)
    _, drawn, _ = run_once(assembly, plan, arrivals, streams)
    trace = Trace(request)
    log = engine.run(plan, drawn, trace=trace)
    return _told(explained, log, trace, drawn.suspected)


def _again_together(explained: Explanation, *, quick: bool) -> tuple[Log, Trace]:
    """Run a replication of several models on the same machines again; the request is one of the first."""
    named = {MAIN: explained.assembly, **explained.assembly.sharing}
    nothing = np.zeros(0, dtype=np.int64)
    tenants = [Tenant(name, one, one.plan(costs_of(one, quick=quick)), nothing) for name, one in named.items()]
    ran = run_once_together(tenants, int(explained.row["replication"]))
    number = Merged(tuple(drawn.arrivals_ns for drawn in ran.drawn)).numbers[0][int(explained.row["request"])]
    trace = Trace(int(number))
    return run_together([tenant.plan for tenant in tenants], ran.drawn, trace=trace)[0], trace


def _told(explained: Explanation, log: Log, trace: Trace, suspected: Timeline | None = None) -> Replay:
    assembly, request = explained.assembly, int(explained.row["request"])
    birth = int(log.arrival_ns[request])
    moments = [*Telling(assembly, trace.notes, birth, held_by(log, request)).moments(), _ending(explained)]
    moments += [Moment(when - birth, "", what) for when, what in explained.switches]
    moments += suspicions(suspected, birth, int(log.end_ns[request]))
    return Replay(tuple(sorted(moments, key=lambda moment: moment.age_ns)), is_same(assembly, log, explained))


def suspicions(believed: Timeline | None, birth_ns: int, end_ns: int) -> Iterator[Moment]:
    """Yield who is suspected at a request's birth, and who comes to be suspected or trusted again during its life."""
    if believed is None:
        return
    for name, since, until in zip(believed.components, believed.crash_ns, believed.repair_ns, strict=True):
        for begin, end in zip(since.tolist(), until.tolist(), strict=True):
            if begin <= birth_ns < end:
                yield Moment(0, "", f"{name} is suspected, as before")
            if birth_ns < begin <= end_ns:
                yield Moment(begin - birth_ns, "", f"{name} is suspected")
            if birth_ns < end <= end_ns:
                yield Moment(end - birth_ns, "", f"{name} is trusted again")


def held_by(log: Log, request: int) -> dict[int, tuple[int, int]]:
    """Return the held values that parts took for a request: (origin, age in nanoseconds) by hyperconnection."""
    held = log.held
    mine = held.request == request
    columns = held.edge[mine].tolist(), held.origin[mine].tolist(), held.age_ns[mine].tolist()
    return {edge: (origin, age_ns) for edge, origin, age_ns in zip(*columns, strict=True)}


def _ending(explained: Explanation) -> Moment:
    row = explained.row
    told = f"ends {row['ending']}".replace("_", " ") + f": {row['reason']}" * bool(row["reason"])
    return Moment(int(row["end_ns"] - row["arrival_ns"]), "", told)


def is_same(assembly: Assembly, log: Log, explained: Explanation) -> bool:
    """Return whether a replayed request has the delivery and the end of its row."""
    request = int(explained.row["request"])
    same_end = int(log.end_ns[request]) == int(explained.row["end_ns"])
    return same_end and assembly.graph.text(log.delivery[request]) == explained.row["delivery"]


def costs_of(assembly: Assembly, *, quick: bool) -> Costs:
    """Return what the parts of a cell cost, as its run had it; nothing is trained."""
    if not assembly.has_layers or assembly.scenario.outcomes is not None:
        return given_costs(assembly.model, assembly.graph)
    assembly = assembly.standing_in() if quick else assembly
    dataset = dataset_of(assembly, quick)
    kept = read_kept(kept_path(assembly, dataset))
    return kept.costs if kept else Network(assembly, dataset, "", Progress()).untrained_costs()


@dataclass(frozen=True)
class Telling:
    """Puts the notes of a trace in words.

    Args:
        assembly: The cell.
        notes: What was noted.
        birth_ns: When the request was born.
        held: Values of earlier requests that parts took: origin and age by hyperconnection.
    """

    assembly: Assembly
    notes: list[Note]
    birth_ns: int
    held: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    def moments(self) -> Iterator[Moment]:
        """Yield a line for each message that was sent, came or was missed, and for each part that began and ended."""
        for note in self.notes:
            what = self._edge(note) if isinstance(note.place, int) else self._part(note)
            who = self.assembly.graph.edges[note.place].name if isinstance(note.place, int) else note.place
            if what:
                yield Moment(note.when_ns - self.birth_ns, who, what)

    def _of(self, event: Event) -> dict[int | str, Note]:
        return {note.place: note for note in self.notes if note.event is event}

    def _why(self, note: Note) -> str:
        if note.blame == UNSENT:
            return "on demand, and what it bypasses was trusted"
        return reason(note.blame, self.assembly.topology.components) or "nobody is to blame"

    def _edge(self, note: Note) -> str:
        if note.event is Event.MISSED and note.place in self._of(Event.SENT):
            return f"lost: {self._why(note)}"
        if note.event is Event.ARRIVED:
            begun = self._of(Event.BEGUN).get(self.assembly.graph.edges[int(note.place)].target)
            is_late = begun is not None and note.when_ns > begun.when_ns
            return "arrives" + self._damaged(note) + ", too late" * is_late
        if note.event is Event.HANDED or note.event is Event.SENT:
            return self._sent(note)
        told = {Event.UNSENT: f"not sent: {self._why(note)}", Event.AGAIN: f"sent again: {self._why(note)}",
                Event.HEDGED: "also sent to the next node: not done yet"}
        return told.get(note.event, "")

    def _sent(self, note: Note) -> str:
        """Return what a sender did; one that waits for repairs may keep a message, and hand it over again."""
        handed = [n.when_ns for n in self.notes if n.event is Event.HANDED and n.place == note.place]
        if note.event is Event.SENT:
            return "sent" if not handed or handed[0] == note.when_ns else "is kept for a repair"
        is_first = note.when_ns == self._of(Event.SENT)[note.place].when_ns
        return "" if is_first else "handed over" if note.when_ns == handed[0] else "handed over again"

    def _damaged(self, note: Note) -> str:
        """Return the tags of silent errors with which a message has come, in words."""
        ends = self.assembly.graph.edges[int(note.place)]
        tags = self.assembly.graph.tags(note.fed, ends.source, ends.name)
        return f" damaged ({', '.join(tags)})" if tags else ""

    def _part(self, note: Note) -> str:
        if note.event is Event.BEGUN:
            return self._begun(str(note.place), note)
        if note.event is Event.LOST:
            lost = next((n for n in self._outputs(str(note.place)) if not n.fed), None)
            return f"lost: {self._why(lost)}" if lost else "lost"
        if note.event is Event.DONE:
            return self._done(note)
        return "the answer is here" if note.event is Event.ANSWERED else ""

    def _done(self, done: Note) -> str:
        """Return that a part is done; of a part that was run twice, on which node, and whether that counts."""
        runs = [note for note in self.notes if note.event is Event.DONE and note.place == done.place]
        if len({note.node for note in self.notes if note.event is Event.BEGUN and note.place == done.place}) == 1:
            return "done"
        first = min(runs, key=lambda note: note.when_ns)
        return f"done on {done.node}" if done is first else f"done on {done.node}, too late"

    def _outputs(self, part: str) -> list[Note]:
        """Return what the wires and the log were told of a part's output."""
        mine = {*self.assembly.graph.outputs[part]}
        is_exit = self.assembly.graph.part_by_name[part].is_exit
        found = [note for note in self.notes if note.place in mine and note.event in (Event.SENT, Event.UNSENT)]
        ended = [note for note in self.notes if note.event in (Event.ANSWERED, Event.UNANSWERED)]
        return found + (ended if is_exit else [])

    def _begun(self, part: str, begun: Note) -> str:
        graph, node, when_ns = self.assembly.graph, begun.node, begun.when_ns
        if any(note.event is Event.LOST and (note.place, note.node, note.when_ns) == (part, node, when_ns)
               for note in self.notes):
            return ""  # it never began
        where = "fires" if node == part else f"fires, on {node}"
        inputs = graph.inputs[part]
        if not inputs:
            return where
        fed = max((note.fed for note in self._outputs(part)), default=0)
        took = [edge for edge in inputs if fed & graph.edge_bit(edge)] if fed else []
        text = f"{where} with {self._names(took)}" if took else where
        held = [edge for edge in inputs if fed & graph.held_bit(edge)]
        text += "".join(f"; held: {held_text(graph, edge, *self.held[edge])}" for edge in held)
        missed = [f"{graph.edges[edge].name} ({self._why_not(edge, when_ns)})" for edge in inputs if edge not in took]
        return f"{text}; without {', '.join(missed)}" if fed and missed else text

    def _names(self, edges: Iterable[int]) -> str:
        return ", ".join(self.assembly.graph.edges[edge].name for edge in edges)

    def _why_not(self, edge: int, fired_ns: int) -> str:
        """Return why a part did not take an input."""
        seen: Mapping[int | str, Note] = self._of(Event.ARRIVED) | self._of(Event.MISSED)
        note = seen.get(edge)
        if note is None:
            return "not known by then"
        if note.event is Event.MISSED:
            return self._why(note)
        late_ns = note.when_ns - fired_ns
        return f"too late by {late_ns / MS_NS:,.1f} ms" if late_ns > 0 else "a better input was there"
