"""A Dask cluster gives the bytes of a run in one process; broken cells and lost workers are told."""

from __future__ import annotations

import pytest

pytest.importorskip("distributed", reason="no Dask here: clusters are NOT tested")

import os
import signal
from pathlib import Path

from shared import chain
from small import Told, many_cells
from test_executors import all_bytes, breaking, same

from simulator.errors import CellsFailed, ScenarioError
from simulator.study import work
from simulator.study.executors.dask_worker import made_there
from simulator.study.executors.setting import VARIABLES, Setting
from simulator.study.how import How
from simulator.study.run import run

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
LOCAL = How(jobs=2, dask="local")
FILE = """
cluster: distributed.LocalCluster
arguments: {n_workers: 0, threads_per_worker: 2, processes: false, dashboard_address: null}
adapt: {minimum: 1, maximum: 2}
"""


def own_cache(folder):
    """Give a worker a cache of its own."""
    os.environ["SIM_CACHE_DIR"] = f"{folder}/cache {os.getpid()}"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone") / "run"
    run(many_cells(), folder)
    return folder


@pytest.mark.slow
def test_a_local_cluster_gives_the_same_bytes(alone, tmp_path):
    told = Told()
    run(many_cells(), tmp_path / "run", progress=told, how=LOCAL)
    same(tmp_path / "run", alone)
    assert len(told.cells) == 6


@pytest.mark.slow
def test_a_cluster_of_a_file_grows_with_its_work(alone, tmp_path):
    (tmp_path / "cluster.yaml").write_text(FILE)
    run(many_cells(), tmp_path / "run", how=How(dask=str(tmp_path / "cluster.yaml")))
    same(tmp_path / "run", alone)


@pytest.mark.slow
def test_broken_cells_are_told_and_the_rest_goes_on(alone, tmp_path, monkeypatch):
    names = breaking(monkeypatch, at2="unpicklable", at3="unreadable", at4="raising", at5="leaving")
    with pytest.raises(CellsFailed) as ended:
        run(many_cells(), tmp_path / "run", how=LOCAL)
    said = str(ended.value)
    for words in ("cannot be sent", "cannot be read by a worker: ZeroDivision", "AttributeError", "its worker died"):
        assert words in said
    assert {name.split("/")[1] for name in all_bytes(tmp_path / "run")} == {names[place][:16] for place in (0, 5)}


@pytest.mark.slow
def test_a_cell_whose_worker_is_lost_is_made_again(alone, tmp_path, monkeypatch):
    kills, real = [], work.executor_of

    class Killing(Told):
        def running(self, count):
            if count and len(kills) < 2:
                pids = list(self.executor.client.run(os.getpid).values())
                os.kill(pids[0], signal.SIGKILL)
                kills.append(pids[0])

    told = Killing()

    def chosen(how):
        told.executor = real(how)
        return told.executor

    monkeypatch.setattr(work, "executor_of", chosen)
    run(many_cells(), tmp_path / "run", progress=told, how=LOCAL)
    assert len(set(kills)) == 2
    same(tmp_path / "run", alone)


@pytest.mark.slow
def test_a_scheduler_that_runs_already_is_used_and_left(alone, tmp_path):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp",
                      dashboard_address=None) as cluster:
        run(many_cells(), tmp_path / "run", how=How(dask=cluster.scheduler_address))
        with Client(cluster) as client:
            assert len(client.scheduler_info()["workers"]) == 1
    same(tmp_path / "run", alone)


@pytest.mark.slow
def test_a_trained_network_travels_to_workers_with_caches_of_their_own(tmp_path, monkeypatch):
    """Each worker has a cache of its own, as on machines that share nothing; one of them trains."""
    sweep = {"failures.0.survival": ["normal", "poor", "bad"], "policy.deadline": ["1 s", "2 s"]}
    asked, real = chain(tmp_path, sweep=sweep), work.executor_of

    def apart(how):
        executor = real(how)
        begin = executor.__enter__

        class Apart(type(executor)):
            def __enter__(self):
                begin()
                self.client.run(own_cache, str(tmp_path))
                return self

        executor.__class__ = Apart
        return executor

    monkeypatch.setattr(work, "executor_of", apart)
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))
    told = Told()
    run(asked, tmp_path / "run", progress=told, how=LOCAL)
    assert [was_cached for _, was_cached, _ in told.weights].count(False) == 1
    caches = sorted(tmp_path.glob("cache*"))
    assert len(caches) == 3
    assert len({tuple(path.name for path in cache.glob("weights/*")) for cache in caches}) == 1
    monkeypatch.setattr(work, "executor_of", real)
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "fourth"))
    run(asked, tmp_path / "alone")
    assert (tmp_path / "run" / "record.json").read_bytes() == (tmp_path / "alone" / "record.json").read_bytes()


@pytest.mark.parametrize(("where", "said"), [
    ("tcp://127.0.0.1:9", "no scheduler answers there"),
    ("nowhere.yaml", "nowhere.yaml"),
    ("wrong.yaml", "wrong.yaml:1 clustr: unknown key 'clustr'; did you mean 'cluster'"),
    ("missing.yaml", "'dask_jobqueue.NoSuchCluster' cannot be had"),
    ("arguments.yaml", "cannot be started with them"),
])
def test_a_cluster_that_cannot_be_had_is_told(tmp_path, monkeypatch, where, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("simulator.study.executors.clusters.WAIT_S", 0.5)
    Path("wrong.yaml").write_text("clustr: x.Y\n")
    Path("missing.yaml").write_text("cluster: dask_jobqueue.NoSuchCluster\n")
    Path("arguments.yaml").write_text("cluster: builtins.open\narguments: {no_such: 1}\n")
    with pytest.raises(ScenarioError) as told:
        run(many_cells(), tmp_path / "run", how=How(dask=where))
    assert said in str(told.value)


def test_a_worker_of_other_versions_makes_nothing():
    import pickle

    other = Setting("2.7", Setting.here().versions | {"numpy": "0.1"}, Setting.here().variables)
    finished = pickle.loads(made_there("a", b"", other, ()))
    assert finished.failure.problems
    assert "instead of 2.7; numpy" in finished.failure.message


def test_a_variable_that_is_not_set_means_its_usual_value(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    asked = Setting.here()
    for name, usual in VARIABLES.items():
        monkeypatch.setenv(name, usual)
    assert list(asked.differences()) == []
    monkeypatch.setenv("SIM_THREADS", "7")
    assert list(asked.differences()) == ["SIM_THREADS=7 instead of 2"]
