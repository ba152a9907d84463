"""A machine that fails by its load: its discipline, watched, so that every change of load moves the coming crash."""

from __future__ import annotations

from simulator.errors import Problem, ScenarioError
from simulator.failures.load import Exposure
from simulator.network.blocks import CrashSemantics
from simulator.network.clock import FOREVER
from simulator.network.evented import CRASH, REPAIR, WARM, Discipline, EventedMachine, Job

Switch = tuple[int, int]
MOST_IN_VAIN = 10_000  # crashes in a row in which no job ends
WAY_OUT = "write policy.crash.in_service: resume or lose, a deadline with at_deadline: withdraw, or a longer mtbf"


class Exposed:
    """A discipline whose number of jobs exposes the machine; while it is down or warms up, nothing does.

    Args:
        served: Who is served when.
        exposure: What decides the crashes.
        cold_start_ns: Time after each repair before it serves.
    """

    def __init__(self, served: Discipline, exposure: Exposure, cold_start_ns: int) -> None:
        self.served, self.rate, self.cold_start_ns = served, exposure.rate, cold_start_ns
        self.thresholds, self.repairs = exposure.thresholds(), exposure.repairs()
        self.outages: list[Switch] = []
        self.present = self.since = self.in_vain = 0
        self.is_exposed = True
        self.left, self.repair = next(self.thresholds), next(self.repairs)

    def watch(self, machine: EventedMachine) -> Exposed:
        """Move the crashes of a machine, which has none so far."""
        self.machine, self.switches = machine, machine.switches
        self._plan(0, machine.next_switch)
        return self

    def live_until(self, now: int) -> tuple[Switch, ...]:
        """Return all outages that begin up to an instant; nothing may come any more."""
        self.machine.live_until(now)
        return tuple(self.outages)

    def idle(self) -> tuple[Switch, ...]:
        """Return the intervals in which it served nobody."""
        return tuple((crash, repair + self.cold_start_ns) for crash, repair in self.outages)

    def is_full(self, buffer: int) -> bool:
        """Return whether a job that comes now finds neither a server nor a place among ``buffer``."""
        return self.served.is_full(buffer)

    def add(self, job: Job, now: int) -> None:
        """Take in a job."""
        self._change(1, now)
        self.served.add(job, now)

    def start(self, now: int) -> None:
        """Give free servers work."""
        self.served.start(now)

    def next_ns(self) -> int:
        """Return the next instant at which a job is done or may start; FOREVER if there is none."""
        return self.served.next_ns()

    def finish(self, now: int) -> list[Job]:
        """Return the jobs that are done, in the order of their keys."""
        done = self.served.finish(now)
        if done:
            self.in_vain = 0
            self._change(-len(done), now)
        return done

    def crash(self, now: int, semantics: CrashSemantics) -> list[Job]:
        """Stop serving; return the jobs that are lost, in the order of their keys."""
        self.is_exposed = False
        self.outages.append((now, now + self.repair))
        lost = self.served.crash(now, semantics)
        self.present -= len(lost)
        self.in_vain = self.in_vain + 1 if self.present and not lost else 0
        if self.in_vain > MOST_IN_VAIN:
            said = (f"a machine with {self.present} jobs crashed {MOST_IN_VAIN:,} times in a row without ending one: "
                    "its load lets it do no work")
            raise ScenarioError(Problem("failures", said, WAY_OUT))
        return lost

    def resume(self, now: int) -> None:
        """Serve again, as good as new."""
        self.left, self.repair = next(self.thresholds), next(self.repairs)
        self.is_exposed, self.since = True, now
        self._plan(now, self.machine.next_switch + 1)  # the machine is at the switch that calls this
        self.served.resume(now)

    def drop(self, job: Job, now: int) -> None:
        """Take a job away."""
        self._change(-1, now)
        self.served.drop(job, now)

    def _change(self, jobs: int, now: int) -> None:
        if self.is_exposed:
            self.left -= self.rate(self.present) * (now - self.since)
            self.since = now
        self.present += jobs
        if self.is_exposed:
            self._plan(now, self.machine.next_switch)

    def _plan(self, now: int, place: int) -> None:
        """Write down when the machine crashes if its load stays, and what follows."""
        rate = self.rate(self.present)
        crash = now if self.left <= 0 else now - (-self.left // rate) if rate else FOREVER
        follows: list[Switch] = []
        if crash < FOREVER:
            up = crash + self.repair
            follows = [(up, REPAIR), (up + self.cold_start_ns, WARM), (FOREVER, CRASH)]
        self.switches[place:] = [(min(crash, FOREVER), CRASH), *follows]
