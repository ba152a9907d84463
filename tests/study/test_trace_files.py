"""Three layouts of traces become one table; what is wrong with a file is told with its row."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simulator
from simulator.errors import ScenarioError
from simulator.study.trace_files import TraceFile, read_trace
from simulator.units import SECOND_NS

GRID5000 = Path(__file__).resolve().parents[3] / "shared/data/failure_traces"


def file(tmp_path, text, name="trace.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def seconds(node):
    return [(int(c) // SECOND_NS, int(r) // SECOND_NS) for c, r in zip(node.crash_ns, node.repair_ns, strict=True)]


def told(*words):
    with pytest.raises(ScenarioError) as error:
        read_trace(TraceFile(*words))
    return [str(problem).replace(str(words[0].parent) + "/", "") for problem in error.value.problems]


def test_intervals_are_read_sorted_and_joined(tmp_path):
    path = file(tmp_path, "component,down_from,up_at\nb,300,320\na,120,180\na,60,120\nb,310.5,310.5\n")
    a, b = sorted(read_trace(TraceFile(path)).nodes, key=lambda node: node.name)
    assert (seconds(a), seconds(b)) == ([(0, 120)], [(240, 260)])
    assert a.watched_ns == b.watched_ns == (0, 260 * SECOND_NS)


def test_intervals_may_have_events_clusters_and_another_unit(tmp_path):
    path = file(tmp_path, "node,start,stop,event,cluster\nm,0,2,up,c\nm,2,3,down,c\nn,1,3,UP,d\n")
    m, n = read_trace(TraceFile(path, unit="min")).nodes
    assert (seconds(m), m.watched_ns, m.cluster) == ([(120, 180)], (0, 180 * SECOND_NS), "c")
    assert (seconds(n), n.watched_ns, n.cluster) == ([], (60 * SECOND_NS, 180 * SECOND_NS), "d")


def test_the_archive_s_events_are_read_from_parquet_with_names_of_machines(tmp_path):
    frame = pd.DataFrame({"node_id": [7, 7, 8], "event_type": [1, 0, 0], "start": [600, 660, 600],
                          "stop": [660, 720, 610]})
    frame.to_parquet(tmp_path / "events.parquet")
    nodes = file(tmp_path, "node_id,site,cluster,name\n7,s,s/c1,seven\n8,s,s/c1,eight\n", "nodes.csv")
    seven, eight = read_trace(TraceFile(tmp_path / "events.parquet", "fta", "s", nodes)).nodes
    assert (seven.name, seven.cluster, seconds(seven), seconds(eight)) == ("seven", "s/c1", [(60, 120)], [(0, 10)])


def test_lanl_s_table_is_read_with_two_faults_at_once_and_rows_without_a_node(tmp_path):
    path = tmp_path / "lanl.csv.gz"
    path.write_bytes(gzip.compress(
        b"System,nodenumz,Prob Started,Prob Fixed\n2,0,6/21/2005 10:54,6/21/2005 11:00\n"
        b"2,0.0,6/21/2005 10:56,6/21/2005 11:30\n2,,6/21/2005 9:00,6/21/2005 12:00\n"
        b"2,1,6/21/2005 11:00,6/21/2005 11:01\n"))
    zero, one = read_trace(TraceFile(path, "lanl")).nodes
    assert (zero.name, zero.cluster, one.name) == ("2.0", "2", "2.1")
    assert seconds(zero) == [(114 * 60, 150 * 60)]
    assert seconds(one) == [(120 * 60, 121 * 60)]


def test_bad_rows_are_told_with_row_and_value(tmp_path):
    path = file(tmp_path, "component,down_from,up_at\na,5,3\na,x,9\nb,1,nan\n")
    assert told(path) == ["trace.csv:2: 'a' ends at '3', before it begins at '5'",
                          "trace.csv:3: 'x' is no instant for the begin",
                          "trace.csv:4: 'nan' is no instant for the end"]


def test_overlapping_outages_are_told_with_both_rows(tmp_path):
    path = file(tmp_path, "component,down_from,up_at\na,1,9\nb,2,4\na,5,12\n")
    assert told(path) == ["trace.csv:4: 'a' from '5' overlaps row 2, which lasts until '9'"]


def test_of_many_bad_rows_ten_are_told_and_the_rest_counted(tmp_path):
    path = file(tmp_path, "component,down_from,up_at\n" + "a,9,1\n" * 14)
    lines = told(path)
    assert len(lines) == 11
    assert lines[-1].startswith("trace.csv: 4 more rows are wrong; docs/failures-traces.md")


@pytest.mark.parametrize(("text", "layout", "line"), [
    ("component,down_frm,up_at\na,1,2\n", "intervals", "no column 'down_from'; did you mean 'down_frm'?"),
    ("component,down_from,up_at\n", "intervals", "holds no rows"),
    ("", "intervals", "cannot be read"),
    ("node_id,event_type,start,stop\n1,2,3,4\n", "fta", "the event '2' is neither 0 (down) nor 1 (up)"),
    ("a,b\n1,2\n", "lanl", "no column 'System'"),
])
def test_a_file_that_is_no_trace_is_told(tmp_path, text, layout, line):
    assert line in " | ".join(told(file(tmp_path, text), layout))


def test_a_missing_file_and_a_missing_machine_are_told(tmp_path):
    assert told(tmp_path / "gone.csv")[0].startswith("gone.csv: there is no such file")
    path = file(tmp_path, "component,down_from,up_at\n1,1,2\n3,1,2\n")
    nodes = file(tmp_path, "node_id,cluster,name\n1,c,one\n", "nodes.csv")
    assert "no node_id '3'" in told(path, "intervals", "s", nodes)[0]


SCENARIO = """title: A trace
topology: health-chain
model: queue-chain
placement: {origin: iot, first: edge, second: fog2, third: fog1, fourth: cloud}
failures: [{kind: trace, path: trace.csv, components: {edge: a, fog2: b}}]
workload: {arrivals: {kind: periodic, every: 10 s}, requests: 60}
measure: [timed]
replications: 10
"""


def test_a_scenario_replays_a_file_beside_it_and_another_file_is_another_cell(tmp_path):
    (tmp_path / "trace.yaml").write_text(SCENARIO)
    file(tmp_path, "component,down_from,up_at\na,0,300\nb,0,1\nb,599,600\n")
    first = simulator.run(simulator.load(tmp_path / "trace.yaml"), tmp_path / "one").record.cells[0]
    assert first.estimates["share_lost"].value > 0.2
    file(tmp_path, "component,down_from,up_at\na,0,1\nb,0,1\nb,599,600\n")
    second = simulator.run(simulator.load(tmp_path / "trace.yaml"), tmp_path / "two").record.cells[0]
    assert first.hash != second.hash
    assert second.estimates["share_lost"].value < first.estimates["share_lost"].value


def test_a_missing_trace_is_a_problem_of_the_scenario(tmp_path):
    (tmp_path / "trace.yaml").write_text(SCENARIO)
    with pytest.raises(ScenarioError, match=r"trace\.yaml:5 failures\.0\.path: no file 'trace\.csv'"):
        simulator.load(tmp_path / "trace.yaml")


@pytest.mark.slow
@pytest.mark.skipif(not GRID5000.exists(), reason="the trace is not shipped, and not on this machine")
def test_the_grid5000_trace_has_the_numbers_of_its_description():
    table = read_trace(TraceFile(GRID5000 / "grid5000_events.parquet", "fta", "s", GRID5000 / "grid5000_nodes.csv"))
    down = sum(int(np.sum(node.repair_ns - node.crash_ns)) for node in table.nodes)
    watched = sum(node.watched_ns[1] - node.watched_ns[0] for node in table.nodes)
    assert (len(table.nodes), len(table.clusters())) == (1288, 15)
    assert 1 - down / watched == pytest.approx(0.814, abs=0.0005)
