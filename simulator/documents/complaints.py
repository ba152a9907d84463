"""What pydantic refuses, as problems with a place, the value in quotes and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from simulator.documents.yaml_text import Document, brief
from simulator.errors import Problem, did_you_mean

Step = str | int
Said = tuple[str, str]
B = TypeVar("B", bound=BaseModel)
BRANCHES = {"int", "float", "str", "bool", "constrained-int", "constrained-float"}
QUOTED = re.compile(r"'([^']*)'")


def read_block(block: type[B], document: Document) -> tuple[B | None, tuple[Problem, ...]]:
    """Return a document as a block, or None, and everything that is wrong with it (the text's own problems first)."""
    try:
        return block.model_validate(document.value), document.problems
    except ValidationError as error:
        return None, (*document.problems, *complaints(error, block, document))


@dataclass(frozen=True)
class Refusal:
    """One thing that pydantic refuses.

    Args:
        kind: Pydantic's name of the error.
        loc: Pydantic's steps to it: keys, indices, and the names of the branches of unions.
        path: The steps that are in the document.
        value: What was written.
        details: Pydantic's context of the error.
        text: Pydantic's own words.
    """

    kind: str
    loc: tuple[Step, ...]
    path: tuple[Step, ...]
    value: Any
    details: Mapping[str, Any]
    text: str

    @property
    def is_shape(self) -> bool:
        """Whether it only says that the value is not of this shape (mapping, list, text, number, ...)."""
        return self.kind.endswith("_type")

    @property
    def is_echo(self) -> bool:
        """Whether a list is only called too short because some of its items were refused."""
        return self.kind == "too_short" and len(self.value) >= self.details["min_length"]


def complaints(error: ValidationError, block: type[BaseModel], document: Document) -> tuple[Problem, ...]:
    """Return the problems of a validation error; of a union's branches only those that the value is close to."""
    refusals = [refusal for line in error.errors(include_url=False)
                if not (refusal := _refusal(line, document.value)).is_echo]
    by_branch: dict[tuple[Step, ...], list[Refusal]] = {}
    for refusal in refusals:
        by_branch.setdefault(_union_at(refusal, document.value), []).append(refusal)
    problems: list[Problem] = []
    for group in by_branch.values():
        told = [_problem(refusal, block, document) for refusal in _closest(group)]
        problems += told if len({problem.place for problem in told}) == len(told) else _merged(told)
    return tuple(dict.fromkeys(problems))


def _refusal(line: Any, value: Any) -> Refusal:
    path = _walk(line["loc"], value)
    return Refusal(line["type"], line["loc"], path, line["input"], line.get("ctx", {}), line["msg"])


def _walk(loc: tuple[Step, ...], value: Any) -> tuple[Step, ...]:
    """Return the steps of a location that are in the document: a union's branches are not."""
    path: list[Step] = []
    for step in loc:
        for found in _step(step, value):
            path.append(found)
            value = value[found]
    return tuple(path)


def _step(step: Step, value: Any) -> tuple[Step, ...]:
    if isinstance(value, Mapping):
        return (step,) if step in value else ()
    if not isinstance(value, list):
        return ()
    if isinstance(step, int):
        return (step,) if step < len(value) else ()
    for index, item in enumerate(value):  # a list of names, or of name: options
        if item == step:
            return (index,)
        if isinstance(item, Mapping) and step in item:
            return (index, step)
    return ()


def _union_at(refusal: Refusal, value: Any) -> tuple[Step, ...]:
    """Return the path down to the first step that is a branch of a union; where there is none, the whole location."""
    path: list[Step] = []
    for place, step in enumerate(refusal.loc):
        found = _step(step, value)
        if not found and (place < len(refusal.loc) - 1 or _is_branch(step)):
            return (*path, "|") if _is_branch(step) else refusal.loc
        for inner in found:
            path.append(inner)
            value = value[inner]
    return refusal.loc


def _is_branch(step: Step) -> bool:
    """Return whether a step is pydantic's name of a branch, such as ``dict[str,int]``, ``int`` or ``literal['a']``."""
    return isinstance(step, str) and ("[" in step or step in BRANCHES)


def _closest(group: list[Refusal]) -> list[Refusal]:
    """Return the refusals of the branches that the value is closest to: deepest first, then not of the wrong shape."""
    if len(group) == 1:
        return group
    deepest = max(len(refusal.path) for refusal in group)
    if any(len(refusal.path) < deepest for refusal in group):
        return [refusal for refusal in group if len(refusal.path) == deepest]
    return [refusal for refusal in group if not refusal.is_shape] or group


def _merged(problems: list[Problem]) -> list[Problem]:
    """Return one problem for each place, its ways out side by side."""
    by_place: dict[str, Problem] = {}
    for problem in problems:
        if known := by_place.get(problem.place):
            way_out = " or ".join(dict.fromkeys(filter(None, (known.way_out, problem.way_out.removeprefix("write ")))))
            by_place[problem.place] = Problem(problem.place, known.message, way_out)
        else:
            by_place[problem.place] = problem
    return list(by_place.values())


def _problem(refusal: Refusal, block: type[BaseModel], document: Document) -> Problem:
    message, way_out = SAYINGS.get(refusal.kind, _as_pydantic_says)(refusal, block)
    return Problem(document.place(".".join(map(str, refusal.path))), message, way_out)


def _unknown_key(refusal: Refusal, block: type[BaseModel]) -> Said:
    known = {key for found in blocks_at(block, refusal.loc[:-1]) for key in keys_of(found)}
    return f"unknown key {str(refusal.loc[-1])!r}", did_you_mean(str(refusal.loc[-1]), known)


def _missing_key(refusal: Refusal, block: type[BaseModel]) -> Said:
    return f"key {str(refusal.loc[-1])!r} is missing", f"write '{refusal.loc[-1]}: ...'"


def _missing_kind(refusal: Refusal, block: type[BaseModel]) -> Said:
    key = refusal.details["discriminator"].strip("'")
    kinds = sorted(kind for found in blocks_at(block, refusal.loc) for kind in kinds_of(found))
    return f"{brief(refusal.value)} has no {key}", f"write '{key}: ...' with one of " + ", ".join(map(repr, kinds))


def _unknown_kind(refusal: Refusal, block: type[BaseModel]) -> Said:
    kinds = QUOTED.findall(refusal.details["expected_tags"])
    near = did_you_mean(refusal.details["tag"], kinds)
    listed = "known: " + ", ".join(map(repr, kinds))
    key = refusal.details["discriminator"].strip("'")
    return f"unknown {key} {refusal.details['tag']!r}", listed if near == listed else f"{near} {listed}"


def _not_listed(refusal: Refusal, block: type[BaseModel]) -> Said:
    known = QUOTED.findall(refusal.details["expected"])
    near = did_you_mean(str(refusal.value), known) if isinstance(refusal.value, str) else ""
    listed = f"write {refusal.details['expected']}"
    return f"{brief(refusal.value)} is not known here", f"{near} {listed}" if near.endswith("?") else listed


def _own_words(refusal: Refusal, block: type[BaseModel]) -> Said:
    said, _, way_out = str(refusal.details["error"]).partition("; ")
    return said, way_out


def _as_pydantic_says(refusal: Refusal, block: type[BaseModel]) -> Said:
    return f"{brief(refusal.value)}: {refusal.text[:1].lower()}{refusal.text[1:]}", ""


def _is_not(what: str, way_out: str) -> Callable[[Refusal, type[BaseModel]], Said]:
    def said(refusal: Refusal, block: type[BaseModel]) -> Said:
        return f"{brief(refusal.value)} is not {what}", way_out

    return said


def _must_be(sign: str, limit: str) -> Callable[[Refusal, type[BaseModel]], Said]:
    def said(refusal: Refusal, block: type[BaseModel]) -> Said:
        wanted = f"{sign} {refusal.details[limit]:g}"
        return f"{brief(refusal.value)} must be {wanted}", f"write a number {wanted}"

    return said


def _has_not(sign: str, limit: str) -> Callable[[Refusal, type[BaseModel]], Said]:
    def said(refusal: Refusal, block: type[BaseModel]) -> Said:
        wanted = f"{sign} {refusal.details[limit]}"
        return f"{brief(refusal.value)} has {refusal.details['actual_length']} entries", f"write {wanted}"

    return said


WHOLE = _is_not("a whole number", "write a number such as 1")
NUMBER = _is_not("a number", "write a number such as 0.5")
FINITE = _is_not("a finite number", "write a number such as 0.5")
TRUTH = _is_not("true or false", "write true or false")
MAPPING = _is_not("a block of keys", "write 'key: value' lines, or {key: value}")
LIST = _is_not("a list", "write [a, b], or one '- item' a line")
SAYINGS: Mapping[str, Callable[[Refusal, type[BaseModel]], Said]] = {
    "extra_forbidden": _unknown_key, "missing": _missing_key, "union_tag_not_found": _missing_kind,
    "union_tag_invalid": _unknown_kind, "literal_error": _not_listed, "value_error": _own_words,
    "int_type": WHOLE, "int_parsing": WHOLE, "int_from_float": WHOLE, "int_parsing_size": WHOLE,
    "float_type": NUMBER, "float_parsing": NUMBER, "finite_number": FINITE,
    "bool_type": TRUTH, "bool_parsing": TRUTH, "string_type": _is_not("text", "put it in quotes"),
    "dict_type": MAPPING, "model_type": MAPPING, "model_attributes_type": MAPPING, "mapping_type": MAPPING,
    "tuple_type": LIST, "list_type": LIST,
    "greater_than": _must_be(">", "gt"), "greater_than_equal": _must_be(">=", "ge"),
    "too_short": _has_not("at least", "min_length"), "too_long": _has_not("at most", "max_length"),
    "less_than": _must_be("<", "lt"), "less_than_equal": _must_be("<=", "le"),
}


def keys_of(block: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a block as a file writes them."""
    return tuple(info.alias or name for name, info in block.model_fields.items())


def kinds_of(block: type[BaseModel]) -> tuple[str, ...]:
    """Return what ``kind`` (of a law: ``law``) may be in a block; nothing where it has no kind."""
    kind = block.model_fields.get("kind") or block.model_fields.get("law")
    return get_args(kind.annotation) if kind and get_origin(kind.annotation) is Literal else ()


def blocks_at(annotation: Any, loc: tuple[Step, ...]) -> Iterator[type[BaseModel]]:
    """Yield the blocks that may stand at a location inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _blocks_in(annotation, loc)
        return
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from blocks_at(members[0], loc)
    elif origin in (Union, UnionType):
        for member in members:
            yield from blocks_at(member, loc)
    elif origin in (tuple, list, dict) and loc:
        yield from blocks_at(members[1 if origin is dict else 0], loc[1:])


def _blocks_in(block: type[BaseModel], loc: tuple[Step, ...]) -> Iterator[type[BaseModel]]:
    if not loc:
        yield block
        return
    for name, info in block.model_fields.items():
        if loc[0] in (name, info.alias):
            yield from blocks_at(info.annotation, loc[1:])
    if loc[0] in (*kinds_of(block), block.__name__):
        yield from _blocks_in(block, loc[1:])
