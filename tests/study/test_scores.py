"""Scores of a whole run: by brute force over patterns, kept on the disk, and of answers that are numbers."""

from itertools import product

import numpy as np
import pytest
import yaml
from shared import BERNOULLI, SETTINGS, chain
from small import assemblies

import simulator
from simulator.evaluate.score_blocks import F1, TopK
from simulator.expect.exact import enumerate_patterns, probability_of_deliveries
from simulator.report.score_table import score_table
from simulator.study.answers import answers
from simulator.study.kept import read_kept
from simulator.study.memory import answers_name, without_newer
from simulator.study.progress import Progress
from simulator.study.run import run
from simulator.study.score_findings import score_outcomes
from simulator.study.scored import ScoredDeliveries

SCORES = ["accuracy", "per_class", {"f1": "macro"}, {"precision": 1}, {"top_k": 2}]
ASKED = [{"expected_accuracy": {"scores": SCORES}}]
UP = {name: SETTINGS[name]["poor"] for name in SETTINGS}
RENEWAL = [{"kind": "renewal", "availability": "poor", "mttr": "10 s"}]
ERRORS = {"expected_accuracy": {"scores": ["rmse", "mse"]}}
TIMED = {"workload": {"arrivals": {"kind": "poisson", "rate": "2 /s"}, "requests": 200}, "replications": 10}


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))


def answered(loaded):
    (of,) = assemblies(loaded)
    return of, answers(of, quick=False, label="", progress=Progress())


def cell_of(loaded, folder):
    (cell,) = run(loaded, folder / "run").record.cells
    return cell


def chances_by_pattern():
    """Yield each pattern of the two machines: who is down, and how probable that is."""
    for up in product((True, False), repeat=2):
        is_up = dict(zip(UP, up, strict=True))
        yield (frozenset(name for name in UP if not is_up[name]),
               np.prod([UP[name] if is_up[name] else 1 - UP[name] for name in UP]))


def macro_f1(predicted, labels):
    found = []
    for label in np.unique(labels):
        right = np.sum((predicted == label) & (labels == label))
        found.append(2 * right / (np.sum(predicted == label) + np.sum(labels == label)))
    return np.mean(found)


def test_expected_scores_are_sums_over_patterns(tmp_path):
    loaded = chain(tmp_path, measure=ASKED)
    cell = cell_of(loaded, tmp_path)
    rows = {row["score"]: row for row in cell.tables["scores"]}
    of, known = answered(loaded)
    labels, brute = known.outcomes.labels, {"accuracy": 0.0, "f1_macro": 0.0, "top_2": 0.0, "accuracy_class_1": 0.0}
    share = np.bincount(np.load(tmp_path / "data.npz")["y_train"]) / 64
    size = np.bincount(labels)
    by_guess = [share[labels].mean(), np.mean(2 * size * share / (size + 40 * share)),
                np.mean(1 - (1 - share[labels]) ** 2), share[1]]
    for down, chance in chances_by_pattern():
        delivery = of.reach.delivery(down)
        found = by_guess
        if delivery:
            known.outcomes.ensure([delivery])
            predicted, ranks = known.outcomes.predictions[delivery], known.outcomes.ranking.known[delivery]
            found = [np.mean(predicted == labels), macro_f1(predicted, labels), np.mean(ranks < 2),
                     np.mean(predicted[labels == 1] == 1)]
        brute = {name: total + chance * one for (name, total), one in zip(brute.items(), found, strict=True)}
    assert {name: rows[name]["expected"] for name in brute} == pytest.approx(brute)
    assert rows["accuracy"]["expected"] == cell.estimates["expected_accuracy"].value
    assert cell.estimates["expected_f1_macro"].value == rows["f1_macro"]["expected"]
    assert rows["f1_macro"]["pooled"] != pytest.approx(rows["f1_macro"]["expected"], abs=1e-6)
    assert "pooled" not in rows["accuracy"]


