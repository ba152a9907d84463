"""What all tests share: no window is opened, and what is cached is kept away from the user's own cache."""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # a busy machine fails no test

os.environ["MPLBACKEND"] = "Agg"
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["COLUMNS"] = "120"
CACHE = pytest.StashKey[tempfile.TemporaryDirectory]()


def pytest_configure(config: pytest.Config) -> None:
    """Give trained weights a cache of this session; set before any test imports the package or starts a command."""
    folder = tempfile.TemporaryDirectory(prefix="simulator-tests-")
    config.stash[CACHE] = folder
    os.environ["XDG_CACHE_HOME"] = folder.name


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the session's cache."""
    if CACHE in config.stash:
        config.stash[CACHE].cleanup()
