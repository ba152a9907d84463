"""``sim hash``: the names of a scenario's cells, what enters them, and what two scenarios differ in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.cli.names import of_shelf
from simulator.cli.run import Quick, Sets
from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from simulator.scenario.load import Loaded
    from simulator.scenario.variants import Variant
    from simulator.study.contents import Branch

SHOWN = 16
MOST_DIFFERENCES = 40
Cells = Sequence[tuple["Variant", str]]


def hash_(
    scenarios: Annotated[list[str], typer.Argument(metavar="SCENARIO [OTHER]",
                                                   help="One or two: names on the shelf (sim list) or paths.",
                                                   autocompletion=of_shelf("scenario"))],
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Show what enters the hashes, or what differs.")
    ] = False,
    sets: Sets = None,
    quick: Quick = False,
) -> None:
    """Print the hash of each cell: the name under which it is kept and found. Nothing is run.

    A title, a question, a comment or the order of keys changes no hash; what can change a result does.
    With two scenarios: which cells they share, and what differs in the others; --set changes the second.

    \b
    sim hash first
    sim hash first --explain
    sim hash mine.yaml yours.yaml
    sim hash first first --set policy.deadline='100 ms'
    """  # noqa: D301 - \b tells click to keep the lines
    from rich.console import Console  # noqa: PLC0415 - keeps sim --help fast

    if len(scenarios) > 2:
        raise ScenarioError(Problem("sim hash", f"{len(scenarios)} scenarios", "name one, or two to compare"))
    console = Console(highlight=False, markup=False, soft_wrap=True)
    last, cells = named(scenarios[-1], sets or [], quick=quick)
    if len(scenarios) == 1:
        show_cells(console, last, cells)
        if is_explained:
            explain(console, cells, quick=quick)
    else:
        compare(console, named(scenarios[0], [], quick=quick)[1], cells, quick=quick)


def named(scenario: str, sets: list[str], *, quick: bool) -> tuple[Loaded, Cells]:
    """Return a scenario and its cells with their hashes."""
    import simulator  # noqa: PLC0415 - keeps sim --help fast
    from simulator.cli.sets import overrides  # noqa: PLC0415
    from simulator.scenario.identity import cell_hash  # noqa: PLC0415
    from simulator.scenario.variants import variants  # noqa: PLC0415
    from simulator.study.fingerprint import fingerprint  # noqa: PLC0415
    from simulator.study.quick import quickened  # noqa: PLC0415

    loaded = simulator.load(scenario, overrides(sets))
    loaded = quickened(loaded) if quick else loaded
    return loaded, [(cell, cell_hash(cell, quick=quick, data=fingerprint(cell))) for cell in variants(loaded)]


def show_cells(console: Console, loaded: Loaded, cells: Cells) -> None:
    """Print a line for each cell."""
    for cell, name in cells:
        console.print(f"{name}  {text_of(cell) or loaded.scenario.title}")


def text_of(cell: Variant) -> str:
    """Return a cell's label as ``key=value``s."""
    return " ".join(f"{key}={value}" for key, value in cell.label.items())


def explain(console: Console, cells: Cells, *, quick: bool) -> None:
    """Print what enters the hash of the first cell as a tree, and what the others have otherwise."""
    from rich.tree import Tree  # noqa: PLC0415 - keeps sim --help fast

    from simulator.study.contents import branches, differences, entering  # noqa: PLC0415

    (first, name), *others = cells
    tree = Tree(f"{name[:SHOWN]} {text_of(first)}")
    for branch in branches(first, quick=quick):
        grow(tree, branch)
    console.print(tree)
    before = entering(first, quick=quick)
    for cell, other in others:
        tell(console, f"{other[:SHOWN]} {text_of(cell)}", differences(before, entering(cell, quick=quick)))


def grow(tree: Tree, branch: Branch) -> None:
    """Add a branch to a tree: key, value, digest."""
    value = f"  {branch.text}" if branch.text else ""
    grown = tree.add(f"{branch.key}{value}" + (f"  [{branch.digest}]" if branch.branches or not value else ""))
    for each in branch.branches:
        grow(grown, each)


def compare(console: Console, left: Cells, right: Cells, *, quick: bool) -> None:
    """Print which cells two scenarios share, and what enters the hashes of the others otherwise."""
    from simulator.study.contents import differences, entering, paired  # noqa: PLC0415 - keeps sim --help fast

    shared = {name for _, name in left} & {name for _, name in right}
    console.print(f"{len(shared)} cells are the same, {len(left) - len(shared)} are in the first only, "
                  f"{len(right) - len(shared)} in the second only")
    names = {id(cell): name for cell, name in (*left, *right)}
    pairs = paired([cell for cell, name in left if name not in shared], [cell for cell, name in right
                                                                         if name not in shared])
    for one, other in pairs:
        head = f"{text_of(one) or 'the cell'}: {names[id(one)][:SHOWN]} and {names[id(other)][:SHOWN]}"
        tell(console, head, differences(entering(one, quick=quick), entering(other, quick=quick)))


def tell(console: Console, head: str, found: Sequence[tuple[str, str, str]]) -> None:
    """Print differences below a head."""
    console.print(head)
    for path, one, other in found[:MOST_DIFFERENCES]:
        console.print(f"  {path}: {one} -> {other}")
    if len(found) > MOST_DIFFERENCES:
        console.print(f"  ... and {len(found) - MOST_DIFFERENCES} more")
