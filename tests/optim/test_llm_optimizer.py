"""LLMOptimizer: prompts out, scripts in; the real SDK against a scripted server."""

import json
import logging
import threading

import pytest

from langprop.errors import ConfigError, LLMAuthError, LLMConnectionError, ReplyError, UnknownName
from langprop.llms import OpenAILLM, Reply, Usage
from langprop.modules.function import FunctionModule
from langprop.optim.llm import LLMOptimizer, ReplyStatistics
from langprop.population.record import Record
from langprop.prompts import Prompts
from langprop.scripts.script import Script
from langprop.testing.server import Answer, ScriptedServer


def double(number: int) -> int:
    """Return twice the number."""


def code(value):
    return f"```python\ndef double(number):\n    return number * {value}\n```"


def source(value):
    return f"def double(number):\n    return number * {value}\n"


def fresh(scores=(), **settings):
    """A module with one judged script per score."""
    module = FunctionModule(double, **settings)
    policies = module.population.add(
        Script(source(100 + index), "double") for index in range(len(scores))
    )
    module.population.tell(
        {
            policy.id: [Record(0, "ok", score, args=(3,), label=6, output=300 + score)]
            for policy, score in zip(policies, scores, strict=True)
        }
    )
    return module


@pytest.fixture
def optimizer_for():
    """An optimizer whose model is a scripted server."""
    open_now = []

    def make(replies, **settings):
        server = ScriptedServer(replies).start()
        optimizer = LLMOptimizer(
            OpenAILLM("scripted", base_url=server.base_url, max_retries=0), **settings
        )
        open_now.extend([server, optimizer])
        return optimizer, server

    yield make
    for thing in reversed(open_now):
        thing.close()


def numbered(request):
    return code(request.index)


def test_setup_asks_for_first_scripts(optimizer_for):
    optimizer, server = optimizer_for(numbered, n_setup=3)
    module = fresh()
    module.example = Record(0, "ok", 0.0, args=(3,), label=6)
    scripts = optimizer.setup(module)
    assert sorted(script.source for script in scripts) == [source(n) for n in range(3)]
    assert {script.origin for script in scripts} == {"openai:scripted"}
    assert {script.parent for script in scripts} == {None}
    assert all(script.entry_point == "double" for script in scripts)
    assert "number = 3" in server.requests[0].prompt
    assert optimizer.statistics == ReplyStatistics(requested=3, parsed=3)


def test_seeds_are_the_first_scripts_and_cost_nothing(optimizer_for):
    optimizer, server = optimizer_for(numbered)
    (script,) = optimizer.setup(fresh(seeds=[source(7)]))
    assert (script.source, script.origin) == (source(7), "seed")
    assert server.requests == []


def test_update_asks_for_children_of_the_best(optimizer_for):
    optimizer, server = optimizer_for(numbered, n_parents=2, n_children=2)
    module = fresh([0.9, 0.8, 0.1])
    first, second, _ = module.population.scripts
    children = optimizer.update(module)
    assert [child.parent for child in children] == [first.id, first.id, second.id, second.id]
    asked = sorted(request.prompt.count("number * 100") for request in server.requests)
    assert asked == [0, 0, 1, 1]


def test_all_requests_of_a_step_are_in_flight_together(optimizer_for):
    everybody = threading.Barrier(6)

    def answer(request):
        everybody.wait(timeout=20)
        return code(request.index)

    optimizer, server = optimizer_for(answer)
    assert len(optimizer.update(fresh([0.3, 0.2, 0.1]))) == 6
    assert server.most == 6


def test_children_come_in_the_order_of_the_requests_or_as_they_arrive(optimizer_for):
    gate = threading.Event()

    def answer(request):
        if "number * 100" in request.prompt:  # the child of the first parent comes last
            assert gate.wait(20)
            return code(1)
        return code(2)

    optimizer, _ = optimizer_for(answer, n_parents=2, n_children=1)
    module = fresh([0.9, 0.8])
    stream = optimizer.stream_update(module)
    first = next(group for group in stream if group)  # empty ones tell that nothing has come
    gate.set()
    arrived = [*first, *(child for group in stream for child in group)]
    assert [(place, child.source) for place, child in arrived] == [(1, source(2)), (0, source(1))]
    optimizer.seed(0)  # forgets what was written
    assert [child.source for child in optimizer.update(module)] == [source(1), source(2)]


def test_a_reply_without_a_script_is_asked_for_once_more(optimizer_for):
    optimizer, server = optimizer_for(["I can't.", code(5)], n_setup=1)
    (script,) = optimizer.setup(fresh())
    assert script.source == source(5)
    assert optimizer.statistics == ReplyStatistics(requested=2, parsed=1, repaired=1)
    roles = [message["role"] for message in server.requests[1].messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert server.requests[1].messages[2]["content"] == "I can't."
    assert "it holds no code" in server.requests[1].prompt


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Answer(None), "it is empty"),
        (Answer("x" * 5_000_000), "5,000,000 characters"),
        (Answer("```python\ndef double(number):\n    a", finish_reason="length"), "cut off"),
        (Answer("```python\ndef double(n, m):\n    return n\n```"), "can't be called"),
        (Answer("```python\nx = '\ud800'\n```"), "defines no function"),
    ],
)
def test_the_reason_is_sent_back(optimizer_for, reply, reason):
    optimizer, server = optimizer_for([reply, code(5)], n_setup=1)
    assert [script.source for script in optimizer.setup(fresh())] == [source(5)]
    assert reason in server.requests[1].prompt
    assert 0 < len(server.requests[1].messages[2]["content"]) < 30_000


