"""``sim partition``: a Keras model of the user's own, cut into parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.model.partition import Candidate, Partition, Wish

Model = Annotated[Path, typer.Argument(help="A .keras file.", show_default=False)]
Cuts = Annotated[list[str] | None, typer.Option(
    "--cuts", metavar="TENSORS", show_default=False,
    help="A cut: layers whose outputs together separate input from output, joined by + or commas. Repeat it from input "
         "to output.")]
Names = Annotated[str, typer.Option("--names", metavar="A,B,...", help="Names of the parts, one more than cuts.",
                                    show_default=False)]
Skips = Annotated[str, typer.Option(
    "--skips", metavar="K..L", show_default=False,
    help="Add skip hyperconnections that bypass K to L parts, such as 1..2, or 1.")]
Out = Annotated[Path | None, typer.Option("--out", help="The model file to write; without it nothing is written.",
                                          show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
Shapes = Annotated[list[str] | None, typer.Option(
    "--shape", metavar="SIZES", show_default=False,
    help="Shape of one sample, such as 224,224,3, where the model leaves it open; once for each input.")]
Outputs = Annotated[str, typer.Option("--outputs", metavar="NAMES", show_default=False,
                                      help="The outputs that are wanted, with commas; all when not given.")]
Scale = Annotated[float, typer.Option("--scale", help="What samples of the data set are multiplied by: 255 for a model "
                                                      "that wants bytes.")]
Offset = Annotated[float, typer.Option("--offset", help="What is added to them after that.")]


def partition(model: Model, cuts: Cuts = None, names: Names = "", skips: Skips = "",  # noqa: PLR0913 - options
              out: Out = None, force: Force = False, shape: Shapes = None, outputs: Outputs = "", scale: Scale = 1.0,
              offset: Offset = 0.0) -> None:
    """Cut a Keras model into parts and write a model file; without cuts, list where it can be cut.

    A tensor is named like the layer that makes it: add_1; a layer in a model inside as model/layer, the second output
    as layer:1, the second call of a shared layer as layer@2. Tensors of one cut travel as one message.

    \b
    sim partition resnet.keras
    sim partition resnet.keras --cuts add --cuts add_1 --names device,edge,cloud --skips 1 --out resnet.yaml
    sim partition resnet.keras --cuts conv2d_1+activation_2

    The file is opened without running anything that is in it. docs/partition.md tells the rest.
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    console = Console()
    wish = wished(model, cuts or [], names, skips, shape or [])
    refuse_to_overwrite(out, force, bool(cuts))
    if not cuts:
        from simulator.model.partition import candidates  # noqa: PLC0415 - Keras

        show_candidates(console, model, candidates(model, wish.shapes))
        return
    from dataclasses import replace  # noqa: PLC0415

    from simulator.model.partition import partition as cut_up  # noqa: PLC0415 - Keras

    wish = replace(wish, outputs=tuple(words(outputs)), scaling=(scale, offset))
    made = cut_up(wish, out.parent if out else Path())
    show(console, made)
    if out:
        write(out, made)
        console.print(f"written to {out}; give it a data: block (docs/data.md), then name it in a scenario",
                      highlight=False, soft_wrap=True)


def words(text: str) -> list[str]:
    """Return the names in a text, separated by commas or plus signs.

    >>> words("add_1, conv+relu")
    ['add_1', 'conv', 'relu']
    """
    return [word.strip() for word in re.split(r"[,+]", text) if word.strip()]


