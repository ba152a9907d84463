"""What the pages tell to type is accepted, runs, and writes anew the figures that stand beside it.

The plain ``sim run NAME`` of a scenario is run by ``test_shelf``; here are those with options, and all figures.
"""

import re
import shlex
from itertools import pairwise

import pytest
import typer

import simulator
from simulator.cli.main import app
from simulator.cli.sets import overrides
from simulator.scenario.shelf import names
from tests.house.commands import ROOT, python
from tests.house.test_docs import PAGES

# What a page calls the reader's own file, folder or half-typed word.
OWN = re.compile(r"(?:[\w-]+\.ya?ml|STUDY|SCENARIO|wh)$")
NEEDS_DATA = "its data set is not shipped, and random data in its place would not be what the page tells"
THINNED = "--quick has one repeat and the ends of each axis, too few points for this figure; the full run takes long"
# Commands that are not run, by the words after ``sim run``, with the reason.
NOT_RUN = {
    "camera --set data.path=/data/camera_multiview.npz": NEEDS_DATA,
    "poster-table --set outcomes.path=/data/accuracy_by_combination.csv": NEEDS_DATA,
    "predicted-failures --set model=camera-mlp --set topology=camera-tree": NEEDS_DATA,
    "predicted-failures --set model=health-mlp": NEEDS_DATA,
    "health-average-accuracy --set strategy=dfg --set sweep.strategy=[dfg, resilinet_plus] --set repeats=2": NEEDS_DATA,
    "certified --set certify.legacy=true": "ends with a refusal, which tests/neurons look at",
}
# Each figure of the pages: the command that draws it, and its name in the run folder; or why it is not drawn here.
FIGURES = {
    "accuracy_around_outages": ("availability", "accuracy_around_outages"),
    "accuracy_vs_failure": ("first", "accuracy_vs_failure"),
    "exceedance": ("exceedance", "accuracy_exceedance"),
    "latency": ("first", "latency"),
    "neuron_scatter": ("neurons-errors", "neuron*"),
    "outage_resilinet": ("outage", "accuracy_over_time-resilinet"),
    "outage_vanilla": ("outage", "accuracy_over_time-vanilla"),
    "rare": ("rare", "accuracy_exceedance"),
    "search_timeout": ("search-timeout", "search*"),
    "sensitivity_curves": ("sensitivity", "component_curves"),
    "sensitivity_interactions": ("sensitivity", "interactions"),
    "skips_network": ("which-skips", "connections_network*"),
    "topology": ("first", "topology"),
}
NOT_DRAWN = {
    "certificate": "the full run is as long as the proof; with --quick the figure has one point",
    "design_front": NEEDS_DATA, "predicted_camera_dfg": NEEDS_DATA, "predicted_camera_resilinet": NEEDS_DATA,
    "skips_camera_interactions": NEEDS_DATA, "skips_camera_network": NEEDS_DATA,
    "fit-grid5000": "sim fit needs the trace, which is not shipped; tests/cli/test_fit.py draws it for a small one",
    "skips_ranked": NEEDS_DATA, "correlation": THINNED, "silent_errors": THINNED, "study_map": THINNED,
}


TYPED = re.compile(r"(?:`|^ {4}(?:\$ )?)sim ([a-z]+(?: (?:[^`#\n\\]|\\\n)*)?)(?=`|\s*#|$)", flags=re.MULTILINE)


def typed():
    """Return each command of the pages as a list of words, in the order of the pages."""
    text = "\n".join(page.read_text() for page in PAGES)
    found = TYPED.findall(text)
    lines = dict.fromkeys(line.replace("\\\n", " ").strip() for line in found)
    return [words for line in lines if "..." not in line and (words := split(line))]


def split(line):
    """Return the words of a command line; none where it is no whole command but the middle of a sentence."""
    try:
        return shlex.split(line)
    except ValueError:
        return []


COMMANDS = typed()
RUNS = {" ".join(words[1:]): words[1:] for words in COMMANDS if words[0] == "run" and len(words) > 2
        and words[1] in names("scenario") and "--set" in words}


def test_there_are_commands_of_all_pages():
    assert len(COMMANDS) > 100


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_that_a_page_tells_to_type_exists(words):
    command = typer.main.get_command(app).commands[words[0]]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] in ("run", "check", "whatif") and words[1:]],
                         ids=" ".join)
def test_every_scenario_that_a_page_tells_to_type_exists(words):
    name = words[1].removeprefix("scenarios/")
    assert name in names("scenario") or OWN.match(name)


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_what_a_page_sets_is_accepted(words):
    if words[0].startswith("poster-table"):
        pytest.skip(NEEDS_DATA)
    sets = [value for option, value in pairwise(words) if option == "--set"]
    assert simulator.load(words[0], overrides(sets))


def test_what_is_not_run_is_still_on_a_page():
    assert set(NOT_RUN) <= set(RUNS)


@pytest.mark.slow
@pytest.mark.parametrize("line", sorted(set(RUNS) - set(NOT_RUN)))
def test_a_command_with_settings_runs(line, tmp_path):
    ran = python("-m", "simulator", "run", *RUNS[line], "--quick", "--out", tmp_path / "run", timeout_s=900)
    assert ran.code == 0, ran.said


def test_every_figure_of_the_pages_has_its_command_or_a_reason():
    shown = {path.stem for path in (ROOT / "docs/images").glob("*.png")}
    assert shown == set(FIGURES) | set(NOT_DRAWN)
    assert set(FIGURES).isdisjoint(NOT_DRAWN)
    assert {name for name, _ in FIGURES.values()} <= set(names("scenario"))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({name for name, _ in FIGURES.values()}))
def test_a_figure_of_the_pages_is_drawn_by_its_command(name, tmp_path):
    if name == "search-timeout":
        pytest.importorskip("optuna", reason="no Optuna here: search-timeout is NOT run")
    ran = python("-m", "simulator", "run", name, "--quick", "--out", tmp_path / "run", timeout_s=900)
    assert ran.code == 0, ran.said
    wanted = {figure for scenario, figure in FIGURES.values() if scenario == name}
    drawn = sorted(path.name for path in (tmp_path / "run/figures").glob("*.png"))
    assert {figure for figure in wanted if not list((tmp_path / "run/figures").glob(f"{figure}.png"))} == set(), drawn
