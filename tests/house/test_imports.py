"""The light commands stay light: TensorFlow alone costs seconds."""

import importlib.util

import pytest

from tests.house.commands import python

HEAVY = ("keras", "tensorflow", "jax", "torch", "matplotlib", "scipy.stats", "pandas", "pyarrow", "dask", "sklearn",
         "seglearn", "PIL")
REPORT = f"""
import sys
heavy = {HEAVY!r}
def loaded():
    return sorted(name for name in heavy if name in sys.modules)
"""
CLI = "import contextlib\nfrom simulator.cli.main import main\n"
LIGHT = {
    "import simulator": "import simulator",
    "sim --help": CLI + "sys.argv = ['sim', '--help']\nwith contextlib.suppress(SystemExit): main()",
    "sim list": CLI + "sys.argv = ['sim', 'list']\nwith contextlib.suppress(SystemExit): main()",
    "sim check first": CLI + "sys.argv = ['sim', 'check', 'first']\nwith contextlib.suppress(SystemExit): main()",
    "every block": "import simulator.scenario.scenario",
}


@pytest.mark.parametrize("what", LIGHT)
def test_nothing_heavy_is_imported_by(what):
    if what.startswith("sim") and importlib.util.find_spec("simulator.cli.main") is None:
        pytest.skip("there is no command yet")
    ran = python("-c", f"{REPORT}\n{LIGHT[what]}\nprint('heavy:', loaded())")
    assert ran.code == 0, ran.said
    assert ran.said.rstrip().endswith("heavy: []"), ran.said