def wished(model: Path, cuts: list[str], names: str, skips: str, shapes: list[str]) -> Wish:
    """Return what was typed, read.

    Raises:
        ScenarioError: with all options that cannot be read.
    """
    from simulator.model.partition import Wish  # noqa: PLC0415 - Keras

    problems = []
    span = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", skips) if skips else None
    if skips and (span is None or int(span[1]) < 1 or int(span[2] or span[1]) < int(span[1])):
        problems.append(Problem("option --skips", f"{skips!r} is no range of spans", "write 1, or 1..2"))
    sizes = [words(shape) for shape in shapes]
    problems += [Problem("option --shape", f"{shape!r} is no shape", "write --shape 224,224,3")
                 for shape, parts in zip(shapes, sizes, strict=True)
                 if not parts or not all(part.isdecimal() and int(part) for part in parts)]
    problems += [Problem("option --cuts", f"{cut!r} names no tensor", "write the name of a layer")
                 for cut in cuts if not words(cut)]
    if problems:
        raise ScenarioError(*problems)
    return Wish(model, tuple(tuple(words(cut)) for cut in cuts), tuple(words(names)),
                (int(span[1]), int(span[2] or span[1])) if span else None,
                tuple(tuple(int(part) for part in parts) for parts in sizes))


def refuse_to_overwrite(out: Path | None, force: bool, has_cuts: bool) -> None:
    """Raise ScenarioError where the model file cannot or may not be written."""
    if out is None:
        return
    if not has_cuts:
        raise ScenarioError(Problem("option --out", "there is nothing to write without --cuts", "add --cuts LAYER"))
    if out.exists() and not force:
        raise ScenarioError(Problem("option --out", f"{str(out)!r} is there already", "name another file, or --force"))
    if not out.parent.is_dir():
        raise ScenarioError(Problem("option --out", f"no folder {str(out.parent)!r}", "make it first"))


def write(out: Path, made: Partition) -> None:
    """Write a model file.

    Raises:
        ScenarioError: it cannot be written.
    """
    from simulator.model.written import yaml_text  # noqa: PLC0415

    try:
        out.write_text(yaml_text(made.model), encoding="utf-8")
    except OSError as error:
        raise ScenarioError(Problem("option --out", f"{str(out)!r} cannot be written: {error.strerror}",
                                    "name a file in a folder that you can write to")) from error


def show_candidates(console: Console, model: Path, found: tuple[Candidate, ...]) -> None:
    """Print every single tensor at which the model can be cut."""
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=f"Where {model.name} can be cut by one tensor", title_justify="left", box=None)
    for head, justify in (("tensor", "left"), ("shape", "left"), ("bytes", "right"), ("MFLOP before", "right"),
                          ("MFLOP behind", "right")):
        table.add_column(head, justify=justify, no_wrap=head != "tensor")  # type: ignore[arg-type]
    for row in found:
        flop = (f"{flop / 1e6:,.2f}" for flop in (row.before_flop, row.behind_flop))
        table.add_row(row.tensor, "x".join(map(str, row.shape)), f"{row.payload_bytes:,}", *flop)
    console.print(table)
    console.print("Several tensors may make a cut together: --cuts A+B. Then: sim partition MODEL --cuts TENSOR ...",
                  highlight=False, soft_wrap=True)


def show(console: Console, made: Partition) -> None:
    """Print what each part and each message costs."""
    from rich.table import Table  # noqa: PLC0415

    parts = Table(title=str(made.model["title"]), title_justify="left", box=None)
    for head in ("part", "calls", "parameters", "MFLOP"):
        parts.add_column(head, justify="left" if head == "part" else "right")
    for row in made.parts:
        parts.add_row(row.name + (" (exit)" if row.is_exit else ""), str(row.calls), f"{row.parameters:,}",
                      f"{row.work_flop / 1e6:,.2f}")
    console.print(parts)
    messages = Table(box=None)
    for head in ("hyperconnection", "span", "bytes", "tensors", "adapter", "parameters"):
        messages.add_column(head, justify="right" if head in ("span", "bytes", "parameters") else "left")
    for line in made.messages:
        messages.add_row(line.name, str(line.span), f"{line.payload_bytes:,}", " + ".join(line.tensors), line.adapter,
                         f"{line.parameters:,}" if line.parameters else "")
    console.print(messages)
    for note in (*made.notes, f"the parts composed again differ from the model by {made.difference:.1g} of its largest "
                              "output, on random inputs"):
        console.print(note, highlight=False, soft_wrap=True, style="dim")
    if made.shared:
        console.print(f"shared layers, of which several parts hold a copy: {', '.join(made.shared)}", highlight=False,
                      soft_wrap=True, style="yellow")
