"""A town in SUMO, in a process that may die."""

import gzip
import hashlib
import math
import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from langprop.driving.box import Pose, wrap
from langprop.driving.control import Control
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.simulator import Simulator
from langprop.driving.sumo.bicycle import Bicycle
from langprop.driving.sumo.simulator import SumoSimulator
from langprop.driving.task import Hazards, Traffic
from langprop.errors import MissingDependency, SimulatorError, TownError

TASK, OTHER = suite("tiny")
BUSY = replace(TASK, traffic=Traffic())
EMPTY = replace(TASK, traffic=Traffic(0, 0, 0), hazards=Hazards(0, 0))


@pytest.fixture(scope="module")
def simulator():
    with SumoSimulator() as made:
        yield made


def follow(seen, speed=6.0):
    """Steer for the target, and mind nothing else."""
    x, y, yaw = seen.ego.pose
    turn = wrap(math.atan2(seen.target[1] - y, seen.target[0] - x) - yaw)
    return Control(turn, 0.6 if seen.ego.speed < speed else 0.0, 0.0)


def drive_on(simulator, ticks=3):
    for _ in range(ticks):
        simulator.step(Control())


def trace(simulator, task, seed, ticks):
    """SHA-256 of where all are."""
    digest = hashlib.sha256()
    seen = simulator.reset(task, seed)
    for _ in range(ticks):
        seen = simulator.step(follow(seen))
        for box in (seen.ego, *seen.actors):
            digest.update(struct.pack("<4d", *box.pose, box.speed) + box.id.encode())
    return digest.hexdigest()


def gone(pid):
    """Whether a process ends, soon."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1]
        except OSError:
            return True
        if status.split()[0] == "Z":  # nobody waits for it in a container without init
            return True
        time.sleep(0.05)
    return False


def test_it_is_a_simulator(simulator):
    assert isinstance(simulator, Simulator)


def test_it_begins_at_the_start_of_the_route_at_rest(simulator):
    seen = simulator.reset(TASK, 1)
    truth = simulator.truth()
    assert (seen.tick, seen.time, seen.ego.speed) == (0, 0.0, 0.0)
    assert seen.ego.pose[:2] == pytest.approx(tuple(truth.route.points[0]))
    assert seen.ego.pose.heading == pytest.approx(tuple(truth.route.directions[0]))
    assert truth.observation is seen is simulator.observe()
    assert truth.off_route == pytest.approx(0.0, abs=1e-6)
    assert len(truth.lights) == len(truth.route.stop_lines)
    assert truth.fix.beyond < -1.0
    assert seen.route_length == truth.route.length


def test_nobody_stands_where_it_begins(simulator):
    for seed in range(4):
        seen = simulator.reset(BUSY, seed)
        for actor in seen.actors:
            if actor.kind != "pedestrian":
                assert math.dist(actor.pose[:2], seen.ego.pose[:2]) > 10.0


def test_the_world_is_as_busy_as_was_asked_for(simulator):
    names = set()
    seen = simulator.reset(BUSY, 1)
    for tick in range(400):
        seen = simulator.step(follow(seen))
        assert (seen.tick, seen.time) == (tick + 1, pytest.approx(0.05 * (tick + 1)))
        assert [actor.number for actor in seen.actors] == sorted(
            {actor.number for actor in seen.actors}
        )
        names |= {(actor.kind, actor.id) for actor in seen.actors}
        assert all(math.dist(a.pose[:2], seen.ego.pose[:2]) <= 50.0 for a in seen.actors)
    kinds = [kind for kind, _ in names]
    assert kinds.count("vehicle") >= 1
    assert kinds.count("pedestrian") >= 3


def test_without_traffic_nobody_is_there(simulator):
    seen = simulator.reset(EMPTY, 1)
    for _ in range(100):
        seen = simulator.step(follow(seen))
        assert seen.actors == ()


def test_the_same_seed_gives_the_same_episode_in_any_process_and_after_any_other(simulator):
    first = trace(simulator, BUSY, 7, 250)
    assert trace(simulator, OTHER, 7, 50) != first
    assert trace(simulator, BUSY, 7, 250) == first
    assert trace(simulator, BUSY, 8, 250) != first
    assert trace(simulator, replace(BUSY, traffic_seed=99), 7, 250) != first
    with SumoSimulator() as another:
        assert trace(another, BUSY, 7, 250) == first


def test_in_this_process_it_is_the_same(simulator):
    code = f"""
    import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
    from test_sumo_simulator import TASK, trace
    from langprop.driving.sumo.simulation import SumoSimulation
    from langprop.errors import SimulatorError
    with SumoSimulation() as simulation:
        print(trace(simulation, TASK, 7, 200))
        try:
            SumoSimulation()
        except SimulatorError as error:
            print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    digest, error = done.stdout.splitlines()
    assert digest == trace(simulator, TASK, 7, 200)
    assert "use SumoSimulator" in error


