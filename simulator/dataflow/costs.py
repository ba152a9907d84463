"""What a part and a hyperconnection cost: work, bytes, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.durations import Service


@dataclass(frozen=True)
class Costs:
    """Costs by part name and by edge name.

    Args:
        work_flop: FLOP of a part with the adapters of its outgoing edges (FLOP = 2 MAC), where no time is given.
        payload_bytes: Bytes of the message on each edge.
        memory_bytes: Weights plus the largest activation of a part; empty where unknown.
        service: Service times given by the user; they win over ``work_flop``.
    """

    work_flop: Mapping[str, float]
    payload_bytes: Mapping[str, int]
    memory_bytes: Mapping[str, int] = field(default_factory=dict)
    service: Mapping[str, Service] = field(default_factory=dict)
