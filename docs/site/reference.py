"""The reference, made of the schema of the files, the commands and the docstrings: nothing of it is written by hand."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from simulator.cli.main import app
from simulator.scenario.schema import schema_of

KINDS = ("topology", "model", "scenario", "prefab")  # a block that several use stands on the first one's page
PYTHON = (
    "simulator.load", "simulator.run", "simulator.results", "simulator.study.run.Run", "simulator.study.how.How",
    "simulator.scenario.load.Loaded", "simulator.study.record.Record", "simulator.study.record.CellRecord",
    "simulator.expect.estimate.Estimate", "simulator.errors.ScenarioError", "simulator.errors.RunFolderError",
    "simulator.errors.CellsFailed", "simulator.errors.Unfinished",
)
QUOTED = re.compile(r"(: |-> )'([^']*)'")  # annotations are texts
MORE = re.compile(r"^( *)(Args|Returns|Raises|Yields|Attributes):\n((?:\1 +.*\n?|\n)*)", flags=re.MULTILINE)


def pages() -> dict[str, str]:
    """Return the text of each page of the reference by its path in the site."""
    found: dict[str, str] = {}
    homes = homes_of_blocks()
    for kind in KINDS:
        found[f"reference/{kind}.md"] = page_of_blocks(kind, homes)
    return found | {"reference/commands.md": page_of_commands(), "reference/python.md": page_of_python()}


def homes_of_blocks() -> dict[str, str]:
    """Return the kind of file on whose page each block stands."""
    return {name: kind for kind in reversed(KINDS) for name in schema_of(kind).get("$defs", {})}


def page_of_blocks(kind: str, homes: Mapping[str, str]) -> str:
    """Return the page of one kind of file: its keys, and its blocks in the order of the alphabet."""
    schema = schema_of(kind)
    blocks = {name: block for name, block in schema.get("$defs", {}).items() if homes[name] == kind}
    lines = [f"# The keys of a {kind} file", f"Made by `make docs` from what `sim schema {kind}` prints.",
             *section(schema, kind, homes)]
    for name in sorted(blocks):
        lines += [f"## {name}", *section(blocks[name], kind, homes)]
    return "\n\n".join(lines) + "\n"


def section(block: Mapping[str, Any], kind: str, homes: Mapping[str, str]) -> Iterator[str]:
    """Yield what a block is for, and the table of its keys."""
    if said := block.get("description"):
        yield markdown_of(said)
    if options := block.get("anyOf") or block.get("oneOf"):
        yield "Written as " + type_text({"anyOf": options}, kind, homes) + "."
    if "enum" in block:
        yield type_text(block, kind, homes)
    needed = set(block.get("required", ()))
    rows = [f"| `{key}` | {type_text(value, kind, homes)} | {default_text(key, value, needed)} |"
            for key, value in block.get("properties", {}).items()]
    if rows:
        yield "\n".join(["| key | value | default |", "|---|---|---|", *rows])


def default_text(key: str, value: Mapping[str, Any], needed: set[str]) -> str:
    """Return what a key is when it is not written."""
    if key in needed:
        return "**needed**"
    return f"`{cell(json.dumps(value['default'], ensure_ascii=False))}`" if value.get("default") is not None else "none"


def type_text(value: Mapping[str, Any], kind: str, homes: Mapping[str, str]) -> str:
    """Return what may be written for a value, in words."""
    if said := value.get("description"):
        return cell(markdown_of(said))
    if name := value.get("$ref", "").rpartition("/")[2]:
        return link_to(name, kind, homes)
    if "const" in value:
        return f"`{cell(json.dumps(value['const']))}`"
    if "enum" in value:
        return ", ".join(f"`{cell(json.dumps(each))}`" for each in value["enum"])
    if options := value.get("anyOf") or value.get("oneOf"):
        texts = dict.fromkeys(type_text(option, kind, homes) for option in options if option.get("type") != "null")
        return " or ".join(texts)
    return of_plain_type(value, kind, homes)


def of_plain_type(value: Mapping[str, Any], kind: str, homes: Mapping[str, str]) -> str:
    """Return a list, a mapping, a number or a text, in words."""
    if value.get("type") == "array":
        items = value.get("items") or (value.get("prefixItems") or [{}])[0]
        return f"a list of {type_text(items, kind, homes) or 'values'}"
    if value.get("type") == "object":
        values = value.get("additionalProperties")
        return f"a mapping to {type_text(values, kind, homes)}" if isinstance(values, dict) and values else "a mapping"
    words = {"integer": "a whole number", "number": "a number", "string": "text", "boolean": "`true` or `false`"}
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    told = ", ".join(f"{sign} {value[key]}" for key, sign in limits.items() if key in value)
    return f"{words.get(value.get('type', ''), 'any value')}{f' {told}' if told else ''}"


def link_to(name: str, kind: str, homes: Mapping[str, str]) -> str:
    """Return a link to the section of a block."""
    page = "" if homes[name] == kind else f"{homes[name]}.md"
    return f"[{name}]({page}#{name.lower()})"


def cell(text: str) -> str:
    """Return a text that stands in a cell of a table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def markdown_of(docstring: str) -> str:
    """Return a docstring as Markdown: code between single quotes, arguments and errors as lists."""
    return MORE.sub(listed, inspect.cleandoc(docstring).replace("``", "`")).strip()


