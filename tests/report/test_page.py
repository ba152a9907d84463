"""The page stands alone, and copes with what is missing."""

from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import factory
import pytest

from simulator.report.page import fingerprint, is_shown, page_text, write_page
from simulator.report.write import deadline_ms_of, report_on, write_report

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Checks that tags nest, and collects words and what is loaded."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.loads, self.tags = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [value for name, value in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    paths = write_report(factory.record(), factory.requests(), factory.events(), *factory.health(), 250.0, folder)
    return folder, paths


def test_a_report_is_figures_twice_and_a_page(written):
    folder, paths = written
    names = {path.relative_to(folder).as_posix() for path in paths}
    stems = {
        "accuracy_vs_failure",
        "endings",
        "latency",
        "topology",
        *(f"accuracy_over_time-{s}" for s in factory.STRATEGIES),
    }
    assert names == {"report.html", *(f"figures/{stem}.{kind}" for stem in stems for kind in ("png", "svg"))}
    assert all(path.stat().st_size > 1000 for path in paths)


def test_the_page_loads_nothing_from_elsewhere(written):
    text = (written[0] / "report.html").read_text()
    assert "http" not in text
    assert all(load.startswith("data:image/svg+xml;base64,") for load in Reader(text).loads)


def test_the_page_tells_question_answer_numbers_and_how_to_run_it_again(written):
    reader = Reader((written[0] / "report.html").read_text())
    assert not reader.open
    for words in (
        "How much accuracy do skip",
        "highest with resilinet",
        "0.683 ± 0.012",
        "Band: 95 % interval: finite test set",
        "Method: 20 replications, Student t",
        "fewer than 30",
        "sim run scenario.yaml --seed 1",
        "3fa94c01",
        "keras 3.15.0",
        "mttr: 10 s",
        "queue of edge",
    ):
        assert words in reader.text
    assert reader.tags.count("img") == 7


def test_two_runs_write_the_same_page(written, tmp_path):
    again = write_report(factory.record(), factory.requests(), factory.events(), *factory.health(), 250.0, tmp_path)
    for path, other in zip(written[1], again, strict=True):
        assert path.read_bytes() == other.read_bytes()


def test_what_comes_from_a_file_is_escaped():
    evil = "<script>alert('x')</script> & co"
    cell = replace(factory.cell(evil), notes=(evil,), tables={"reasons": [{evil: evil}]})
    text = page_text(
        factory.record([cell], title=evil, question=evil, hash=evil, versions={evil: evil}, scenario={"title": evil}),
        {f"topology-{evil}": "<svg/>"},
    )
    assert "<script" not in text
    assert evil in Reader(text).text


def test_a_record_with_nothing_optional_makes_a_page(tmp_path):
    paths = write_report(factory.bare_record(), None, None, None, None, None, None, tmp_path)
    assert [path.name for path in paths] == ["report.html"]
    assert "measured nothing" in Reader(paths[0].read_text()).text


@pytest.mark.parametrize(
    "kept", [("expected_accuracy", "no_information_flow"), ("share_on_time", "share_lost", "latency_p50_ms")]
)
def test_a_scenario_without_workload_or_without_model_makes_a_report(kept, tmp_path):
    cell = factory.cell()
    curve = "accuracy_vs_failure" if kept[0] == "expected_accuracy" else "latency"
    some = replace(cell, estimates={name: cell.estimates[name] for name in kept}, curves={curve: cell.curves[curve]})
    paths = write_report(factory.record([some]), None, None, *factory.city(), None, tmp_path)
    assert f"{curve}.svg" in {path.name for path in paths}


def test_a_page_of_another_record_is_seen_and_so_is_a_missing_or_foreign_one(tmp_path):
    record = factory.bare_record()
    assert not is_shown(fingerprint(record), tmp_path)
    write_page(record, {}, tmp_path)
    assert is_shown(fingerprint(record), tmp_path)
    assert not is_shown(fingerprint(replace(record, question="What is asked now?")), tmp_path)
    (tmp_path / "report.html").write_bytes(b"\xff\xfe no page")
    assert not is_shown(fingerprint(record), tmp_path)


def loaded_with(sweep, deadline_ns=250_000_000):
    policy = SimpleNamespace(deadline_ns=deadline_ns)
    return SimpleNamespace(scenario=SimpleNamespace(policy=policy, sweep=sweep), topology=factory.health()[0])


def test_the_report_of_a_run_is_written_into_its_folder(monkeypatch, tmp_path):
    done = SimpleNamespace(record=factory.bare_record(), requests=None, events=None, folder=tmp_path)
    monkeypatch.setattr("simulator.report.write.parts_placed", lambda _: factory.health()[1:])
    report_on(done, loaded_with({}))
    assert (tmp_path / "figures" / "topology.svg").exists()
    assert (tmp_path / "report.html").exists()


def test_the_deadline_is_marked_only_where_all_cells_share_it():
    assert deadline_ms_of(loaded_with({"strategy": ("dfg",)})) == 250.0
    assert deadline_ms_of(loaded_with({"policy.deadline": ("1 s", "2 s")})) is None
    assert deadline_ms_of(loaded_with({}, None)) is None


def test_synthetic_and_quick_runs_carry_a_banner():
    text = Reader(page_text(factory.record(is_synthetic=True, is_quick=True), {})).text
    assert "SYNTHETIC data." in text and "Quick run." in text and "--quick" in text
    assert "SYNTHETIC" not in page_text(factory.record(), {})


def test_a_record_read_back_makes_the_same_page():
    record = factory.record()
    assert page_text(type(record).from_json(record.to_json()), {}) == page_text(record, {})
