"""Disks on positions: the stated law is that of what is drawn, and nearly that of continuous epicentres."""

import math

import numpy as np
import pytest
from scipy import integrate

from simulator.failures.geometry import Globe, Plane
from simulator.failures.regional import RegionalBlock, gathered, nested_disks
from simulator.seeds import Streams
from simulator.topology.graph import Link, Node, Topology
from simulator.topology.graphml import distance_km
from simulator.units import SECOND_NS
from tests.support.processes import (
    assert_horizon_only_adds,
    assert_law_at,
    assert_snapshots,
    assert_states_law,
    assert_switches,
    patterns_of,
)
from tests.support.statistics import FALSE_ALARM, assert_frequencies

AT = {"west": (0.0, 0.0), "east": (2.0, 0.0), "north": (1.0, 3.0)}
TOPOLOGY = Topology("triangle", tuple(Node(name, position=place) for name, place in AT.items()),
                    (Link("west-east", ("west", "east")), Link("east-north", ("east", "north"))))
PATTERNS = patterns_of(3)
TIMED = {"every": "10 s", "mttr": "4 s"}


def regional(topology=TOPOLOGY, **given):
    return RegionalBlock(kind="regional", **given).build(topology)


PROCESSES = {
    "disk": regional(radius=1.5, probability=0.5),
    "disks": regional(radius=[0.7, 2.0], probability=0.5),
    "disk in time": regional(radius=1.5, **TIMED),
    "exponential radius": regional(radius={"mean": 1.5}, probability=0.5),
    "linear in time": regional(radius=2.0, kill="linear", cells=60, **TIMED),
    "exponential": regional(radius=1.0, kill="exponential", cells=60, probability=0.5),
    "with a link": regional(radius=1.0, among=["west", "north", "west-east"], probability=0.5),
}
each_process = pytest.mark.parametrize("name", PROCESSES)


def by_every_mark(process, at_work=None):
    """Return P(pattern) of one shock from its marks: at work or not, or any number of times."""
    (shock,) = process.shocks
    up = shock.spared
    table = np.array([np.where(row, up, 1 - up).prod(axis=1) @ shock.chance for row in PATTERNS])
    none = np.array([1.0] + [0.0] * 7)
    if at_work is None:
        return 0.5 * none + 0.5 * table
    spared = np.array([[(b | ~a).all() for b in PATTERNS] for a in PATTERNS])  # b has up all that a has
    up_of = spared @ table  # P(all that a has up are up, after one strike)
    all_up = np.exp(-at_work * (1 - up_of))
    return np.linalg.solve(spared.astype(float), all_up)


def law_of(name):
    return by_every_mark(PROCESSES[name], 0.4 if "time" in name else None)


@each_process
def test_the_law_is_that_of_all_marks(name):
    assert_states_law(PROCESSES[name], law_of(name), atol=1e-11)


@each_process
def test_snapshots_have_the_stated_law(name):
    assert_snapshots(PROCESSES[name], law_of(name), FALSE_ALARM / len(PROCESSES))


@each_process
def test_the_state_at_any_time_has_the_stated_law(name):
    assert_law_at(PROCESSES[name], law_of(name), (0, 1, 8, 80), 300, FALSE_ALARM / len(PROCESSES))


@each_process
def test_a_longer_horizon_only_adds(name):
    assert_horizon_only_adds(PROCESSES[name])


@pytest.mark.parametrize("name", ["disk in time", "linear in time"])
def test_switches_come_at_the_stated_rate(name):
    assert_switches(PROCESSES[name], 300, 100, FALSE_ALARM / 20)


def by_dice(how, margin, draws=400_000):
    """Return how often each pattern comes when epicentres are drawn anywhere in the box, each with its radius."""
    dice = np.random.Generator(np.random.PCG64(5))
    where = dice.uniform((-margin, -margin), (2 + margin, 3 + margin), (draws, 2))
    far = np.stack([np.hypot(*(where - place).T) for place in AT.values()], axis=1)
    down = how(dice, far)
    return np.bincount(down @ np.array([4, 2, 1]), minlength=8)


