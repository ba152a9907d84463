"""Looks into a run of SimPy's engine: that its clock never goes back, and what it holds on to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

from simulator.network import engine, joins, timed_joins, world
from simulator.network.evented import EventedMachine

LOOK_EVERY = 500


@dataclass
class Watch:
    """What was seen: the worlds that ran, the open requests of their joins, the most that was held at a look."""

    worlds: list = field(default_factory=list)
    states: list = field(default_factory=list)
    evented: list = field(default_factory=list)
    steps: int = 0
    most_open: int = 0
    most_events: int = 0

    def held(self):
        """Return how many requests joins and machines hold open, and how many events are to come."""
        present = sum(machine.present + len(machine.by_limit) for machine in self.evented)
        buffers = sum(len(getattr(machinery.machine, "waiting", ())) for each in self.worlds
                      for machinery in each._machines.values())
        return sum(map(len, self.states)) + present + buffers, sum(len(each.clock.queue) for each in self.worlds)

    def look(self):
        """Note what is held now, now and then."""
        self.steps += 1
        if self.steps % LOOK_EVERY == 0:
            is_open, events = self.held()
            self.most_open, self.most_events = max(self.most_open, is_open), max(self.most_events, events)

    def assert_nothing_is_left(self):
        """Assert that after the run no join waits, no machine holds a job, and no event is to come."""
        assert [len(each) for each in self.states if each] == [], "a join waits for requests that are over"
        assert [machine.present for machine in self.evented if machine.present] == [], "a machine holds jobs"
        assert all(not each.clock.queue for each in self.worlds), "events are left"


@contextmanager
def watched(monkeypatch):
    """Yield a watch over the engine's runs within; an event in the past fails at once."""
    watch = Watch()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "World", _world(watch))
        patched.setattr(joins.PerfectJoin, "_input_at", _noting(watch, joins.PerfectJoin._input_at))
        first, enter = timed_joins.TimedJoin.__init__, EventedMachine.__init__

        def timed(join, *given, **named):
            first(join, *given, **named)
            watch.states.append(join.waiting)

        def evented(machine, *given, **named):
            enter(machine, *given, **named)
            watch.evented.append(machine)

        patched.setattr(timed_joins.TimedJoin, "__init__", timed)
        patched.setattr(EventedMachine, "__init__", evented)
        yield watch


def _world(watch):
    class Watched(world.World):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            watch.worlds.append(self)
            step, clock = self.clock.step, self.clock

            def checked():
                assert not clock.queue or clock.queue[0][0] >= clock._now, "an event in the past"
                step()
                watch.look()

            clock.step = checked

    return Watched


def _noting(watch, original):
    def input_at(join, place, states):
        if not any(states is known for known in watch.states):
            watch.states.append(states)
        return original(join, place, states)

    return input_at
