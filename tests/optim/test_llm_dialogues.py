"""The conversations of an LLMOptimizer: edits, continuations, two parents, several models."""

import itertools
import json

import pytest

from langprop.errors import ConfigError
from langprop.llms import CallableLLM, Reply, Usage
from langprop.modules.function import FunctionModule
from langprop.optim.llm import LLMOptimizer
from langprop.optim.statistics import ReplyStatistics
from langprop.population.record import Record
from langprop.scripts.script import Script


def double(number: int) -> int:
    """Return twice the number."""


SOURCE = "def double(number):\n    # as the name says\n    return number * 3\n"


def fresh(*sources, scores=(0.5, 0.4, 0.3)):
    module = FunctionModule(double)
    policies = module.population.add(Script(source, "double") for source in sources or [SOURCE])
    module.population.tell(
        {
            policy.id: [
                Record(0, "ok", score, args=(3,), label=6, output=9),
                Record(1, "exception", 0.0, args=(0,), label=0, exception="ValueError: zero"),
            ]
            for policy, score in zip(policies, scores, strict=False)
        }
    )
    return module


class Scripted(CallableLLM):
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *replies, name="scripted"):
        super().__init__(lambda messages: "", name=name)
        self.replies = list(replies)
        self.requests = []

    def request(self, request):
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Reply) else Reply(reply, Usage(1, 10, 5))


def one(llm, **settings):
    chosen = {"n_parents": 1, "n_children": 1, "n_setup": 1, "concurrency": 1, **settings}
    return LLMOptimizer(llm, **chosen)


def edit(search, replace):
    return f"```\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n```"


# Edits


def test_edits_change_the_parent_and_keep_the_rest():
    llm = Scripted(edit("    return number * 3", "    return number * 2"))
    (child,) = one(llm, edit="search_replace").update(fresh())
    assert child.source == SOURCE.replace("3", "2")
    assert "<<<<<<< SEARCH" in llm.requests[0].messages[-1].content  # the format is explained


def test_an_edit_that_does_not_match_is_sent_back_once_with_the_reason():
    llm = Scripted(
        edit("    return nummer * 3", "    return number * 2"),
        edit("    return number * 3", "    return number * 2"),
    )
    optimizer = one(llm, edit="search_replace")
    (child,) = optimizer.update(fresh())
    assert child.source == SOURCE.replace("3", "2")
    assert optimizer.statistics == ReplyStatistics(requested=2, parsed=1, repaired=1)
    first, second = llm.requests
    assert (first.role, second.role) == ("update", "repair")
    assert "return number * 3" in second.messages[-1].content  # the nearest lines
    assert "SEARCH" in second.messages[-1].content


def test_an_edit_that_never_matches_gives_no_child():
    llm = Scripted(*[edit("    nothing", "    like it")] * 2)
    optimizer = one(llm, edit="search_replace")
    assert optimizer.update(fresh()) == []
    assert optimizer.statistics == ReplyStatistics(requested=2, rejected=1)


def test_a_whole_script_is_as_good_as_edits():
    llm = Scripted("```python\ndef double(number):\n    return 2 * number\n```")
    (child,) = one(llm, edit="search_replace").update(fresh())
    assert child.source == "def double(number):\n    return 2 * number\n"


def test_what_may_be_given():
    with pytest.raises(ConfigError, match="edit must be None or 'search_replace'"):
        one(Scripted(), edit="diff")
    with pytest.raises(ConfigError, match=r"worst.*"):
        one(Scripted(), feedback="wurst")
    with pytest.raises(ValueError, match="crossover"):
        one(Scripted(), crossover=1.5)
    with pytest.raises(ValueError, match="continuations"):
        one(Scripted(), continuations=-1)


# Replies that were cut off


def cut(text):
    return Reply(text, Usage(1, 10, 5), finish_reason="length")


def test_a_reply_that_was_cut_off_goes_on():
    llm = Scripted(
        cut("```python\ndef double(number):\n    value = num"),
        cut("ber * 2\n    if value:"),
        "\n        pass\n    return value\n```",
    )
    optimizer = one(llm)
    (child,) = optimizer.update(fresh())
    assert child.source == (
        "def double(number):\n    value = number * 2\n"
        "    if value:\n        pass\n    return value\n"
    )
    assert optimizer.statistics == ReplyStatistics(requested=3, parsed=1, continued=2)
    assert [request.role for request in llm.requests] == ["update", "continue", "continue"]
    # Each request holds the whole of what was written, once, and one question.
    roles = [[message.role for message in request.messages] for request in llm.requests]
    assert roles[1] == roles[2] == [*roles[0], "assistant", "user"]
    assert llm.requests[2].messages[-2].content.count("def double") == 1
    assert optimizer.account.by_role["continue"].calls == 2


