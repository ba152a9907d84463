"""What an answer depends on beside its cell: versions and a few environment variables; workers have the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from simulator.model.keep import DEFAULT_THREADS, ONEDNN
from simulator.study.versions import versions

# Part of the identity of weights and answers, with what they mean where they are not set; Keras sets some of them.
VARIABLES = {"SIM_THREADS": str(DEFAULT_THREADS), "KERAS_BACKEND": "tensorflow", ONEDNN: "1"}


@dataclass(frozen=True)
class Setting:
    """Where a cell is asked for, as far as its answer depends on it.

    Args:
        python: Version of Python.
        versions: Of the packages that a result may depend on.
        variables: Environment variables; None where one is not set.
    """

    python: str
    versions: dict[str, str]
    variables: dict[str, str | None]

    @staticmethod
    def here() -> Setting:
        """Return the setting of this process."""
        return Setting(".".join(map(str, sys.version_info[:2])), versions(),
                       {name: os.environ.get(name) for name in VARIABLES})

    def take_on(self) -> None:
        """Set the environment variables of another process, while Keras has not read them."""
        if "keras" in sys.modules:
            return
        for name, value in self.variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def differences(self) -> Iterator[str]:
        """Yield in what this process differs."""
        here = Setting.here()
        if here.python != self.python:
            yield f"Python {here.python} instead of {self.python}"
        for name in sorted({*here.versions, *self.versions}):
            mine, wanted = (each.versions.get(name, "not installed") for each in (here, self))
            if mine != wanted:
                yield f"{name} {mine} instead of {wanted}"
        for name, usual in VARIABLES.items():
            mine, wanted = (each.variables.get(name) or usual for each in (here, self))
            if mine != wanted:
                yield f"{name}={mine} instead of {wanted}"
