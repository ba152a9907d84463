"""Tags on the way: a part's when it fires, a message's when it is handed to a link; nothing where there are no marks.

A state holds on [begin, end) of its spells, or by the request's coin. A part asks at the instant at which it fires, a
message at the instant at which it is handed to the link. A message that its receiver knows to be damaged is lost there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.dataflow.graph import Mark
from simulator.network.blame import BY_LOSS, blame_code
from simulator.network.choose import Machinery
from simulator.network.evented import Enter, Job
from simulator.network.life import Until, forever
from simulator.network.links import Settle
from simulator.network.machines import Serve
from simulator.network.world import World

Strikes = Sequence[tuple[int, Until]]
"""The bit of a mark, and until when its state does not hold."""


class NoTags:
    """Where nothing is ever damaged: each hook returns what it was given."""

    def firing(self, part: str, node: str, machinery: Machinery) -> tuple[Serve, Enter | None, Tagger | None]:
        """Return how a part's jobs come to its machine on a node."""
        return machinery.serve, machinery.enter, None

    def arriving(self, edge: int, settle: Settle) -> Settle:
        """Return the input that a hyperconnection ends in."""
        return settle

    def may_strike(self, edge: int, link: str) -> bool:
        """Return whether a link may damage a hyperconnection's messages."""
        return False

    def handed_over(self, edge: int, link: str, settle: Settle) -> Settle:
        """Return a hop of a hyperconnection."""
        return settle

    def across(self, edge: int, link: str, settle: Settle) -> Settle:
        """Return what follows a hop of a hyperconnection."""
        return settle


@dataclass
class Tagger:
    """The marks of what a part puts out, found when it fires.

    Args:
        strikes: What may strike it.
        bits: The marks of the job that has come to the machine last.
    """

    strikes: Strikes
    bits: int = 0

    def found(self, when: int, request: int) -> int:
        """Return the marks of an instant."""
        bits = 0
        for bit, until in self.strikes:
            if until(when, request) < 0:
                bits |= bit
        return bits

    def serving(self, serve: Serve) -> Serve:
        """Return the machine, whose jobs are looked at when they come."""

        def looked_at(now: int, work: int, request: int) -> int:
            self.bits = self.found(now, request)
            return serve(now, work, request)

        return looked_at

    def entering(self, enter: Enter) -> Enter:
        """Return the machine that tells later how a job ends, whose jobs are tagged when they come."""

        def tagged(now: int, job: Job) -> None:
            job.fed |= self.found(now, job.request)
            enter(now, job)

        return tagged

    def output(self, settle: Settle) -> Settle:
        """Return who learns of the part's output, told with its tags."""

        def tell(request: int, when: int, fed: int, blame: int) -> None:
            settle(request, when, fed | self.bits if fed else 0, blame)

        return tell


class Tags(NoTags):
    """The marks of a replication.

    Args:
        world: The compiled components, whose timeline has the states.
    """

    def __init__(self, world: World) -> None:
        self.world, self.graph = world, world.plan.graph
        self.of: dict[str, list[tuple[int, Mark]]] = {}
        for place, mark in enumerate(self.graph.marks):
            self.of.setdefault(mark.place, []).append((self.graph.mark_bit(place), mark))

    def _strikes(self, place: str, where: str, *, is_lost: bool) -> list[tuple[int, Until]]:
        """Return what may strike a part or an edge at a node, at a link, or itself."""
        states = [(bit, mark.strikes[where]) for bit, mark in self.of.get(place, ())
                  if where in mark.strikes and mark.is_lost == is_lost]
        untils = [(bit, self.world.until(state)) for bit, state in states if state in self.world.columns]
        return [(bit, until) for bit, until in untils if until is not forever]

    def firing(self, part: str, node: str, machinery: Machinery) -> tuple[Serve, Enter | None, Tagger | None]:
        """Return how a part's jobs come to its machine on a node, and who tags what it puts out."""
        serve, enter, strikes = machinery.serve, machinery.enter, self._strikes(part, node, is_lost=False)
        if not strikes:
            return serve, enter, None
        tagger = Tagger(strikes)
        if enter is not None:
            return serve, tagger.entering(enter), None
        return tagger.serving(serve), None, tagger

    def arriving(self, edge: int, settle: Settle) -> Settle:
        """Return the input that a hyperconnection ends in: its own coins strike the whole way."""
        ends = self.graph.edges[edge]
        kept, dropped = (self._strikes(ends.name, ends.name, is_lost=lost) for lost in (False, True))
        if dropped:
            settle = checked(settle, dropped, whole_way_blame(self.world, edge))
        return struck(settle, kept) if kept else settle

    def may_strike(self, edge: int, link: str) -> bool:
        """Return whether a link may damage a hyperconnection's messages."""
        name = self.graph.edges[edge].name
        return any(self._strikes(name, link, is_lost=lost) for lost in (False, True))

    def handed_over(self, edge: int, link: str, settle: Settle) -> Settle:
        """Return a hop of a hyperconnection: the state of the link strikes what is handed to it."""
        name = self.graph.edges[edge].name
        strikes = [each for lost in (False, True) for each in self._strikes(name, link, is_lost=lost)]
        return struck(settle, strikes) if strikes else settle

    def across(self, edge: int, link: str, settle: Settle) -> Settle:
        """Return what follows a hop of a hyperconnection: what is known to be damaged goes no further."""
        dropped = self._strikes(self.graph.edges[edge].name, link, is_lost=True)
        bits = sum(bit for bit, _ in dropped)
        return dropping(settle, bits, blame_code(self.world.index[link], BY_LOSS)) if bits else settle


def whole_way_blame(world: World, edge: int) -> int:
    """Return the blame for a message that is dropped at its end: its last link, or the node where it has none."""
    ends = world.plan.graph.edges[edge]
    source, target = world.plan.placement[ends.source], world.plan.placement[ends.target]
    route = world.routes.find(source, target)
    return blame_code(world.index[route.links[-1] if route and route.links else target], BY_LOSS)


def struck(settle: Settle, strikes: Strikes) -> Settle:
    """Return a way on which messages are tagged by what holds at the instant at which they are handed over."""
    find = Tagger(strikes).found

    def send(request: int, when: int, fed: int, blame: int) -> None:
        settle(request, when, fed | find(when, request) if fed else 0, blame)

    return send


def checked(settle: Settle, strikes: Strikes, blamed: int) -> Settle:
    """Return an input that drops what is damaged when it arrives."""
    find = Tagger(strikes).found

    def arrive(request: int, when: int, fed: int, blame: int) -> None:
        if fed and find(when, request):
            settle(request, when, 0, blamed)
        else:
            settle(request, when, fed, blame)

    return arrive


def dropping(settle: Settle, bits: int, blamed: int) -> Settle:
    """Return the end of a hop at which messages with one of these marks are dropped."""

    def arrive(request: int, when: int, fed: int, blame: int) -> None:
        if fed & bits:
            settle(request, when, 0, blamed)
        else:
            settle(request, when, fed, blame)

    return arrive


def tags_of(world: World) -> NoTags:
    """Return the tags of a world's plan."""
    return Tags(world) if world.plan.graph.marks else NoTags()
