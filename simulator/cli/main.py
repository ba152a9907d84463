"""``sim``: the list of the commands, and how a user's error is told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

from simulator.cli.check import check
from simulator.cli.cite import cite
from simulator.cli.compare import compare
from simulator.cli.copy import copy
from simulator.cli.design import design
from simulator.cli.explain import explain
from simulator.cli.fit import fit
from simulator.cli.hash_ import hash_
from simulator.cli.list_ import list_
from simulator.cli.merge import merge
from simulator.cli.new import new
from simulator.cli.partition import partition
from simulator.cli.plot import plot
from simulator.cli.profile import profile
from simulator.cli.rerun import rerun
from simulator.cli.results import export, results
from simulator.cli.run import run
from simulator.cli.schema import schema
from simulator.cli.whatif import whatif
from simulator.errors import SimulatorError

P = ParamSpec("P")
INTERRUPTED = 130
ABOUT = """What happens to accuracy, latency and availability when the machines that hold a split neural network fail?

A scenario is a file that asks one question: a topology, a split model, what fails, and what is measured."""
FIRST_COMMANDS = """The first three commands:

[bold]sim run first --quick[/bold] · a first answer, with tables, figures and a report in runs/

[bold]sim whatif first --down fog2[/bold] · one failure, looked at closely

[bold]sim copy scenario first[/bold] · a scenario of your own, to edit; then: sim check first.yaml"""


def told(command: Callable[P, None]) -> Callable[P, None]:
    """Return the command with its user's errors told, one a line, and its exit code; an interrupt ends with 130."""

    @functools.wraps(command)
    def telling(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SimulatorError as error:
            for problem in error.problems:
                typer.echo(str(problem), err=True)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            typer.echo("interrupted; what is finished is kept, and the same command goes on from there", err=True)
            raise typer.Exit(INTERRUPTED) from interrupt

    return telling


app = typer.Typer(name="sim", help=ABOUT, epilog=FIRST_COMMANDS, no_args_is_help=True,
                  rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command("run")(told(run))
app.command("design")(told(design))
app.command("whatif")(told(whatif))
app.command("hash")(told(hash_))
app.command("results")(told(results))
app.command("export")(told(export))
app.command("merge")(told(merge))
app.command("compare")(told(compare))
app.command("plot")(told(plot))
app.command("rerun")(told(rerun))
app.command("cite")(told(cite))
app.command("explain")(told(explain))
app.command("check")(told(check))
app.command("list")(told(list_))
app.command("copy")(told(copy))
app.command("new")(told(new))
app.command("partition")(told(partition))
app.command("fit")(told(fit))
app.command("profile")(told(profile))
app.command("schema")(told(schema))


def main() -> None:
    """Run the command that was typed; end the process with its exit code."""
    app(prog_name="sim")
