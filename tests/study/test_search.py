"""A search over continuous settings: trials are cells, an interrupted one goes on, and the best is judged anew."""

import json

import numpy as np
import pytest
from small import Told

import simulator
from simulator.errors import ScenarioError
from simulator.scenario.variants import variant_at
from simulator.study import run as running
from simulator.study.again import cells_again
from simulator.study.record import Record
from simulator.study.run import run
from simulator.study.samplers import Spread, Tpe

HEDGE = {"sweep": {}, "workload.requests": 60, "replications": 3}
OVER = {"policy.hedge.after": {"from": "1 ms", "to": "1 min", "scale": "log"}}
SEARCH = {"over": OVER, "minimise": "latency_mean_ms", "trials": 4, "by": "spread", "fresh_seeds": 2}


def hedged(**search):
    """Return the hedging scenario, without a network, with a search for the best time to ask again."""
    return simulator.load("hedge", set={**HEDGE, "policy.hedge.after": "10 s", "search": SEARCH | search})


@pytest.fixture
def done(tmp_path):
    return run(hedged(), tmp_path / "run")


def test_each_trial_is_the_cell_with_its_values_and_the_best_is_the_best_of_them(done, tmp_path):
    rows = done.record.search["trials"]
    assert len(rows) == 5
    for row in rows[1:3]:
        alone = simulator.load("hedge", set={**HEDGE, **row["values"]})
        (cell,) = run(alone, tmp_path / str(row["trial"])).record.cells
        assert (cell.hash, cell.estimates["latency_mean_ms"].value) == (row["cell"], row["value"])
    assert done.record.search["best"] == min(rows, key=lambda row: row["value"])["trial"] > 0
    assert [cell.hash for cell in done.record.cells] == [rows[0]["cell"], rows[done.record.search["best"]]["cell"]]


def test_the_best_is_compared_with_the_start_on_seeds_that_it_was_not_chosen_on(done, tmp_path):
    search = done.record.search
    fresh, best = search["fresh"], search["trials"][search["best"]]
    assert fresh["seeds"] == [2, 3]
    for name, values in (("start", {"policy.hedge.after": "10 s"}), ("best", best["values"])):
        for seed, value in zip(fresh["seeds"], fresh[name], strict=True):
            alone = simulator.load("hedge", set={**HEDGE, **values, "seed": seed})
            (cell,) = run(alone, tmp_path / f"{name} {seed}").record.cells
            assert cell.estimates["latency_mean_ms"].value == value
    gains = np.subtract(fresh["best"], fresh["start"])
    assert fresh["difference"]["value"] == pytest.approx(gains.mean())
    half = 12.706 * gains.std(ddof=1) / np.sqrt(2)  # Student's t with one degree of freedom
    assert fresh["difference"]["high"] - fresh["difference"]["value"] == pytest.approx(half, rel=1e-4)


def test_a_larger_value_is_better_where_it_is_to_be_maximised(tmp_path):
    found = run(hedged(minimise=None, maximise="latency_mean_ms"), tmp_path / "run").record.search
    assert found["best"] == max(found["trials"], key=lambda row: row["value"])["trial"]


def test_a_search_that_was_stopped_goes_on_and_ends_with_the_same_bytes(done, tmp_path, monkeypatch):
    class Stopped(Exception):
        pass

    class Stops(Told):
        def trials(self, label, done, total):
            if done == 2:
                raise Stopped

    made = []
    answer = running.answer
    monkeypatch.setattr(running, "answer", lambda cell, name, **more: made.append(name) or answer(cell, name, **more))
    with pytest.raises(Stopped):
        run(hedged(), tmp_path / "again", progress=Stops())
    assert len(made) == 3
    resumed = run(hedged(), tmp_path / "again")
    assert (len(made), resumed.was_found) == (5 + 4, False)
    assert resumed.record.to_json() == done.record.to_json()
    assert run(hedged(), tmp_path / "again").was_found
    assert len(made) == 5 + 4


