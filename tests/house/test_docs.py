"""The documentation says what the program does, and no page is lost."""

import importlib.util
import re

import numpy as np
import pytest

from simulator.expect.availability import Steps, availability, resilience
from simulator.expect.availability_law import Law, exact_availability, exact_resilience
from simulator.expect.detection import Watched, detection, detection_loss
from simulator.expect.estimate import Estimate
from simulator.expect.exact import enumerate_patterns
from simulator.expect.gap import Lives, gap
from simulator.expect.goodput import Spent, degraded_latency, per_correct_answer
from simulator.expect.timed import Requests, timed
from simulator.failures.renewal import Renewal
from simulator.study import sharper
from simulator.study.detection_findings import RECOVERIES
from tests.house.commands import ROOT, python

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS]
COMMANDS = {"run", "compare", "rerun", "plot", "cite", "design", "whatif", "explain", "check", "list", "copy",
            "partition", "fit", "profile", "schema", "hash", "results", "export", "merge", "new"}
GLOSSARY = (
    "component", "pattern", "transitions", "part", "source", "exit", "hyperconnection", "span", "strategy", "placement",
    "delivery", "outcome", "ending", "estimate", "method", "scenario", "cell", "record", "study", "shelf", "survival",
    "availability", "mission survival", "FLOP", "sample", "expected accuracy", "served accuracy", "on-time accuracy",
)
NO_COMMAND = importlib.util.find_spec("simulator.cli.main") is None
has_command = pytest.mark.skipif(NO_COMMAND, reason="there is no command yet")
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def commands_in(text):
    """Return every word that follows ``sim`` where a command stands: after a backquote or as an indented line."""
    return set(re.findall(r"(?:`|^ {4})sim ([a-z]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_in_the_documentation(command):
    assert any(command in commands_in(page.read_text()) for page in PAGES)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_is_in_the_readme(command):
    assert command in commands_in((ROOT / "README.md").read_text())


@each_page
def test_a_page_names_only_commands_that_exist(page):
    assert commands_in(page.read_text()) <= COMMANDS


@has_command
def test_the_help_lists_exactly_the_commands_that_are_documented():
    told = python("-m", "simulator", "--help")
    listed = set(re.findall(r"^[^\w-]*([a-z]+) {2,}\S", told.said, flags=re.MULTILINE))
    assert listed == COMMANDS, told.said


@pytest.mark.parametrize("word", GLOSSARY)
def test_a_word_of_the_glossary_is_explained(word):
    words = (ROOT / "docs/words.md").read_text()
    assert re.search(rf"^\| [^|]*\*\*{re.escape(word)}\*\*[^|]* \| \S", words, flags=re.MULTILINE)


def estimates_of_the_code():
    """Return the names that records give to their estimates: those of the timed engine, of the gap and of a cell."""
    nothing, one = np.zeros(2, dtype=np.int64), np.ones(2)
    requests = Requests(np.arange(2), nothing, nothing + 1, nothing, one > 0, one, one > 0)
    lives = Lives(one, one, one < 0, one < 0, nothing + 1, np.arange(2))
    expected = Estimate(1.0, 1.0, 1.0, 1, "")
    texts = [path.read_text() for path in (ROOT / "simulator/study").glob("*.py")]
    written = [name for text in texts for name in re.findall(r"""estimates\["(\w+)"\] =""", text)]
    of_time = estimates_of_time(requests, one > 0)
    return {*written, *sharper.NAMES, *timed(requests, 2), *gap(lives, expected, one).estimates(), *of_time}


def estimates_of_time(requests, is_degraded):
    """Return the names of the metrics of time."""
    process = Renewal(("a",), (9e9,), (1e9,))
    runs, law = [Steps(np.ones(1), np.ones(1), np.ones(1, dtype=bool))], Law.of(
        process, enumerate_patterns(process, 1), np.ones(2))
    exact = {**exact_availability(law, 0.5, is_exponential=True), **exact_resilience(law)}
    spent = Spent(np.ones(2), np.ones(2))
    times = np.zeros(0, dtype=np.int64)
    detected = {*detection([[Watched(*(times,) * 4, 1, 1)]]), *detection_loss(requests, requests), *RECOVERIES}
    return {*detected, *availability(runs, 0.5), *resilience(runs, 1.0), *exact, *per_correct_answer(requests, spent),
            *degraded_latency(requests, is_degraded)}


def test_the_estimates_that_are_explained_are_those_that_there_are():
    section = (ROOT / "docs/words.md").read_text().partition("## Names of estimates")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]+) \|", section, flags=re.MULTILINE)
    explained = re.findall(r"`(\w+)`", " ".join(first_cells))
    assert len(explained) == len(set(explained))
    assert set(explained) == estimates_of_the_code()


@pytest.mark.parametrize("page", [page for page in DOCS if page.name != "index.md"], ids=lambda page: page.name)
def test_the_index_links_to_every_page(page):
    assert f"]({page.name})" in (ROOT / "docs/index.md").read_text()


@each_page
def test_a_link_leads_somewhere(page):
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)#:]+)\)", page.read_text())
    assert {link for link in links if not (page.parent / link).exists()} == set()


@pytest.mark.skipif(not any((ROOT / "docs/images").glob("*")), reason="no picture has been made yet")
@each_page
def test_a_picture_is_there(page):
    pictures = re.findall(r"!\[[^\]]+\]\(([^)#:]+)\)", page.read_text())
    assert {picture for picture in pictures if not (page.parent / picture).exists()} == set()


def test_a_page_that_a_scenario_names_exists():
    texts = [path.read_text() for path in (ROOT / "scenarios").glob("*.yaml")]
    named = {page for text in texts for page in re.findall(r"docs/[\w-]+\.md", text)}
    assert {page for page in named if not (ROOT / page).exists()} == set()


def python_block():
    """Return the README's Python lines."""
    return re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)[1]


def test_the_python_lines_of_the_tutorial_are_those_of_the_readme():
    bare = [line.split("#")[0].rstrip() for line in python_block().splitlines()]
    shown = [line.strip() for line in (ROOT / "docs/tutorial.md").read_text().splitlines()]
    assert [line for line in bare if line not in shown] == []


@has_command
@pytest.mark.slow
def test_the_python_lines_of_the_readme_run(tmp_path):
    ran = python("-c", python_block() + "\nprint(len(requests), 'requests')", folder=tmp_path)
    assert ran.code == 0, ran.said
    assert re.search(r"\b[1-9]\d* requests", ran.said)


def without_margin(text):
    return "\n".join(line.strip() for line in text.splitlines())


@has_command
@pytest.mark.slow
@pytest.mark.parametrize("name", ["first", "outage", "availability"])
def test_the_printed_tables_of_the_pages_are_what_their_commands_print(tmp_path, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "100")
    said = without_margin(python("-m", "simulator", "run", name, "--out", tmp_path / "run", timeout_s=900).said)
    readme = re.search(r"```\n(A wearable's.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)[1]
    shown = re.findall(r"`sim run (\w+)`[ \n]prints(?:, among others,)?\n\n(.*?)\n(?=\S)",
                       (ROOT / "docs/tutorial.md").read_text(), flags=re.DOTALL)
    assert sorted(page for page, _ in shown) == ["availability", "first", "outage"]
    blocks = [block for page, block in shown if page == name] + [readme] * (name == "first")
    assert [block for block in blocks if without_margin(block).strip() not in said] == []
