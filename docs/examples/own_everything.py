# %% [markdown]
# # Everything of one's own
#
# A topology drawn with networkx, a Keras model, a data set and a failure trace that nobody has shipped; and a plot of
# what the failures do. Run it whole (`python own_everything.py FOLDER`), or cell by cell in an editor that knows cells.

# %%
import subprocess
import sys
from pathlib import Path

import keras
import matplotlib as mpl
import networkx as nx
import numpy as np
import pandas as pd

import simulator

mpl.use("Agg")
FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "own-everything")
FOLDER.mkdir(parents=True, exist_ok=True)

# %% [markdown]
# ## Where: four machines in a row, and a radio link past the district's

# %%
net = nx.Graph(title="A sensor, a house, a district, the cloud")
net.add_node("sensor", kind="sensor", speed="10 MFLOP/s")
net.add_node("house", kind="edge", speed="50 MFLOP/s", forwards_when_down=False)
net.add_node("district", kind="fog", speed="200 MFLOP/s", forwards_when_down=False)
net.add_node("cloud", kind="cloud", speed="10 GFLOP/s")
nx.add_path(net, ["sensor", "house", "district", "cloud"], latency="5 ms", bandwidth="10 Mbps")
net.add_edge("house", "cloud", latency="30 ms", bandwidth="1 Mbps")
nx.write_graphml(net, FOLDER / "net.graphml")

# %% [markdown]
# ## What: three classes in twelve numbers, and a network that tells them apart

# %%
rng = np.random.Generator(np.random.PCG64(7))
kinds = rng.integers(3, size=1500)
centres = rng.normal(size=(3, 12))
numbers = centres[kinds] + rng.normal(scale=1.2, size=(1500, 12))
frame = pd.DataFrame(numbers, columns=[f"x{place}" for place in range(12)])
frame.assign(label=kinds).to_csv(FOLDER / "samples.csv", index=False)

keras.utils.set_random_seed(7)
model = keras.Sequential([
    keras.Input((12,)),
    keras.layers.Dense(32, activation="relu", name="first"),
    keras.layers.Dense(32, activation="relu", name="second"),
    keras.layers.Dense(3, activation="softmax", name="answer"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(numbers[:1200], kinds[:1200], epochs=15, verbose=0)
model.save(FOLDER / "net.keras")

# %% [markdown]
# `sim partition` cuts it behind its first and second layer, and adds a skip past the district.

# %%
cut = ["partition", str(FOLDER / "net.keras"), "--cuts", "first", "--cuts", "second", "--names", "house,district,cloud",
       "--skips", "1", "--out", str(FOLDER / "model.yaml"), "--force"]
subprocess.run([sys.executable, "-m", "simulator", *cut], check=True)
with (FOLDER / "model.yaml").open("a") as written:
    written.write("data: {kind: table, path: samples.csv, label: label, test_share: 0.2, standardise: false}\n")

# %% [markdown]
# ## What fails, and when: a log of outages, in seconds; once in it both machines are down

# %%
outages = pd.DataFrame([("m1", 100, 160), ("m2", 400, 430), ("m1", 800, 980), ("m2", 900, 1000), ("m1", 1500, 1510)],
                       columns=["component", "down_from", "up_at"])
outages.to_csv(FOLDER / "outages.csv", index=False)

# %% [markdown]
# ## The question

# %%
(FOLDER / "question.yaml").write_text("""\
title: What did the outages of our own log cost?
topology: net.graphml
model: model.yaml
failures:
  - {kind: trace, path: outages.csv, layout: intervals, unit: s, components: {house: m1, district: m2}}
workload: {arrivals: {kind: poisson, rate: 2 /s}, requests: 1000}
policy: {deadline: 200 ms}
measure: [expected_accuracy, timed]
training: {epochs: 0}
sweep: {strategy: [vanilla, resilinet]}
replications: 10
""")
run = simulator.run(simulator.load(FOLDER / "question.yaml"), out=FOLDER / "run")
table = run.table()
asked = table[table["estimate"].isin(["expected_accuracy", "served_accuracy", "share_lost"])]
print(asked[["strategy", "estimate", "value", "low", "high"]].to_string(index=False))

# %% [markdown]
# ## A plot: how requests end, under each strategy

# %%
ended = run.requests.groupby("strategy")["ending"].value_counts(normalize=True).unstack(fill_value=0)
axes = ended.plot.barh(stacked=True, figsize=(6, 2), xlabel="share of requests")
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
axes.figure.savefig(FOLDER / "endings.png", bbox_inches="tight")
