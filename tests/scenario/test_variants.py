"""The cells of a sweep, and their names."""

from dataclasses import replace

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.identity import canonical_text, cell_hash, content, digest, run_hash
from simulator.scenario.load import load
from simulator.scenario.variants import variants
from tests.scenario.small import write

ASK, CHAIN, SPLIT = "ask.yaml", "chain.yaml", "split.yaml"
SWEEP = (
    "sweep: {strategy: [dfg, select], policy.deadline: [1 s, 250 ms, 0.25 s], "
    "failures.0.availability: [normal, {edge: 0.5}]}"
)


def only(path, **options):
    (cell,) = variants(load(path, **options))
    return cell


def named(folder, *changes):
    return cell_hash(only(write(folder, changes)))


def test_without_a_sweep_there_is_one_cell_with_an_empty_label(tmp_path):
    loaded = load(write(tmp_path))
    cell = only(tmp_path / ASK)
    assert (cell.label, cell.scenario, cell.topology, cell.model) == (
        {},
        loaded.scenario,
        loaded.topology,
        loaded.model,
    )


def test_the_grid_is_in_the_order_of_the_file_and_the_last_key_varies_fastest(tmp_path):
    cells = variants(load(write(tmp_path, [(ASK, "seed: 1", SWEEP)])))
    assert len(cells) == 2 * 3 * 2
    assert [tuple(cell.label.values()) for cell in cells[:4]] == [
        ("dfg", "1 s", "normal"),
        ("dfg", "1 s", "0.5"),
        ("dfg", "250 ms", "normal"),
        ("dfg", "250 ms", "0.5"),
    ]
    assert list(cells[0].label) == ["strategy", "policy.deadline", "failures.0.availability"]
    assert [cell.scenario.policy.deadline_ns for cell in cells[:6:2]] == [10**9, 250_000_000, 250_000_000]
    assert cells[1].scenario.failures[0].availability == {"edge": 0.5}
    assert all(cell.scenario.sweep == {} for cell in cells)


def test_two_ways_to_write_one_value_are_one_cell(tmp_path):
    cells = variants(load(write(tmp_path, [(ASK, "seed: 1", SWEEP)])))
    assert len({cell_hash(cell) for cell in cells}) == 2 * 2 * 2


def test_a_sweep_may_change_the_topology_and_the_model(tmp_path):
    write(tmp_path)
    (tmp_path / "fast.yaml").write_text((tmp_path / CHAIN).read_text().replace("5 ms", "1 ms"))
    (tmp_path / "slow.yaml").write_text((tmp_path / SPLIT).read_text().replace("10 ms", "90 ms"))
    cells = variants(
        load(
            write(
                tmp_path,
                [(ASK, "seed: 1", "sweep: {topology: [chain.yaml, fast.yaml], model: [split.yaml, slow.yaml]}")],
            )
        )
    )
    assert [cell.topology.links[0].latency_ns for cell in cells] == [5_000_000, 5_000_000, 1_000_000, 1_000_000]
    assert [cell.model.parts["edge"].service.mean_ns for cell in cells] == [10_000_000, 90_000_000] * 2
    assert len({cell_hash(cell) for cell in cells}) == 4


def test_what_was_changed_in_python_reaches_every_cell(tmp_path):
    loaded = load(write(tmp_path, [(ASK, "seed: 1", "sweep: {strategy: [dfg, select]}")]))
    edited = replace(loaded, scenario=loaded.scenario.model_copy(update={"replications": 2}))
    assert [cell.scenario.replications for cell in variants(edited)] == [2, 2]


def test_a_part_of_a_training_block_is_filled_from_the_model(tmp_path):
    path = write(
        tmp_path,
        [
            (SPLIT, "title: Two parts", "training: {epochs: 9, batch_size: 7}"),
            (ASK, "seed: 1", "sweep: {training.epochs: [1, 2]}"),
        ],
    )
    for epochs, cell in enumerate(variants(load(path)), 1):
        assert cell.scenario.training == cell.model.training
        assert (cell.model.training.epochs, cell.model.training.batch_size) == (epochs, 7)


