"""The house style is a test: what a tool can see, a tool says."""

import ast

import pytest

from tests.house.commands import BIN, ROOT, finished, python

SOURCES = sorted((ROOT / "simulator").rglob("*.py"))
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 300, 40


def test_ruff_finds_nothing():
    checked = python("-m", "ruff", "check", "--output-format", "concise")
    assert checked.code == 0, checked.said


def test_mypy_finds_nothing():
    checked = python("-m", "mypy")
    assert checked.code == 0, checked.said


def test_imports_point_down():
    checked = finished(BIN / "lint-imports", "--no-cache")
    assert checked.code == 0, checked.said


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_fits_one_mind_and_a_function_one_screen(path):
    text = path.read_text(encoding="utf-8")
    functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    # A docstring may be as long as its promises; what is counted is the code.
    long = {function.name: lines for function in functions if (lines := lines_of_code(function)) > LINES_OF_A_FUNCTION}
    assert len(text.splitlines()) <= LINES_OF_A_FILE
    assert not long


def lines_of_code(function):
    """Return the lines of a function without its docstring."""
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    said = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - said