def test_what_estimates_accuracy_estimates_any_score(tmp_path):
    of, known = answered(chain(tmp_path, measure=ASKED))
    (one,) = score_outcomes(known, [F1(f1="macro")])
    scored = ScoredDeliveries(of.process.components, of.reach, one)
    patterns = enumerate_patterns(of.process, 20)
    scores = scored.scores(scored.places(patterns.up))
    predicted, labels = known.outcomes.predictions, known.outcomes.labels
    deliveries = [of.reach.delivery(down) for down in patterns.down()]
    for delivery, score in zip(deliveries, scores.tolist(), strict=True):
        assert score == pytest.approx(macro_f1(predicted[delivery], labels) if delivery else one.accuracy([0])[0])
    assert scored.bounds == (0, 1)
    chances = probability_of_deliveries(patterns.probability, deliveries)
    assert sum(chances.values()) == pytest.approx(1)


def test_ranks_are_found_with_the_answers_and_kept_beside_them(tmp_path):
    plain, ranked = chain(tmp_path), chain(tmp_path, measure=ASKED)
    of, known = answered(plain)
    delivery = of.reach.delivery(frozenset())
    known.outcomes.ensure([delivery])
    path = next((tmp_path / "cache" / "answers").glob("*.npz"))
    assert read_kept(path).ranks == {}  # nobody has asked
    before = known.outcomes.predictions[delivery].copy()
    _, again = answered(ranked)
    (score,) = score_outcomes(again, [TopK(top_k=1)])
    share = score.accuracy([delivery])
    kept = read_kept(path)
    assert list(kept.ranks) == [delivery]
    assert kept.ranks[delivery].dtype == np.uint8
    assert (kept.coded[delivery] == before).all()
    assert share == pytest.approx(np.mean(before == again.outcomes.labels))  # the first of all is the answer
    assert ((kept.ranks[delivery] == 0) == (before == again.outcomes.labels)).all()


def test_asking_for_scores_moves_no_kept_answer(tmp_path):
    (plain,), (ranked,) = assemblies(chain(tmp_path)), assemblies(chain(tmp_path, measure=ASKED))
    assert answers_name(plain) == answers_name(ranked)
    whole = plain.model.model_dump(mode="json", by_alias=True)
    assert "task" not in without_newer(whole)
    assert without_newer({**whole, "task": "regression"})["task"] == "regression"


# -- served ------------------------------------------------------------------------------------------------------------


def log_of(loaded, done):
    """Return replication, class and answer of each request, from the frame; where there is none, the largest class."""
    of, known = answered(loaded)
    labels, frame = known.outcomes.labels, done.requests
    by_text = {of.graph.text(one): answer for one, answer in known.outcomes.predictions.items()}
    largest = int(np.argmax(np.bincount(np.load(loaded.path.parent / "data.npz")["y_train"])))
    said = np.array([by_text[text][sample] if text in by_text else largest
                     for text, sample in zip(frame.delivery.astype(str), frame["sample"], strict=True)])
    return frame.replication.to_numpy(), labels[frame["sample"].to_numpy()], said


