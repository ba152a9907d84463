"""What a link may be besides plain: read, shown again the same, and named by what is written."""

import pytest
import yaml

from simulator.topology.files import plain_topology, read_topology

WRITTEN = [
    {"loss": {"kind": "gilbert_elliott", "loss": 0.1, "burst": 5.0}},
    {"jitter": "4 ms"},
    {"jitter": {"law": "gamma", "mean": "4 ms", "cv": 0.5}},
    {"jitter": {"law": "normal", "mean": "4 ms", "cv": 0.5}},
    {"jitter": {"law": "uniform", "low": "1 ms", "high": "2 ms"}},
    {"jitter": {"law": "empirical", "times": ["1 ms", "2 ms"]}},
    {"bandwidth": "1 Mbps", "duplex": "half"},
    {"bandwidth": "1 Mbps", "medium": "wifi"},
    {},
]


def read(folder, link):
    (folder / "net.yaml").write_text(yaml.safe_dump({"nodes": {"a": {}, "b": {}},
                                                     "links": [{"between": ["a", "b"], **link}]}))
    return read_topology(folder / "net.yaml")


@pytest.mark.parametrize("link", WRITTEN, ids=str)
def test_a_link_is_shown_as_it_was_written_and_reads_back_the_same(tmp_path, link):
    topology = read(tmp_path, link)
    (shown,) = plain_topology(topology)["links"]
    assert shown == {"between": ["a", "b"], **link}
    assert read(tmp_path, shown).links == topology.links


def test_the_longest_delay_of_a_link_is_its_largest_or_what_nearly_all_do_not_exceed(tmp_path):
    most = {"4 ms": 4_000_000, "exponential": 27_631_021}
    assert read(tmp_path, {"jitter": "4 ms"}).links[0].most_jitter_ns == most["4 ms"]
    (link,) = read(tmp_path, {"jitter": {"law": "exponential", "mean": "4 ms"}}).links
    assert link.most_jitter_ns == most["exponential"]
