"""Several models that stand as one."""

import json
import threading
from collections import Counter

import jsonargparse
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ConfigError, LLMConnectionError, LLMError, UnknownName
from langprop.llms.base import LLM, Reply, Request, Usage
from langprop.llms.callable import CallableLLM
from langprop.llms.ensemble import Ensemble
from langprop.llms.price import Price
from langprop.prompts.message import Message
from langprop.testing.llm_suite import LLMSuite

PROMPT = [Message("user", "Hi.")]
NAMES = st.lists(st.sampled_from("abcde"), min_size=1, max_size=5)


def models(names):
    return [CallableLLM(lambda messages, name=name: f"by {name}", name=name) for name in names]


def choices(ensemble, n):
    return [ensemble.choose().name for _ in range(n)]


def simulate(ensemble, rates, n, *, bills=None, seed=0):
    """Let it learn from scripts that succeed at these rates; returns the choices."""
    world = np.random.default_rng(seed)
    chosen = []
    for _ in range(n):
        name = ensemble.choose().name
        bill = Usage(1, 100, 50) if bills is None else bills[name]
        ensemble.learn(name, bool(world.random() < rates[name]), bill)
        chosen.append(name)
    return chosen


class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self):
        return Ensemble(models("ab"))


class TestContractOfBandits(LLMSuite):
    @pytest.fixture
    def llm(self):
        return Ensemble(models("ab"), bandit=True)


# Choices


def test_every_member_is_chosen_equally_often_by_default():
    counts = Counter(choices(Ensemble(models("abc")), 3_000))
    assert all(900 < counts[name] < 1_100 for name in "abc")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=4).filter(any), st.integers(0, 2**32))
def test_weights_are_respected(weights, seed):
    ensemble = Ensemble(models("abcd"[: len(weights)]), weights=weights, seed=seed)
    counts = Counter(choices(ensemble, 2_000))
    for name, weight in zip("abcd", weights, strict=False):
        share = weight / sum(weights)
        # Five standard deviations: one run in a million is further off.
        assert abs(counts[name] - 2_000 * share) <= 5 * (2_000 * share * (1 - share)) ** 0.5


def test_huge_weights_are_weights():
    counts = Counter(choices(Ensemble(models("ab"), weights=[1e308, 1e308]), 200))
    assert min(counts["a"], counts["b"]) > 50


@pytest.mark.parametrize("seed", range(5))
def test_a_bandit_finds_the_better_model(seed):
    ensemble = Ensemble(models("ab"), bandit=True, seed=seed)
    chosen = simulate(ensemble, {"a": 0.05, "b": 0.2}, 600, seed=seed + 100)
    assert Counter(chosen[300:])["b"] > 240


@pytest.mark.parametrize("seed", range(3))
def test_a_bandit_follows_a_change(seed):
    ensemble = Ensemble(models("ab"), bandit=True, seed=seed)
    simulate(ensemble, {"a": 0.5, "b": 0.1}, 300, seed=seed)
    chosen = simulate(ensemble, {"a": 0.0, "b": 0.1}, 500, seed=seed)
    assert Counter(chosen[300:])["b"] > 120


@pytest.mark.parametrize("bandit", [False, True])
@pytest.mark.parametrize("rates", [{"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 0.0}])
def test_no_member_starves(bandit, rates):
    ensemble = Ensemble(models("ab"), bandit=bandit)
    counts = Counter(simulate(ensemble, rates, 1_000))
    assert min(counts["a"], counts["b"]) >= 10


# Costs


def by_price(a, b):
    return {"a": Usage(1, 100, 50, usd=a), "b": Usage(1, 100, 50, usd=b)}


@pytest.mark.parametrize(
    ("bills", "cost_weight", "cheap"),
    [
        (by_price(0.10, 0.01), 0.5, "b"),
        (by_price(0.01, 0.10), 1.0, "a"),
        (by_price(0.10, 0.0), 0.5, "b"),  # a model of one's own
        # A price is unknown: tokens are counted instead.
        ({"a": Usage(1, 100, 50, usd=0.01), "b": Usage(1, 1_000, 500)}, 0.5, "a"),
    ],
)
def test_of_two_equal_members_the_cheaper_is_chosen(bills, cost_weight, cheap):
    ensemble = Ensemble(models("ab"), bandit=True, cost_weight=cost_weight)
    chosen = simulate(ensemble, {"a": 0.2, "b": 0.2}, 600, bills=bills)
    assert Counter(chosen[300:])[cheap] > 240


@pytest.mark.parametrize(
    ("bills", "cost_weight"),
    [
        (by_price(0.10, 0.01), 0.0),
        (by_price(0.0, 0.0), 0.5),
        ({"a": Usage(1), "b": Usage(1)}, 0.5),  # nothing is known
        ({"a": Usage(), "b": Usage()}, 1.0),
    ],
)
def test_costs_that_do_not_count(bills, cost_weight):
    ensemble = Ensemble(models("ab"), bandit=True, cost_weight=cost_weight)
    chosen = simulate(ensemble, {"a": 0.05, "b": 0.2}, 600, bills=bills)
    assert Counter(chosen[300:])["b"] > 220


def test_a_better_member_may_cost_more():
    ensemble = Ensemble(models("ab"), bandit=True, cost_weight=0.5)
    chosen = simulate(ensemble, {"a": 0.4, "b": 0.02}, 600, bills=by_price(0.04, 0.01))
    assert Counter(chosen[300:])["a"] > 200


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abx"),
            st.booleans(),
            st.builds(
                Usage,
                st.integers(0, 3),
                st.integers(0, 10**9),
                st.integers(0, 10**9),
                usd=st.none() | st.floats(0, 1e6),
            ),
        ),
        max_size=30,
    ),
    st.floats(0, 3),
    st.floats(0, 1),
)
def test_any_history_leaves_a_choice(history, cost_weight, discount):
    ensemble = Ensemble(models("ab"), bandit=True, cost_weight=cost_weight, discount=discount)
    for name, improved, bill in history:
        ensemble.learn(name, improved, bill)
        assert ensemble.choose() in ensemble.members
    assert set(ensemble.evidence) == {"a", "b"}  # what x wrote is passed over


