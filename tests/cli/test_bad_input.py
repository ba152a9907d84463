"""Bad input ends with exit code 2 and without a traceback; each problem has its place, the value and the way out."""

from typing import get_args

import pytest
from typer.testing import CliRunner

from simulator.cli.main import app
from simulator.failures.blocks import Failure
from tests.scenario.small import write

ASK, CHAIN, SPLIT = "ask.yaml", "chain.yaml", "split.yaml"
KINDS = [get_args(block.model_fields["kind"].annotation)[0] for block in get_args(get_args(Failure)[0])]
# what is wrong: (the change: file, old, new), the line that is told
BAD = {
    "no such topology": (
        (ASK, "chain.yaml", "chian.yaml"),
        "ask.yaml:2 topology: no topology named 'chian.yaml'; did you mean 'chain-40.yaml'?",
    ),
    "no such model, by name": (
        (ASK, "split.yaml", "watch-mpl"),
        "ask.yaml:3 model: no model named 'watch-mpl'; did you mean 'watch-mlp'?",
    ),
    "no such model, by path": (
        (ASK, "split.yaml", "files/watch-mlp.yaml"),
        "ask.yaml:3 model: no file 'files/watch-mlp.yaml'; did you mean 'watch-mlp.yaml'?",
    ),
    "duplicate key": (
        (ASK, "replications: 20", "seed: 2"),
        "ask.yaml:12 seed: key 'seed' is written twice, first in line 11; keep one",
    ),
    "duplicate key, deep": (
        (CHAIN, "latency: 20 ms,", "latency: 20 ms, latency: 3 ms,"),
        "chain.yaml:8 links.1.latency: key 'latency' is written twice, first in line 8; keep one",
    ),
    "unknown key": ((ASK, "seed: 1", "sead: 1"), "ask.yaml:11 sead: unknown key 'sead'; did you mean 'seed'?"),
    "unknown key of a kind": (
        (ASK, "mttr:", "mtr:"),
        "ask.yaml:5 failures.0.mtr: unknown key 'mtr'; did you mean 'mttr'?",
    ),
    "unknown key, nothing near": (
        (ASK, "requests: 2000", "requests: 2000, colour: red"),
        "ask.yaml:6 workload.colour: unknown key 'colour'; known: 'arrivals', 'persistence', 'requests'",
    ),
    "unknown key of a node": (
        (CHAIN, "memory:", "memori:"),
        "chain.yaml:4 nodes.edge.memori: unknown key 'memori'; did you mean 'memory'?",
    ),
    "unknown key of a link": (
        (CHAIN, "jitter: 2 ms", "jiter: 2 ms"),
        "chain.yaml:8 links.1.jiter: unknown key 'jiter'; did you mean 'jitter'?",
    ),
    "unknown key of a part": (
        (SPLIT, "exit: true", "exits: true"),
        "split.yaml:5 parts.cloud.exits: unknown key 'exits'; did you mean 'exit'?",
    ),
    "unknown law of jitter": (
        (CHAIN, "jitter: 2 ms", "jitter: {law: gama, mean: 2 ms}"),
        "chain.yaml:8 links.1.jitter: unknown law 'gama'; did you mean 'gamma'? "
        "known: 'constant', 'exponential', 'gamma', 'lognormal', 'normal', 'uniform', 'empirical'",
    ),
    "losses in bursts that cannot be": (
        (CHAIN, "loss: 0.01", "loss: {kind: gilbert_elliott, loss: 0.9, burst: 5}"),
        "chain.yaml:8 links.1.loss: a loss of 0.9 needs bursts of 9 messages at least, not 5; write a longer 'burst'",
    ),
    "a medium without a bandwidth": (
        (CHAIN, "jitter: 2 ms", "medium: wifi"),
        "chain.yaml:8 links.1.medium: 'wifi' shares a transmitter, but nobody waits for one of unlimited bandwidth; "
        "write a 'bandwidth', such as 10 Mbps",
    ),
    "a disturbance of no link": (
        (ASK, "seed: 1", "disturbances:\n  - {kind: loses, link: edge-clod, first: 2}\nseed: 1"),
        "ask.yaml:12 disturbances.0.link: no link named 'edge-clod' in the topology; did you mean 'edge-cloud'?",
    ),
    "a disturbance of no hyperconnection": (
        (ASK, "seed: 1", "disturbances:\n  - {kind: loses, link: edge-cloud, first: 2, edge: edge->clod}\nseed: 1"),
        "ask.yaml:12 disturbances.0.edge: no hyperconnection 'edge->clod'; did you mean 'edge->cloud'?",
    ),
    "a spike that ends before it begins": (
        (ASK, "seed: 1", "disturbances: [{kind: spikes, link: edge-cloud, from: 5 s, to: 3 s, adds: 1 ms}]\nseed: 1"),
        "ask.yaml:11 disturbances.0: 'from' is not before 'to'; write from: 3 s, to: 5 s",
    ),
    "persistence of all": (
        (ASK, "requests: 2000", "requests: 2000, persistence: 1.0"),
        "ask.yaml:6 workload.persistence: 1.0 must be < 1; write a number < 1",
    ),
    "bursts of nothing": (
        (ASK, "{kind: poisson, rate: 2 /s}", "{kind: mmpp, states: [{rate: 0, lasts: 1 s}, {rate: 0, lasts: 2 s}]}"),
        "ask.yaml:6 workload.arrivals: no state has a rate above 0; write states: [{rate: 2 /s, lasts: 10 s}, ...]",
    ),
    "unknown kind": (
        (ASK, "kind: renewal", "kind: renewl"),
        "ask.yaml:5 failures.0: unknown kind 'renewl'; did you mean 'renewal'? "
        f"known: {', '.join(map(repr, KINDS))}",
    ),
    "unknown law": (
        (ASK, "kind: renewal, ", "kind: renewal, up: {law: weibul, shape: 3}, "),
        "ask.yaml:5 failures.0.up: unknown law 'weibul'; did you mean 'weibull'? known: 'exponential', 'weibull', "
        "'lognormal', 'gamma', 'deterministic', 'uniform', 'empirical'",
    ),
    "no law": (
        (ASK, "kind: renewal, ", "kind: renewal, up: {shape: 3}, "),
        "ask.yaml:5 failures.0.up: {'shape': 3} has no law; write 'law: ...' with one of 'deterministic', 'empirical', "
        "'exponential', 'gamma', 'lognormal', 'uniform', 'weibull'",
    ),
    "key of a law": (
        (ASK, "kind: renewal, ", "kind: renewal, up: {law: weibull, shape: 3, shap: 3}, "),
        "ask.yaml:5 failures.0.up.shap: unknown key 'shap'; did you mean 'shape'?",
    ),
    "no kind": (
        (ASK, "kind: poisson, ", ""),
        "ask.yaml:6 workload.arrivals: {'rate': '2 /s'} has no kind; "
        "write 'kind: ...' with one of 'closed', 'diurnal', 'mmpp', 'periodic', 'poisson', 'trace'",
    ),
    "unknown measure": ((ASK, "[timed,", "[timd,"), "ask.yaml:10 measure.0: unknown key 'timd'; did you mean 'timed'?"),
    "unknown option of a measure": (
        (ASK, "points: 5", "point: 5"),
        "ask.yaml:10 measure.1.accuracy_vs_failure.point: unknown key 'point'; did you mean 'points'?",
    ),
    "unknown word": (
        (ASK, "seed: 1", "strategy: resilnet"),
        "ask.yaml:11 strategy: 'resilnet' is not known here; did you mean 'resilinet'? "
        "write 'vanilla', 'dfg', 'resilinet', 'resilinet_plus' or 'select'",
    ),
    "missing key": (
        (ASK, ", requests: 2000", ""),
        "ask.yaml:6 workload: key 'requests' is missing; write 'requests: ...'",
    ),
    "wrong unit": (
        (ASK, "deadline: 250 ms", "deadline: 250 mb"),
        "ask.yaml:8 policy.deadline: '250 mb' has an unknown unit 'mb'; 'MB' would be a size; "
        "write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "wrong dimension": (
        (CHAIN, "bandwidth: 1 Mbps", "bandwidth: 20 /s"),
        "chain.yaml:7 links.0.bandwidth: '20 /s' is a rate, not a bandwidth; "
        "write a bandwidth such as '2 Mbps' or '1 Gbit/s'",
    ),
    "no unit": (
        (CHAIN, "latency: 5 ms", "latency: 5"),
        "chain.yaml:7 links.0.latency: 5 has no unit; write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "wrong unit in a union": (
        (ASK, "after: 80 ms", "after: 80 mb"),
        "ask.yaml:9 policy.wait.after: '80 mb' has an unknown unit 'mb'; 'MB' would be a size; "
        "write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "wrong unit in a mapping in a union": (
        (ASK, "after: 80 ms", "after: {edge: 80}"),
        "ask.yaml:9 policy.wait.after.edge: 80 has no unit; write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "negative latency": (
        (CHAIN, "latency: 5 ms", "latency: -5 ms"),
        "chain.yaml:7 links.0.latency: '-5 ms' is not a finite quantity >= 0; "
        "write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "latency is not a number": (
        (CHAIN, "latency: 5 ms", "latency: .nan"),
        "chain.yaml:7 links.0.latency: nan is not a finite quantity >= 0; "
        "write a duration such as '250 ms', '10 s' or '5 min'",
    ),
    "rate is not a number": (
        (ASK, "rate: 2 /s", "rate: nan /s"),
        "ask.yaml:6 workload.arrivals.rate: 'nan /s' is not a finite quantity >= 0; "
        "write a rate such as '2 /s' or '30 /min'",
    ),
    "negative rate": (
        (ASK, "rate: 2 /s", "rate: -2 /s"),
        "ask.yaml:6 workload.arrivals.rate: '-2 /s' is not a finite quantity >= 0; "
        "write a rate such as '2 /s' or '30 /min'",
    ),
    "zero rate": (
        (ASK, "rate: 2 /s", "rate: 0 /s"),
        "ask.yaml:6 workload.arrivals.rate: '0 /s' must be > 0; write a rate such as '2 /s' or '30 /min'",
    ),
    "negative bandwidth": (
        (CHAIN, "bandwidth: 1 Mbps", "bandwidth: -1 Mbps"),
        "chain.yaml:7 links.0.bandwidth: '-1 Mbps' is not a finite quantity >= 0; "
        "write a bandwidth such as '2 Mbps' or '1 Gbit/s'",
    ),
    "probability above 1": (
        (CHAIN, "loss: 0.01", "loss: 1.01"),
        "chain.yaml:8 links.1.loss: 1.01 must be <= 1; write a number <= 1",
    ),
    "probability below 0": (
        (CHAIN, "poor: 0.8", "poor: -0.8"),
        "chain.yaml:4 nodes.edge.survival.poor: -0.8 must be >= 0; write a number >= 0",
    ),
    "one survival above 1": (
        (CHAIN, "survival: 0.95", "survival: 95"),
        "chain.yaml:9 links.2.survival: 95 must be <= 1; write a number <= 1",
    ),
    "probability is not a number": (
        (CHAIN, "loss: 0.01", "loss: .nan"),
        "chain.yaml:8 links.1.loss: nan is not a finite number; write a number such as 0.5",
    ),
    "failure probability": (
        (ASK, "availability: poor", "availability: 1.5"),
        "ask.yaml:5 failures.0.availability: 1.5 is not a probability in [0, 1]; write a named "
        "setting of the topology, a probability such as 0.9, or {component: probability}",
    ),
    "survival of a component that is not there": (
        (ASK, "availability: poor", "availability: {egde: 0.9}"),
        "ask.yaml:5 failures.0.availability.egde: no component 'egde' in the topology; did you mean 'edge'?",
    ),
    "unknown survival setting": (
        (ASK, "availability: poor", "availability: por"),
        "ask.yaml:5 failures.0.availability: no survival setting 'por' in the topology; did you mean 'poor'?",
    ),
    "certain no_failure": (
        (CHAIN, "normal: 0.9,", "no_failure: 0.9,"),
        "chain.yaml:4 nodes.edge.survival.no_failure: 0.9 is not 1, but under 'no_failure' nothing "
        "fails; give the setting another name",
    ),
    "a cycle": (
        (SPLIT, "- {from: sensor, to: cloud}", "- {from: cloud, to: edge}"),
        "split.yaml:6 hyperconnections: the parts feed each other in a cycle: "
        "edge -> cloud -> edge; cut one of these edges",
    ),
    "an unreachable exit": (
        (SPLIT, "{from: edge, to: cloud}\n  - {from: sensor, to: cloud}", "{from: cloud, to: edge}"),
        "split.yaml:5 parts.cloud: the exit 'cloud' is fed by no source; lead a path of hyperconnections to it",
    ),
    "no exit": (
        (SPLIT, ", exit: true", ""),
        "split.yaml:3 parts: no part is an exit; write 'exit: true' at the part whose output is the answer",
    ),
    "a hyperconnection from nowhere": (
        (SPLIT, "from: edge, to", "from: egde, to"),
        "split.yaml:8 hyperconnections.1: no part named 'egde'; did you mean 'edge'?",
    ),
    "a hyperconnection without an end": (
        (SPLIT, "from: edge, to: cloud", "from: edge"),
        "split.yaml:8 hyperconnections.1: key 'to' is missing; write 'to: ...'",
    ),
    "an unplaced part": (
        (SPLIT, "{sensor: {}}", "{sensor: {}, lidar: {}}"),
        "ask.yaml:1 placement: the part 'lidar' has no place, and no node is called like it; "
        "write 'placement: {lidar: ...}' with one of 'sensor', 'edge', 'cloud'",
    ),
    "a part placed nowhere": (
        (ASK, "seed: 1", "placement: {edge: egde}"),
        "ask.yaml:11 placement.edge: no node named 'egde' in the topology; did you mean 'edge'?",
    ),
    "a place for no part": (
        (ASK, "seed: 1", "placement: {fog: edge, egde: edge}"),
        "ask.yaml:11 placement.egde: no part named 'egde' in the model; did you mean 'edge'?",
    ),
    "unknown end of a link": (
        (CHAIN, "between: [edge, cloud]", "between: [egde, cloud]"),
        "chain.yaml:8 links.1: no node named 'egde'; did you mean 'edge'?",
    ),
    "a link to itself": (
        (CHAIN, "between: [edge, cloud]", "between: [edge, edge]"),
        "chain.yaml:8 links.1: a link from 'edge' to itself; name two different nodes",
    ),
    "two links between two nodes": (
        (CHAIN, "between: [edge, cloud]", "between: [edge, sensor]"),
        "chain.yaml:8 links.1: 'edge' and 'sensor' are joined already, by 'sensor-edge'; keep one link",
    ),
    "a link called like a node": (
        (CHAIN, "loss: 0.01", "name: edge"),
        "chain.yaml:8 links.1: there is a node named 'edge' already; give the link a 'name' of its own",
    ),
    "an island": (
        (CHAIN, "  cloud:\n", "  cloud:\n  atoll:\n"),
        "chain.yaml:6 nodes.atoll: no path of links joins 'atoll' with 'cloud'; add a link",
    ),
    "no nodes": (
        (CHAIN, "title: A chain", "nodes: {}"),
        "chain.yaml:2 nodes: key 'nodes' is written twice, first in line 1; keep one",
    ),
    "zero requests": (
        (ASK, "requests: 2000", "requests: 0"),
        "ask.yaml:6 workload.requests: 0 must be > 0; write a number > 0",
    ),
    "half a request": (
        (ASK, "requests: 2000", "requests: 0.5"),
        "ask.yaml:6 workload.requests: 0.5 is not a whole number; write a number such as 1",
    ),
    "no workload": (
        (ASK, "workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 2000}\n", ""),
        "ask.yaml:9 measure: 'timed' needs requests, but there is no workload; write "
        "'workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 2000}'",
    ),
    "no trace": (
        (ASK, "kind: poisson, rate: 2 /s", "kind: trace, path: gone.csv"),
        "ask.yaml:6 workload.arrivals.path: no file 'gone.csv'; "
        "give a path from here or from the scenario's folder; docs/data.md says where data come from",
    ),
    "no table": (
        (ASK, "seed: 1", "outcomes: {kind: table, path: gone.csv, column: a}"),
        "ask.yaml:11 outcomes.path: no file 'gone.csv'; "
        "give a path from here or from the scenario's folder; docs/data.md says where data come from",
    ),
    "a wait for no part": (
        (ASK, "after: 80 ms", "after: {clod: 80 ms}"),
        "ask.yaml:9 policy.wait.after.clod: no part named 'clod' in the model; did you mean 'cloud'?",
    ),
    "a wait for no deadline": (
        (ASK, "deadline: 250 ms\n  wait: {kind: timeout, after: 80 ms}", "wait: {kind: deadline}"),
        "ask.yaml:8 policy.wait: 'deadline' waits for a deadline, but there is none; "
        "write 'policy: {deadline: 250 ms, ...}'",
    ),
    "unknown worth": (
        (ASK, "  deadline: 250 ms", "  no_answer: majorty"),
        "ask.yaml:8 policy.no_answer: 'majorty' is not known here; did you mean 'majority'? "
        "write 'expected_guess', 'sampled_guess', 'majority', 'wrong', 'exclude' or 'training_mean'",
    ),
    "a sweep over no key": (
        (ASK, "seed: 1", "sweep: {policy.deadlin: [1 s]}"),
        "ask.yaml:11 sweep.policy.deadlin.0: unknown key 'deadlin'; did you mean 'deadline'?",
    ),
    "a sweep over a wrong value": (
        (ASK, "seed: 1", "sweep: {strategy: [dfg, resilnet]}"),
        "ask.yaml:11 sweep.strategy.1: 'resilnet' is not known here; did you mean "
        "'resilinet'? write 'vanilla', 'dfg', 'resilinet', 'resilinet_plus' or 'select'",
    ),
    "a sweep over an unknown setting": (
        (ASK, "seed: 1", "sweep: {failures.0.availability: [poor, hazard]}"),
        "ask.yaml:11 sweep.failures.0.availability.1: no survival setting 'hazard' in "
        "the topology; known: 'no_failure', 'normal', 'poor'",
    ),
    "a sweep behind the end of a list": (
        (ASK, "seed: 1", "sweep: {failures.1.mttr: [10 s]}"),
        "ask.yaml:11 sweep.failures.1.mttr.0: 'failures' has no item '1'; write a number from 0 to 0",
    ),
    "a sweep over no values": (
        (ASK, "seed: 1", "sweep: {seed: []}"),
        "ask.yaml:11 sweep.seed: [] has no values; write a list of values",
    ),
    "a sweep of a sweep": (
        (ASK, "seed: 1", "sweep: {sweep: [1]}"),
        "ask.yaml:11 sweep.sweep: a sweep cannot vary 'sweep'; name another key",
    ),
    "not a list": (
        (ASK, "failures:\n  - {", "failures:\n    {"),
        "ask.yaml:4 failures: {'kind': 'renewal', 'availability': 'poor', 'mttr': '10 s'} is not a list; "
        "write [a, b], or one '- item' a line",
    ),
    "not a block": (
        (ASK, "policy:\n  deadline: 250 ms\n  wait: {kind: timeout, after: 80 ms}", "policy: fast"),
        "ask.yaml:7 policy: 'fast' is not a block of keys; write 'key: value' lines, or {key: value}",
    ),
    "not a number": (
        (ASK, "seed: 1", "seed: one"),
        "ask.yaml:11 seed: 'one' is not a whole number; write a number such as 1",
    ),
    "not text": ((ASK, "A small question", "2026"), "ask.yaml:1 title: 2026 is not text; put it in quotes"),
    "not YAML": ((ASK, "failures:\n", "failures: [\n"), "ask.yaml:"),
    "not YAML, the model": ((SPLIT, "sources: {sensor: {}}", "sources: {sensor: {}"), "split.yaml:"),
    "a tag": ((ASK, "seed: 1", "seed: !!python/object/apply:os.system [ls]"), "ask.yaml:11 seed: "),
    "an unknown layer key of training": (
        (ASK, "seed: 1", "training: {epoch: 1}"),
        "ask.yaml:11 training.epoch: unknown key 'epoch'; did you mean 'epochs'?",
    ),
    "failout of no part": (
        (ASK, "seed: 1", "failout: {survival: {egde: 0.9}}"),
        "ask.yaml:11 failout.survival.egde: no part named 'egde' in the model; did you mean 'edge'?",
    ),
    "data of no kind": (
        (ASK, "seed: 1", "data: {kind: wach}"),
        "ask.yaml:11 data: unknown kind 'wach'; did you mean 'watch'? known: 'watch', 'mhealth', "
        "'camera', 'cifar10', 'mnist', 'images', 'table', 'arrays', 'blobs'",
    ),
}