def test_served_scores_are_those_of_the_answers_to_all_arrivals(tmp_path):
    asked = ["accuracy", "per_class", {"f1": "macro"}, {"precision": 1}, {"top_k": 1}]
    loaded = chain(tmp_path, failures=RENEWAL, measure=[{"timed": {"scores": asked}}], policy={"no_answer": "majority"},
                   **TIMED)
    done = run(loaded, tmp_path / "run")
    (cell,) = done.record.cells
    replication, labels, said = log_of(loaded, done)
    assert cell.counts["lost"] > 0

    def f1(kept):
        return macro_f1(said[kept], labels[kept])

    runs = np.unique(replication)
    without = [f1(replication != number) for number in runs]
    by_hand = {
        "served_f1_macro": len(runs) * f1(replication >= 0) - (len(runs) - 1) * np.mean(without),
        "served_top_1": np.mean(said == labels), "served_accuracy": np.mean(said == labels),
        "served_accuracy_class_1": np.mean(said[labels == 1] == 1),
        "served_precision_class_1": np.mean(labels[said == 1] == 1),
    }
    exact = ("served_f1_macro", "served_top_1", "served_accuracy")  # the others are ratios, jackknifed
    for name, value in by_hand.items():
        rough = 1e-9 if name in exact else 2e-3
        assert cell.estimates[name].value == pytest.approx(value, abs=rough), name
        assert cell.estimates[name].low < cell.estimates[name].value < cell.estimates[name].high
    top, accuracy = (cell.estimates[f"served_{name}"] for name in ("top_1", "accuracy"))
    assert (top.low, top.high) == pytest.approx((accuracy.low, accuracy.high))  # of a mean, that of the replications
    rows = {row["score"]: row for row in cell.tables["scores"]}
    assert rows["f1_macro"]["served"] == cell.estimates["served_f1_macro"].value
    table = score_table(done.record)
    assert table.headers == ["score", "served"]
    assert "served: of the answers of all arrivals" in table.caption


def test_the_served_root_stands_beside_the_served_error(tmp_path):
    asked = [{"timed": {"scores": ["mae", "rmse"]}}, ERRORS]
    cell = cell_of(prices(tmp_path, failures=RENEWAL, measure=asked, **TIMED), tmp_path)
    assert cell.estimates["served_rmse"].value > cell.estimates["served_mae"].value > 0
    rows = {row["score"]: row for row in cell.tables["scores"]}
    assert rows["rmse"]["served_low"] <= rows["rmse"]["pooled"] <= rows["rmse"]["served_high"]


@pytest.mark.parametrize(("rule", "is_known"), [("exclude", True), ({"constant": 0.3}, False)])
def test_answers_that_are_left_out_or_given_a_worth(tmp_path, rule, is_known):
    loaded = chain(tmp_path, failures=RENEWAL, policy={"no_answer": rule},
                   measure=[{"timed": {"scores": [{"f1": "macro"}, {"recall": 1}]}}], **TIMED)
    cell = cell_of(loaded, tmp_path)
    assert np.isfinite(cell.estimates["served_f1_macro"].value) == is_known  # no counts are known of a worth
    assert 0 < cell.estimates["served_recall_class_1"].value < 1


def test_a_curve_of_another_score_is_that_of_its_expectation(tmp_path):
    curve = {"accuracy_vs_failure": {"points": 3, "max": 0.4, "score": {"f1": "macro"}}}
    found = cell_of(chain(tmp_path, measure=[curve]), tmp_path).curves["accuracy_vs_failure"]
    assert found.y_label == "expected F1, macro"
    even = [{"kind": "bernoulli", "survival": {"edge": 0.8, "fog": 0.8}}]
    cell = run(chain(tmp_path, measure=ASKED, failures=even), tmp_path / "even").record.cells[0]
    known = cell.estimates["expected_f1_macro"]
    assert found.x[1] == pytest.approx(0.2)
    assert (found.value[1], found.low[1], found.high[1]) == pytest.approx((known.value, known.low, known.high))


@pytest.mark.parametrize(("measure", "policy", "told"), [
    ([{"timed": {"scores": ["mae"]}}], {}, "'mae' is of a regression"),
    ([{"accuracy_vs_failure": {"score": "mae"}}], {}, "'mae' is of a regression"),
    ([{"accuracy_vs_failure": {"score": "per_class"}}], {}, "'per_class' are several scores"),
])
def test_a_score_that_does_not_fit_is_refused_wherever_it_is_asked(tmp_path, measure, policy, told):
    with pytest.raises(simulator.ScenarioError, match=told):
        chain(tmp_path, measure=measure, policy=policy, **TIMED)


# -- numbers -----------------------------------------------------------------------------------------------------------


