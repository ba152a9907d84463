"""The site: its reference misses no key, no command and no option, and its build has no broken link."""

import importlib.util
import re
import shutil

import pytest
import typer

from simulator.cli.main import app
from simulator.scenario import shelf
from simulator.scenario.schema import BLOCKS, schema_of
from tests.house.commands import ROOT, python

SITE = ROOT / "docs/site"


def module(name):
    spec = importlib.util.spec_from_file_location(f"docs_site_{name}", SITE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def pages():
    return module("reference").pages()


@pytest.mark.parametrize("kind", sorted(BLOCKS))
def test_every_key_of_every_block_is_in_the_reference(kind, pages):
    text = "\n".join(pages.values())
    for name, block in [("", schema_of(kind)), *schema_of(kind)["$defs"].items()]:
        where = text.partition(f"## {name}\n" if name else f"# The keys of a {kind} file\n")[2]
        section = re.split(r"^##? ", where, maxsplit=1, flags=re.MULTILINE)[0]
        assert {key for key in block.get("properties", {}) if f"| `{key}` |" not in section} == set(), name


def test_a_block_stands_on_one_page_only(pages):
    headings = [line for path, text in pages.items() if "commands" not in path for line in text.splitlines()
                if line.startswith("## ")]
    assert len(headings) == len(set(headings))


def test_units_and_defaults_are_told(pages):
    scenario = pages["reference/scenario.md"]
    assert "| `deadline` | a quantity with a unit: h, min, s, ms, us, ns | none |" in scenario
    assert "| `kind` | `\"renewal\"` | **needed** |" in scenario
    assert "| `replications` | a whole number" in scenario


def test_every_command_and_every_option_is_in_the_reference(pages):
    text = pages["reference/commands.md"]
    for name, command in typer.main.get_command(app).commands.items():
        section = text.partition(f"## sim {name}\n")[2].partition("\n## ")[0]
        options = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
        assert {option for option in options if f"`{option}`" not in section} <= {"--help"}, name


def test_the_gallery_shows_every_scenario_and_its_pictures_are_small():
    gallery = module("gallery")
    text = gallery.page()
    assert {name for name in shelf.names("scenario") if f"files/scenarios/{name}.yaml" not in text} == set()
    pictures = sorted(gallery.PICTURES.glob("*.png"))
    assert {path.stem for path in pictures} <= set(shelf.names("scenario"))
    assert 0 < sum(path.stat().st_size for path in pictures) < gallery.MOST_BYTES


def test_every_page_is_in_the_navigation():
    told = (ROOT / "mkdocs.yml").read_text()
    assert {path.name for path in (ROOT / "docs").glob("*.md") if f"{path.name}" not in told} == set()


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="no MkDocs here: the site is NOT built")
@pytest.mark.parametrize("broken", [False, True], ids=["as it is", "with a broken link"])
def test_the_strict_build_fails_for_a_broken_link_only(broken, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("results", "__pycache__"))
    for name in ("mkdocs.yml", "CHANGELOG.md", *shelf.FOLDERS.values()):
        (tmp_path / name).symlink_to(ROOT / name)
    if broken:
        with (tmp_path / "docs/index.md").open("a") as index:
            index.write("\n[gone](gone.md)\n")
    built = python("-m", "mkdocs", "build", "--strict", "--config-file", tmp_path / "mkdocs.yml")
    assert (built.code == 0) is not broken, built.said
    assert ("gone.md" in built.said) is broken
