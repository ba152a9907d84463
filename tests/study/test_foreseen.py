"""What cannot be summed is told by ``sim check``, and before anything is trained."""

import pytest
from typer.testing import CliRunner

from simulator.cli import main as cli
from simulator.errors import ScenarioError
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from simulator.study.assemble import Assembly
from simulator.study.foreseen import check_sums
from simulator.study.run import run
from tests.study.shared import chain
from tests.study.test_sampled import chain_files

EXACT = "[{expected_accuracy: {method: exact}}, individual_failures]"


def assembly(folder, measure, count=24):
    return Assembly.of(variants(load(chain_files(folder, count, 0.02, measure)))[0])


def test_check_tells_of_a_table_that_is_too_large_once_for_all_cells(tmp_path):
    path = chain_files(tmp_path, 24, 0.02, EXACT)
    path.write_text(path.read_text() + "sweep: {strategy: [vanilla, dfg]}\n")
    ended = CliRunner().invoke(cli.app, ["check", str(path)], catch_exceptions=False)
    assert ended.exit_code == 2
    (line,) = ended.stderr.splitlines()
    assert line.partition(": ")[0].endswith("chain.yaml:6 measure.expected_accuracy")
    assert "24 components can fail, which makes 16,777,216 patterns; let at most 20 fail" in line


@pytest.mark.parametrize(("measure", "count"), [(EXACT, 20), ("[expected_accuracy]", 24), ("[no_information_flow]", 24),
                                                ("[{expected_accuracy: {max_components: 24}}, traffic]", 24)])
def test_what_fits_is_fine(tmp_path, measure, count):
    check_sums(assembly(tmp_path, measure, count))


@pytest.mark.parametrize("measure", ["individual_failures", "accuracy_vs_failure", "traffic"])
def test_every_measure_over_all_patterns_is_foreseen(tmp_path, measure):
    with pytest.raises(ScenarioError, match="24 components can fail"):
        check_sums(assembly(tmp_path, f"[{measure}]"))


def test_a_frontier_that_is_none_is_foreseen(tmp_path):
    path = chain_files(tmp_path, 24, 0.02, "[no_information_flow]")
    links = ", ".join(f"f{place}-f{place + 1}: 0.9" for place in range(23))
    path.write_text(path.read_text().replace("survival: {", f"survival: {{{links}, "))
    with pytest.raises(ScenarioError, match=r"may go around links that are down .* \(47 components can fail\)"):
        check_sums(Assembly.of(variants(load(path))[0]))


def test_nothing_is_trained_for_a_table_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.study.cell.answers", lambda *of, **options: pytest.fail("trained"))
    loaded = chain(tmp_path, measure=[{"expected_accuracy": {"method": "exact", "max_components": 1}}])
    with pytest.raises(ScenarioError, match=r"scenario\.yaml:1 measure\.expected_accuracy: 2 components can fail"):
        run(loaded, tmp_path / "run")
