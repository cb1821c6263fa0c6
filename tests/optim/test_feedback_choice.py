"""Which samples of a parent are shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ConfigError
from langprop.modules.function import module
from langprop.optim.choice import check_feedback, choose, choose_worst
from langprop.optim.feedback import crossover_variables, update_variables
from langprop.optim.resemblance import distance
from langprop.population.policy import Policy
from langprop.population.record import Record
from langprop.prompts import Prompts
from langprop.scripts.script import Script


@module
def add(first: int, second: int = 0) -> int:
    """Add."""
    raise NotImplementedError


def raised(sample, name, line, score=0.0):
    text = f"line {line}, in add\n    x = {line}\n{name}: no"
    return Record(sample, "exception", score, (sample,), exception=text)


def answered(sample, score, output=None, args=()):
    return Record(sample, "ok", score, args or (sample,), output=output)


def rng(seed=0):
    return np.random.default_rng(seed)


def policy(records, name="a"):
    made = Policy(Script(f"def add(first, second=0):\n    return {name!r}\n", "add"))
    made.tell(records)
    return made


MIXED = [
    answered(0, 1.0, 5),
    raised(1, "KeyError", 2),
    raised(2, "KeyError", 2),
    raised(3, "KeyError", 9),
    raised(4, "ValueError", 2),
    answered(5, 0.0, 7),
    answered(6, 0.5, 8),
    Record(7, "timeout", 0.0, exception="TimeoutError: 5 s"),
]


def test_worst_draws_as_it_always_did():
    for seed in range(20):
        one, other = rng(seed), rng(seed)
        (chosen,) = choose(MIXED, one, "worst")
        assert chosen is choose_worst(MIXED, other)
        assert one.bit_generator.state == other.bit_generator.state


def test_diverse_failures_differ():
    for seed in range(20):
        chosen = choose(MIXED, rng(seed), "diverse", 4)
        kinds = {(record.status, record.exception[-12:]) for record in chosen}
        assert len(chosen) == len(kinds) == 4
        assert MIXED[0] not in chosen
        (one,) = choose(MIXED, rng(seed), "diverse", 1)
        (worst,) = choose(MIXED, rng(seed), "worst")
        assert one is worst
    everything = choose(MIXED, rng(), "diverse", 99)
    assert len(everything) == 6  # samples 1 and 2 look alike
    same = [raised(n, "KeyError", 2) for n in range(5)]
    assert len(choose(same, rng(), "diverse")) == 1


def test_diverse_answers_differ_in_output_and_score():
    records = [answered(n, [0.0, 0.0, 0.0, 0.6, 1.0][n], [1, 1, 2, 3, 4][n]) for n in range(5)]
    for seed in range(10):
        chosen = choose(records, rng(seed), "diverse")
        assert sorted(record.output for record in chosen) == [1, 2, 3]


def test_contrast_shows_the_success_that_is_most_alike():
    boards = {0: [1, 2, 3, 4], 1: [90, 80, 70], 2: [1, 2, 3, 9], 3: [5]}
    records = [answered(n, 0.0 if n == 0 else 1.0, n, args=(board,)) for n, board in boards.items()]
    failure, success = choose(records, rng(), "contrast")
    assert (failure.sample, success.sample) == (0, 2)
    assert [record.sample for record in choose(records[:1], rng(), "contrast")] == [0]
    assert len(choose([raised(0, "A", 1), raised(1, "A", 1)], rng(), "contrast")) == 1
    same = [answered(n, 0.5) for n in range(4)]
    assert len(choose(same, rng(), "contrast")) == 1


def test_own_strategies():
    def last(records, generator):
        assert isinstance(generator, np.random.Generator)
        return records[-1:]

    class Best:
        def __call__(self, records, rng, samples):
            return sorted(records, key=lambda record: -record.score)[:samples]

    assert choose(MIXED, rng(), last) == [MIXED[-1]]
    assert [record.score for record in choose(MIXED, rng(), Best(), 2)] == [1.0, 0.5]
    given = update_variables(add, policy(MIXED), rng(), feedback=lambda records, _: records[:2])
    assert (given["record"], len(given["samples"])) == (MIXED[0], 2)
    given = update_variables(add, policy(MIXED), rng(), feedback=lambda *_: [])
    assert (given["record"], given["samples"], given["avg_score"]) == (None, [], 1.5 / 8)
    assert len(choose(MIXED, rng(), "langprop.optim.choice:diverse", 2)) == 2


@pytest.mark.parametrize("wrong", ["wurst", "", 3, None, "llm:worst"])
def test_an_unknown_strategy(wrong):
    with pytest.raises(ConfigError, match=r"contrast, diverse, .*worst"):
        check_feedback(wrong)
    with pytest.raises(ConfigError):
        choose([], rng(), wrong)


def test_a_strategy_that_returns_something_else():
    for wrong in (None, 3, [None], "abc", MIXED[0]):
        with pytest.raises(ConfigError, match="must return a list of some of the records"):
            choose(MIXED, rng(), lambda *_, found=wrong: found)
    with pytest.raises(ConfigError, match="samples must be at least 1"):
        choose(MIXED, rng(), "diverse", 0)
    assert check_feedback("diverse") == "diverse"


_records = st.lists(
    st.builds(
        Record,
        st.integers(0, 9),
        st.sampled_from(["ok", "ok", "exception", "timeout"]),
        st.floats(-1, 1) | st.sampled_from([0.0, 1.0]),
        st.tuples(st.integers() | st.text(max_size=3) | st.lists(st.floats(), max_size=3)),
        output=st.integers(0, 2) | st.none(),
        exception=st.sampled_from(["", "A: x", "    y\nB: z", "C"]),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(_records, st.sampled_from(["worst", "diverse", "contrast"]), st.integers(1, 5))
def test_strategies_choose_different_records_and_repeat_themselves(records, name, samples):
    chosen = choose(records, rng(3), name, samples)
    assert len({id(record) for record in chosen}) == len(chosen) <= max(2, samples)
    assert all(any(record is one for one in records) for record in chosen)
    assert [id(record) for record in choose(records, rng(3), name, samples)] == list(
        map(id, chosen)
    )
    if records:
        assert chosen[0].score == min(record.score for record in records)


def test_many_records_cost_little():
    records = [answered(n, n % 7 / 7, [n] * 20) for n in range(20_000)]
    assert len(choose(records, rng(), "diverse", 5)) == 5
    assert len(choose(records, rng(), "contrast")) == 2


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(_values, _values)
def test_distance(a, b):
    assert 0 <= distance(a, b) <= 1
    assert distance(a, a) == 0
    assert distance(a, b) == pytest.approx(distance(b, a))


def test_distances_in_order():
    assert distance(3, 4) < distance(3, 40)
    assert distance([1, 2, 3], [1, 2, 4]) < distance([1, 2, 3], [9, 9, 9])
    assert distance({"a": 1}, {"a": 2}) < distance({"a": 1}, {"b": 1})
    assert distance("abcd", "abce") < distance("abcd", "zzzzzzzz")
    assert distance(np.zeros(3), np.zeros(3)) == 0
    assert distance(np.zeros(3), np.zeros(4)) == 1


# Two parents


def test_crossover_variables():
    first = policy([answered(0, 0.0, 1), answered(1, 1.0, 2), answered(2, 0.5, 3)])
    second = policy([answered(0, 0.5, 4), answered(1, 0.0, 5), answered(2, 1.0), answered(9, 1)])
    given = crossover_variables(add, first, second, rng())
    assert given["record"].sample == 0
    donor = given["donor"]
    assert (donor["common"], donor["n_better"], donor["n_worse"]) == (3, 2, 1)
    assert [one["record"].sample for one in donor["better"]] == [0, 2]
    assert donor["better"][0]["other"]["outputs"] == 1
    assert (donor["avg_score"], donor["summary"].samples) == (0.625, 4)
    assert len(crossover_variables(add, first, second, rng(), samples=1)["donor"]["better"]) == 1


@pytest.mark.parametrize("records", [[], [answered(0, 1.0)]])
def test_crossover_where_little_is_known(records):
    for first, second in (([], records), (records, []), (records, records)):
        given = crossover_variables(add, policy(first), policy(second, "b"), rng())
        assert given["donor"]["better"] == []
        text = Prompts.default().render_crossover(given)[-1].content
        assert "return 'b'" in text
