"""Runs with a language model: the real SDK against a scripted server, and the trainer on top."""

import json
import re
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from langprop.errors import (
    CheckpointError,
    ConfigError,
    LLMAuthError,
    LLMConnectionError,
    LLMRequestError,
)
from langprop.llms import CallableLLM, Reply
from langprop.llms.budget import Budget
from langprop.llms.cassette import read_exchanges
from langprop.llms.openai import OpenAILLM
from langprop.llms.replay import ReplayLLM
from langprop.modules.function import FunctionModule
from langprop.optim.llm import LLMOptimizer
from langprop.scripts.script import Script
from langprop.testing.server import Answer, ScriptedServer
from langprop.trainer import Trainer

DATA = [((n,), 7 * n) for n in range(1, 9)]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}


def times(number: int) -> int:
    """Return the number times something."""


def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))


def code(value):
    return f"I multiply.\n\n```python\ndef times(number):\n    return number * {value}\n```"


def script_of(messages):
    """The factor of the script in a prompt; 0 at setup."""
    found = re.findall(r"return number \* (\d+)", messages[-1]["content"])
    return int(found[0]) if found else 0


def climber(request):
    """A model that gets better with every step, and writes nonsense and copies now and then."""
    factor = script_of(request.messages)
    if factor == 0:
        return code(1 + request.index % 2)
    if request.index % 5 == 4 and "can't be used" not in request.prompt:
        return "I don't know."
    return code(min(factor + 1 + request.index % 2, 7))


def module_of(**settings):
    return FunctionModule(times, score=closeness, **settings)


@pytest.fixture
def serve():
    """A server that answers as told, and a model behind it."""
    open_now = []

    def serve(replies, **settings):
        server = ScriptedServer(replies).start()
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=0, **settings)
        open_now.extend([server, llm])
        return server, llm

    yield serve
    for thing in reversed(open_now):
        thing.close()


def fit(llm, run_dir=False, *, module=None, train=DATA, budget=None, steps=3, **settings):
    module = module or module_of()
    chosen = {"n_parents": 2, "n_children": 2, "n_setup": 2, **settings}
    optimizer = llm if isinstance(llm, LLMOptimizer) else LLMOptimizer(llm, **chosen)
    trainer = Trainer(
        optimizer,
        max_epochs=None,
        max_steps=steps,
        run_dir=run_dir,
        progress=False,
        budget=budget,
        seed=1,
    )
    trainer.fit(module, train)
    return trainer, module


# Candidates are judged as replies arrive


def test_a_child_is_judged_while_the_others_are_being_written(serve):
    judged = threading.Event()

    def score(output, label):
        if output == label:
            judged.set()
        return closeness(output, label)

    def answer(request):
        if script_of(request.messages) == 0:
            return code(1)
        with lock:
            place = len(children)
            children.append(request)
        if place == 0:
            return code(7)
        assert judged.wait(30)  # comes only when the other child was judged
        return code(3)

    lock, children = threading.Lock(), []
    _, llm = serve(answer)
    module = FunctionModule(times, score=score)
    trainer, _ = fit(llm, module=module, steps=1, n_setup=1, n_parents=1)
    assert sorted(policy.priority == 1.0 for policy in module.population.policies) == [0, 0, 1]
    assert trainer.metrics["children"] == 2


def test_the_population_does_not_depend_on_the_order_of_the_replies(serve):
    def run(order):
        gates = [threading.Event() for _ in range(4)]

        def answer(request):
            if script_of(request.messages) == 0:
                return code(1)
            with lock:
                arrived.append(request)
                mine = len(arrived) - 1
                if len(arrived) == 4:
                    gates[order[0]].set()
            assert gates[mine].wait(30)
            done = order.index(mine)
            if done < 3:
                gates[order[done + 1]].set()
            # The first two are the same program in other words.
            return code([2, 2, 3, 4][mine]).replace("I multiply", f"Number {mine}")

        lock, arrived = threading.Lock(), []
        _, llm = serve(answer)
        optimizer = LLMOptimizer(llm, n_parents=1, n_children=4, n_setup=1, concurrency=4)
        _, module = fit(optimizer, steps=1)
        return [(policy.id, policy.priority) for policy in module.population.policies]

    ids = [{name for name, _ in run(order)} for order in ([0, 1, 2, 3], [3, 2, 1, 0])]
    assert ids[0] == ids[1]


class ByPlace(CallableLLM):
    """Writes what its place says; the later one is asked for, the sooner it comes."""

    def __init__(self, factors):
        super().__init__(lambda messages: "", name="by place")
        self.factors = factors
        self.gates = [threading.Event() for _ in factors]

    def request(self, request):
        if request.step < 0:
            return Reply(code(1))
        if request.index + 1 < len(self.factors):
            assert self.gates[request.index + 1].wait(30)
        self.gates[request.index].set()
        return Reply(
            code(self.factors[request.index])
            .replace("number)", f"number):  # {request.index}", 1)
            .replace(f"# {request.index}:", f"# {request.index}")
        )


