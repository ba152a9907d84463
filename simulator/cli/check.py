"""``sim check``: everything that is wrong with a scenario, or what it means with all defaults and units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import ScenarioName
from simulator.cli.run import Sets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.dataflow.costs import Costs
    from simulator.errors import Problem
    from simulator.scenario.load import Loaded
    from simulator.scenario.variants import Variant
    from simulator.study.assemble import Assembly

WithModel = Annotated[bool, typer.Option("--model", help="Also build the models (Keras): layers, memory, load.")]
MOST_NAMED = 9  # cells of a study that are named one by one


def check(scenario: ScenarioName,
          with_model: WithModel = False, sets: Sets = None) -> None:
    """Check a scenario: tell every problem with its place, or print what it means, with all defaults and units.

    \b
    sim check first.yaml
    sim check first --model
    sim check first --set policy.deadline='100 ms'
    """  # noqa: D301 - \b tells click to keep the lines
    import simulator  # noqa: PLC0415 - keeps sim --help fast
    from simulator.cli.sets import overrides  # noqa: PLC0415
    from simulator.scenario.variants import variants  # noqa: PLC0415

    loaded = simulator.load(scenario, overrides(sets or []))
    cells = variants(loaded)
    check_cells(loaded, cells)
    warnings = dict.fromkeys(line for cell in cells for line in warnings_of(cell, with_model))
    typer.echo(resolved_text(loaded), nl=False)
    for line in warnings:
        typer.secho(f"warning: {line}", err=True, fg="yellow")
    points = [" ".join(f"{key}={value}" for key, value in cell.label.items()) for cell in cells if cell.label]
    shown = points if len(points) <= MOST_NAMED else [*points[:MOST_NAMED], "..."]
    said = f"{len(cells)} cells: {', '.join(shown)}" if points else "1 cell"
    typer.secho(f"{loaded.path.name} is fine ({said})", err=True, fg="green")


def check_cells(loaded: Loaded, cells: Sequence[Variant]) -> None:
    """Check of each cell what else would only show when it is run; raise ScenarioError with all that is wrong."""
    from simulator.errors import ScenarioError  # noqa: PLC0415 - keeps sim --help fast
    from simulator.scenario.located import located  # noqa: PLC0415
    from simulator.study.assemble import Assembly  # noqa: PLC0415
    from simulator.study.foreseen import check_sums  # noqa: PLC0415

    problems: dict[Problem, None] = {}
    for cell in cells:
        try:
            with located(loaded, cell.scenario.model):
                check_sums(Assembly.of(cell))
        except ScenarioError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise ScenarioError(*problems)


def resolved_text(loaded: Loaded) -> str:
    """Return the scenario with its topology and model as YAML, defaults written out, quantities with their units."""
    import yaml  # noqa: PLC0415 - keeps sim --help fast

    from simulator.scenario.load import resolved  # noqa: PLC0415

    plain = without_nothing(resolved(loaded))
    return yaml.dump(plain, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, allow_unicode=True,
                     default_flow_style=None, width=120)


def without_nothing(plain: object) -> object:
    """Return plain values without the keys that hold None."""
    if isinstance(plain, dict):
        return {key: without_nothing(value) for key, value in plain.items() if value is not None}
    return [without_nothing(item) for item in plain] if isinstance(plain, list) else plain


def warnings_of(cell: Variant, with_model: bool) -> tuple[str, ...]:
    """Return the warnings about a cell; raise ScenarioError where its model cannot be built or does not fit."""
    from simulator.scenario.advice import advice  # noqa: PLC0415 - keeps sim --help fast
    from simulator.seeds import Streams  # noqa: PLC0415
    from simulator.study.assemble import Assembly, given_costs  # noqa: PLC0415

    assembly = Assembly.of(cell)
    plans = {}
    for name, one in {"": assembly, **assembly.sharing}.items():
        costs = model_costs(one) if with_model and one.has_layers else given_costs(one.model, one.graph)
        plans[name] = one.plan(costs)
    if cell.scenario.workload is None:
        return ()
    births_ns = assembly.arrivals_ns(cell.scenario.workload, Streams(cell.scenario.seed))
    beside = []
    for name, one in assembly.sharing.items():
        if workload := one.scenario.workload:
            births = one.arrivals_ns(workload, Streams(cell.scenario.seed, owner=name))
            beside.append((plans[name], int(births[-1]) / len(births)))
    return advice(cell.scenario, plans[""], births_ns, *beside)


def model_costs(assembly: Assembly) -> Costs:
    """Return what the cell's model costs; raise ScenarioError where it cannot be built or a part does not fit."""
    from simulator.model.split import SplitModel  # noqa: PLC0415 - Keras
    from simulator.study.answers import check_memory, dataset_of  # noqa: PLC0415

    dataset = dataset_of(assembly, quick=False)
    split = SplitModel(assembly.model, assembly.graph, dataset.shape, dataset.classes)
    if assembly.scenario.measure.neurons:
        from simulator.neurons.experiment import check_places  # noqa: PLC0415 - Keras

        check_places(split, assembly.answering_exit, assembly.scenario.measure.neurons.crash)
    costs = split.costs()
    check_memory(assembly, costs)
    return costs