# State


@settings(max_examples=30, deadline=None)
@given(st.booleans(), st.integers(0, 2**32), st.integers(0, 20))
def test_a_saved_state_gives_the_same_choices(bandit, seed, n):
    first = Ensemble(models("abc"), bandit=bandit, seed=seed)
    rates, bills = {"a": 0.1, "b": 0.5, "c": 0.3}, dict.fromkeys("abc", Usage(1, 5, 5, usd=0.1))
    simulate(first, rates, n, bills=bills)
    second = Ensemble(models("abc"), bandit=bandit, seed=1)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert second.state_dict() == first.state_dict()
    assert simulate(second, rates, 30, bills=bills) == simulate(first, rates, 30, bills=bills)


def test_a_seed_gives_the_same_choices_and_forgets():
    first, second = (Ensemble(models("abc"), bandit=True, seed=n) for n in (1, 2))
    simulate(first, {"a": 1.0, "b": 0.0, "c": 0.0}, 30)
    first.seed(7)
    second.seed(7)
    assert choices(first, 30) == choices(second, 30)
    second.seed(8)
    assert choices(first, 30) != choices(second, 30)


def test_members_that_were_not_there_begin_anew():
    old, new = Ensemble(models("ab"), bandit=True), Ensemble(models("bc"), bandit=True)
    old.learn("b", True, Usage(1, 1, 1))
    new.learn("c", True, Usage(1, 1, 1))
    new.load_state_dict(old.state_dict())
    assert (new.evidence["b"].won, new.evidence["c"].won) == (1.0, 0.0)


def test_members_keep_their_own_states():
    class Counting(LLM):
        name, calls, begun = "counting", 0, None

        def generate(self, messages, n=1):
            self.calls += n
            return [Reply("x")] * n

        def seed(self, seed):
            self.begun = seed

        def state_dict(self):
            return {"calls": self.calls}

        def load_state_dict(self, state):
            self.calls = state["calls"]

    ensemble = Ensemble([Counting(), Counting()])
    ensemble.seed(3)
    assert len({member.begun for member in ensemble.members}) == 2
    ensemble.generate(PROMPT, 10)
    other = Ensemble([Counting(), Counting()])
    other.load_state_dict(ensemble.state_dict())
    assert [m.calls for m in other.members] == [m.calls for m in ensemble.members]


# Requests


def test_a_reply_says_which_member_wrote_it():
    ensemble = Ensemble(models("ab"))
    replies = ensemble.generate(PROMPT, 20)
    assert {(reply.llm, reply.text) for reply in replies} == {("a", "by a"), ("b", "by b")}
    reply = ensemble.request(Request(PROMPT))
    assert reply.text == f"by {reply.llm}"
    assert ensemble.generate(PROMPT, 0) == []


def test_requests_to_several_members_are_in_flight_together():
    everybody = threading.Barrier(2)

    def wait(messages):
        everybody.wait(timeout=20)
        return "x"

    one, two = CallableLLM(wait, name="a"), CallableLLM(wait, name="b")
    ensemble = Ensemble([one, two], seed=next(s for s in range(50) if _both(s)))
    assert len(ensemble.generate(PROMPT, 2)) == 2


def _both(seed):
    return len(set(choices(Ensemble(models("ab"), seed=seed), 2))) == 2