def test_a_reply_that_stays_useless_is_given_up_and_the_others_are_used(optimizer_for, caplog):
    def answer(request):
        return "No." if "number * 100" in json.dumps(request.messages) else code(request.index)

    optimizer, _ = optimizer_for(answer, n_parents=2, n_children=1)
    with caplog.at_level(logging.WARNING):
        children = optimizer.update(fresh([0.9, 0.8]))
    assert len(children) == 1
    assert optimizer.statistics == ReplyStatistics(requested=3, parsed=1, rejected=1)
    assert "1 × no usable script: it holds no code" in caplog.text


def test_setup_without_any_script_says_why(optimizer_for):
    optimizer, _ = optimizer_for("No.", n_setup=2, attempts=1)
    with pytest.raises(ReplyError, match=r"none of 2 replies of openai:scripted .* holds no code"):
        optimizer.setup(fresh())
    assert optimizer.statistics == ReplyStatistics(requested=2, rejected=2)


def test_known_scripts_are_dropped(optimizer_for):
    again = "```python\ndef double(number):  # a comment\n    return number*100\n```"
    replies = [again, code(5), code(5), code(6)]
    optimizer, _ = optimizer_for(replies, n_parents=1, n_children=4)
    children = optimizer.update(fresh([0.9]))
    assert sorted(child.source for child in children) == [source(5), source(6)]
    assert optimizer.statistics == ReplyStatistics(requested=4, parsed=4, duplicate=2)


def test_one_failed_request_does_not_lose_the_others(optimizer_for, caplog):
    optimizer, _ = optimizer_for(
        [Answer("oops", status=500), code(5)], n_parents=1, n_children=2, concurrency=1
    )
    with caplog.at_level(logging.WARNING):
        assert len(optimizer.update(fresh([0.9]))) == 1
    assert optimizer.statistics == ReplyStatistics(requested=2, failed=1, parsed=1)
    assert "1 of 2 requests failed" in caplog.text
    assert "keeps failing with status 500" in caplog.text


def test_a_failed_repair_gives_the_script_up(optimizer_for):
    optimizer, _ = optimizer_for(["No.", Answer("oops", status=500)], n_parents=1, n_children=1)
    assert optimizer.update(fresh([0.9])) == []
    assert optimizer.statistics == ReplyStatistics(requested=2, failed=1, rejected=1)


def test_if_all_requests_fail_the_error_is_raised(optimizer_for):
    optimizer, _ = optimizer_for(Answer(status=500))
    with pytest.raises(LLMConnectionError, match="keeps failing with status 500"):
        optimizer.update(fresh([0.9]))
    optimizer, _ = optimizer_for(Answer("wrong key", status=401))
    with pytest.raises(LLMAuthError, match="check OPENAI_API_KEY"):
        optimizer.setup(fresh())


def test_the_module_may_have_prompts_of_its_own(optimizer_for):
    optimizer, server = optimizer_for(numbered, n_setup=1, n_parents=1, n_children=1)
    prompts = Prompts("Write {{ function_name }}", "Improve {{ code }} {{ outputs }}")
    module = fresh([0.5], prompts=prompts)
    optimizer.setup(module)
    optimizer.update(module)
    assert [request.prompt for request in server.requests] == [
        "Write double",
        f"Improve {source(100)} 300.5",
    ]


def test_tokens_that_nobody_counts_are_no_figure():
    optimizer = LLMOptimizer(lambda messages: code(1), n_setup=1)
    assert optimizer.usage()["prompt_tokens"] == 0.0
    optimizer.setup(fresh())
    assert optimizer.usage() == {"calls": 1.0}


def test_usage_is_counted_and_survives_a_checkpoint():
    def model(messages):
        usage = Usage(calls=1, prompt_tokens=10, completion_tokens=5, cached_tokens=2, usd=0.25)
        return Reply(code(len(messages)), usage=usage)

    optimizer = LLMOptimizer(model, n_setup=2)
    optimizer.setup(fresh())
    assert optimizer.usage() == {
        "calls": 2.0,
        "prompt_tokens": 20.0,
        "completion_tokens": 10.0,
        "cached_tokens": 4.0,
        "usd": 0.5,
    }
    optimizer.rng.integers(10)
    state = json.loads(json.dumps(optimizer.state_dict()))
    restored = LLMOptimizer(model)
    restored.load_state_dict(state)
    assert restored.usage() == optimizer.usage()
    assert restored.statistics == optimizer.statistics
    assert restored.rng.integers(1000) == optimizer.rng.integers(1000)


def test_an_unknown_price_is_not_zero():
    optimizer = LLMOptimizer(lambda messages: code(1), n_setup=1)
    optimizer.setup(fresh())
    assert "usd" not in optimizer.usage()


def test_the_same_seed_asks_the_same():
    def prompts_of(seed):
        asked = []

        def model(messages):
            asked.append(messages[-1].content)
            return code(len(asked))

        optimizer = LLMOptimizer(model, n_parents=1, n_children=4, concurrency=1)
        optimizer.seed(seed)
        module = fresh([])
        (policy,) = module.population.add([Script(source(100), "double")])
        policy.tell(Record(i, "ok", 0.0, args=(i,), label=1) for i in range(50))
        optimizer.update(module)
        return asked

    assert prompts_of(1) == prompts_of(1)
    assert prompts_of(1) != prompts_of(2)


def test_short_names():
    with pytest.raises(UnknownName):
        LLMOptimizer("nonsense:model")
    with pytest.raises(ConfigError, match="openai:gpt-5-mini"):
        LLMOptimizer("openai")


@pytest.mark.parametrize("name", ["n_setup", "attempts", "concurrency", "n_parents"])
def test_numbers_must_be_positive(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        LLMOptimizer(lambda messages: "", **{name: 0})
