"""The versions of what a result may depend on."""

from __future__ import annotations

import os
import platform
from functools import cache
from importlib import metadata

from simulator.model.keep import DEFAULT_THREADS

PACKAGES = ("graceful-sim", "simpy", "networkx", "numpy", "pandas", "keras", "tensorflow", "jax", "torch", "seglearn",
            "optuna")


def versions() -> dict[str, str]:
    """Return the versions of these packages, as far as they are installed."""
    return dict(_versions())


def circumstances() -> dict[str, str]:
    """Return these versions with Python's, the threads and the backend that networks are trained with."""
    return {**versions(), "python": platform.python_version(),
            "threads": os.environ.get("SIM_THREADS", str(DEFAULT_THREADS)),
            "backend": os.environ.get("KERAS_BACKEND", "tensorflow")}


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = []
    for name in PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return tuple(found)
