"""How often messages were sent: repetitions, copies and what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from simulator.expect.intervals import within
from simulator.expect.student import ratio_of_means
from simulator.network.plan import Sendings
from simulator.study.findings import Findings


def find_sendings(sendings: Sequence[Mapping[str, Sendings]], found: Findings) -> None:
    """Add a row for each hyperconnection to the findings, and how often a message was sent on average.

    ``sendings_per_message`` is the amplification: all sendings, repetitions and copies included, over all messages.

    Args:
        sendings: What was counted, by hyperconnection, in each replication; nothing is added where that is empty.
    """
    names = dict.fromkeys(name for each in sendings for name in each)
    if not names:
        return
    found.tables["sendings"] = [_row(name, [each[name] for each in sendings if name in each]) for name in names]
    sums = [(sum(s.messages + s.repeated + s.hedged for s in each.values()), sum(s.messages for s in each.values()))
            for each in sendings]
    every, messages = np.array(sums, dtype=np.float64).T
    found.estimates["sendings_per_message"] = within(ratio_of_means(every, messages), high=float("inf"))


def _row(name: str, counted: Sequence[Sendings]) -> dict[str, Any]:
    plain = [asdict(each) for each in counted]
    row: dict[str, Any] = {key: sum(each[key] for each in plain) for key in plain[0]}
    amplification = 1 + (row["repeated"] + row["hedged"]) / row["messages"]
    return {"hyperconnection": name, "amplification": amplification, **row}


def resent_bytes(sendings: Mapping[str, Sendings], payload_bytes: Mapping[str, int]) -> tuple[float, float]:
    """Return the bytes of what was sent beyond the first time: each message once, and once for each link on its way."""
    sizes = [(payload_bytes.get(name, 0), sent) for name, sent in sendings.items()]
    carried = sum(size * sent.crossings for size, sent in sizes)
    return float(sum(size * sent.resent for size, sent in sizes)), float(carried)
