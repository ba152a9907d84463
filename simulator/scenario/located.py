"""Where in the user's files a problem is written that only shows while a cell is made, or its network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.documents.yaml_text import Document, read_document, shown
from simulator.errors import Problem, ScenarioError
from simulator.scenario.load import Loaded
from simulator.scenario.shelf import find

OF_A_FILE = re.compile(r"(measure|failures|data|sources|parts|hyperconnections|keras|training|failout|codecs)"
                       r"([.\[][^:/]*)?")


@contextmanager
def located(loaded: Loaded, model: str) -> Iterator[None]:
    """Give problems that name a measure, or a key of a model file, its line: in the scenario, else in the model file.

    Args:
        loaded: The scenario.
        model: Name or path of the model, as the scenario has it.

    Raises:
        ScenarioError: with the same problems, and places ``file:line key``.
    """
    try:
        yield
    except ScenarioError as error:
        document = _document(loaded, model)
        raise ScenarioError(*(_located(problem, loaded, document) for problem in error.problems)) from error


def _document(loaded: Loaded, model: str) -> Document | None:
    try:
        return read_document(find("model", model, loaded.path.parent, "model"))
    except ScenarioError:
        return None  # changed since it was read


def _located(problem: Problem, loaded: Loaded, model: Document | None) -> Problem:
    """Return a problem with its line; a part made of blocks has no layers of its own in the file: then its name's."""
    if not OF_A_FILE.fullmatch(problem.place):
        return problem
    path = re.sub(r"\[(\d+)\]", r".\1", problem.place)
    scenario = Document(shown(loaded.path), loaded.raw, loaded.places)
    if path in loaded.places or path.partition(".")[0] in loaded.places:
        return Problem(scenario.place(path), problem.message, problem.way_out)
    return Problem(model.place(path), problem.message, problem.way_out) if model else problem
