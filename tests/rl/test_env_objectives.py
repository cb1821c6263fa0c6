"""Episodes that are scored by several objectives."""

import pytest

import langprop as lp

pytest.importorskip("gymnasium")

STUB = '''def act(position, velocity, angle, spin):
    """0 pushes the cart to the left, 1 to the right."""
'''


def scored(episode):
    """The longer the better, with few changes of direction."""
    pairs = zip(episode.actions, episode.actions[1:], strict=False)
    return {"return": episode.total, "changes": sum(one != other for one, other in pairs)}


def test_a_score_of_episodes_may_be_a_dict():
    module = lp.EnvModule(
        "CartPole-v1", STUB, score=scored, weights={"return": 1.0, "changes": -0.5}
    )
    assert module.exception_score["return"] < 8  # the least that an episode takes
    assert module.exception_score["changes"] > 0
    left = lp.Script("def act(position, velocity, angle, spin):\n    return 0\n", "act")
    fails = lp.Script("def act(position, velocity, angle, spin):\n    return 7\n", "act")
    executor = lp.InlineExecutor()
    one, other = lp.evaluate(module, [left, fails], range(2), executor).values()
    assert all(record.score == record.scores["return"] for record in one)
    assert [record.scores["changes"] for record in one] == [0, 0]
    assert [dict(record.scores) for record in other] == [module.exception_score] * 2
    assert max(record.score for record in other) < min(record.score for record in one)


def test_an_exception_score_of_ones_own():
    module = lp.EnvModule(
        "CartPole-v1", STUB, score=scored, exception_score={"return": 0, "changes": 0}
    )
    assert module.exception_score == {"return": 0, "changes": 0}
