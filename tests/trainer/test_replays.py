"""Runs that end early, and their replays: whatever the order in which replies come."""

import json
import shutil
import threading

import pytest

from langprop.errors import NotRecorded
from langprop.llms import CallableLLM, Reply, Usage
from langprop.llms.budget import Budget
from langprop.llms.openai import OpenAILLM
from langprop.modules.function import FunctionModule
from langprop.optim.llm import LLMOptimizer
from langprop.testing.server import Answer, ScriptedServer
from langprop.trainer import Trainer
from langprop.trainer.loaded import load

DATA = [((n,), 7 * n) for n in range(1, 5)]
PATIENCE = 30.0  # [s]


def times(number: int) -> int:
    """Return the number times something."""


def code(value):
    return f"```python\ndef times(number):\n    return number * {value}\n```"


class InOrder(CallableLLM):
    """Answers the requests of the first step in a given order; each has its own reply.

    Args:
        replies: By script and attempt, in the order in which they are given.
    """

    def __init__(self, replies):
        super().__init__(lambda messages: "", name="in order")
        self.replies = dict(replies)
        self.gates = {place: threading.Event() for place in replies}
        next(iter(self.gates.values())).set()

    def request(self, request):
        if request.step:
            return Reply(code(1 if request.step < 0 else 90 + request.index), Usage(1))
        place = request.index, request.attempt
        assert self.gates[place].wait(PATIENCE)
        order = list(self.gates)
        if order.index(place) + 1 < len(order):
            self.gates[order[order.index(place) + 1]].set()
        return Reply(self.replies[place], Usage(1))


def fit(llm, run_dir=False, *, budget=None, concurrency=32, steps=3, n_children=3):
    module = FunctionModule(times, score=lambda output, label: 1 / (1 + abs(output - label)))
    settings = {"n_setup": 1, "n_parents": 1, "n_children": n_children}
    trainer = Trainer(
        LLMOptimizer(llm, concurrency=concurrency, **settings),
        max_epochs=None,
        max_steps=steps,
        run_dir=run_dir,
        progress=False,
        budget=budget,
        workers=1,
        seed=1,
    )
    trainer.fit(module, DATA)
    return trainer, module


def population(module):
    policies = module.population.policies
    return json.dumps([policy.state_dict() for policy in policies]), [p.id for p in policies]


def replay(run, **settings):
    """One at a time, so that replies come in another order."""
    return fit(f"replay:{run}", concurrency=1, **settings)


def test_what_the_budget_kept_back_is_kept_back_again(tmp_path):
    replies = {
        (2, 1): "I don't know.",
        (2, 2): code(3),
        (1, 1): code(2),
        (0, 1): "I don't know.",  # no call is left for its repair
    }
    budget = Budget(calls=5)
    trainer, module = fit(InOrder(replies), tmp_path / "run", budget=budget)
    assert trainer.stopped == "budget: 5 of 5 calls"
    again, replayed = replay(tmp_path / "run", run_dir=tmp_path / "again", budget=budget)
    assert population(replayed) == population(module)
    assert (again.stopped, again.step) == (trainer.stopped, trainer.step)
    assert again.optimizer.statistics == trainer.optimizer.statistics
    assert again.optimizer.spent.calls == 5
    once_more, third = replay(tmp_path / "again")  # the budget is in the recording
    assert population(third) == population(module)
    assert once_more.stopped == trainer.stopped


def test_the_children_that_a_budget_covers_are_the_first_ones(tmp_path):
    budget = Budget(evaluations=3 * len(DATA) + 1)  # a policy, and two children of it
    replies = {(3, 1): code(5), (2, 1): code(4), (1, 1): code(3), (0, 1): code(2)}
    trainer, module = fit(InOrder(replies), tmp_path / "run", budget=budget, n_children=4)
    assert trainer.evaluations == 3 * len(DATA)
    assert trainer.stopped.startswith("budget: 12 of 13 evaluations, and the next 8")
    sources = [policy.script.source for policy in module.population.policies]
    assert [source.strip()[-1] for source in sources] == ["1", "2", "3"]
    _, replayed = replay(tmp_path / "run", budget=budget, n_children=4)
    assert population(replayed) == population(module)


