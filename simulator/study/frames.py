"""The frames of a cell: one row for each request, one row for each switch of a component."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulator.expect.timed import Requests
from simulator.network.endings import ENDINGS, reason
from simulator.study.assemble import Assembly
from simulator.study.held import held_texts
from simulator.study.timed import TimedRuns
from simulator.study.why import why_column

if TYPE_CHECKING:
    import pandas as pd

REQUEST_COLUMNS = (
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
    "why",
)
EVENT_COLUMNS = ("cell", "replication", "component", "time_ns", "is_up")


def requests_frame(assembly: Assembly, label: str, runs: TimedRuns, requests: Requests) -> pd.DataFrame:
    """Return one row for each request: who, when, about which sample, what was delivered, how it ended and why.

    Where values of earlier requests are held, a column ``held`` says which ones are behind each answer.
    """
    import pandas as pd  # noqa: PLC0415 - heavy

    texts = [assembly.graph.text(delivery) for delivery in runs.deliveries]
    blames, which = np.unique(np.where(requests.ending > 0, runs.blame, 0), return_inverse=True)
    reasons = [reason(int(blame), assembly.topology.components) for blame in blames]
    size = len(runs.request)
    frame = pd.DataFrame(
        {
            "replication": runs.replication,
            "cell": as_category(np.zeros(size, dtype=np.int64), [label]),
            "strategy": as_category(np.zeros(size, dtype=np.int64), [assembly.scenario.strategy]),
            "request": runs.request,
            "arrival_ns": runs.arrival_ns,
            "end_ns": runs.end_ns,
            "sample": runs.sample,
            "delivery": as_category(runs.delivery, texts),
            "ending": as_category(requests.ending, list(ENDINGS)),
            "reason": as_category(which.reshape(-1), reasons),
            "why": as_category(*why_column(assembly, runs, requests)),
        },
        columns=list(REQUEST_COLUMNS),
    )
    return frame.assign(held=held_texts(assembly.graph, runs)) if assembly.scenario.policy.held else frame


def as_category(which: NDArray[np.integer], words: list[str]) -> pd.Categorical[str]:
    """Return a column of words that are stored once."""
    import pandas as pd  # noqa: PLC0415 - heavy

    distinct = list(dict.fromkeys(words))
    place = np.array([distinct.index(word) for word in words], dtype=np.int64)
    codes: NDArray[np.int64] = place[which]
    return pd.Categorical.from_codes(codes, categories=pd.Index(distinct))


def events_frame(label: str, runs: TimedRuns) -> pd.DataFrame:
    """Return one row for each switch up to the last end of its replication, and each component's state at 0."""
    import pandas as pd  # noqa: PLC0415 - heavy

    pieces = []
    for replication, timeline in enumerate(runs.timelines):
        last = int(runs.end_ns[runs.replication == replication].max())
        for place, name in enumerate(timeline.components if timeline else ()):
            crash, repair = timeline.crash_ns[place], timeline.repair_ns[place]  # type: ignore[union-attr]
            is_up = not ((crash <= 0) & (repair > 0)).any()
            times = np.concatenate([[0], crash, repair])
            states = np.concatenate([[is_up], np.zeros(len(crash), dtype=bool), np.ones(len(repair), dtype=bool)])
            shown = np.concatenate([[True], (crash > 0) & (crash <= last), (repair > 0) & (repair <= last)])
            order = np.argsort(times[shown], kind="stable")
            pieces.append(
                pd.DataFrame(
                    {
                        "cell": label,
                        "replication": replication,
                        "component": name,
                        "time_ns": times[shown][order].astype(np.int64),
                        "is_up": states[shown][order].astype(bool),
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True) if pieces else no_events()


@cache
def no_requests() -> pd.DataFrame:
    """Return the frame of a cell without a workload."""
    import pandas as pd  # noqa: PLC0415 - heavy

    return pd.DataFrame(columns=list(REQUEST_COLUMNS))


@cache
def no_events() -> pd.DataFrame:
    """Return the frame of a cell in which nothing switches."""
    import pandas as pd  # noqa: PLC0415 - heavy

    return pd.DataFrame(columns=list(EVENT_COLUMNS))