def test_children_stand_in_the_order_in_which_they_were_asked_for():
    llm = ByPlace([2, 3, 2, 4])
    module = module_of()
    module.population.add([Script("def times(number):\n    return number * 1\n", "times")])
    optimizer = LLMOptimizer(llm, n_parents=1, n_children=4)
    trainer = Trainer(optimizer, run_dir=False, progress=False)
    children = trainer.fit_batch(module, DATA)
    trainer.close()
    sources = [child.script.source for child in children]
    assert [re.search(r"\* (\d)", source)[1] for source in sources] == ["2", "3", "4"]
    assert "# 0" in sources[0]  # of two equal scripts, the one that was asked for first is kept
    assert module.population.policies[1:] == children


def test_a_known_script_is_not_judged_again(serve):
    _, llm = serve(lambda request: code(1 if script_of(request.messages) == 0 else 2))
    trainer, module = fit(llm, steps=4, n_setup=1, n_parents=1, n_children=3)
    statistics = trainer.optimizer.statistics
    assert len(module.population) == 2
    assert statistics.parsed == 1 + 4 * 3
    assert statistics.duplicate == 4 * 3 - 1
    # One policy in the first step, its child after it, two in each later step: nothing else.
    assert trainer.evaluations == len(DATA) * (1 + 1 + 3 * 2)


# Budgets


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        (Budget(calls=7), lambda trainer: (trainer.optimizer.spent.calls, 7)),
        (
            Budget(tokens=10_000),
            lambda trainer: (
                trainer.optimizer.spent.prompt_tokens + trainer.optimizer.spent.completion_tokens,
                10_000,
            ),
        ),
        (Budget(usd=0.01), lambda trainer: (trainer.optimizer.spent.usd, 0.01)),
        (Budget(evaluations=100), lambda trainer: (trainer.evaluations, 100)),
    ],
)
def test_a_budget_is_hard_and_most_of_it_is_used(serve, budget, spent):
    _, llm = serve(lambda request: Answer(climber(request), usage=USAGE), price="1/1")
    trainer, module = fit(llm, budget=budget, steps=100)
    used, limit = spent(trainer)
    assert limit * 0.5 <= used <= limit
    assert trainer.stopped.startswith("budget: ")
    assert module.best is not None


def test_a_tiny_budget_in_tokens_is_not_used_by_many_at_once(serve):
    server, llm = serve(climber)  # it counts 15 tokens for each call
    trainer, _ = fit(llm, budget=Budget(tokens=100), steps=100)
    assert 15 <= 15 * trainer.optimizer.spent.calls <= 100
    assert len(server.requests) == trainer.optimizer.spent.calls


def test_a_budget_that_does_not_cover_the_first_script(serve):
    server, llm = serve(climber, price="1000/1000", max_tokens=100_000)
    llm_usage = Answer(code(1), usage={"prompt_tokens": 10, "completion_tokens": 100_000})
    server.replies = llm_usage
    trainer, _ = fit(llm, budget=Budget(usd=1.0), steps=100, n_setup=3)
    assert len(server.requests) == 1  # it goes alone, since nothing is known yet
    assert "budget" in trainer.stopped


def test_a_budget_in_money_needs_a_price(serve):
    server, llm = serve(climber)
    with pytest.raises(ConfigError, match=r"price of openai:m isn't known.*price='INPUT/OUTPUT'"):
        fit(llm, budget=Budget(usd=1.0))
    with pytest.raises(ConfigError, match=r"price of callable:.* isn't known"):
        fit(lambda messages: code(1), budget=Budget(usd=1.0))
    assert server.requests == []


def test_a_budget_in_seconds_does_not_wait_for_a_slow_model(serve, tmp_path):
    _, llm = serve(
        lambda request: code(1) if not script_of(request.messages) else Answer(code(2), delay=60)
    )
    start = time.monotonic()
    trainer, module = fit(llm, tmp_path / "run", budget=Budget(seconds=2.0))
    assert time.monotonic() - start < 30
    assert trainer.stopped == "budget: 2 seconds"
    assert module.best is not None
    assert (tmp_path / "run" / "best.py").exists()


def test_what_is_asked_for_after_the_run_is_counted_and_not_kept_back(serve):
    _, llm = serve(climber)
    trainer, module = fit(llm, budget=Budget(evaluations=40), steps=100)
    before = trainer.evaluations
    assert len(trainer.test(module, DATA).records) == len(DATA)
    assert trainer.evaluations == before + len(DATA)


def test_a_budget_that_is_no_number():
    with pytest.raises(ConfigError, match=r"budget\.usd must be a positive number, but got -1"):
        Budget(usd=-1)
    with pytest.raises(ConfigError, match=r"budget\.calls"):
        Budget(calls=0)