def test_nothing_is_asked_for_that_could_not_be_judged(tmp_path):
    llm = InOrder({(0, 1): code(2)})
    trainer, _ = fit(llm, budget=Budget(evaluations=len(DATA)), n_children=1)
    assert trainer.optimizer.spent.calls == 1  # the first script
    assert "evaluations" in trainer.stopped


def test_the_replay_of_a_run_that_was_killed_ends_where_it_ended(tmp_path):
    replies = {(index, 1): code(2 + index) for index in range(3)}
    fit(InOrder(replies), tmp_path / "run")
    path = tmp_path / "run/exchanges.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:6]) + lines[6][:100])  # in the second of three steps
    trainer, _ = replay(tmp_path / "run")
    assert trainer.step == 2
    assert "ends before this request (step 1, update" in trainer.stopped


def test_a_gap_in_a_recording_is_an_error(tmp_path):
    replies = {(index, 1): code(2 + index) for index in range(3)}
    fit(InOrder(replies), tmp_path / "run")
    path = tmp_path / "run/exchanges.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], *lines[3:]]))
    with pytest.raises(
        NotRecorded, match=r"holds no further reply to this prompt \(step 0, update"
    ):
        replay(tmp_path / "run")


def test_of_two_runs_in_one_recording_the_last_one_counts(tmp_path):
    """One that was killed before its first checkpoint, and another that was started after it."""
    run = tmp_path / "run"
    fit(lambda messages: code(5), run, steps=1)
    first = (run / "exchanges.jsonl").read_bytes()
    names = ("checkpoint.json", "checkpoint.previous.json", "metrics.jsonl", "exchanges.jsonl")
    for name in names:
        (run / name).unlink()
    _, module = fit(lambda messages: code(6), run, steps=1)
    second = (run / "exchanges.jsonl").read_bytes()
    (run / "exchanges.jsonl").write_bytes(first + second)
    _, replayed = replay(run, steps=1)
    assert population(replayed) == population(module)


def test_a_recording_after_a_loss_of_power_or_an_editor(tmp_path):
    replies = {(index, 1): code(2 + index) for index in range(3)}
    _, module = fit(InOrder(replies), tmp_path / "run")
    path = tmp_path / "run/exchanges.jsonl"
    whole = path.read_bytes()
    for changed in (b"\xef\xbb\xbf" + whole, b"\0" * 4096 + whole, whole + b"\0" * 100, whole[:-1]):
        path.write_bytes(changed)
        _, replayed = replay(tmp_path / "run")
        assert population(replayed) == population(module)


def test_a_run_folder_that_is_removed_in_mid_run_is_complete_again(tmp_path):
    def answer(messages):
        calls.append(messages)
        if len(calls) == 4:
            shutil.rmtree(tmp_path / "run")
        return code(2)

    calls = []
    _, module = fit(answer, tmp_path / "run", concurrency=1)
    assert load(tmp_path / "run")(3) == module(3)


def test_a_small_budget_is_not_overdrawn_by_replies_that_are_long():
    """Models that think write many tokens, of which nothing is known before the first reply."""
    usage = {"prompt_tokens": 400, "completion_tokens": 20_000, "total_tokens": 20_400}
    with ScriptedServer(Answer(code(2), usage=usage)) as server:
        llm = OpenAILLM("m", base_url=server.base_url, price="1/10", max_retries=0)
        trainer, _ = fit(llm, budget=Budget(usd=0.5), n_children=32)
        assert 0.25 <= trainer.optimizer.spent.usd <= 0.5
        trainer, _ = fit(llm, budget=Budget(tokens=300_000), n_children=32)
        assert 100_000 <= trainer.optimizer.spent.usd * 1e5 <= 300_000
        assert server.most < 16


def test_a_request_that_fails_does_not_end_a_run_with_a_small_budget():
    replies = [Answer("busy", status=503), code(1), code(2), code(3)]
    with ScriptedServer(replies) as server:
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=1)
        trainer, _ = fit(llm, budget=Budget(tokens=5_000), steps=1)
        assert trainer.optimizer.statistics.parsed == 3


@pytest.mark.parametrize("usd", [float("nan"), float("inf")])
def test_a_price_that_is_no_number_is_unknown(usd):
    trainer, _ = fit(lambda messages: Reply(code(2), Usage(1, 5, 5, usd=usd)), steps=1)
    assert trainer.optimizer.spent.usd is None
