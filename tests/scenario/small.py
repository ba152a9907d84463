"""A small scenario with its topology and model, written to a folder; a test changes a line or two."""

SCENARIO = """\
title: A small question
topology: chain.yaml
model: split.yaml
failures:
  - {kind: renewal, availability: poor, mttr: 10 s}
workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 2000}
policy:
  deadline: 250 ms
  wait: {kind: timeout, after: 80 ms}
measure: [timed, accuracy_vs_failure: {points: 5}]
seed: 1
replications: 20
"""
TOPOLOGY = """\
title: A chain
nodes:
  sensor: {kind: sensor}
  edge: {speed: 100 MFLOP/s, memory: 16 MB, survival: {normal: 0.9, poor: 0.8}}
  cloud:
links:
  - {between: [sensor, edge], latency: 5 ms, bandwidth: 1 Mbps}
  - {between: [edge, cloud], latency: 20 ms, jitter: 2 ms, loss: 0.01}
  - {between: [sensor, cloud], latency: 30 ms, survival: 0.95}
"""
MODEL = """\
title: Two parts
sources: {sensor: {}}
parts:
  edge: {service: {mean: 10 ms}, output: 100 B}
  cloud: {service: {mean: 5 ms, law: exponential}, exit: true}
hyperconnections:
  - {from: sensor, to: edge}
  - {from: edge, to: cloud}
  - {from: sensor, to: cloud}
"""
FILES = {"ask.yaml": SCENARIO, "chain.yaml": TOPOLOGY, "split.yaml": MODEL}


def write(folder, changes=()):
    """Write the three files with changes, each (file, old text, new text); return the scenario's path."""
    texts = dict(FILES)
    for name, old, new in changes:
        assert texts[name].count(old) == 1, f"{old!r} is in {name} {texts[name].count(old)} times"
        texts[name] = texts[name].replace(old, new)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder / "ask.yaml"
