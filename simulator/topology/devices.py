"""The devices that a node may be: speeds, memories and watts, each with its source, in devices.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from simulator.blocks import Block
from simulator.documents.yaml_text import read_document
from simulator.units import SizeBytes, SpeedFlopPerS

FILE = Path(__file__).with_name("devices.yaml")


class Device(Block):
    """What a device can do.

    Args:
        title: Its name for people.
        speed_flop_per_s: Peak FLOP/s in single precision.
        memory_bytes: Its memory.
        idle_watts: Power when it does nothing.
        busy_watts: Power under full load.
        estimated: The keys whose numbers are estimates of ours.
        source: Where the others come from.
    """

    title: str
    speed_flop_per_s: SpeedFlopPerS
    memory_bytes: SizeBytes
    idle_watts: float
    busy_watts: float
    estimated: tuple[str, ...] = ()
    source: str


@cache
def devices() -> dict[str, Device]:
    """Return all devices by name."""
    return {name: Device.model_validate(block) for name, block in read_document(FILE).value.items()}