def test_values_that_are_fine_alone_but_not_together_are_told_with_their_point(tmp_path):
    path = write(
        tmp_path,
        [
            (ASK, "  deadline: 250 ms\n", ""),
            (
                ASK,
                "seed: 1",
                "sweep: {policy.wait: [{kind: perfect}, {kind: timeout, after: {edge: 1 ms}}], "
                "policy.wait.after: [80 ms]}",
            ),
        ],
    )
    with pytest.raises(ScenarioError):
        variants(load(path))


@pytest.mark.parametrize(
    "change",
    [
        (ASK, "A small question", "Another title"),
        (CHAIN, "A chain", "Another"),
        (SPLIT, "Two parts", "Another"),
        (ASK, "seed: 1", "seed: 1  # a comment"),
        (ASK, "250 ms", "0.25 s"),
        (ASK, "seed: 1", "seed: 1\nstrategy: resilinet"),
        (ASK, "seed: 1\nreplications: 20", "replications: 20\nseed: 1"),
        (CHAIN, "bandwidth: 1 Mbps", "bandwidth: 1000 kbps"),
    ],
    ids=str,
)
def test_what_does_not_affect_the_result_does_not_change_the_name(tmp_path, change):
    assert named(tmp_path) == named(tmp_path, change)


@pytest.mark.parametrize(
    "change",
    [
        (CHAIN, "latency: 5 ms", "latency: 5.000001 ms"),
        (CHAIN, "loss: 0.01", "loss: 0.02"),
        (CHAIN, "poor: 0.8", "poor: 0.81"),
        (ASK, "seed: 1", "seed: 2"),
        (ASK, "after: 80 ms", "after: 81 ms"),
        (ASK, "mttr: 10 s", "mttr: 11 s"),
        (SPLIT, "mean: 10 ms", "mean: 11 ms"),
        (SPLIT, "from: sensor, to: cloud", "from: sensor, to: cloud, weight: 2"),
        (ASK, "seed: 1", "strategy: dfg"),
        (CHAIN, "  cloud:\nlinks", "  cloud: {forwards_when_down: false}\nlinks"),
        (
            SPLIT,
            "  - {from: sensor, to: edge}\n  - {from: edge, to: cloud}",
            "  - {from: edge, to: cloud}\n  - {from: sensor, to: edge}",
        ),
    ],
    ids=str,
)
def test_what_affects_the_result_changes_the_name(tmp_path, change):
    assert named(tmp_path) != named(tmp_path, change)


def test_the_order_of_nodes_and_of_parts_changes_the_name(tmp_path):
    nodes = "  sensor: {kind: sensor}\n"
    parts = "  cloud: {service: {mean: 5 ms, law: exponential}, exit: true}\n"
    reordered = [
        named(tmp_path, (CHAIN, nodes, ""), (CHAIN, "  cloud:\n", f"  cloud:\n{nodes}")),
        named(tmp_path, (SPLIT, parts, ""), (SPLIT, "parts:\n", f"parts:\n{parts}")),
    ]
    assert named(tmp_path) not in reordered


def test_quick_and_other_data_are_other_cells(tmp_path):
    cell = only(write(tmp_path))
    assert len({cell_hash(cell), cell_hash(cell, quick=True), cell_hash(cell, data="1234")}) == 3


def test_the_name_is_the_hash_of_the_canonical_text(tmp_path):
    cell = only(write(tmp_path))
    assert cell_hash(cell) == digest(canonical_text(content(cell)))
    assert len(cell_hash(cell)) == 64
    assert run_hash([cell_hash(cell)]) != cell_hash(cell)
    assert run_hash(["a", "b"]) != run_hash(["b", "a"])
