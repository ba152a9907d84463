"""``sim new``: a scenario of one's own from a few questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import of_shelf
from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulator.scenario.new import Answers, Files

SHIPPED_WITH_DATA = "watch-mlp"  # a model that can be run at once
KINDS = ("renewal", "bernoulli", "none")
NO_ANSWER = Problem("sim new", "a question was not answered, and nothing is written",
                    "give the options, and --yes for the defaults of all others")
Topologies = Annotated[str | None, typer.Option("--topology", show_default=False, autocompletion=of_shelf("topology"),
                                                help="A name on the shelf or a path: machines and links.")]
Models = Annotated[str | None, typer.Option("--model", show_default=False, autocompletion=of_shelf("model"),
                                            help="A name on the shelf or a path: parts and hyperconnections.")]
Kinds = Annotated[str | None, typer.Option("--failures", metavar="|".join(KINDS), show_default=False, help=(
    "renewal: crash and repair; bernoulli: a coin for each request."))]
Survival = Annotated[str | None, typer.Option("--survival", show_default=False, help=(
    "A setting of the topology or a probability: how often a machine is up."))]
Mttr = Annotated[str | None, typer.Option("--mttr", show_default=False, help="Mean time to repair: '10 s'.")]
Rate = Annotated[str | None, typer.Option("--rate", show_default=False, help="Of requests: '2 /s'.")]
Requests = Annotated[str | None, typer.Option("--requests", show_default=False, help="In each replication.")]
Deadline = Annotated[str | None, typer.Option("--deadline", show_default=False, help="'250 ms', or none.")]
Strategies = Annotated[str | None, typer.Option("--strategies", show_default=False, help=(
    "vanilla,dfg,resilinet,resilinet_plus,select: those to compare."))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take the defaults of what is not given.")]


def new(  # noqa: PLR0913 - its options
    file: Annotated[Path, typer.Argument(help="The scenario file to write.", show_default=False)],
    topology: Topologies = None,
    model: Models = None,
    failures: Kinds = None,
    survival: Survival = None,
    mttr: Mttr = None,
    rate: Rate = None,
    requests: Requests = None,
    deadline: Deadline = None,
    strategies: Strategies = None,
    yes: Yes = False,
) -> None:
    """Ask a few questions, and write a scenario that sim check accepts; nothing is ever overwritten.

    What an option answers is not asked.

    \b
    sim new mine.yaml
    sim new mine.yaml --yes
    sim new mine.yaml --topology city-fog --model watch-mlp --survival 0.9 --yes
    """  # noqa: D301 - \b tells click to keep the lines
    from simulator.scenario.new import problems_of, scenario_text  # noqa: PLC0415 - keeps sim --help fast

    refuse_existing(file)
    given = {"topology": topology, "model": model, "failures": failures, "survival": survival, "mttr": mttr,
             "rate": rate, "requests": requests, "deadline": deadline, "strategies": strategies}
    text = scenario_text(*answered(Asked(given, is_silent=yes)))
    if problems := problems_of(text, file):
        raise ScenarioError(*problems)
    write(file, text)
    typer.echo(f"written to {file}; next: sim check {file}, sim run {file} --quick")


def answered(asked: Asked) -> tuple[Answers, Files]:
    """Return all answers, and the files that they name."""
    from simulator.scenario.new import (  # noqa: PLC0415 - keeps sim --help fast
        GUESSED_SURVIVAL,
        Answers,
        Files,
        fitting_models,
        model_named,
        topology_named,
    )

    where = asked("topology", "health-chain", topology_named, "a name of 'sim list topologies', or a path")
    net = topology_named(where)
    fitting = () if asked.knows("model") else fitting_models(net)
    first = SHIPPED_WITH_DATA if SHIPPED_WITH_DATA in fitting else [*fitting, SHIPPED_WITH_DATA][0]
    hint = f"with parts named like its machines: {', '.join(fitting) or 'none of the shelf'}"
    what = asked("model", first, model_named, hint)
    found = Files(net, model_named(what))
    kind = asked("failures", KINDS[0], kind_of_failure, ", ".join(KINDS))
    known, likely = (*found.settings, "a probability"), (str(GUESSED_SURVIVAL), *found.settings)[-1]
    answers = Answers(
        topology=where, model=what, failures=kind,
        survival="" if kind == "none" else asked("survival", likely, hint=", ".join(known)),
        mttr=asked("mttr", "10 s", hint="mean time to repair") if kind == "renewal" else "",
        rate=asked("rate", "2 /s", hint="of requests"), requests=asked("requests", "2000"),
        deadline=asked("deadline", "none", hint="an answer after it is late"),
        strategies=asked("strategies", "vanilla,dfg,resilinet") if found.has_strategies else "",
    )
    return answers, found


class Asked:
    """Asks questions, or takes their defaults.

    Args:
        given: What options say, by the name of the question.
        is_silent: Whether nothing is asked.
    """

    def __init__(self, given: Mapping[str, str | None], *, is_silent: bool) -> None:
        self._given, self._is_silent = given, is_silent

    def knows(self, name: str) -> bool:
        """Return whether an option says it."""
        return self._given[name] is not None

    def __call__(self, name: str, default: str, read: Callable[[str], object] | None = None,
                 hint: str = "") -> str:
        """Return the answer: what an option gave, the default, or what was typed; asked again until it can be read.

        Raises:
            ScenarioError: what an option gave cannot be read, or there is nobody to answer.
        """
        answer = self._given[name] or (default if self._is_silent else None)
        while answer is None:
            try:
                typed = typer.prompt(f"{name} ({hint})" if hint else name, default=default)
            except typer.Abort as nobody:
                typer.echo()
                raise ScenarioError(NO_ANSWER) from nobody
            answer = typed if understood(read, typed) else None
        if read:
            read(answer)
        return answer


def understood(read: Callable[[str], object] | None, typed: str) -> bool:
    """Return whether an answer can be read; say why not."""
    try:
        if read:
            read(typed)
    except ScenarioError as error:
        for problem in error.problems:
            typer.echo(f"{problem.message}; {problem.way_out}")
        return False
    return True


def kind_of_failure(typed: str) -> str:
    """Return a kind of failures; raise ScenarioError where there is none of that name."""
    from simulator.errors import did_you_mean  # noqa: PLC0415 - next to its only use

    if typed not in KINDS:
        raise ScenarioError(Problem("option --failures", f"{typed!r} is no kind of failures that is asked for here",
                                    did_you_mean(typed, KINDS)))
    return typed


def refuse_existing(file: Path) -> None:
    """Raise ScenarioError where there is a file already."""
    if file.exists():
        raise ScenarioError(Problem("argument FILE", f"{str(file)!r} is there already", "name another file"))


def write(file: Path, text: str) -> None:
    """Write a new file; raise ScenarioError where there is one, or it cannot be written."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        refuse_existing(file)
    except OSError as error:
        said = f"{str(file)!r} cannot be written: {error.strerror}"
        raise ScenarioError(Problem("argument FILE", said, "name a file in a folder that you can write to")) from error
