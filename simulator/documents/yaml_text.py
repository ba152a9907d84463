"""YAML as plain values, with the line of each key; duplicate keys are refused.

Numbers, true, false and null are those of YAML 1.2: ``no`` and ``on`` are words, ``1e-3`` is a number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulator.errors import Problem, ScenarioError

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
WORDS: Mapping[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}
WHOLE = re.compile(r"[+-]?[0-9]+")
FLOAT = re.compile(r"[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?")
SPECIAL = re.compile(r"([+-]?)\.(inf|nan)", re.IGNORECASE)
DEEPEST = 60
DIGITS = 4000  # Python refuses to turn longer text into an int
STANDARD_TAGS = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Document:
    """A file as plain values.

    Args:
        name: How the file is called in problems.
        value: The plain values: mappings with keys of text, lists, text, numbers, booleans, None.
        places: Where each dotted path is written: ``file:line``, or the option that set it.
        problems: What is wrong with the text itself, such as duplicate keys.
    """

    name: str
    value: Any
    places: Mapping[str, str]
    problems: tuple[Problem, ...] = ()

    def place(self, path: str) -> str:
        """Return where a dotted path is written, ``file:line path``; where it is not, the nearest key above it.

        >>> Document("a.yaml", {}, {"": "a.yaml:1", "seed": "a.yaml:3"}).place("seed")
        'a.yaml:3 seed'
        """
        known = path
        while known not in self.places and known:
            known = known.rpartition(".")[0]
        place = self.places.get(known, self.name)
        if " " in place:  # not a line of the file: an option, or a point of a sweep, that says its key itself
            return place + path.removeprefix(known)
        return f"{place} {path}".strip()


def read_document(path: Path) -> Document:
    """Return a YAML file that holds a mapping.

    Raises:
        ScenarioError: the file is missing, cannot be read, is not YAML or holds no mapping.
    """
    return document_of(read_text(path), shown(path))


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ScenarioError: it is missing, cannot be read or is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        said = f"is not text: {error.reason} at byte {error.start}"
        raise ScenarioError(Problem(shown(path), said, "save it as UTF-8")) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        way_out = "give the path of a readable file"
        raise ScenarioError(Problem(shown(path), f"cannot be read: {reason}", way_out)) from error


def shown(path: Path) -> str:
    """Return a path as people like to read it: relative to where they are, if it lies there."""
    near = os.path.relpath(path)
    return str(path) if near.startswith("..") else near


def document_of(text: str, name: str) -> Document:
    """Return YAML text that holds a mapping, as plain values with places; raise ScenarioError where it is not."""
    reader = _Reader(name)
    try:
        root = _composed(text)
        value = reader.value(root, "") if root else None
    except yaml.YAMLError as error:
        raise ScenarioError(_not_yaml(error, name)) from error
    if not isinstance(value, dict):
        said = "is empty" if value is None else f"holds {brief(value)}, not keys and values"
        raise ScenarioError(Problem(name, said, "write one 'key: value' a line"))
    return Document(name, value, {"": f"{name}:1", **reader.places}, tuple(reader.problems))


def plain_value(text: str) -> Any:
    """Return the plain value of a snippet of YAML, such as the value of ``--set key=value``.

    Raises:
        ValueError: it is not YAML; says why.

    >>> plain_value("[1, 2 ms, no]")
    [1, '2 ms', 'no']
    """
    reader = _Reader("")
    try:
        root = _composed(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{text!r} is not YAML: {_not_yaml(error, '').message}") from error
    value = reader.value(root, "") if root else None
    if reader.problems:
        raise ValueError(f"{text!r}: {reader.problems[0].message}")
    return value


def _composed(text: str) -> yaml.Node | None:
    """Return the root node; raise YAMLError where the text is nested so deep that walking it could fail."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem="nested too deeply", problem_mark=mark)
    return yaml.compose(text, Loader=LOADER)


def brief(value: object, width: int = 60) -> str:
    """Return a value in quotes as Python writes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= width else f"{text[:width - 3]}..."


def _not_yaml(error: yaml.YAMLError, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    found = f" (column {mark.column + 1})" if mark else ""
    return Problem(place, f"is not YAML: {said}{found}", "check the indentation, colons, quotes and brackets")


@dataclass
class _Reader:
    """Walks the nodes once, and notes the line of each key and what is wrong."""

    name: str
    places: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    open_nodes: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, path: str) -> Any:
        """Return the plain value of a node."""
        if node.tag and node.tag.startswith("!") and node.tag != "!":
            self._problem(node, path, f"tag {node.tag!r} is not known here", "delete it")
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.style else _plain_scalar(node.value)
        if id(node) in self.open_nodes:
            self._problem(node, path, "an alias stands inside what it names", "write the value out")
            return None
        self.open_nodes.add(id(node))
        value = dict(self._entries(node, path)) if isinstance(node, yaml.MappingNode) else list(self._items(node, path))
        self.open_nodes.discard(id(node))
        return value

    def _entries(self, node: yaml.MappingNode, path: str) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._problem(key, path, "a key must be a word", "write 'key: value'")
                continue
            inner = f"{path}.{key.value}" if path else key.value
            if key.value in first:
                said = f"key {key.value!r} is written twice, first in line {first[key.value]}"
                self._problem(key, inner, said, "keep one")
                continue
            first[key.value] = line
            self.places[inner] = f"{self.name}:{line}"
            yield key.value, self.value(value, inner)

    def _items(self, node: yaml.Node, path: str) -> Iterator[Any]:
        for index, item in enumerate(node.value):
            inner = f"{path}.{index}" if path else str(index)
            self.places[inner] = f"{self.name}:{item.start_mark.line + 1}"
            yield self.value(item, inner)

    def _problem(self, node: yaml.Node, path: str, message: str, way_out: str) -> None:
        self.problems.append(Problem(f"{self.name}:{node.start_mark.line + 1} {path}".strip(), message, way_out))


def _plain_scalar(text: str) -> Any:
    """Return what an unquoted word of YAML 1.2 stands for."""
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text) and len(text) < DIGITS:
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    if special := SPECIAL.fullmatch(text):
        return float(special[1] + special[2])
    return text