def prices(folder, **scenario):
    """Return the chain with a model that answers the sum of two numbers, from a table without a header."""
    chain(folder)
    dice = np.random.Generator(np.random.PCG64(3))
    x = dice.normal(size=(120, 3))
    np.savetxt(folder / "sums.csv", np.column_stack([x, 100 + 10 * (x[:, 0] + x[:, 1])]), delimiter=",")
    model = yaml.safe_load((folder / "model.yaml").read_text())
    model["task"] = "regression"
    model["data"] = {"kind": "table", "path": str(folder / "sums.csv"), "columns": ["a", "b", "c", "sum"],
                     "target": "sum", "unit": "m"}
    model["parts"]["cloud"]["layers"] = [{"layer": "Dense", "units": 1}]
    model["training"] = {"epochs": 30, "batch_size": 8, "learning_rate": 0.01}
    (folder / "model.yaml").write_text(yaml.safe_dump(model))
    whole = {"policy": {"no_answer": "training_mean"}, "failures": BERNOULLI, "measure": [ERRORS], **scenario}
    plain = {**yaml.safe_load((folder / "scenario.yaml").read_text()), **whole}
    (folder / "scenario.yaml").write_text(yaml.safe_dump(plain))
    return simulator.load(folder / "scenario.yaml")


def test_expected_errors_are_sums_over_patterns(tmp_path):
    loaded = prices(tmp_path, strategy="vanilla", measure=[ERRORS, "individual_failures"])
    cell = cell_of(loaded, tmp_path)
    of, known = answered(loaded)
    targets = known.outcomes.labels
    data = np.loadtxt(tmp_path / "sums.csv", delimiter=",")
    train = data[~np.isin(data[:, 3], targets), 3]
    assert len(train) + len(targets) == len(data)
    errors = {}
    for down, chance in chances_by_pattern():
        delivery = of.reach.delivery(down)
        said = known.outcomes.predictions[delivery] if delivery else np.full(len(targets), train.mean())
        errors[down] = (chance, np.abs(said - targets).mean(), np.sqrt(((said - targets) ** 2).mean()))
    mae, rmse = (sum(each[0] * each[place] for each in errors.values()) for place in (1, 2))
    assert cell.estimates["expected_mae"].value == pytest.approx(mae)
    assert cell.estimates["expected_rmse"].value == pytest.approx(rmse)
    assert errors[frozenset()][1] < 0.5 * errors[frozenset({"edge"})][1]  # it has learnt something
    assert cell.estimates["expected_mae"].high > 1  # no share
    assert not any("accuracy" in name for name in cell.estimates)
    rows = {row["down"]: row["mae"] for row in cell.tables["individual_failures"]}
    assert rows == pytest.approx({name: errors[frozenset({name})][1] for name in UP})
    (pooled,) = (row["pooled"] for row in cell.tables["scores"] if row["score"] == "rmse")
    assert pooled == pytest.approx(np.sqrt(cell.estimates["expected_mse"].value))


def test_the_served_error_is_found_in_time_and_agrees(tmp_path):
    loaded = prices(tmp_path, strategy="dfg", failures=RENEWAL, measure=[ERRORS, "timed", "accuracy_vs_failure"],
                    policy={"no_answer": {"value": 100.0}, "deadline": "1 s"}, **TIMED)
    cell = cell_of(loaded, tmp_path)
    served, expected = cell.estimates["served_mae"], cell.estimates["expected_mae"]
    half = served.high - served.value + expected.high - expected.value
    assert abs(served.value - expected.value) <= half
    assert cell.counts["zero_delay_equal"] == cell.counts["zero_delay_compared"] > 0
    assert "gap_bound" not in cell.estimates  # which says that one switch costs 1 at most
    curve = cell.curves["accuracy_vs_failure"]
    assert curve.y_label == "expected mae (m)"
    assert curve.value[0] == pytest.approx(cell.estimates["all_up_mae"].value)
    assert max(curve.high) > 1
    with_answers = run(loaded, tmp_path / "again").record.cells[0]
    assert with_answers.estimates == cell.estimates  # also from kept answers, which are numbers


