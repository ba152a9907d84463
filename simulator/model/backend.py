"""The one place that imports Keras: its backend, its threads, its silence.

Every other file says ``from simulator.model.backend import keras``. The backend is tensorflow unless ``KERAS_BACKEND``
names another one. The thread count is fixed because it is part of what trained weights depend on: ``SIM_THREADS``
(default 2), whatever the machine has.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError, did_you_mean
from simulator.model.keep import ONEDNN, has_onednn, thread_count

BACKENDS = ("tensorflow", "jax", "torch")


def import_keras() -> ModuleType:
    """Return Keras on the backend that the user asked for, or on tensorflow.

    Raises:
        ScenarioError: the backend is unknown or not installed.
    """
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise ScenarioError(Problem("KERAS_BACKEND", f"no backend named {backend!r}", did_you_mean(backend, BACKENDS)))
    threads = thread_count()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN off on some processors; with it a convolution trains 2 to 10 times faster there.
    os.environ.setdefault(ONEDNN, "1")
    if backend == "jax":
        os.environ.setdefault("NPROC", str(threads))  # the size of XLA's thread pool
    try:
        with _silence():
            importlib.import_module(backend)
            _fix_threads(backend, threads)
            return importlib.import_module("keras")
    except ImportError as error:
        raise ScenarioError(Problem("KERAS_BACKEND", f"cannot import {backend!r}: {error}",
                                    f"pip install {backend}, or set KERAS_BACKEND to one that is installed")) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what C++ logs to descriptor 2 in a file; show it only if the body fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _fix_threads(backend: str, threads: int) -> None:
    module = sys.modules[backend]
    if backend == "torch":
        module.set_num_threads(threads)
    elif backend == "tensorflow":
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of retracing when many parts are compiled
        try:
            module.config.threading.set_intra_op_parallelism_threads(threads)
            module.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError:  # somebody used TensorFlow before us; its threads stay as they are
            return
        module.constant(0)  # starts the runtime while nobody hears what it says about absent devices


def make_deterministic(seed: int) -> None:
    """Seed Keras and make its operations give the same bytes on every run, where the backend can.

    Args:
        seed: Any int >= 0.
    """
    keras.utils.set_random_seed(seed % 2**32)
    if keras.backend.backend() == "tensorflow":
        sys.modules["tensorflow"].config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "torch":
        sys.modules["torch"].use_deterministic_algorithms(True, warn_only=True)


def compiles() -> bool:
    """Return whether models are compiled by XLA: jax needs it; on tensorflow it costs seconds for nothing."""
    return bool(keras.backend.backend() == "jax")


def predicted(model: Any, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a compiled model's outputs for a batch, on tensorflow without the copy that ``predict_on_batch`` makes.

    The array may be read-only.
    """
    if keras.backend.backend() != "tensorflow":
        outputs: NDArray[np.float32] = model.predict_on_batch(rows)
        return outputs
    model.make_predict_function()
    return np.asarray(model.predict_function([(rows,)]))


def arrays_of(model: Any) -> list[NDArray[np.float32]]:
    """Return the weights of a Keras model or layer as arrays (``get_weights`` warns on jax and numpy 2)."""
    return [np.array(keras.ops.convert_to_numpy(keras.ops.copy(weight))) for weight in model.weights]


def versions() -> dict[str, Any]:
    """Return what trained weights depend on besides their model and data: backend, Keras, threads, no oneDNN."""
    without = {} if has_onednn() else {"onednn": False}
    return {"backend": keras.backend.backend(), "keras": keras.__version__, "threads": thread_count(), **without}


keras: Any = import_keras()