def sim(*words):
    """Return what the command ends with; an error that is not the user's is raised, not hidden."""
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_told_with_place_value_and_way_out(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    change, line = BAD[what]
    write(tmp_path, [change])
    ended = sim("check", "ask.yaml")
    assert ended.exit_code == 2, ended.output
    is_whole = ";" in line or "did you mean" in line
    assert [told for told in ended.stderr.splitlines() if told == line or (told.startswith(line) and not is_whole)], (
        f"{line}\n{ended.stderr}"
    )
    assert "Traceback" not in ended.output
    assert not ended.stdout


def test_all_problems_of_all_three_files_are_told_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        [
            (ASK, "seed: 1", "sead: 1"),
            (ASK, "250 ms", "250 mb"),
            (CHAIN, "loss: 0.01", "loss: 2"),
            (SPLIT, "exit: true", "exits: true"),
        ],
    )
    told = sim("check", "ask.yaml", "--set", "replications=0").stderr.splitlines()
    assert [line.split(":")[0] for line in told] == [ASK, "option --set replications", ASK, CHAIN, SPLIT]


def test_a_good_scenario_is_fine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    ended = sim("check", "ask.yaml")
    assert ended.exit_code == 0, ended.output
    assert "rate: 2 /s" in ended.stdout
    assert "ask.yaml is fine (1 cell)" in ended.stderr