@pytest.mark.parametrize(("name", "margin", "how"), [
    ("disk", 1.5, lambda dice, far: far <= 1.5),
    ("disks", 2.0, lambda dice, far: far <= dice.choice([0.7, 2.0], (len(far), 1))),
    ("exponential radius", 7.5, lambda dice, far: far <= dice.exponential(1.5, (len(far), 1))),
    ("linear in time", 2.0, lambda dice, far: dice.random(far.shape) < 1 - far / 2),
    ("exponential", 5.0, lambda dice, far: dice.random(far.shape) < np.exp(-far)),
])
def test_the_law_of_a_strike_is_that_of_epicentres_anywhere(name, margin, how):
    (shock,) = PROCESSES[name].shocks
    table = np.array([np.where(row, shock.spared, 1 - shock.spared).prod(axis=1) @ shock.chance for row in PATTERNS])
    table /= table.sum()
    seen = by_dice(how, margin)
    # Half a part in a thousand is what a lattice of 200 cells may differ by (60: a bit more), beside the dice.
    allowed = 5 * np.sqrt(table * (1 - table) / seen.sum()) + 1e-3
    assert (np.abs(seen / seen.sum() - table) <= allowed).all()


@pytest.mark.parametrize("cells", [100, 200, 400])
def test_the_lattice_measures_disks_and_their_lenses_as_closely_as_stated(cells):
    """Area of a disk, and of the lens that two disks share, against their closed forms: 0.2 % of the disk at 200."""
    radius, margin = 1.5, 1.5
    (shock,) = regional(radius=radius, probability=1.0, cells=cells).shocks
    box = (2 + 2 * margin) * (3 + 2 * margin)
    disk = math.pi * radius**2 / box
    lens = (2 * radius**2 * math.acos(1 / radius) - math.sqrt(4 * radius**2 - 4)) / box
    hit = 1 - shock.spared
    allowed = 0.002 * (200 / cells) ** 1.5
    assert abs(shock.chance @ hit[:, 0] - disk) <= allowed * disk
    assert abs(shock.chance @ (hit[:, 0] * hit[:, 1]) - lens) <= allowed * disk


def test_a_fading_disk_has_the_probability_of_the_integral():
    (shock,) = regional(radius=2.0, kill="linear", probability=1.0).shocks
    exactly = integrate.quad(lambda d: 2 * math.pi * d * (1 - d / 2), 0, 2)[0] / (6 * 7)
    assert shock.chance @ (1 - shock.spared[:, 0]) == pytest.approx(exactly, rel=1e-4)


def test_an_exponential_radius_hits_the_nearer_where_it_hits_the_farther():
    chance, spared = nested_disks(np.array([1.0]), np.array([[3.0, 1.0, 2.0]]), 2.0)
    law = {tuple(row): p for row, p in zip(spared.tolist(), chance, strict=True)}
    far = np.exp(-np.array([1, 2, 3]) / 2)
    assert law == pytest.approx({(1, 1, 1): 1 - far[0], (1, 0, 1): far[0] - far[1], (1, 0, 0): far[1] - far[2],
                                 (0, 0, 0): far[2]})


def test_gathered_marks_are_the_same_law():
    dice = np.random.Generator(np.random.PCG64(1))
    spared = dice.integers(0, 2, (500, 4)).astype(float)
    chance = dice.dirichlet(np.ones(500))
    few, rows = gathered(chance, spared)
    assert len(few) <= 16
    np.testing.assert_allclose(few @ rows, chance @ spared)
    np.testing.assert_allclose((rows.T * few) @ rows, (spared.T * chance) @ spared)


