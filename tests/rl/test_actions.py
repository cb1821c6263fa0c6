"""Answers of policies as actions of a space."""

import math

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.rl.actions import action_reader

UNBOUNDED = spaces.Box(-np.inf, np.inf, (2,), np.float32)
PIXELS = spaces.Box(0, 255, (2, 2), np.uint8)
UNEVEN = spaces.Box(np.array([-1.0, 0.0]), np.array([1.0, np.inf]), dtype=np.float64)
NESTED = spaces.Dict({"turn": spaces.Discrete(3, start=-1), "go": spaces.Box(0, 1, (1,))})


@pytest.mark.parametrize(
    ("space", "answer", "hint"),
    [
        (spaces.Discrete(2), 2, "the action 2 isn't in Discrete(2): give 0 or 1"),
        (spaces.Discrete(3), -1, "give 0, 1 or 2"),
        (spaces.Discrete(1), 1, "give 0"),
        (spaces.Discrete(3, start=5), 0, "give 5, 6 or 7"),
        (spaces.Discrete(10), 0.5, "give a whole number from 0 to 9"),
        (spaces.Discrete(2), math.nan, "give 0 or 1"),
        (spaces.Discrete(2), math.inf, "give 0 or 1"),
        (spaces.Discrete(2), None, "the action None isn't in"),
        (spaces.Discrete(2), "left", "'left'"),
        (spaces.Discrete(2), 10**400, "give 0 or 1"),
        (spaces.MultiDiscrete([2, 3]), [1], "give a list of 2 whole numbers"),
        (spaces.MultiDiscrete([2, 3]), [1, 3], "component 1 is 3; give a whole number from 0 to 2"),
        (spaces.MultiDiscrete([2, 3]), [0.5, 1], "give a list of 2 whole numbers"),
        (spaces.MultiDiscrete([2, 3]), [math.nan, 1], "whole number"),
        (spaces.MultiBinary(2), [0, 2], "component 1 is 2; give a whole number from 0 to 1"),
        (spaces.MultiBinary([2, 2]), [0, 1], "give an array of whole numbers of the shape (2, 2)"),
        (spaces.Box(-2, 2, (1,)), 9.0, "Box(-2.0, 2.0, (1,), float32): give a number from -2 to 2"),
        (spaces.Box(-2, 2, (1,)), math.nan, "give a number from -2 to 2"),
        (spaces.Box(-2, 2, (1,)), [1.0, 2.0], "give a number"),
        (spaces.Box(-2, 2, (1,)), "1", "give a number"),
        (spaces.Box(-2, 2, (1,)), [[1.0], [1.0, 2.0]], "give a number"),
        (
            spaces.Box(-2, 2, (3, 2)),
            np.zeros((2, 3)),
            "give an array of numbers of the shape (3, 2)",
        ),
        (UNBOUNDED, [1.0, math.inf], "give finite numbers"),
        (UNBOUNDED, [1.0, 1e300], "give finite numbers"),
        (UNBOUNDED, [1.0, math.nan], "component 1 is nan"),
        (UNBOUNDED, [1.0, 1j], "give a list of 2 numbers"),
        (UNEVEN, [0.5, -1], "component 1 is -1; give a number of 0 or more"),
        (PIXELS, [[0, 1], [2, -1]], "component (1, 1) is -1; give a whole number from 0 to 255"),
        (PIXELS, [[0, 1], [2, 256]], "component (1, 1) is 256"),
        (PIXELS, [[0, 1], [2, 0.5]], "whole numbers of the shape (2, 2)"),
        (PIXELS, 10**30, "whole numbers of the shape (2, 2)"),
        (NESTED, 3, "give a dict with the keys 'go', 'turn'"),
        (NESTED, {"turn": 0}, "it lacks the key 'go'"),
        (NESTED, {"turn": 0, "go": 1, "x": 2}, "it has the key 'x'"),
        (NESTED, {"turn": 2, "go": 1}, "at ['turn'], the action 2 isn't in Discrete(3, start=-1)"),
        (spaces.Tuple([NESTED]), [{"turn": 0, "go": 7}], "at [0], at ['go'], the action 7"),
        (spaces.Tuple([NESTED]), "a", "give a tuple of 1 item"),
        (spaces.Text(3), "", "give what its `sample()` gives"),
    ],
)
def test_what_is_no_action_is_told_with_what_to_give(space, answer, hint):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        action_reader(space)(answer)
    assert hint in str(caught.value)
    assert len(str(caught.value)) < 800


@pytest.mark.parametrize(
    ("space", "answer", "action"),
    [
        (spaces.Discrete(2), True, 1),
        (spaces.Discrete(2), 1.0, 1),
        (spaces.Discrete(2), np.int64(1), 1),
        (spaces.Discrete(3, start=-1), -1, -1),
        (spaces.MultiDiscrete([2, 3], start=[0, 1]), (1.0, 3), [1, 3]),
        (spaces.MultiBinary(2), [True, 0], [1, 0]),
        (spaces.Box(-2, 2, (1,)), 1, [1.0]),
        (spaces.Box(-2, 2, ()), 0.5, 0.5),
        (spaces.Box(0, 0.1, (1,)), 0.1, [0.1]),  # float32(0.1) is more
        (spaces.Box(-0.1, 0, (1,)), [-0.1], [-0.1]),
        (UNBOUNDED, [1e30, -5], [1e30, -5]),
        (PIXELS, [[0, 255.0], [1, True]], [[0, 255], [1, 1]]),
        (spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1, (1,))]), [1, 0.5], (1, [0.5])),
        (spaces.Text(3), "abc", "abc"),
    ],
)
def test_actions_in_any_plain_form(space, answer, action):
    read = action_reader(space)(answer)
    assert space.contains(read)
    if isinstance(action, tuple):
        assert all(np.allclose(one, other) for one, other in zip(read, action, strict=True))
    elif isinstance(action, str):
        assert read == action
    else:
        assert np.allclose(read, action)


def leaf_spaces():
    numbers = st.integers(1, 4)
    shapes = st.lists(numbers, max_size=2).map(tuple)
    return st.one_of(
        st.builds(lambda n, start: spaces.Discrete(n, start=start), numbers, st.integers(-3, 3)),
        st.lists(numbers, min_size=1, max_size=3).map(spaces.MultiDiscrete),
        numbers.map(spaces.MultiBinary),
        st.builds(lambda shape: spaces.Box(-1.0, 2.0, shape), shapes),
        st.builds(lambda shape: spaces.Box(-np.inf, np.inf, shape, np.float64), shapes),
        st.builds(lambda shape: spaces.Box(-5, 5, shape, np.int16), shapes),
    )


any_space = st.recursive(
    leaf_spaces(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(spaces.Tuple),
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1).map(spaces.Dict),
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(any_space, st.integers(0, 1000))
def test_samples_of_any_space_are_read_as_they_are(space, seed):
    space.seed(seed)
    sample = space.sample()
    read = action_reader(space)(sample)
    assert space.contains(read)
    assert repr(read) == repr(action_reader(space)(read))


@settings(max_examples=100, deadline=None)
@given(
    any_space,
    st.recursive(
        st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=2), st.booleans()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
def test_any_answer_is_an_action_or_a_clear_error(space, answer):
    try:
        read = action_reader(space)(answer)
    except ValueError as error:
        assert "isn't in" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert space.contains(read)
