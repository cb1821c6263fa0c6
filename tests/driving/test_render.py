"""Pictures and films of a drive."""

import math
import time

import numpy as np
import pytest
from PIL import Image

from langprop.cli.driving import run
from langprop.driving.agents.agent import Decision
from langprop.driving.box import Box, Pose
from langprop.driving.event import Event
from langprop.driving.maps.network import Network
from langprop.driving.maps.suites import suite
from langprop.driving.maps.towns import town
from langprop.driving.observation import Observation, Signals
from langprop.driving.pictures.album import Album
from langprop.driving.pictures.film import Film
from langprop.driving.pictures.render import Renderer
from langprop.driving.route import Route, StopLine
from langprop.driving.simulator import LaneFix, Truth
from langprop.errors import ConfigError

EGO = Box(Pose(0.0, 0.0, 0.0), 2.45, 1.06, 5.0, "vehicle", "ego", 0)
POINTS = np.column_stack([np.arange(-20.0, 60.0), np.zeros(80)])
ROUTE = Route(
    POINTS,
    np.tile([1.0, 0.0], (80, 1)),
    np.arange(80.0),
    frozenset(),
    (
        StopLine(32.0, "light", (12.0, 0.0), (1.0, 0.0)),
        StopLine(45.0, "stop", (25.0, 0.0), (1.0, 0.0)),
    ),
)
CRASH = Event("COLLISION_VEHICLE", 40, 2.0, 20.0, (0.0, 0.0), "car1", message="ran into a car")


def truth(*actors, light="red", time=2.0, completed=(), ego=EGO):
    seen = Observation(
        round(time * 20), time, ego, (5.0, 0.0), Signals(red_light=10.0), actors, 20.0, 79.0
    )
    fix = LaneFix(-1.0, 0.0, False)
    return Truth(seen, ROUTE, 20, 0.0, (light, "off"), fix, frozenset(completed))


def at(picture, x, y, *, size=480, view=70.0, above=20):
    """The colour at a place [m]."""
    scale = size / view
    return tuple(
        int(each)
        for each in picture[round(above + size / 2 + y * scale), round(size / 2 + x * scale)]
    )


@pytest.fixture(scope="module")
def bare():
    return Renderer()


def test_things_are_where_they_are_east_is_right_and_south_is_down(bare):
    car = Box(Pose(10.0, 15.0, 0.0), 2.3, 0.9, 3.0, "vehicle", "car1", 1)
    walker = Box(Pose(-8.0, -12.0, 1.0), 0.25, 0.25, 1.0, "pedestrian", "pedestrian2", 2)
    picture = bare.frame(truth(car, walker))
    assert picture.shape == (500, 480, 3)
    grass = at(picture, -30.0, 20.0)
    assert at(picture, 9.0, 15.0) == (233, 196, 106)
    assert at(picture, -8.0, -12.0) == (255, 95, 210)
    assert at(picture, -1.0, 0.0) == (38, 104, 250)
    assert at(picture, 10.0, -15.0) == grass


def test_the_nose_is_the_bright_end(bare):
    east = bare.frame(truth(ego=EGO))
    assert sum(at(east, 1.6, 0.0)) > sum(at(east, -1.6, 0.0)) + 150
    west = bare.frame(truth(ego=Box(Pose(0.0, 0.0, math.pi), 2.45, 1.06)))
    assert sum(at(west, -1.6, 0.0)) > sum(at(west, 1.6, 0.0)) + 150


@pytest.mark.parametrize(
    ("light", "colour"),
    [("red", (255, 48, 48)), ("yellow", (255, 214, 31)), ("green", (49, 216, 67))],
)
def test_the_stop_line_has_the_colour_of_the_light(bare, light, colour):
    assert at(bare.frame(truth(light=light)), 12.0, 1.0) == colour


def test_a_stop_sign_pales_when_it_is_done(bare):
    assert at(bare.frame(truth()), 25.0, 1.0) == (255, 60, 160)
    assert at(bare.frame(truth(completed=[1])), 25.0, 1.0) == (200, 200, 200)


def test_events_and_words_are_written_and_change_the_picture(bare):
    plain = bare.frame(truth())
    decided = bare.frame(truth(), Decision("STOP", 3.0), text="policy")
    assert decided.shape[0] == plain.shape[0] + 20
    marked = bare.frame(truth(), Decision("STOP", 3.0), [CRASH])
    assert marked.shape[0] == plain.shape[0] + 20
    assert (marked[-19:] == (196, 30, 30)).all(axis=-1).any()
    long = Event(**{**CRASH.__dict__, "message": "ran into a car, " * 60})
    assert bare.frame(truth(), None, [long]).shape[0] == plain.shape[0] + 60
    failed = Decision("MOVE", 0.0, None, "Traceback\nValueError: no\x00 such 路 thing")
    assert bare.frame(truth(), failed).shape == plain.shape


def test_a_town_is_drawn_with_its_roads_and_crossings():
    task = suite("tiny")[0]
    network = town(task.town).network
    roads = (lane for lane in network.lanes.values() if lane.kind == "road")
    road = max((lane for lane in roads if len(lane.shape) == 2), key=lambda lane: lane.length)
    x, y = np.mean(road.shape, axis=0)
    renderer = Renderer(network, view=40.0)
    picture = renderer.frame(truth(ego=Box(Pose(x + 12.0, y, 0.0), 2.4, 1.0)))
    assert at(picture, -12.0, 0.0, view=40.0) == (88, 88, 94)
    crossing = next(lane for lane in network.lanes.values() if lane.kind == "crossing")
    x, y = np.mean(crossing.shape, axis=0)
    picture = renderer.frame(truth(ego=Box(Pose(x + 12.0, y, 0.0), 2.4, 1.0)))
    colours = {tuple(each) for each in picture[250:270, 90:150].reshape(-1, 3).tolist()}
    assert {(230, 230, 230), (88, 88, 94)} <= colours


