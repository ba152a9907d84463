"""The shelf's scenarios as far as they can be read on this machine."""

from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from simulator.scenario.shelf import names

ROOT = Path(__file__).resolve().parents[2]
# These name a table that is not shipped, in place of which no random data can stand.
NEEDS_FILE = {"poster-table": ROOT.parent / "shared/data/poster-logs/accuracy_by_combination.csv"}


LARGE = {"no-flow", "long-chain-1000"}  # a thousand machines: seconds to read


def readable_params() -> list[ParameterSet]:
    """Return the names of the scenarios whose own files are here, the large ones marked slow."""
    return [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in readable_scenarios()]


def readable_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios whose own files are here."""
    return tuple(name for name in names("scenario") if name not in NEEDS_FILE or NEEDS_FILE[name].exists())
