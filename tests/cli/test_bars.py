"""The bars of a run count each network once."""

from io import StringIO

from rich.console import Console

from simulator.cli.progress import Bars


def test_a_network_that_two_workers_tell_of_counts_once():
    console = Console(file=StringIO(), width=100)
    bars = Bars(console)
    bars.trainings(2)
    bars.trained("no_failure", was_cached=False, weights="a" * 20)
    bars.trained("poor", was_cached=True, weights="a" * 20)
    bars.trained("skips", was_cached=False, weights="b" * 20)
    told = console.file.getvalue()
    assert "model 1 of 2, weights of no_failure: trained" in told
    assert "model 2 of 2, weights of skips: trained" in told
    assert "poor" not in told
