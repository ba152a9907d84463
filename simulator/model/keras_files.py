"""Reading a ``.keras`` file that somebody else may have made: nothing in it is ever run.

Such a file is a zip of JSON and arrays. Its JSON is read first: what would run code on loading (Lambda layers, classes
that nobody registered) is told, all at once, before Keras sees the file.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.model.backend import keras
from simulator.model.nodes import is_graph

BLOCK = 1 << 20
FOREIGN = frozenset({"TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})
INSTEAD_OF_LAMBDA = ("a Lambda layer is code in a file and is never loaded: write the same with keras.ops on the "
                     "tensor, or as a keras.Layer subclass under @keras.saving.register_keras_serializable(), and save "
                     "again")


def read_keras(path: Path, place: str, sha256: str | None = None) -> Any:
    """Return the model of a ``.keras`` file.

    Args:
        path: The file.
        place: Where it is named, for problems.
        sha256: What it must hash to; None for anything.

    Raises:
        ScenarioError: it is missing, no such file, another one than it was, or holds what is not loaded.
    """
    if problems := file_problems(path, place, sha256):
        raise ScenarioError(*problems)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError, AttributeError, ImportError) as error:
        told = f"Keras {keras.__version__} cannot load {str(path)!r}: {(str(error).splitlines() or ['?'])[0][:200]}"
        raise ScenarioError(Problem(place, told, "save it again with the Keras that is installed here")) from error
    if not is_graph(model):
        told = f"{type(model).__name__} {model.name!r} is no graph of layers"
        way_out = "build it as keras.Model(inputs, outputs), or as keras.Sequential with a keras.Input first"
        raise ScenarioError(Problem(place, told, way_out))
    return model


def file_problems(path: Path, place: str, sha256: str | None = None) -> tuple[Problem, ...]:
    """Return everything that speaks against loading a file, without loading it."""
    if not path.is_file():
        return (Problem(place, f"no file {str(path)!r}", "give the path of a file that keras saved as NAME.keras"),)
    config = _config(path)
    if config is None:
        way_out = "save the model with model.save('NAME.keras'); .h5 files and folders are not read"
        return (Problem(place, f"{str(path)!r} is not a .keras file", way_out),)
    found = [problem for words in _classes(config) for problem in _class_problems(words, place)]
    if sha256 is not None and (now := file_hash(path)) != sha256:
        told = f"{str(path)!r} has the sha256 {now[:12]}..., not {sha256[:12]}...: it is another file than it was"
        found.append(Problem(place, told, "cut it again with 'sim partition', or correct keras.sha256"))
    return tuple(dict.fromkeys(found))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _config(path: Path) -> Any | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _classes(config: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every description of an object in a configuration."""
    if isinstance(config, Mapping):
        if isinstance(config.get("class_name"), str):
            yield config
        for value in config.values() if config.get("class_name") != "Lambda" else ():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)


def _class_problems(words: Mapping[str, Any], place: str) -> Iterator[Problem]:
    kind, inner = words["class_name"], words.get("config")
    name = inner.get("name", kind) if isinstance(inner, Mapping) else kind
    if kind in ("Lambda", "__lambda__"):
        yield Problem(place, f"the layer {name!r} is a Lambda", INSTEAD_OF_LAMBDA)
    elif kind in FOREIGN:
        told = f"the layer {name!r} is a {kind}, which runs code of its own"
        yield Problem(place, told, "build it from Keras layers")
    elif not _is_of_keras(words):
        registered = words.get("registered_name") or kind
        if keras.saving.get_registered_object(registered) is None:
            way_out = ("decorate the class with @keras.saving.register_keras_serializable(), save again, and import "
                       f"it before you call simulator from Python (docs/partition.md): Keras looks for {registered!r}")
            yield Problem(place, f"{name!r} is of the class {kind!r}, which Keras does not know", way_out)


def _is_of_keras(words: Mapping[str, Any]) -> bool:
    """Return whether an object is made by Keras alone; functions are looked up by name among Keras' own."""
    module = words.get("module")
    if module is None or module == "builtins":
        return words.get("registered_name") in (None, "function") or words["class_name"].startswith("__")
    return str(module) == "keras" or str(module).startswith("keras.")
