"""``sim schema``: the JSON Schema of a kind of file, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.cli.copy import Kind


def schema(kind: Annotated[Kind, typer.Argument(help="Of which kind of file.")] = Kind.SCENARIO) -> None:
    """Print the JSON Schema of a kind of file, with which an editor completes and checks keys.

    \b
    sim schema > scenario.schema.json
    and in the first line of a scenario:  # yaml-language-server: $schema=scenario.schema.json
    """  # noqa: D301 - \b tells click to keep the lines
    import json  # noqa: PLC0415 - keeps sim --help fast

    from simulator.scenario.schema import schema_of  # noqa: PLC0415

    typer.echo(json.dumps(schema_of(kind.value), indent=2, ensure_ascii=False))
