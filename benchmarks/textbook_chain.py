"""The reference workload as a textbook would write it: requests that pass a row of single servers.

``python -m benchmarks.textbook_chain`` prints requests per second and the mean sojourn, which is exactly 10 s
without failures: four hops of 0.5 s latency and an M/M/1 server of rate 1/s and load 0.5 (Jackson 1957).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import simpy
from numpy.typing import NDArray

from simulator.failures.process import Timeline
from simulator.seeds import Streams

Times = NDArray[np.int64]
Steps = Generator[simpy.Event, object, None]

SECOND_NS = 1_000_000_000
FIRST, AFTER_WORK = -1, 2  # ranks within an instant; SimPy's own are 0 (urgent) and 1 (normal)


class Moment(simpy.Event):
    """A timeout with a rank: what is to happen first, or last, among all that happens at one instant."""

    def __init__(self, env: simpy.Environment, delay_ns: int, rank: int) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        env.schedule(self, rank, delay_ns)  # type: ignore[arg-type]


@dataclass(frozen=True)
class ChainDraws:
    """What chance has decided.

    Args:
        arrivals_ns: Birth of each request, sorted, shape ``(requests,)``, int64.
        work_ns: Service time of each request at each server, shape ``(servers, requests)``, int64.
        timeline: When the servers are down, one component each; None: never.
    """

    arrivals_ns: Times
    work_ns: Times
    timeline: Timeline | None = None


@dataclass(frozen=True)
class ChainResult:
    """When each request ended, shape ``(requests,)`` int64, and whether it was answered, ``(requests,)`` bool."""

    end_ns: Times
    ok: NDArray[np.bool_]


def run(draws: ChainDraws, latency_ns: int) -> ChainResult:
    """Return how the requests fare on servers that never fail."""
    env = simpy.Environment()
    servers = [simpy.Resource(env) for _ in draws.work_ns]
    works_ns = draws.work_ns.T.tolist()
    end_ns = np.full(len(works_ns), -1, dtype=np.int64)

    def request(number: int) -> Steps:
        for server, work_ns in zip(servers, works_ns[number], strict=True):
            yield env.timeout(latency_ns)
            with server.request() as turn:
                yield turn
                yield env.timeout(work_ns)
        end_ns[number] = env.now

    env.process(births(env, draws.arrivals_ns, request))
    env.run()
    return ChainResult(end_ns, end_ns >= 0)


def births(env: simpy.Environment, arrivals_ns: Times, request: Callable[[int], Steps]) -> Steps:
    """Start the process of each request at its birth."""
    for number, arrival_ns in enumerate(arrivals_ns.tolist()):
        yield env.timeout(arrival_ns - int(env.now))
        env.process(request(number))


class FallibleServer:
    """A FIFO server that is down on [crash, repair) and loses all its jobs at a crash."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.resource = simpy.Resource(env)
        self.is_up = True
        self.jobs: dict[simpy.Process, None] = {}  # in order of arrival

    def breakdowns(self, crashes_ns: list[int], repairs_ns: list[int]) -> Steps:
        """Crash and repair at the given instants; what is done exactly at the crash counts."""
        for crash_ns, repair_ns in zip(crashes_ns, repairs_ns, strict=True):
            if repair_ns <= self.env.now:
                continue
            yield Moment(self.env, max(0, crash_ns - int(self.env.now)), FIRST)
            self.is_up = False
            yield Moment(self.env, 0, AFTER_WORK)
            for job in self.jobs:
                job.interrupt()
            yield Moment(self.env, repair_ns - int(self.env.now), FIRST)
            self.is_up = True

    def serve(self, work_ns: int, deadline: simpy.Event) -> Generator[simpy.Event, object, bool]:
        """Return whether the job of the calling process is done: not after a crash, nor at the deadline."""
        job = self.env.active_process
        if job is None or not self.is_up or deadline.processed:
            return False
        self.jobs[job] = None
        try:
            with self.resource.request() as turn:
                yield turn | deadline
                if deadline.processed:
                    return False
                done_ns = self.env.now + work_ns
                yield self.env.timeout(work_ns) | deadline
                return self.env.now == done_ns
        except simpy.Interrupt:
            return False
        finally:
            del self.jobs[job]


