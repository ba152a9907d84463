"""Work through the cells of a study: find those that are finished, have the others made, keep each as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from simulator.errors import CellsFailed, Problem, ScenarioError, Unfinished
from simulator.scenario.load import Loaded
from simulator.scenario.located import located
from simulator.scenario.variants import Variant
from simulator.study.assemble import Assembly
from simulator.study.cell_files import CellAnswer, labelled
from simulator.study.executors.choose import Executor, executor_of
from simulator.study.executors.serial import Serial
from simulator.study.executors.task import Failure, Finished, Task
from simulator.study.executors.waiting import Waiting
from simulator.study.how import How
from simulator.study.memory import trainings
from simulator.study.progress import Progress, Standing
from simulator.study.standing import (
    Widest,
    forget_failure,
    has_failed,
    keep_failure,
    keep_time,
)
from simulator.study.store import RunFolder
from simulator.study.trends import check_names

Cells = Sequence[tuple[Variant, str]]


class Executors:
    """The executor of a study, begun when it is first needed, and left at the end of it all.

    Args:
        how: By whom cells are made.
    """

    def __init__(self, how: How) -> None:
        self.how, self._stack = how, ExitStack()
        self._one: Executor | None = None

    def __enter__(self) -> Executors:
        """Nothing is begun yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was begun."""
        self._stack.close()
        self._one = None

    def one(self) -> Executor:
        """Return the executor."""
        if self._one is None:
            self._one = self._stack.enter_context(executor_of(self.how))
        return self._one


@dataclass
class Work:
    """A study at work.

    Args:
        loaded: The scenario.
        quick: Whether it is the quick version.
        folder: The run folder, claimed.
        progress: Who is told.
        how: Which cells, by whom, for how long.
        answers: By the name of the cell.
        made: Names of the cells that were not found.
        failures: Why cells have no answer, by their name.
        kept: Where the replications of cells are kept, by their name.
        executors: Whose executor makes the cells; None: one of its own.
    """

    loaded: Loaded
    quick: bool
    folder: RunFolder
    progress: Progress
    how: How = field(default_factory=How)
    answers: dict[str, CellAnswer] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    failures: dict[str, Problem] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    widest: Widest = field(default_factory=Widest)
    executors: Executors | None = None

    def through(self, cells: Cells) -> list[CellAnswer]:
        """Return the answers of all cells, in their order, after those were made that are asked for.

        Raises:
            ScenarioError: a cell cannot be made, by the user's fault.
            CellsFailed: some cells came to nothing.
            Unfinished: there are cells left.
        """
        chosen = self.how.chosen(cells, lambda name: has_failed(self.folder.path, name))
        self._find(chosen)
        self._make(chosen)
        if len(chosen) < len(cells) and not self.how.shard:
            self._find(cells)
        self._check_all_is_done(cells, chosen)
        return [labelled(self.answers[name], cell.label, label_of(cell)) for cell, name in cells]

    def pilot(self, cells: Cells) -> str:
        """Make and keep the first of these cells, in this process, and return its label."""
        cell, name = cells[0]
        with Serial() as executor:
            for finished in executor.run(Waiting([Task(cell, name, self.quick)]), self.progress):
                self._kept(cell, finished)
        if self.failures:
            raise CellsFailed(*self.failures.values())
        return label_of(cell)

    def _find(self, cells: Cells) -> None:
        for cell, name in cells:
            if name not in self.answers and (found := self.folder.find(name)):
                self._add(name, found)
                self.widest.add(found.record)
                self.progress.cell(label_of(cell), len(self.answers), len(cells), True)

    def _make(self, chosen: Cells) -> None:
        """Have the cells made that are not finished, and keep each as it comes."""
        to_do = {name: cell for cell, name in chosen if name not in self.answers}
        total = len(self.answers) + len(to_do)
        self.progress.trainings(len(trainings(Assembly.of(cell) for cell in to_do.values())))
        self._stand(total)
        if not to_do:
            return
        with ExitStack() as stack:
            executor = (self.executors or stack.enter_context(Executors(self.how))).one()
            for finished in executor.run(self._waiting(to_do, executor), self.progress):
                cell = to_do[finished.name]
                if self._kept(cell, finished):
                    self.progress.cell(label_of(cell), len(self.answers), total, False)
                self._stand(total)

    def _waiting(self, to_do: Mapping[str, Variant], executor: Executor) -> Waiting:
        """Return the cells that are to be made; one after the other, none has to wait for the training of another."""
        tasks = (Task(cell, name, self.quick, () if executor.is_serial else tuple(trainings([Assembly.of(cell)])),
                      "" if self.how.dask else self.kept.get(name, ""))
                 for name, cell in to_do.items())
        return Waiting(tasks, self.how.max_seconds)

    def _stand(self, total: int) -> None:
        self.progress.standing(Standing(total, len(self.answers), len(self.failures), str(self.widest)))

    def _kept(self, cell: Variant, finished: Finished) -> bool:
        """Keep an answer, or why there is none; return whether there is one."""
        if finished.answer is None:
            self._fail(cell, finished)
            return False
        self.folder.keep(finished.answer)
        keep_time(self.folder.path, finished.name, finished.seconds, self.folder.shard)
        forget_failure(self.folder.path, finished.name)
        self._add(finished.name, finished.answer)
        self.made.append(finished.name)
        self.widest.add(finished.answer.record)
        return True

    def _add(self, name: str, answer: CellAnswer) -> None:
        if not self.answers:
            check_names(self.loaded, answer.record)
        self.answers[name] = answer

    def _fail(self, cell: Variant, finished: Finished) -> None:
        """Keep why a cell has no answer.

        Raises:
            ScenarioError: it is the user's fault.
        """
        failure = finished.failure or Failure("it came to nothing", "")
        if failure.problems:
            with located(self.loaded, cell.scenario.model):
                raise ScenarioError(*failure.problems) from finished.error
        label = label_of(cell)
        path = keep_failure(self.folder.path, finished.name, label, failure)
        self.failures[finished.name] = Problem(f"cell {label}", failure.message, f"its traceback is in {path}")
        self.progress.failed(label, failure.message)
        if finished.error is not None and not cell.label:
            raise finished.error

    def _check_all_is_done(self, cells: Cells, chosen: Cells) -> None:
        """Check that all cells have answers.

        Raises:
            CellsFailed: some came to nothing.
            Unfinished: some are left.
        """
        if self.failures:
            raise CellsFailed(*self.failures.values())
        asked, every = {name for _, name in chosen}, {name for _, name in cells}
        if not every - set(self.answers) and not self.how.shard:
            return
        done, place = len(asked & set(self.answers)), str(self.folder.path)
        which = f"shard {self.how.shard}: " if self.how.shard else ""
        told = f"{which}{done} of {len(asked)} cells are finished"
        if done < len(asked):
            raise Unfinished(Problem(place, told, "run the same command again to go on"))
        way_out = "when the others are, the command without --shard, --only and --failed tells the answer"
        raise Unfinished(Problem(place, f"{told}, of {len(every)} in all", way_out), is_as_asked=True)


def label_of(cell: Variant) -> str:
    """Return a cell for people."""
    return ", ".join(cell.label.values()) or cell.scenario.title