def test_a_record_that_is_read_back_knows_what_its_cells_were(done):
    record = Record.from_json((done.folder / "record.json").read_text())
    assert record.to_json() == done.record.to_json()
    pairs = cells_again(record, done.folder)
    best = record.search["trials"][record.search["best"]]["values"]["policy.hedge.after"]
    afters = [variant.scenario.policy.hedge.after_ns for _, variant in pairs]
    assert afters == [10_000_000_000, variant_at(hedged(), {"policy.hedge.after": best}).scenario.policy.hedge.after_ns]


def test_another_search_is_another_run_of_which_the_cells_have_the_same_names(done, tmp_path):
    other = run(hedged(trials=2), tmp_path / "other").record
    assert other.hash != done.record.hash
    assert [row["cell"] for row in other.search["trials"]] == [row["cell"] for row in done.record.search["trials"][:3]]


def test_a_start_that_nothing_beats_is_the_best(tmp_path):
    done = run(hedged(over={"policy.hedge.after": {"from": "30 s", "to": "50 s"}}), tmp_path / "run")
    assert (done.record.search["best"], done.record.search["fresh"], len(done.record.cells)) == (0, {}, 1)


def test_a_start_that_is_no_number_is_judged_as_written(tmp_path):
    loaded = simulator.load("hedge", set={**HEDGE, "search": SEARCH})  # nothing is hedged as written
    start = run(loaded, tmp_path / "run").record.search["trials"][0]
    assert (start["label"], start["numbers"]) == ({"policy.hedge.after": "as written"}, {"policy.hedge.after": None})


def test_a_quick_run_tries_little(tmp_path):
    found = run(hedged(), tmp_path / "run", quick=True).record.search
    assert (len(found["trials"]), found["fresh"]["seeds"]) == (4, [2, 3])


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("search", "told"), [
    ({"over": {"policy.hedge.after": {"from": "1 ms", "to": "1 MB"}}}, ["over.policy.hedge.after", "'1 MB'"]),
    ({"over": {"policy.hedge.after": {"from": "5 ms", "to": "1 ms"}}}, ["'5 ms' to '1 ms' goes nowhere"]),
    ({"over": {"policy.hedge.after": {"from": 0, "to": "1 ms", "scale": "log"}}}, ["cannot begin at 0"]),
    ({"over": {"policy.hedge.after": {"from": 0.5, "to": 3, "whole": True}}}, ["not between whole numbers"]),
    ({"over": {"policy.hedge.afer": {"from": "1 ms", "to": "2 ms"}}}, ["afer", "did you mean 'after'"]),
    ({"over": {"policy.hedge.after": {"from": 1, "to": 2}}}, ["1 has no unit"]),
    ({"over": {"seed": {"from": 1, "to": 9}}}, ["'seed' is no setting that can be searched"]),
    ({"over": {}}, ["over"]),
    ({"minimise": None}, ["write one of 'maximise' and 'minimise'"]),
    ({"maximise": "share_on_time"}, ["write one of 'maximise' and 'minimise'"]),
    ({"minimise": "expected_accuracy"}, ["'expected_accuracy' is not measured", "add 'expected_accuracy'"]),
    ({"by": "luck"}, ["search.by", "'luck'"]),
    ({"trials": 0}, ["search.trials"]),
], ids=lambda value: "")
def test_what_is_wrong_with_a_search_is_told_before_it_runs(search, told):
    with pytest.raises(ScenarioError) as error:
        hedged(**search)
    assert all(text in str(error.value) for text in told), str(error.value)


def test_a_search_beside_a_sweep_is_refused():
    with pytest.raises(ScenarioError, match="'sweep' asks for a grid of cells, and 'search' chooses its own"):
        simulator.load("hedge", set={"search": SEARCH})