def listed(found: re.Match[str]) -> str:
    """Return a part of a docstring as a heading and a list."""
    entries = re.sub(r"\n +(?=\S)", "\n", inspect.cleandoc(found[3]))
    items = [" ".join(each.split()) for each in re.split(r"\n(?=[\w*, ]+: )", entries) if each.strip()]
    named = [re.sub(r"^([*]*[A-Za-z_]+): ", r"`\1`: ", item) for item in items]
    return "\n".join(["", f"**{found[2]}**", "", *(f"- {item}" for item in named), ""])


def page_of_commands() -> str:
    """Return the page of the commands: what each does, its arguments and its options."""
    group = typer.main.get_command(app)
    lines = ["# Commands", "Made by `make docs` from what `sim COMMAND --help` says.", markdown_of(group.help or "")]
    for name, command in group.commands.items():
        lines += [f"## sim {name}", *command_lines(command)]
    return "\n\n".join(lines) + "\n"


def command_lines(command: Any) -> Iterator[str]:
    """Yield the help of a command and the table of what follows it."""
    said, *examples = inspect.cleandoc(command.help or "").split("\b\n")
    yield markdown_of(said)
    for block in examples:
        lines, _, rest = block.partition("\n\n")
        yield f"```console\n{lines.strip()}\n```"
        if rest.strip():
            yield markdown_of(rest)
    rows = [f"| {cell(name_of(parameter))} | {cell(getattr(parameter, 'help', None) or '')} | {default_of(parameter)} |"
            for parameter in command.params if parameter.name != "help"]
    yield "\n".join(["| argument or option | meaning | default |", "|---|---|---|", *rows])


def name_of(parameter: Any) -> str:
    """Return an argument's or an option's name, with the word that stands for its value."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return names if parameter.is_flag else f"{names} `{parameter.metavar or 'VALUE'}`"


def default_of(parameter: Any) -> str:
    """Return what holds when it is not given."""
    if parameter.required:
        return "**needed**"
    value = parameter.default() if callable(parameter.default) else parameter.default
    value = getattr(value, "value", value)
    return "none" if value in (None, False, "", [], ()) else f"`{value}`"


def page_of_python() -> str:
    """Return the page of what Python code may use."""
    lines = ["# Python", "Made by `make docs` from docstrings."]
    for path in PYTHON:
        lines += python_lines(path)
    return "\n\n".join(lines) + "\n"


def python_lines(path: str) -> Iterator[str]:
    """Yield the signature and docstring of a function, or of a class and its own public methods."""
    module, _, name = path.rpartition(".")
    thing = getattr(importlib.import_module(module), name)
    yield f"## {path}"
    yield from described(name, thing)
    if inspect.isclass(thing):
        for key, value in vars(thing).items():
            method = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
            if not key.startswith("_") and inspect.isfunction(method) and method.__doc__:
                yield f"### {name}.{key}"
                yield from described(key, method, is_property=isinstance(value, property))


def described(name: str, thing: Any, *, is_property: bool = False) -> Iterator[str]:
    """Yield a signature, where there is one, and a docstring."""
    if not is_property and not (inspect.isclass(thing) and issubclass(thing, Exception)):
        signature = QUOTED.sub(r"\1\2", str(inspect.signature(thing)))
        yield f"```python\n{name}{signature}\n```"
    yield markdown_of(thing.__doc__ or "")