def test_the_ego_is_never_moved_by_sumo_nor_lost_off_the_road_or_beyond_the_goal(simulator):
    # Straight on at 10 m/s: over kerbs, through junctions, out of the town.
    seen = simulator.reset(BUSY, 3)
    twin = Bicycle(seen.ego.pose)
    for _ in range(1_500):
        control = Control(0.0, 1.0 if seen.ego.speed < 10.0 else 0.1, 0.0)
        twin.step(control, 0.05)
        seen = simulator.step(control)
        assert seen.ego.pose == pytest.approx((twin.x, twin.y, twin.yaw))
    assert simulator.truth().off_route > 20.0


def test_the_ego_never_vanishes_when_the_route_is_over(simulator):
    seen = simulator.reset(EMPTY, 3)
    for _ in range(3_000):
        seen = simulator.step(follow(seen, speed=12.0))
        goal = simulator.truth().route.points[-1]
        if (
            seen.route_position > seen.route_length - 0.1
            and math.dist(seen.ego.pose[:2], goal) > 40
        ):
            break
    else:
        pytest.fail("it never came that far")


def test_an_ego_that_stands_for_minutes_stays_there_and_the_world_drives_on(simulator):
    seen = simulator.reset(BUSY, 4)
    start = seen.ego.pose
    ran_into_it = set()
    moving = []
    for tick in range(2_400):
        seen = simulator.step(Control(brake=1.0))
        assert seen.ego.pose == start
        ran_into_it |= {
            actor.id
            for actor in seen.actors
            if actor.kind != "pedestrian" and actor.overlaps(seen.ego)
        }
        if tick > 1_400:
            moving.append(any(actor.speed > 1.0 for actor in seen.actors))
    assert not ran_into_it
    assert sum(moving) > 100


def test_lights_change_and_are_told_as_the_ego_comes_near(simulator):
    seen = simulator.reset(EMPTY, 5)
    states, told = set(), []
    for _ in range(2_000):
        red = seen.signals.red_light
        stop = red is not None and red < 8.0
        seen = simulator.step(Control(brake=1.0) if stop else follow(seen))
        truth = simulator.truth()
        states |= {
            state
            for state, line in zip(truth.lights, truth.route.stop_lines, strict=True)
            if line.kind == "light"
        }
        if seen.signals.light_id is not None:
            line = truth.route.stop_lines[seen.signals.light_id]
            told.append(math.dist(line.xy, seen.ego.pose[:2]) - 2.0 - seen.signals.red_light)
    assert {"red", "yellow", "green"} <= states
    assert told
    assert max(told) < 6.0  # a bend is longer than the air line
    assert min(told) > -25.0


def test_hit_actors_can_be_taken_off_the_road(simulator):
    seen = simulator.reset(replace(BUSY, hazards=Hazards(6.0, 0.0)), 1)
    removed = set()
    for _ in range(500):
        for actor in seen.actors:
            kind = actor.id.rstrip("0123456789")
            if kind not in removed:
                simulator.remove(actor.id)
                removed.add(kind)
                seen = simulator.step(follow(seen))
                seen = simulator.step(follow(seen))
                assert actor.id not in {each.id for each in seen.actors}
                simulator.remove(actor.id)  # once more
                break
        seen = simulator.step(follow(seen))
    simulator.remove("ego")
    simulator.remove("nobody")
    simulator.step(follow(seen))
    assert {"car", "pedestrian", "jaywalker"} <= removed


