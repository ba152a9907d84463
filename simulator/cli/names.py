"""What a shell completes: names of the shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulator.scenario.shelf import Kind


def of_shelf(kind: Kind) -> Callable[[str], list[tuple[str, str]]]:
    """Return a completion: the names of one kind on the shelf that begin with what is typed, with their titles."""

    def complete(incomplete: str) -> list[tuple[str, str]]:
        return list(beginning(kind, incomplete))

    return complete


def of_named_kind(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the names on the shelf of the kind that was typed before: sim copy KIND NAME."""
    kind = ctx.params.get("kind")
    return list(beginning(str(getattr(kind, "value", kind)), incomplete))


def beginning(kind: str, typed: str) -> Iterator[tuple[str, str]]:
    """Yield the names of one kind on the shelf that begin with a text, with their titles; nothing for no kind."""
    from simulator.scenario.shelf import FOLDERS, names, title  # noqa: PLC0415 - keeps sim --help fast

    for known in FOLDERS:
        if known == kind:
            yield from ((name, title(known, name)) for name in names(known) if name.startswith(typed))


ScenarioName = Annotated[
    str, typer.Argument(help="A name on the shelf (sim list) or a path.", autocompletion=of_shelf("scenario"))
]
