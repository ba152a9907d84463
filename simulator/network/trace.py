"""What happened to one request, noted while the engine runs: messages sent and arrived, parts begun and done.

``NOBODY`` notes nothing and is not there while the engine runs: each of its hooks returns what it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from simulator.network.evented import Enter, Job
from simulator.network.links import Settle
from simulator.network.machines import Serve


class Event(Enum):
    """What can happen to a request at a part or on a hyperconnection."""

    BEGUN = "begun"
    DONE = "done"
    LOST = "lost"
    SENT = "sent"
    UNSENT = "not sent"
    HANDED = "handed over"
    ARRIVED = "arrived"
    MISSED = "missed"
    ANSWERED = "answered"
    UNANSWERED = "no answer"
    AGAIN = "sent again"
    HEDGED = "also sent to the next"


@dataclass(frozen=True)
class Note:
    """One thing that happened.

    Args:
        when_ns: At this instant, or known from then on.
        event: What.
        place: Index of the hyperconnection, or name of the part; empty for the answer.
        fed: The edges behind it, as an int of the part graph; 0 where there is none.
        blame: Code of who is to blame, 0 for nobody.
        node: The machine, of a part that began or ended there.
    """

    when_ns: int
    event: Event
    place: int | str
    fed: int = 0
    blame: int = 0
    node: str = ""


Noting = Callable[[int, int, int], None]


class NoTrace:
    """Hooks that are not there."""

    def sending(self, edge: int, wire: Settle) -> Settle:
        """Return the wire of a hyperconnection."""
        return wire

    def handing(self, edge: int, wire: Settle) -> Settle:
        """Return the wire that a sender who waits for repairs hands its messages to."""
        return wire

    def arriving(self, edge: int, settle: Settle) -> Settle:
        """Return the input that a hyperconnection ends in."""
        return settle

    def serving(self, part: str, serve: Serve, node: str) -> Serve:
        """Return the machine of a part that tells at once how a job ends."""
        return serve

    def entering(self, part: str, enter: Enter | None, node: str) -> Enter | None:
        """Return the machine of a part that tells later how a job ends, where it is such a one."""
        return enter

    def answering(self, settle: Settle) -> Settle:
        """Return the log as an exit sees it."""
        return settle

    def noting(self, place: int | str, event: Event) -> Noting:
        """Return what is told ``(request, when, blame)`` each time that something happens on a hyperconnection."""
        return _to_nobody


def _to_nobody(request: int, when: int, blame: int) -> None:
    """Note nothing."""


NOBODY = NoTrace()


class Trace(NoTrace):
    """Notes what happens to one request.

    Args:
        request: Its number.
    """

    def __init__(self, request: int) -> None:
        self.request = request
        self.notes: list[Note] = []

    def _noted(self, settle: Settle, place: int | str, good: Event, bad: Event) -> Settle:
        wanted, note = self.request, self.notes.append

        def noted(request: int, when: int, fed: int, blame: int) -> None:
            if request == wanted:
                note(Note(when, good if fed else bad, place, fed, blame))
            settle(request, when, fed, blame)

        return noted

    def sending(self, edge: int, wire: Settle) -> Settle:
        """Return the wire of a hyperconnection; notes what its source hands over, or that it never will."""
        return self._noted(wire, edge, Event.SENT, Event.UNSENT)

    def handing(self, edge: int, wire: Settle) -> Settle:
        """Return the wire that a sender who waits for repairs hands its messages to; notes each time that it does."""
        return self._noted(wire, edge, Event.HANDED, Event.HANDED)

    def arriving(self, edge: int, settle: Settle) -> Settle:
        """Return the input that a hyperconnection ends in; notes when it comes, or is known not to."""
        return self._noted(settle, edge, Event.ARRIVED, Event.MISSED)

    def answering(self, settle: Settle) -> Settle:
        """Return the log as an exit sees it; notes the answer, or that there is none."""
        return self._noted(settle, "", Event.ANSWERED, Event.UNANSWERED)

    def noting(self, place: int | str, event: Event) -> Noting:
        """Return what notes that something happens to the request on a hyperconnection."""
        wanted, note = self.request, self.notes.append

        def noted(request: int, when: int, blame: int) -> None:
            if request == wanted:
                note(Note(when, event, place, blame=blame))

        return noted

    def serving(self, part: str, serve: Serve, node: str) -> Serve:
        """Return the machine of a part; notes when the part joined its queue and how that ended."""
        wanted = self.request

        def noted(now: int, work: int, request: int) -> int:
            done = serve(now, work, request)
            if request == wanted:
                self._job(part, node, (now, -1 - done if done < 0 else done), is_lost=done < 0)
            return done

        return noted

    def entering(self, part: str, enter: Enter | None, node: str) -> Enter | None:
        """Return the machine of a part; notes when the part joined it and how that ended."""
        if enter is None:
            return None
        wanted, into = self.request, enter

        def noted(now: int, job: Job) -> None:
            if job.request == wanted:
                ended = job.ended

                def told(job: Job, when: int, blame: int) -> None:
                    self._job(part, node, (now, when), is_lost=blame > 0)
                    ended(job, when, blame)

                job.ended = told
            into(now, job)

        return noted

    def _job(self, part: str, node: str, times: tuple[int, int], *, is_lost: bool) -> None:
        self.notes.append(Note(times[0], Event.BEGUN, part, node=node))
        self.notes.append(Note(times[1], Event.LOST if is_lost else Event.DONE, part, node=node))
