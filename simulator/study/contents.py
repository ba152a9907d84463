"""What enters the hash of a cell, for people: as a tree with digests, and as differences between two cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.scenario.identity import canonical_text, content, digest
from simulator.scenario.variants import Variant
from simulator.study.fingerprint import fingerprint, reads

SHOWN = 12  # digits of a digest
ABSENT = "(not there, or its default)"
NAMED = {"topology": "topology", "model": "model"}


@dataclass(frozen=True)
class Branch:
    """A key of what enters a hash.

    Args:
        key: The key.
        digest: The first digits of the SHA-256 of the canonical text below it.
        text: Its value, "" where it has keys of its own.
        branches: Its keys.
    """

    key: str
    digest: str
    text: str = ""
    branches: tuple[Branch, ...] = field(default=())


def entering(cell: Variant, *, quick: bool = False) -> dict[str, Any]:
    """Return everything that enters the hash of a cell, as plain values."""
    return content(cell, quick=quick, data=fingerprint(cell))


def branches(cell: Variant, *, quick: bool = False) -> tuple[Branch, ...]:
    """Return what enters the hash of a cell as a tree; files are named there, though their names do not enter."""
    found = []
    for key, value in entering(cell, quick=quick).items():
        branch = _branch(key, value)
        if key == "data":
            files = tuple(Branch(f"{read.what}: {name}", hash_[:SHOWN]) for read in reads(cell)
                          for name, hash_ in read.files)
            branch = Branch("files that are read", branch.digest, "" if files else "none", files)
        elif key in NAMED:
            branch = Branch(f"{key} (what {getattr(cell.scenario, NAMED[key])!r} holds)", branch.digest,
                            branch.text, branch.branches)
        found.append(branch)
    return tuple(found)


def _branch(key: str, value: Any) -> Branch:
    marked = digest(json.dumps(value) if not isinstance(value, Mapping) else canonical_text(value))[:SHOWN]
    if isinstance(value, Mapping) and value:
        return Branch(key, marked, "", tuple(_branch(name, value[name]) for name in value))
    if isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        return Branch(key, marked, "", tuple(_branch(str(place), one) for place, one in enumerate(value)))
    return Branch(key, marked, json.dumps(value, ensure_ascii=False))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the text of every value.

    >>> list(leaves({"a": {"b": 1}, "c": [{"d": None}]}))
    [('a.b', '1'), ('c.0.d', 'null')]
    """
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{place}")
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the paths at which what enters two hashes differs, with both values."""
    left, right = dict(leaves(one)), dict(leaves(other))
    paths = dict.fromkeys([*left, *right])
    return [(path, left.get(path, ABSENT), right.get(path, ABSENT)) for path in paths
            if left.get(path) != right.get(path)]


def paired(left: Sequence[Variant], right: Sequence[Variant]) -> list[tuple[Variant, Variant]]:
    """Return the cells of two scenarios in pairs: by their labels, or one by one where each has a single cell."""
    if len(left) == len(right) == 1:
        return [(left[0], right[0])]
    by_label = {tuple(sorted(cell.label.items())): cell for cell in right}
    found = [(cell, by_label.get(tuple(sorted(cell.label.items())))) for cell in left]
    return [(cell, other) for cell, other in found if other is not None]
