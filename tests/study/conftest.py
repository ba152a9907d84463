"""The trained watch model, once for all tests of this folder."""

import sys
from pathlib import Path

import pytest

from simulator.study.answers import answers
from simulator.study.progress import Progress

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def watch():
    """Return ``answers(strategy)`` of the watch model on the health chain, trained once for each strategy."""
    from small import assembly

    known = {}

    def of(strategy):
        if strategy not in known:
            known[strategy] = answers(assembly("first", strategy), quick=False, label=strategy, progress=Progress())
        return known[strategy]

    return of