def test_an_estimate_that_there_is_not_is_told_once_the_start_is_known(tmp_path):
    with pytest.raises(ScenarioError, match=r"'latency_mean' is no estimate .* did you mean 'latency_mean_ms'"):
        run(hedged(minimise="latency_mean"), tmp_path / "run")


def test_a_trial_that_cannot_be_is_told_and_passed_over(tmp_path, monkeypatch):
    from simulator.study import search

    def refuses(loaded, values):
        if values.get("policy.hedge.after") not in (None, "10 s") and "seed" not in values and next(turns) == 1:
            raise ScenarioError("these do not go together")
        return variant_at(loaded, values)

    turns = iter(range(100))
    monkeypatch.setattr(search, "variant_at", refuses)
    rows = run(hedged(), tmp_path / "run").record.search["trials"]
    assert [row["why_not"] for row in rows] == ["", "", "these do not go together", "", ""]
    assert (rows[2]["value"], rows[2]["cell"]) == (None, "")


# -- samplers ----------------------------------------------------------------------------------------------------------


def test_spread_points_fill_each_range_and_are_those_of_the_seed():
    one, again, other = (Spread(2, seed) for seed in (1, 1, 2))
    points = [one.ask() for _ in range(64)]
    assert points == [again.ask() for _ in range(64)]
    assert points != [other.ask() for _ in range(64)]
    for shares in zip(*points, strict=True):
        assert np.histogram(shares, bins=8, range=(0, 1))[0].min() >= 6  # 8 in each of 8, but for the other base


def tried(sampler, worth, trials):
    """Return the points that a sampler asks for, told what each is worth."""
    points = []
    for _ in range(trials):
        points.append(sampler.ask())
        sampler.tell(worth(points[-1]))
    return points


def hill(point):
    """Return what has its top, 0, at (0.3, 0.7)."""
    return -((point[0] - 0.3) ** 2) - (point[1] - 0.7) ** 2


def tpe(seed=1, **more):
    pytest.importorskip("optuna", reason="no Optuna here: searches by tpe are NOT tested")
    return Tpe(2, seed, **{"is_maximised": True, "place": "search", **more})


def test_tpe_comes_nearer_to_the_top_than_spread_points_do():
    near = [max(map(hill, tried(tpe(seed), hill, 40))) for seed in range(8)]
    far = [max(map(hill, tried(Spread(2, seed), hill, 40))) for seed in range(8)]
    assert np.median(near) > np.median(far)
    late = [tried(tpe(seed), hill, 40)[-10:] for seed in range(4)]
    # A sampler that learns nothing loses 0.247 on average over the square, standard error 0.03 over 40 points:
    # to lose less than half of that by chance is four of these away (p < 1e-4).
    assert np.mean([hill(point) for points in late for point in points]) > -0.247 / 2


def test_tpe_asks_for_the_same_points_when_told_the_same_and_minimises_where_it_is_told_to():
    points = tried(tpe(), hill, 15)
    assert tried(tpe(), hill, 15) == points
    assert tried(tpe(is_maximised=False), lambda point: -hill(point), 15) == points
    assert tried(tpe(2), hill, 15) != points


def test_tpe_goes_on_after_a_point_without_a_value_and_hears_of_the_start():
    sampler = tpe()
    sampler.add((0.3, 0.7), 0.0)
    assert len(tried(sampler, lambda point: None if point[0] < 0.5 else hill(point), 15)) == 15


def test_without_optuna_a_search_by_tpe_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ScenarioError, match="which is not installed; pip install \"graceful-sim\\[search\\]\", or"):
        run(hedged(by="tpe"), tmp_path / "run")


def test_a_search_by_tpe_is_the_same_run_twice(tmp_path):
    pytest.importorskip("optuna", reason="no Optuna here: searches by tpe are NOT tested")
    one, other = (run(hedged(by="tpe"), tmp_path / name).record for name in ("one", "other"))
    assert one.to_json() == other.to_json()
    assert json.loads(one.to_json())["search"]["by"] == "tpe"
