"""The shelf's scenarios as far as they can be read on this machine."""

from pathlib import Path

from simulator.scenario.shelf import names

ROOT = Path(__file__).resolve().parents[2]
# These name a table that is not shipped, in place of which no random data can stand.
NEEDS_FILE = {"poster-table": ROOT.parent / "shared/data/poster-logs/accuracy_by_combination.csv"}


def readable_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios whose own files are here."""
    return tuple(name for name in names("scenario") if name not in NEEDS_FILE or NEEDS_FILE[name].exists())
