"""Where Dask runs: on this machine, at an address, or as a file says."""

from __future__ import annotations

import importlib
import logging
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from simulator.blocks import Block
from simulator.documents.complaints import read_block
from simulator.documents.yaml_text import read_document
from simulator.errors import Problem, ScenarioError
from simulator.study.executors.waiting import MOST_DEATHS

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
WAIT_S = 30.0  # for a scheduler at an address to answer
DASK = {
    "distributed.scheduler.allowed-failures": MOST_DEATHS - 1,
    "distributed.worker.daemon": True,  # workers end with whoever started them
}


class Adapt(Block):
    """How many jobs there may be, as there is work for them."""

    minimum: int = Field(0, ge=0, description="Jobs that there always are.")
    maximum: int = Field(..., ge=1, description="Jobs that there are at most.")


class ClusterFile(Block):
    """A Dask cluster: a class, its arguments, and how large it is."""

    cluster: str = Field(..., description="A class with its module, such as dask_jobqueue.SLURMCluster.")
    arguments: dict[str, Any] = Field({}, description="The arguments of the class, by their names.")
    scale: int | None = Field(None, ge=1, description="A fixed number of workers.")
    adapt: Adapt | None = Field(None, description="As many as there is work for, within bounds.")


def cluster_at(where: str, workers: int, stack: ExitStack) -> tuple[Client, int]:
    """Return a client of the cluster, and how many cells it should be handed at least; the stack closes both.

    Args:
        where: ``local``, the address of a scheduler, or a file.
        workers: How many processes a local cluster has.
        stack: Closes what is opened here.

    Raises:
        ScenarioError: there is no such cluster.
    """
    import dask  # noqa: PLC0415 - an optional extra
    from distributed import Client, LocalCluster  # noqa: PLC0415

    stack.enter_context(dask.config.set(DASK))
    if where == LOCAL:
        cluster = stack.enter_context(LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None,
                                                   silence_logs=logging.CRITICAL))
        return stack.enter_context(Client(cluster)), workers
    if "://" in where:
        return _connected(where, stack), 1
    file = read_cluster(Path(where))
    cluster = stack.enter_context(_started(where, file))
    if file.adapt:
        cluster.adapt(minimum=file.adapt.minimum, maximum=file.adapt.maximum)
    elif file.scale:
        cluster.scale(file.scale)
    return stack.enter_context(Client(cluster)), file.adapt.maximum if file.adapt else file.scale or 1


def read_cluster(path: Path) -> ClusterFile:
    """Return what a file says of a cluster.

    Raises:
        ScenarioError: with every problem of the file.
    """
    file, problems = read_block(ClusterFile, read_document(path))
    if problems or file is None:
        raise ScenarioError(*problems)
    return file


def _connected(where: str, stack: ExitStack) -> Client:
    from distributed import Client  # noqa: PLC0415 - an optional extra

    try:
        return stack.enter_context(Client(where, timeout=WAIT_S))
    except (OSError, ValueError) as error:
        way_out = "start one there with 'dask scheduler', or write --dask local"
        raise ScenarioError(Problem(f"option --dask {where}", "no scheduler answers there", way_out)) from error


def _started(where: str, file: ClusterFile) -> Any:
    module, _, name = file.cluster.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        way_out = "write a class with its module, such as dask_jobqueue.SLURMCluster, and install its package"
        raise ScenarioError(Problem(f"{where} cluster", f"{file.cluster!r} cannot be had: {error}", way_out)) from error
    try:
        return kind(**file.arguments)
    except Exception as error:
        told = f"{file.cluster} cannot be started with them: {error}"
        raise ScenarioError(Problem(f"{where} arguments", told, "its own documentation says what it takes")) from error