def test_a_link_is_hit_where_the_disk_meets_its_line():
    where = np.array([[1.0, 0.5], [-3.0, -4.0], [5.0, 4.0], [1.0, -2.0]])
    np.testing.assert_allclose(Plane().to_segment(where, AT["west"], AT["east"]), [0.5, 5, 5, 2])
    np.testing.assert_allclose(Plane().to_segment(where, AT["west"], AT["west"]), Plane().to_point(where, AT["west"]))
    process = regional(radius=0.5, links=True, probability=1.0)
    assert process.components == ("west", "east", "north", "west-east", "east-north")
    up = process.sample_up(Streams(1), 4000)
    assert (~up[:, 3]).mean() > 2 * (~up[:, 0]).mean()
    assert (up[~up[:, 0]][:, 3] == False).all(), "the link at a node that is hit is hit"  # noqa: E712


def test_distances_on_the_globe_are_great_circles():
    dice = np.random.Generator(np.random.PCG64(3))
    places = np.stack([dice.uniform(-180, 180, 40), dice.uniform(-80, 80, 40)], axis=1)
    points, _ = Globe().lattice([(8.0, 47.0), (14.0, 54.0)], 100.0, 10)
    lon, lat = np.degrees(np.arctan2(points[:, 1], points[:, 0])), np.degrees(np.arcsin(points[:, 2]))
    for place in places[:10]:
        expected = [distance_km(place, other) for other in zip(lon, lat, strict=True)]
        np.testing.assert_allclose(Globe().to_point(points, tuple(place)), expected, rtol=1e-9, atol=1e-6)


def test_distance_to_a_line_on_the_globe_is_the_least_along_it():
    points, _ = Globe().lattice([(0.0, 40.0), (20.0, 55.0)], 300.0, 10)
    start, end = (2.0, 42.0), (17.0, 53.0)
    a, b = (np.array([math.cos(math.radians(y)) * math.cos(math.radians(x)),
                      math.cos(math.radians(y)) * math.sin(math.radians(x)), math.sin(math.radians(y))])
            for x, y in (start, end))
    along = np.array([(1 - t) * a + t * b for t in np.linspace(0, 1, 4001)])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    least = 6371 * np.arccos(np.clip(points @ along.T, -1, 1)).min(axis=1)
    np.testing.assert_allclose(Globe().to_segment(points, start, end), least, atol=0.2)
    np.testing.assert_allclose(Globe().to_segment(points, start, start), Globe().to_point(points, start))


def test_cells_of_the_globe_have_their_share_of_the_area():
    points, share = Globe().lattice([(0.0, 0.0), (60.0, 60.0)], 0.0, 60)
    assert share.sum() == pytest.approx(1)
    assert share @ points[:, 2] == pytest.approx((math.sin(math.radians(60)) / 2), rel=1e-3)  # mean of sin(latitude)


def test_on_the_globe_a_disk_fells_what_is_near():
    cities = Topology("cities", (Node("a", position=(8.0, 50.0)), Node("b", position=(8.5, 50.0)),
                                 Node("c", position=(13.0, 52.0))), ())
    pairs = regional(cities, radius=100, positions="globe", probability=1.0).pairwise_survival()
    down = 1 - np.diag(pairs)
    both = 1 - down[:, np.newaxis] - down + pairs
    down_both = pairs - 1 + down[:, np.newaxis] + down
    assert both.shape == (3, 3)
    assert down_both[0, 1] > 0.5 * down[0]
    assert down_both[0, 2] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(down, down[0], rtol=0.02)


def test_frequencies_in_a_long_run_are_those_of_the_law():
    process = PROCESSES["disk in time"]
    times = np.arange(1, 20_000) * 200 * SECOND_NS  # far apart against mttr: nearly independent
    up = process.timeline(Streams(9), 0, int(times[-1]) + 1).up_at(times)
    assert_frequencies(np.bincount((~up) @ np.array([4, 2, 1]), minlength=8), law_of("disk in time"))
