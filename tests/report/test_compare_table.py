"""The tables of two runs side by side fit a terminal, with a row for each point."""

import numpy as np

from simulator.expect.student import student_mean
from simulator.report.compare_table import differences_tables
from simulator.study.compare import compared
from simulator.study.record import CellRecord, Record


def record(**shares):
    """Return a record of one cell a repair time, with its shares of late requests, replication by replication."""
    cells = tuple(CellRecord(f"{name} {values}", {"failures.0.mttr": f"the machines of {name}"},
                             {"share_late": student_mean(np.array(values)), "share_lost": student_mean(np.zeros(3))},
                             tables={"replications": [{"estimate": "share_late", "values": values}]})
                  for name, values in shares.items())
    return Record("Title", "", "hash", 1, {"scenario": {}, "model": {}}, {}, cells)


def test_each_estimate_has_a_table_with_a_row_for_each_point():
    lent = [0.4, 0.5, 0.6]
    comparison = compared(record(own=[0.1, 0.2, 0.3], lent=lent), record(own=[0.2, 0.3, 0.4], lent=[0.5, 0.6, 0.4]))
    late, lost = differences_tables(comparison)
    assert late.title == "share_late, second less first" and late.caption == "paired over 3 replications"
    assert late.headers == ["at", "first", "second", "difference", "outcome"]
    assert [row[0] for row in late.rows] == ["the machines of own", "the machines of lent"]
    assert [row[-1] for row in late.rows] == ["differs", ""]
    assert late.rows[0][3].startswith("0.100")
    assert lost.caption == "not paired" and [row[-1] for row in lost.rows] == ["", ""]
    assert len(late.tables(80)) == 1


def test_a_run_of_one_point_has_one_table_with_a_row_for_each_estimate():
    def alone(values):
        (cell,) = record(own=values).cells
        return Record("Title", "", "hash", 1, {"scenario": {}, "model": {}}, {},
                      (CellRecord(cell.hash, {}, cell.estimates, tables=cell.tables),))

    (table,) = differences_tables(compared(alone([0.1, 0.2, 0.3]), alone([0.2, 0.3, 0.4])))
    assert [row[0] for row in table.rows] == ["share_late", "share_lost"]
    assert table.headers[-1] == "paired over" and [row[-1] for row in table.rows] == ["3 replications", "not paired"]