def test_a_model_that_never_ends_is_given_up():
    llm = Scripted(*[cut("```python\ndef double(number):\n    x = (1 +\n")] * 20)
    optimizer = one(llm, attempts=2, continuations=2)
    assert optimizer.update(fresh()) == []
    assert len(llm.requests) == 6  # two attempts, each with two continuations
    assert optimizer.statistics.rejected == 1


def test_a_complete_script_needs_no_continuation():
    llm = Scripted(
        cut("```python\ndef double(number):\n    return 2 * number\n```\nThis works bec")
    )
    optimizer = one(llm)
    assert len(optimizer.update(fresh())) == 1
    assert optimizer.statistics == ReplyStatistics(requested=1, parsed=1)


def test_nothing_before_the_limit_is_asked_for_again():
    llm = Scripted(cut(""), "```python\ndef double(number):\n    return 2 * number\n```")
    optimizer = one(llm)
    assert len(optimizer.update(fresh())) == 1
    assert optimizer.statistics == ReplyStatistics(requested=2, parsed=1, repaired=1)


# Two parents


def test_a_child_may_have_two_parents():
    other = "def double(number):\n    return number + number + 1\n"
    llm = Scripted("```python\ndef double(number):\n    return number + number\n```")
    module = fresh(SOURCE, other)
    (child,) = one(llm, crossover=1.0).update(module)
    mother, father = module.population.policies
    assert (child.parent, child.donor) == (mother.id, father.id)
    assert llm.requests[0].role == "crossover"
    prompt = llm.requests[0].messages[-1].content
    assert "number * 3" in prompt
    assert "number + number + 1" in prompt
    one(llm, crossover=1.0)
    llm.replies.append("```python\ndef double(number):\n    return 0\n```")
    (alone,) = one(llm, crossover=1.0).update(fresh())
    assert alone.donor is None  # there is nobody else


# What is shown


def test_the_strategies_show_different_samples():
    prompts = {}
    for feedback in ("worst", "diverse", "contrast", lambda records, rng: records[:1]):
        llm = Scripted("```python\ndef double(number):\n    return 2 * number\n```")
        one(llm, feedback=feedback).update(fresh())
        prompts[str(feedback)[:8]] = llm.requests[0].messages[-1].content
    worst, diverse, contrast, own = prompts.values()
    assert "ValueError: zero" in worst
    assert len({worst, diverse, contrast, own}) >= 3
    assert "ValueError: zero" not in own.partition("one of")[2]


# Several models


def test_an_ensemble_learns_which_model_improves_scores():
    from langprop.llms.ensemble import Ensemble

    def model(name, factor):
        numbers = itertools.count()

        def answer(messages):
            body = f"return number * {factor} + 0 * {next(numbers)}"
            text = f"```python\ndef double(number):\n    {body}\n```"
            return Reply(text, Usage(1, 10, 10, usd=0.01))

        return CallableLLM(answer, name=name)

    good, bad = model("good", 2), model("bad", 9)
    optimizer = LLMOptimizer(
        Ensemble([bad, good], bandit=True), n_parents=1, n_children=4, concurrency=4
    )
    optimizer.seed(3)
    chosen = []
    for _ in range(25):
        module = fresh()
        parent = module.population.policies[0]
        children = module.population.add(optimizer.update(module))
        for child in children:
            score = 0.9 if "* 2 +" in child.script.source else 0.0
            child.tell([Record(0, "ok", score)])
        assert {child.script.parent for child in children} == {parent.id}
        optimizer.judged(module, children)
        chosen += [child.script.origin for child in children]
    assert chosen[-40:].count("good") > 30
    restored = LLMOptimizer(Ensemble([bad, good], bandit=True), n_parents=1, n_children=4)
    restored.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    ahead = [[llm.choose().name for _ in range(20)] for llm in (optimizer.llm, restored.llm)]
    assert ahead[0] == ahead[1]
    assert set(restored.account.by_model) == {"good", "bad"}
