"""The versions of what a result may depend on."""

from __future__ import annotations

from functools import cache
from importlib import metadata

PACKAGES = ("graceful-sim", "simpy", "networkx", "numpy", "pandas", "keras", "tensorflow", "jax", "torch", "seglearn",
            "optuna")


def versions() -> dict[str, str]:
    """Return the versions of these packages, as far as they are installed."""
    return dict(_versions())


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)