def test_a_town_that_is_not_there_is_told_and_the_next_route_begins(simulator):
    with pytest.raises(TownError, match="nowhere"):
        simulator.reset(replace(TASK, town="nowhere"), 1)
    with pytest.raises(TownError):
        simulator.reset(replace(TASK, edges=("no such road",)), 1)
    with pytest.raises(SimulatorError, match="reset"):
        simulator.observe()
    assert simulator.reset(TASK, 1).tick == 0


def test_a_control_that_is_no_number_is_told_and_the_route_goes_on(simulator):
    simulator.reset(EMPTY, 1)
    with pytest.raises(ValueError, match="finite"):
        simulator.step(Control(steer=math.nan))
    assert simulator.step(Control(throttle=1.0)).tick == 1


def test_sumos_own_words_are_in_the_error(tmp_path, simulator):
    text = town(TASK.town).net_file.read_text(encoding="utf-8")
    broken = tmp_path / "broken.net.xml"
    # All that we read is there, but a lamp that SUMO misses.
    start = text.index("<tlLogic")
    end = text.rindex("</tlLogic>") + len("</tlLogic>")
    broken.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(SimulatorError, match=r"tls|traffic light|tlLogic|Traffic"):
        simulator.reset(replace(TASK, town=str(broken)), 1)
    assert simulator.reset(TASK, 1).tick == 0


@pytest.mark.parametrize("folder", ["a,b", "a${HOME}b"])
def test_a_town_may_lie_in_any_folder(folder, tmp_path, simulator):
    seen = simulator.reset(TASK, 3)
    data = town(TASK.town).net_file.read_bytes()
    (tmp_path / folder).mkdir()
    for ending, content in ((".net.xml", data), (".net.xml.gz", gzip.compress(data))):
        path = tmp_path / folder / f"mine{ending}"
        path.write_bytes(content)
        assert simulator.reset(replace(TASK, town=str(path)), 3) == seen


def test_towns_may_be_unpacked_in_any_folder(tmp_path):
    code = """
        from langprop.cli.main import main
        main("driving evaluate expert --suite tiny --limit 1 --seeds 1 --quiet".split())
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "a,b")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert "expert" in ran.stdout
    assert list((tmp_path / "a,b" / "langprop" / "towns").iterdir())


def test_a_process_that_is_killed_is_told_and_replaced():
    with SumoSimulator() as simulator:
        simulator.reset(EMPTY, 1)
        first = simulator.pid
        os.kill(first, signal.SIGKILL)
        with pytest.raises(SimulatorError, match="SIGKILL"):
            drive_on(simulator)
        with pytest.raises(SimulatorError, match="reset"):
            simulator.step(Control())
        assert simulator.reset(EMPTY, 1).tick == 0
        assert simulator.pid != first
        second = simulator.pid
        os.kill(second, signal.SIGKILL)  # while it is idle: nothing is lost
        assert gone(second)
        assert simulator.reset(EMPTY, 1).tick == 0
        third = simulator.pid
    assert gone(third)


def test_a_process_that_hangs_is_given_up():
    with SumoSimulator(patience=2.0) as simulator:
        simulator.reset(EMPTY, 1)
        pid = simulator.pid
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SimulatorError, match="no answer"):
            simulator.step(Control())
        assert gone(pid)


def test_closing_ends_the_process_and_twice_is_harmless():
    simulator = SumoSimulator()
    simulator.close()
    simulator = SumoSimulator()
    simulator.reset(EMPTY, 1)
    pid = simulator.pid
    simulator.close()
    simulator.close()
    assert gone(pid)
    with pytest.raises(SimulatorError, match="closed"):
        simulator.reset(EMPTY, 1)
    with pytest.raises(SimulatorError, match="closed"):
        simulator.step(Control())


CHILD = """
import os, signal, sys
from dataclasses import replace
from langprop.driving.control import Control
from langprop.driving.maps.suites import suite
from langprop.driving.sumo.simulator import SumoSimulator
from langprop.driving.task import Hazards, Traffic
from langprop.driving.maps.towns import town
simulator = SumoSimulator()
simulator.reset(replace(suite("tiny")[0], traffic=Traffic(0, 0, 0), hazards=Hazards(0, 0)), 1)
try:
    print(simulator.pid, flush=True)
    while True:
        simulator.step(Control())
