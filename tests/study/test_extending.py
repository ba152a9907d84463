"""More replications extend the same cells: what was simulated is not simulated again, and the bytes are the same."""

import pytest
from small import three_cells, tree_bytes

from simulator.study import timed
from simulator.study.how import How
from simulator.study.run import run

KEEP = How(keeps_replications=True)


def with_replications(count):
    return three_cells(**{"workload.requests": 20, "replications": count})


@pytest.fixture
def simulated(monkeypatch):
    """The numbers of the replications that are simulated."""
    numbers, real = [], timed.run_once

    def counted(assembly, plan, arrivals, streams, progress=None):
        numbers.append(streams.replication)
        return real(assembly, plan, arrivals, streams, progress)

    monkeypatch.setattr(timed, "run_once", counted)
    return numbers


@pytest.mark.parametrize("is_named", [False, True])
def test_replications_that_were_kept_are_found_and_the_run_has_the_bytes_of_one_that_began_anew(
    tmp_path, monkeypatch, simulated, is_named
):
    monkeypatch.chdir(tmp_path)
    few = run(with_replications(2), tmp_path / "few" if is_named else None, how=KEEP)
    assert simulated == [0, 1] * 3
    simulated.clear()
    more = run(with_replications(4), tmp_path / "more" if is_named else None,
               how=How(found_in=(str(few.folder),)) if is_named else None)
    assert simulated == [2, 3] * 3
    assert more.folder != few.folder
    anew = run(with_replications(4), tmp_path / "anew")
    assert tree_bytes(more.folder) == tree_bytes(anew.folder)
    assert not (tmp_path / "anew" / "replications").exists()


def test_a_replication_that_is_damaged_is_simulated_again(tmp_path, monkeypatch, simulated):
    few = run(with_replications(2), tmp_path / "few", how=KEEP)
    for path in sorted((few.folder / "replications").glob("*/0001.npz")):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
    simulated.clear()
    more = run(with_replications(3), tmp_path / "more", how=How(found_in=(str(few.folder),)))
    assert simulated == [1, 2] * 3
    assert tree_bytes(more.folder) == tree_bytes(run(with_replications(3), tmp_path / "anew").folder)