def test_accounts_by_model_and_role(serve):
    _, llm = serve(climber)
    trainer, _ = fit(llm, steps=4)
    account = trainer.optimizer.account
    roles = account.by_role
    assert roles["setup"].calls == 2
    assert roles["repair"].calls >= 1
    assert sum(usage.calls for usage in roles.values()) == account.total.calls
    assert set(account.by_model) == {"openai:m"}
    assert account.total.usd is None  # unknown, not 0


def test_each_run_has_its_own_account(serve):
    _, llm = serve(climber)
    optimizer = LLMOptimizer(llm, n_parents=1, n_children=1, n_setup=1)
    fit(optimizer, steps=1)
    fit(optimizer, steps=1)
    assert optimizer.spent.calls == 2


# Recordings


def state_of(module):
    policies = [policy.state_dict() for policy in module.population.policies]
    return json.dumps(policies), [policy.script.source for policy in module.population.policies]


def test_a_recorded_run_replays_to_an_identical_population(serve, tmp_path, monkeypatch):
    server, llm = serve(climber)
    trainer, module = fit(llm, tmp_path / "first", steps=5)
    server.close()
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    again, replayed = fit(f"replay:{tmp_path / 'first'}", tmp_path / "second", steps=5)
    assert state_of(replayed) == state_of(module)
    assert again.optimizer.statistics == trainer.optimizer.statistics
    assert again.optimizer.statistics.repaired >= 1
    assert again.optimizer.spent.calls == trainer.optimizer.spent.calls
    first, second = (read_exchanges(tmp_path / name) for name in ("first", "second"))
    assert sorted(map(repr, strip(first))) == sorted(map(repr, strip(second)))


def strip(exchanges):
    return [
        (
            e.request.step,
            e.request.index,
            e.request.attempt,
            e.request.role,
            e.llm,
            # Which of two equal scripts came first is chance.
            "parsed" if e.outcome == "duplicate" else e.outcome,
            e.child,
        )
        for e in exchanges
    ]


def test_a_run_with_failures_and_a_budget_replays_too(serve, tmp_path):
    def answer(request):
        return Answer("busy", status=503) if request.index % 4 == 3 else climber(request)

    _, llm = serve(answer)
    budget = Budget(calls=17)
    trainer, module = fit(llm, tmp_path / "first", steps=50, budget=budget)
    again, replayed = fit(f"replay:{tmp_path / 'first'}", steps=50, budget=budget)
    assert trainer.optimizer.statistics.failed > 0
    assert state_of(replayed) == state_of(module)
    assert again.step == trainer.step


def test_another_module_finds_no_reply_and_is_told_why(serve, tmp_path):
    _, llm = serve(climber)
    fit(llm, tmp_path / "first", steps=1)
    with pytest.raises(LLMRequestError, match=r"holds no reply to this prompt .* the seed"):
        fit(f"replay:{tmp_path / 'first'}", module=FunctionModule(strip_stub, score=closeness))
    with pytest.raises(CheckpointError, match="can't be read"):
        ReplayLLM(tmp_path / "nothing")


def strip_stub(number: int) -> int:
    """Do something else."""


def test_a_recording_is_a_cache_where_another_model_stands_behind(serve, tmp_path):
    server, llm = serve(climber)
    fit(llm, tmp_path / "first", steps=2)
    before = len(server.requests)
    cached = ReplayLLM(tmp_path / "first", otherwise=llm)
    trainer, _ = fit(cached, steps=2)
    assert len(server.requests) == before
    assert trainer.optimizer.spent.calls == 0  # nothing was paid
    fit(cached, module=FunctionModule(strip_stub, score=closeness), steps=1)
    assert len(server.requests) > before