def test_far_from_the_town_there_is_grass():
    empty = Network({}, {}, {}, {}, (0.0, 0.0, 0.0, 0.0))
    picture = Renderer(empty).frame(truth())
    assert at(picture, -30.0, 20.0) == (131, 155, 112)


def test_sizes_that_make_no_sense_are_told():
    for bad in ({"size": 3}, {"view": 0.0}, {"view": math.nan}):
        with pytest.raises(ValueError, match="picture"):
            Renderer(**bad)


def test_a_gif_moves_at_its_pace(tmp_path, bare):
    path = tmp_path / "new" / "drive.gif"
    with Film(path, pace=10.0) as film:
        for step in range(5):
            film.add(bare.frame(truth(ego=Box(Pose(step, 0.0, 0.0), 2.4, 1.0))))
        film.add(bare.frame(truth(), None, [CRASH]))  # higher: it's cut
    with Image.open(path) as made:
        assert made.n_frames == 6
        assert made.info["duration"] == 100
    assert [each.name for each in path.parent.iterdir()] == ["drive.gif"]


def test_a_film_of_many_pictures_leaves_some_out_and_keeps_its_pace(tmp_path):
    path = tmp_path / "long.gif"
    with Film(path, pace=20.0) as film:
        for step in range(700):
            film.add(np.full((32, 32, 3), step % 250, dtype=np.uint8))
    with Image.open(path) as made:
        assert 300 <= made.n_frames <= 360
        assert made.info["duration"] == 100


def test_a_film_that_breaks_off_leaves_what_was_there(tmp_path, bare):
    path = tmp_path / "drive.gif"
    path.write_bytes(b"old")
    with pytest.raises(TypeError, match="data type"), Film(path) as film:
        film.add(np.array("no picture"))
    with pytest.raises(ConfigError, match="without a picture"), Film(path):
        pass
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_other_kinds_of_film_are_told(tmp_path):
    with pytest.raises(ConfigError, match=r"\.gif or an \.mp4"):
        Film(tmp_path / "drive.avi")
    with pytest.raises(ValueError, match="pace"):
        Film(tmp_path / "drive.gif", pace=0.0)


def test_an_album_shows_what_was_a_second_before(tmp_path, bare):
    album = Album(bare, tmp_path / "pictures", most=2)
    goal = Event("ROUTE_COMPLETION", 1, 0.05, 1.0, (0.0, 0.0))
    for tick in range(100):
        now = tick * 0.05
        ego = Box(Pose(tick, 0.0, 0.0), 2.45, 1.06)
        events = [CRASH] if tick in (40, 60, 80) else [goal] if tick == 99 else []
        album.see(truth(time=now, ego=ego), Decision("MOVE", 0.0), events)
    names = [path.name for path in album.paths]
    assert names == ["0002.00s-collision_vehicle.png", "0003.00s-collision_vehicle.png"]
    with Image.open(album.paths[0]) as made:
        shown = np.asarray(made)
    expected = bare.frame(
        truth(time=1.0, ego=Box(Pose(20, 0.0, 0.0), 2.45, 1.06)), Decision("MOVE", 0.0), [CRASH]
    )
    assert (shown == expected).all()


def test_an_album_without_infractions_makes_no_folder(tmp_path, bare):
    Album(bare, tmp_path / "pictures").see(truth())
    assert not (tmp_path / "pictures").exists()


def render(*arguments):
    return run(["render", *arguments, "--isolation", "none"])


def test_the_command_makes_a_film_and_pictures(tmp_path, capsys):
    path = tmp_path / "drive.gif"
    code = render(
        "follower", "--out", str(path), "--to", "20", "--every", "20", "--size", "128",
        "--pictures", str(tmp_path / "pictures"),
    )  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert "follower on tiny/" in out
    with Image.open(path) as made:
        assert made.n_frames >= 20


def test_the_command_makes_a_picture(tmp_path):
    path = tmp_path / "drive.png"
    assert render("expert", "--out", str(path), "--route", "2", "--from", "3") == 0
    with Image.open(path) as made:
        assert made.size == (480, 520)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["expert", "--out", "drive.avi"], "--out ends with"),
        (["expert", "--out", "nowhere/drive.gif"], "no folder"),
        (["expert", "--route", "99"], "no route '99'"),
        (["nobody.py"], "no policy"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=words):
        render(*arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--every", "0"], ["--size", "9"], ["--speed", "nan"], ["--to", "0"], ["--from", "-1"]],
)
def test_the_command_refuses_numbers_that_make_no_sense(arguments):
    with pytest.raises(SystemExit):
        render("expert", *arguments)


def test_a_picture_is_not_slow():
    task = suite("tiny")[0]
    renderer = Renderer(town(task.town).network)
    begun = time.process_time()
    renderer.frame(truth())
    assert time.process_time() - begun < 5.0  # it takes some 0.02 s; this is for endless loops