except KeyboardInterrupt:
    print("interrupted", simulator.pid, flush=True)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_process_that_made_it(end):
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as made:
        pid = int(made.stdout.readline())
        made.send_signal(end)
        rest = made.communicate(timeout=30)[0]
    assert gone(pid)
    if end == signal.SIGINT:
        assert rest.startswith("interrupted ")
        assert made.returncode == 0


def test_without_libsumo_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "libsumo", None)
    with pytest.raises(MissingDependency, match=r"langprop\[driving\]"):
        SumoSimulator()


def test_a_missing_library_of_the_system_is_told_with_its_packages(tmp_path, monkeypatch):
    fake = tmp_path / "libsumo"
    fake.mkdir()
    (fake / "__init__.py").write_text(
        'raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")'
    )
    monkeypatch.syspath_prepend(tmp_path)
    with (
        SumoSimulator() as simulator,
        pytest.raises(SimulatorError, match=r"libGL\.so\.1.*apt install libgl1"),
    ):
        simulator.reset(TASK, 1)


def test_patience_is_positive():
    with pytest.raises(ValueError, match="patience"):
        SumoSimulator(patience=0.0)


def test_a_pose_is_where_sumo_draws_it(simulator):
    """A vehicle that drives straight moves along its heading."""
    seen = simulator.reset(BUSY, 1)
    checked = 0
    for _ in range(300):
        before = {actor.id: actor for actor in seen.actors}
        seen = simulator.step(Control(brake=1.0))
        for actor in seen.actors:
            old = before.get(actor.id)
            if old is None or actor.kind != "vehicle" or actor.speed < 3.0:
                continue
            if abs(wrap(actor.pose.yaw - old.pose.yaw)) > 1e-3:
                continue
            dx, dy = actor.pose.x - old.pose.x, actor.pose.y - old.pose.y
            c, s = actor.pose.heading
            along = Pose(dx * c + dy * s, dy * c - dx * s, 0.0)
            assert along.x == pytest.approx(actor.speed * 0.05, abs=0.08)
            assert abs(along.y) < 0.1
            checked += 1
    assert checked > 20


def test_nobody_waits_for_ever_inside_a_junction_for_an_ego_that_stands_there(simulator):
    task = replace(TASK, traffic=Traffic(120, 0, 30, aggressive=0.0), hazards=Hazards(0, 0))
    lanes = town(task.town).lanes
    seen = simulator.reset(task, 2)
    inside = 0
    while inside < 10:  # ticks in the junction
        inside += simulator.truth().fix.in_junction
        seen = simulator.step(follow(seen))
    waits, longest, streams = {}, 0, set()
    for _ in range(1_000):
        seen = simulator.step(Control(brake=1.0))
        for actor in seen.actors:
            if actor.kind != "vehicle":
                continue
            x, y, _ = actor.pose
            near = math.dist((x, y), seen.ego.pose[:2]) < 20.0
            stands = near and actor.speed < 0.1 and lanes.fix(x, y).in_junction
            waits[actor.id] = waits.get(actor.id, 0) + 1 if stands else 0
            longest = max(longest, waits[actor.id])
            if near and actor.speed > 2.0:
                streams.add(actor.id)
    assert longest * 0.05 < 50.0
    assert len(streams) > 1


@pytest.mark.slow
def test_an_episode_is_the_same_whatever_was_driven_before():
    """SUMO itself doesn't quite forget: about one of ten such episodes was another one."""
    tasks = suite("training")[:4]

    def poses(simulator, ticks):
        found = []
        for _ in range(ticks):
            seen = simulator.step(Control(throttle=0.4))
            found.append([(box.id, box.pose, box.speed) for box in seen.actors])
        return found

    with SumoSimulator() as simulator:
        simulator.reset(tasks[3], 0)
        alone = poses(simulator, 500)
    for _ in range(10):
        with SumoSimulator() as simulator:
            for task in tasks[:3]:
                simulator.reset(task, 0)
                poses(simulator, 250)
            simulator.reset(tasks[3], 0)
            assert poses(simulator, 500) == alone