OPTIONS = {
    ("policy.deadlin=3 ms",): "option --set policy.deadlin: unknown key 'deadlin'; did you mean 'deadline'?",
    ("policy.deadline=3 mb",): "option --set policy.deadline: '3 mb' has an unknown unit 'mb'; 'MB' would be a size; "
    "write a duration such as '250 ms', '10 s' or '5 min'",
    ("seed.one=1",): "option --set seed.one: 'seed' is 1 and has no key 'one'; set 'seed' as a whole",
    ("failures.3.mttr=1 s",): "option --set failures.3.mttr: 'failures' has no item '3'; write a number from 0 to 0",
    ("failures.0.mttr=[",): "option --set failures.0.mttr: '[' is not YAML: ",
    ("seed",): "option --set seed: is no key=value; write --set policy.deadline='100 ms'",
    ("workload={requests: 1}",): "option --set workload: key 'arrivals' is missing; write 'arrivals: ...'",
    (
        "workload={requests: 0, arrivals: {kind: periodic, every: 1 s}}",
    ): "option --set workload.requests: 0 must be > 0; write a number > 0",
}


@pytest.mark.parametrize("sets", OPTIONS)
def test_a_bad_option_is_told_by_its_name(sets, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    ended = sim("check", "ask.yaml", *(word for text in sets for word in ("--set", text)))
    assert ended.exit_code == 2, ended.output
    assert ended.stderr.startswith(OPTIONS[sets]), ended.stderr
    assert len(ended.stderr.splitlines()) == 1


FILES = {
    "healt.yaml": (None, "no scenario named 'healt.yaml'; "),
    "frst.yaml": (None, "no scenario named 'frst.yaml'; did you mean 'first.yaml'?"),
    "frst": (None, "no scenario named 'frst'; did you mean 'first'?"),
    "mine/first.yaml": (None, "no file 'mine/first.yaml'; did you mean 'first.yaml'?"),
    "empty.yaml": (b"", "empty.yaml: is empty; write one 'key: value' a line"),
    "list.yaml": (b"- 1\n- 2\n", "list.yaml: holds [1, 2], not keys and values; write one 'key: value' a line"),
    "bytes.yaml": (b"title: \xff\xfe", "bytes.yaml: is not text: invalid start byte at byte 7; save it as UTF-8"),
    "control.yaml": (b"title: \x07", "control.yaml"),
    "tab.yaml": (b"title:\n\t- a", "tab.yaml:2: is not YAML: "),
    "two.yaml": (b"title: a\n---\ntitle: b\n", "two.yaml:2: is not YAML: "),
    "itself.yaml": (b"title: &a [*a]\n", "itself.yaml:1 title.0: an alias stands inside what it names; "),
    "deep.yaml": (b"title: " + b"[" * 200_000, "deep.yaml:1: is not YAML: nested too deeply"),
    "list-key.yaml": (b"[a, b]: 1\n", "list-key.yaml:1: a key must be a word; write 'key: value'"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written, line = FILES[name]
    if written is not None:
        (tmp_path / name).write_bytes(written)
    ended = sim("check", name)
    assert ended.exit_code == 2, ended.output
    assert ended.stderr.startswith(line), ended.stderr


def test_a_folder_is_no_scenario(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()
    assert sim("check", "first").exit_code == 0  # the shelf's
    assert sim("check", str(tmp_path)).stderr.startswith(f"no file {str(tmp_path)!r}; ")