def test_what_is_recorded(serve, tmp_path):
    _, llm = serve(climber, temperature=0.5)
    _, module = fit(llm, tmp_path / "run", steps=2)
    text = (tmp_path / "run/exchanges.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    setup, *_, last = lines
    assert (setup["step"], setup["role"], setup["parent"]) == (-1, "setup", None)
    assert setup["messages"][0]["role"] == "system"
    assert setup["parameters"] == {"temperature": 0.5}
    assert setup["usage"]["prompt_tokens"] == 10
    assert setup["usage"]["usd"] is None
    assert "def times" in setup["reply"]["text"]
    assert last["step"] == 1
    assert last["parent"] in {line["child"] for line in lines}
    ids = {line["child"] for line in lines}
    assert {policy.id for policy in module.population.policies} <= ids


def test_keys_never_enter_the_recording(serve, tmp_path, monkeypatch):
    key, other = "sk-proj-0123456789abcdef", "hunter2-is-my-password"
    monkeypatch.setenv("MY_SERVICE_PASSWORD", other)

    def answer(request):
        if script_of(request.messages):
            return Answer(f"Incorrect API key provided: {key}", status=400)
        return code(1) + f"\nYour key is {key}, and {other}."

    server = ScriptedServer(answer).start()
    llm = OpenAILLM(
        "m",
        base_url=server.base_url,
        api_key=key,
        max_retries=0,
        extra_headers={"Authorization": f"Bearer {key}", "X-Title": "t"},
    )
    with pytest.raises(LLMRequestError) as caught:
        fit(llm, tmp_path / "run")
    server.close()
    llm.close()
    assert key not in str(caught.value)
    for path in (tmp_path / "run").rglob("*"):
        if path.is_file() and path.name != "best.py" and path.suffix != ".py":
            assert key not in path.read_text(), path
            assert other not in path.read_text(), path
    assert "[key]" in (tmp_path / "run/exchanges.jsonl").read_text()


def test_a_line_that_was_cut_off_is_passed_over(serve, tmp_path):
    _, llm = serve(climber)
    fit(llm, tmp_path / "run", steps=2)
    path = tmp_path / "run/exchanges.jsonl"
    whole = read_exchanges(path)
    with path.open("ab") as file:
        file.write(b'{"format": 1, "time": "20')  # killed in the middle of a line
    assert len(read_exchanges(path)) == len(whole)
    from langprop.llms.cassette import Cassette

    Cassette(path).record(whole[0])
    assert len(read_exchanges(path)) == len(whole) + 1
    path.write_text('{"format": 99}\n')
    with pytest.raises(CheckpointError, match=r"line 1 .* upgrade"):
        read_exchanges(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_ends_the_run_with_what_was_learned(serve, tmp_path):
    run = tmp_path / "run"

    def answer(request):
        if script_of(request.messages) and not (run / "exchanges.jsonl").is_symlink():
            (run / "exchanges.jsonl").unlink()
            (run / "exchanges.jsonl").symlink_to("/dev/full")
        return climber(request)

    _, llm = serve(answer)
    with pytest.raises(CheckpointError, match=r"No space left.*make room"):
        fit(llm, run, n_parents=1, n_children=1)
    assert len(list((run / "scripts").iterdir())) == 2


# What can't go on


def test_a_wrong_key_does_not_wait_for_the_others(serve):
    _, llm = serve(
        lambda request: (
            Answer("bad key", status=401) if request.index == 0 else Answer("x", delay=60)
        )
    )
    start = time.monotonic()
    with pytest.raises(LLMAuthError, match="check OPENAI_API_KEY"):
        fit(llm, n_setup=4)
    assert time.monotonic() - start < 30


def test_a_server_that_dies_in_mid_run(serve, tmp_path):
    server, llm = serve(climber)

    def answer(request):
        if len(server.requests) > 6:
            return Answer(drop=True)
        return climber(request)

    server.replies = answer
    with pytest.raises(LLMConnectionError, match="can't connect"):
        fit(llm, tmp_path / "run", steps=50)
    from langprop.trainer import load

    assert load(tmp_path / "run").best is not None


def test_content_that_is_refused_is_not_asked_for_again(serve, caplog):
    def answer(request):
        if script_of(request.messages):
            return Answer("I can't help with that.", finish_reason="content_filter")
        return code(1)

    server, llm = serve(answer)
    trainer, _ = fit(llm, steps=1, n_setup=1, n_parents=1, n_children=2)
    assert trainer.optimizer.statistics.rejected == 2
    assert len(server.requests) == 3
    assert "2 × no usable script: the provider's content filter withheld it" in caplog.text


def test_interrupt_gives_up_what_is_in_flight_and_saves(tmp_path):
    body = f"""
        import os, signal, sys, threading
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_llm_runs as shared
        from langprop.llms.openai import OpenAILLM
        from langprop.optim.llm import LLMOptimizer
        from langprop.testing.server import Answer, ScriptedServer
        from langprop.trainer import Trainer

        signal.signal(signal.SIGINT, signal.default_int_handler)
        main = threading.get_native_id()

        def answer(request):
            if shared.script_of(request.messages) == 0:
                return shared.code(1)
            if len(server.requests) == 32:
                os.kill(os.getpid(), signal.SIGINT)
            return Answer("x", delay=600)

        with ScriptedServer(answer) as server:
            llm = OpenAILLM("m", base_url=server.base_url)
            trainer = Trainer(
                LLMOptimizer(llm, n_setup=1, n_parents=1, n_children=31),
                run_dir={str(tmp_path / "run")!r}, progress=False,
            )
            trainer.fit(shared.module_of(), shared.DATA)
            print(trainer.interrupted, trainer.run_dir.path.joinpath("best.py").exists())
    """
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(body)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "True True", done.stderr
    assert time.monotonic() - start < 60
