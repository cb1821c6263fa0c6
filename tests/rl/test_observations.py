"""Observations as arguments of policies."""

import math

import numpy as np
import pytest
from gymnasium import spaces

from langprop.errors import ModuleError
from langprop.rl.observations import argument_reader, find_nan

FLAT = spaces.Box(-1, 1, (2,), np.float32)
DICT = spaces.Dict({"at": FLAT, "mode": spaces.Discrete(3), "left": spaces.MultiBinary(2)})


def arguments(space, signature, observation):
    return list(argument_reader(space, f"def f({signature}): ...", "f")(observation))


def test_components_of_a_flat_box_are_plain_floats():
    given = arguments(FLAT, "x, y", np.array([0.5, -1], np.float32))
    assert given == [0.5, -1.0]
    assert [type(each) for each in given] == [float, float]


def test_other_signatures_that_take_as_many():
    for signature in ("x, y=0", "x, y, /", "*both", "x, y, z=0", "x, *rest"):
        assert arguments(FLAT, signature, np.zeros(2, np.float32)) == [0.0, 0.0]


def test_one_parameter_gets_the_whole():
    (given,) = arguments(FLAT, "observation", np.array([0.5, -1], np.float32))
    assert isinstance(given, np.ndarray)
    image = np.zeros((4, 4, 3), np.uint8)
    (given,) = arguments(spaces.Box(0, 255, (4, 4, 3), np.uint8), "image", image)
    assert given.shape == (4, 4, 3)


def test_a_single_number_is_plain_where_the_stub_says_so():
    box = spaces.Box(0, 1, (1,))
    (given,) = arguments(box, "level: float", np.array([0.5], np.float32))
    assert type(given) is float
    (given,) = arguments(box, "level", np.array([0.5], np.float32))
    assert given.shape == (1,)
    (given,) = arguments(spaces.Box(0, 1, ()), "level", np.array(0.5, np.float32))
    assert type(given) is float


def test_discrete_ones_are_ints_and_lists():
    (given,) = arguments(spaces.Discrete(5), "state", np.int64(3))
    assert type(given) is int
    assert arguments(spaces.MultiDiscrete([2, 3]), "a, b", np.array([1, 2])) == [1, 2]
    assert arguments(spaces.MultiDiscrete([2, 3]), "both", np.array([1, 2])) == [[1, 2]]
    assert arguments(spaces.MultiBinary(2), "a, b", np.array([1, 0], np.int8)) == [1, 0]


def test_dicts_by_their_keys():
    seen = {"at": np.zeros(2, np.float32), "mode": np.int64(2), "left": np.array([1, 0], np.int8)}
    mode, left = arguments(DICT, "mode, left", seen)
    assert (mode, left, type(mode)) == (2, [1, 0], int)
    (whole,) = arguments(DICT, "state", seen)
    assert set(whole) == {"at", "mode", "left"}
    assert type(whole["mode"]) is int
    (given,) = arguments(DICT, "mode", seen)
    assert given == 2


def test_tuples_item_by_item():
    pair = spaces.Tuple([spaces.Discrete(3), spaces.Tuple([spaces.Discrete(2), FLAT])])
    seen = (np.int64(1), (np.int64(0), np.zeros(2, np.float32)))
    first, second = arguments(pair, "a, b", seen)
    assert first == 1
    assert second[0] == 0
    (whole,) = arguments(pair, "both", seen)
    assert whole[0] == 1


@pytest.mark.parametrize(
    ("space", "signature", "message"),
    [
        (FLAT, "a, b, c", "give it one parameter, or 2, one for each component"),
        (FLAT, "", "(none)"),
        (FLAT, "*, a", "has the parameters"),
        (DICT, "mode, speed", "some of the keys: at, left, mode"),
        (spaces.Box(0, 1, (2, 2)), "a, b", "one for each component of a flat Box"),
    ],
)
def test_a_signature_that_does_not_fit(space, signature, message):
    with pytest.raises(ModuleError) as caught:
        argument_reader(space, f"def f({signature}): ...", "f")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ([0.0, math.nan], True),
        ([0.0, math.inf, -math.inf], False),
        ([np.array([1.0, np.nan])], True),
        ([np.array([1, 2])], False),
        ([{"a": (1, [math.nan])}], True),
        ([np.float32("nan")], True),
        ([None, "nan", 3], False),
    ],
)
def test_where_there_is_a_nan(values, there):
    assert find_nan(values) is there
