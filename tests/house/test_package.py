"""What is built can be installed, and holds the shelf."""

import importlib.util
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.house.commands import ROOT, finished, python

HAS_BACKEND = importlib.util.find_spec("hatchling") is not None
pytestmark = pytest.mark.skipif(not HAS_BACKEND, reason="the build backend is missing: make test")
SHELF = sorted(path.relative_to(ROOT).as_posix() for folder in ("topologies", "models", "scenarios", "prefabs")
               for path in (ROOT / folder).iterdir() if path.is_file())


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build the source archive, and the wheel from it."""
    folder = tmp_path_factory.mktemp("dist")
    built = python("-m", "build", "--no-isolation", "--outdir", folder)
    assert built.code == 0, built.said
    return folder


def test_the_wheel_holds_the_code_and_the_shelf(dist):
    (wheel,) = dist.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"simulator/shelf/{path}" for path in SHELF} <= names
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "simulator").rglob("*.py")} <= names
    assert "simulator/py.typed" in names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_source_archive_holds_what_a_developer_needs(dist):
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.split("/", 1)[1] for name in opened.getnames() if "/" in name}
    assert {*SHELF, "Makefile", "constraints.txt", "README.md", "tests/conftest.py", "docs/index.md"} <= names


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """Install the wheel into an environment of its own that borrows the dependencies; return its ``bin`` folder."""
    folder = tmp_path_factory.mktemp("venv")
    made = python("-m", "venv", "--without-pip", folder)
    assert made.code == 0, made.said
    (wheel,) = dist.glob("*.whl")
    done = python("-m", "pip", "--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    assert done.code == 0, done.said
    # A path, not a site: the file that an editable install left there for the interpreter is not read.
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_command_shows_the_shelf_from_any_folder(installed, tmp_path):
    if importlib.util.find_spec("simulator.cli.main") is None:
        pytest.skip("there is no command yet")
    listed = finished(installed / "sim", "list", folder=tmp_path)
    assert listed.code == 0, listed.said
    assert {stem for stem in map(stem_of, SHELF) if stem not in listed.said} == set()


def stem_of(path):
    """Return the name of a file of the shelf."""
    return Path(path).stem


def test_the_installed_package_is_not_the_checkout(installed, tmp_path):
    asked = finished(installed / "python", "-c", "import simulator; print(simulator.__file__)", folder=tmp_path)
    assert asked.code == 0, asked.said
    assert asked.said.startswith(str(installed.parent)), asked.said