def test_failures_of_a_member_are_passed_on():
    def fail(messages):
        raise LLMConnectionError("no network")

    ensemble = Ensemble([CallableLLM(fail), *models("a")], weights=[1, 0])
    with pytest.raises(LLMConnectionError, match="no network"):
        ensemble.generate(PROMPT)
    with pytest.raises(LLMConnectionError, match="no network"):
        ensemble.request(Request(PROMPT))


def test_cancel_and_close_reach_all_members():
    heard = []

    class Listening(CallableLLM):
        def cancel(self):
            heard.append(("cancel", self.name))

        def close(self):
            heard.append(("close", self.name))
            if self.name == "b":
                raise LLMError("stuck")

    ensemble = Ensemble([Listening(str, name=name) for name in "abc"])
    ensemble.cancel()
    assert heard == [("cancel", name) for name in "abc"]
    with pytest.raises(LLMError, match="stuck"):
        ensemble.close()
    assert {name for what, name in heard if what == "close"} == {"a", "b", "c"}


def test_many_threads_may_choose_and_teach():
    ensemble = Ensemble(models("ab"), bandit=True)

    def work():
        simulate(ensemble, {"a": 0.1, "b": 0.9}, 200)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(known.won + known.lost for known in ensemble.evidence.values()) > 10


# Making one


@given(NAMES)
def test_names_are_distinct(names):
    ensemble = Ensemble(models(names))
    found = [member.name for member in ensemble.members]
    assert len(set(found)) == len(names)
    assert [name.partition("#")[0] for name in found] == names


def test_the_second_one_of_a_name_is_numbered():
    ensemble = Ensemble([*models("a"), *models("a"), *models("b"), *models("a")])
    assert [member.name for member in ensemble.members] == ["a", "a#2", "b", "a#3"]
    assert ensemble.name == "ensemble:a+a#2+b+a#3"


def test_functions_are_members_too():
    ensemble = Ensemble([lambda messages: "x", lambda messages: Reply("x")])
    names = ["callable:<lambda>", "callable:<lambda>#2"]
    assert [member.name for member in ensemble.members] == names
    assert [reply.text for reply in ensemble.generate(PROMPT, 5)] == ["x"] * 5


def test_its_price_is_known_if_all_are():
    one, two = models("ab")
    one.price, two.price = Price(1, 10), Price(3, 30)
    assert Ensemble([one, two], weights=[3, 1]).price == Price(1.5, 15)
    two.price, two.reports_price = None, False
    ensemble = Ensemble([one, *models("b"), two])
    assert (ensemble.price, ensemble.reports_price) == (None, False)


def test_from_yaml(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "k" * 20)
    parser = jsonargparse.ArgumentParser()
    parser.add_argument("--llm", type=LLM)
    config = """
      class_path: langprop.llms.ensemble.Ensemble
      init_args:
        members:
          - openai:a
          - openai:b
          - openai:b
          - class_path: langprop.llms.openai.OpenAILLM
            init_args: {model: c, base_url: "http://localhost:1/v1"}
        bandit: true
    """
    made = parser.instantiate(parser.parse_args([f"--llm={config}"])).llm
    assert [m.name for m in made.members] == ["openai:a", "openai:b", "openai:b#2", "openai:c"]
    made.close()


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"members": []}, ConfigError, "needs a list of models"),
        ({"members": "openai:a"}, ConfigError, "needs a list of models"),
        ({"members": models("a")[0]}, ConfigError, "needs a list of models"),
        ({"members": models("a") * 2}, ConfigError, "a is there twice: give it a higher weight"),
        ({"members": ["nobody:a"]}, UnknownName, "no llm named 'nobody'"),
        ({"members": [3]}, ConfigError, "must be an LLM or a short name"),
        ({"members": [Ensemble(models("a"))]}, ConfigError, "list all models as its members"),
        ({"weights": [1]}, ConfigError, "must be 2 numbers"),
        ({"weights": [1, -1]}, ConfigError, "of at least 0"),
        ({"weights": [1, float("nan")]}, ConfigError, "of at least 0"),
        ({"weights": [0, 0]}, ConfigError, "greater than 0"),
        ({"weights": [1, 2], "bandit": True}, ConfigError, "give weights=… or bandit=True"),
        ({"cost_weight": -1}, ConfigError, "cost_weight must be between 0 and 10"),
        ({"discount": 1.5}, ConfigError, "discount must be between 0 and 1"),
        ({"explore": float("nan")}, ConfigError, "explore must be between 0 and 1"),
    ],
)
def test_what_can_not_work_is_refused_at_once(arguments, kind, says):
    with pytest.raises(kind, match=says):
        Ensemble(**{"members": models("ab"), **arguments})