def test_kept_numbers_are_not_rounded(tmp_path):
    loaded = prices(tmp_path)
    of, known = answered(loaded)
    delivery = of.reach.delivery(frozenset())
    known.outcomes.ensure([delivery])
    kept = read_kept(next((tmp_path / "cache" / "answers").glob("*.npz")))
    assert kept.coded[delivery].dtype == np.float64
    assert (kept.coded[delivery] == known.outcomes.predictions[delivery]).all()
    assert known.ranking is None


@pytest.mark.parametrize(("changes", "told"), [
    ({"measure": ["expected_accuracy", {"availability": {"accuracy": 0.5}}]}, "'availability' is about answers"),
    ({"measure": [{"expected_accuracy": {"scores": ["accuracy"]}}]}, "'accuracy' is of a classification"),
    ({"policy": {"no_answer": "majority"}}, "'majority' says nothing about a regression"),
    ({"repeats": 2}, "'repeats' does not go together with a regression"),
    ({"measure": [{"expected_accuracy": {"scores": ["rsme"]}}]}, "rsme"),
    ({"measure": [{"expected_accuracy": {"scores": [{"f1": "micro"}]}}]}, "micro"),
])
def test_what_a_regression_cannot_have_is_refused(tmp_path, changes, told):
    with pytest.raises(simulator.ScenarioError, match=told):
        prices(tmp_path, **changes)


@pytest.mark.parametrize(("changes", "told"), [
    ({"measure": [ERRORS]}, "'rmse' is of a regression"),
    ({"policy": {"no_answer": "training_mean"}}, "'training_mean' says nothing about a classification"),
    ({"policy": {"no_answer": {"value": 1.0}}}, "'value' says nothing about a classification"),
])
def test_what_a_classification_cannot_have_is_refused(tmp_path, changes, told):
    with pytest.raises(simulator.ScenarioError, match=told):
        chain(tmp_path, **changes)


def test_a_class_that_no_test_sample_has_is_told_before_anything_is_written(tmp_path):
    loaded = chain(tmp_path, measure=[{"expected_accuracy": {"scores": [{"f1": 9}]}}])
    with pytest.raises(simulator.ScenarioError, match="no test sample is of class 9"):
        run(loaded, tmp_path / "run")


def test_without_its_table_a_quick_run_stands_on_random_numbers(tmp_path):
    loaded = prices(tmp_path)
    (tmp_path / "sums.csv").unlink()
    done = run(loaded, tmp_path / "run", quick=True)
    assert done.record.is_synthetic
    assert "expected_mae" in done.record.cells[0].estimates


def test_a_method_that_draws_patterns_finds_the_scores_too(tmp_path):
    exact = cell_of(chain(tmp_path, measure=ASKED), tmp_path)
    drawn = {"expected_accuracy": {"scores": SCORES, "method": "monte_carlo", "target": {"absolute": 0.01}}}
    cell = run(chain(tmp_path, measure=[drawn]), tmp_path / "drawn").record.cells[0]
    sampling = cell.estimates["expected_f1_macro_sampling"]
    assert sampling.uncertainty == "failures"
    assert cell.estimates["expected_f1_macro"].value == pytest.approx(sampling.value)
    truth = exact.estimates["expected_f1_macro"].value
    assert abs(sampling.value - truth) <= 2.5 * (sampling.high - sampling.low) / 2  # 4.9 standard errors: 1e-6
    assert sampling.high - sampling.low < 0.1


def test_errors_that_cannot_be_bounded_are_summed_only(tmp_path):
    loaded = prices(tmp_path, measure=[{"expected_accuracy": {"method": "monte_carlo"}}])
    with pytest.raises(simulator.ScenarioError, match="no highest value"):
        run(loaded, tmp_path / "run")