def run_with_failures(draws: ChainDraws, latency_ns: int, limit_ns: int) -> ChainResult:
    """Return how the requests fare when a crash loses every job of a server, and a job is withdrawn at the deadline.

    Args:
        draws: With the timeline of the servers.
        latency_ns: Of the link before each server.
        limit_ns: The deadline, from birth.
    """
    env = simpy.Environment()
    servers = [FallibleServer(env) for _ in draws.work_ns]
    works_ns = draws.work_ns.T.tolist()
    end_ns = np.zeros(len(works_ns), dtype=np.int64)
    ok = np.zeros(len(works_ns), dtype=bool)

    def request(number: int) -> Steps:
        limit_at_ns = env.now + limit_ns
        deadline = env.timeout(limit_ns)
        is_done = True
        for server, work_ns in zip(servers, works_ns[number], strict=True):
            yield env.timeout(latency_ns)
            is_done = yield from server.serve(work_ns, deadline)
            if not is_done:
                break
        end_ns[number] = min(env.now, limit_at_ns)
        ok[number] = is_done

    if draws.timeline is not None:
        for server, crashes, repairs in zip(servers, draws.timeline.crash_ns, draws.timeline.repair_ns, strict=True):
            env.process(server.breakdowns(crashes.tolist(), repairs.tolist()))
    env.process(births(env, draws.arrivals_ns, request))
    env.run(until=int(draws.arrivals_ns[-1]) + limit_ns + latency_ns + 1)
    return ChainResult(end_ns, ok)


def exponential_ns(generator: np.random.Generator, mean_s: float, draws: int) -> Times:
    """Return exponential durations, int64 nanoseconds, at least 1."""
    return np.maximum(1, np.rint(generator.exponential(mean_s * SECOND_NS, draws))).astype(np.int64)


def crash_repair(streams: Streams, server: str, until_ns: int) -> tuple[Times, Times]:
    """Return the crash and the repair instants of a server, up at 0; mean time up 500 s, down 25 s."""
    cycles = 50 + 2 * until_ns // (525 * SECOND_NS)
    up_ns = exponential_ns(streams.of(server, "lifetime"), 500.0, cycles)
    down_ns = exponential_ns(streams.of(server, "repair"), 25.0, cycles)
    repair_ns = np.cumsum(up_ns + down_ns)
    is_drawn = repair_ns - down_ns <= until_ns
    return (repair_ns - down_ns)[is_drawn], repair_ns[is_drawn]


def reference_draws(requests: int, seed: int, servers: int = 4) -> ChainDraws:
    """Return the reference workload: Poisson arrivals, 0.5 /s; exponential work, mean 1 s; crash and repair."""
    streams = Streams(seed)
    names = tuple(f"server{place}" for place in range(1, servers + 1))
    arrivals_ns = np.cumsum(exponential_ns(streams.of("", "arrivals"), 2.0, requests))
    work_ns = np.stack([exponential_ns(streams.of(name, "service"), 1.0, requests) for name in names])
    until_ns = int(arrivals_ns[-1]) + 1000 * SECOND_NS
    crashes, repairs = zip(*(crash_repair(streams, name, until_ns) for name in names), strict=True)
    return ChainDraws(arrivals_ns, work_ns, Timeline(names, crashes, repairs, None, until_ns))


def main(requests: int = 100_000, seed: int = 1) -> None:
    """Print requests per second of wall time and the mean sojourn, without failures and with."""
    draws = reference_draws(requests, seed)
    latency_ns, limit_ns = SECOND_NS // 2, 30 * SECOND_NS
    models: dict[str, Callable[[], ChainResult]] = {
        "no failures (mean sojourn exactly 10)": lambda: run(draws, latency_ns),
        "crash, repair and deadline": lambda: run_with_failures(draws, latency_ns, limit_ns),
    }
    for title, model in models.items():
        begun = time.perf_counter()
        result = model()
        rate = requests / (time.perf_counter() - begun)
        sojourn_s = (result.end_ns - draws.arrivals_ns)[result.ok].mean() / SECOND_NS
        print(f"{title}: {rate:,.0f} requests/s, mean sojourn {sojourn_s:.3f} s, answered {result.ok.mean():.4f}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
