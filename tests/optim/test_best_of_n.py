"""BestOfN: as LLMOptimizer, but nothing of what scripts did comes to the model's ears."""

import copy
import hashlib
import itertools
import json
import threading

import pytest

from langprop.callbacks.base import Callback
from langprop.errors import ConfigError, ReplyError
from langprop.llms import CallableLLM, Reply, Usage
from langprop.llms.budget import Budget
from langprop.llms.cassette import read_exchanges
from langprop.llms.ensemble import Ensemble
from langprop.llms.openai import OpenAILLM
from langprop.modules.function import FunctionModule
from langprop.optim.best_of_n import BestOfN
from langprop.optim.llm import LLMOptimizer
from langprop.registry import resolve
from langprop.testing.server import ScriptedServer
from langprop.trainer import Trainer
from langprop.trainer.estimate import estimate

DATA = [((n,), 7 * n) for n in range(1, 5)]
NUMBERS = {"n_parents": 2, "n_children": 3, "n_setup": 4, "capacity": 4}


def times(number: int) -> int:
    """Return the number times something."""


def closeness(output, label):
    """How near an answer is: SECRET_OF_SCORING."""
    return 1.0 / (1.0 + abs(output - label))


def code(value):
    return f"```python\ndef times(number):\n    return number * {value}\n```"


class Counting:
    """Answers with ever other scripts, from several threads."""

    def __init__(self):
        self.count = itertools.count(1)
        self.lock = threading.Lock()

    def __call__(self, request):
        with self.lock:
            return code(next(self.count))


def module_of(**settings):
    return FunctionModule(times, score=closeness, **settings)


def fit(optimizer, run_dir=False, *, module=None, steps=3, resume=False, **settings):
    module = module or module_of()
    trainer = Trainer(
        optimizer, max_epochs=None, max_steps=steps, run_dir=run_dir, progress=False,
        isolation="none", seed=1, **settings,
    )  # fmt: skip
    trainer.fit(module, DATA, resume=resume)
    return trainer, module


@pytest.fixture
def server():
    with ScriptedServer(Counting()) as server:
        yield server


def model(server, **settings):
    return OpenAILLM("m", base_url=server.base_url, max_retries=0, **settings)


def test_every_prompt_is_the_setup_prompt(server):
    trainer, module = fit(BestOfN(model(server), **NUMBERS))
    prompts = {json.dumps(request.messages) for request in server.requests}
    assert len(prompts) == 1
    (prompt,) = prompts
    assert "times" in prompt
    for trace in ("number * ", "0.", "exception", "worst"):
        assert trace not in prompt
    assert {policy.script.parent for policy in module.population.policies} == {None}
    assert trainer.optimizer.account.by_role.keys() == {"setup"}


def test_it_asks_as_often_as_with_feedback(server):
    calls, evaluations = [], []
    for kind in (BestOfN, LLMOptimizer):
        trainer, _ = fit(kind(model(server), **NUMBERS))
        calls.append(trainer.optimizer.spent.calls)
        evaluations.append(trainer.evaluations)
    assert calls == [4 + 3 * 6] * 2
    assert evaluations[0] == evaluations[1]
    assert len(server.requests) == sum(calls)


def test_the_estimate_is_what_it_asks(server):
    kinds = (BestOfN, LLMOptimizer)
    made = [
        Trainer(kind(model(server), **NUMBERS), max_epochs=3, batch_size=2, run_dir=False)
        for kind in kinds
    ]
    usages = [estimate(trainer, module_of(), DATA).usage for trainer in made]
    assert [usage.calls for usage in usages] == [4 + 6 * 6] * 2
    assert usages[0].prompt_tokens < usages[1].prompt_tokens  # no script and no samples in them


def test_the_best_are_kept(server):
    _, module = fit(BestOfN(model(server), **NUMBERS))
    assert module(6) == 42
    assert "number * 7" in module.source


def policies(module):
    return json.dumps([policy.state_dict() for policy in module.population.policies])


def test_a_replay_gives_the_same_run(server, tmp_path):
    trainer, module = fit(BestOfN(model(server), **NUMBERS), tmp_path / "run")
    places = [
        (exchange.request.step, exchange.request.index)
        for exchange in read_exchanges(tmp_path / "run")
    ]
    assert len(set(places)) == len(places) == 22
    settings = {**NUMBERS, "concurrency": 1}  # replies come in another order
    again, replayed = fit(BestOfN(f"replay:{tmp_path / 'run'}", **settings), tmp_path / "again")
    assert policies(replayed).replace("replay", "") == policies(module)
    assert again.optimizer.statistics == trainer.optimizer.statistics


class Cut(Callback):
    """Ends the process's work within a step, as ^C does."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_start(self, trainer, module):
        if trainer.step == self.step:
            raise KeyboardInterrupt


def digest(folder):
    return hashlib.sha256((folder / "checkpoint.json").read_bytes()).hexdigest()


@pytest.mark.parametrize("cut", [1, 2])
def test_a_run_that_was_broken_off_ends_as_one_that_was_not(tmp_path, cut):
    calls = []

    def answer(messages):
        calls.append(messages)
        return Reply(code(len(calls)), Usage(1, 10, 5, usd=0.1, seconds=0.5))

    settings = {**NUMBERS, "concurrency": 1}
    fit(BestOfN(answer, **settings), tmp_path / "whole")
    calls.clear()
    trainer, _ = fit(BestOfN(answer, **settings), tmp_path / "cut", callbacks=[Cut(cut)])
    assert trainer.interrupted
    fit(BestOfN(answer, **settings), tmp_path / "cut", resume=True)
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")
    assert len(calls) == 22


def test_a_budget_is_kept(server, tmp_path):
    trainer, _ = fit(
        BestOfN(model(server), **NUMBERS), tmp_path / "run", budget=Budget(calls=7), steps=9
    )
    assert (trainer.optimizer.spent.calls, len(server.requests)) == (7, 7)
    assert trainer.stopped == "budget: 7 of 7 calls"


def test_programs_that_come_again_are_fewer_children():
    trainer, module = fit(BestOfN(lambda messages: code(3), **NUMBERS))
    assert len(module.population) == 1
    assert trainer.optimizer.statistics.duplicate == 21
    assert trainer.evaluations == len(DATA) * 3


def test_a_useless_reply_is_sent_back_unless_nothing_shall_be():
    def answer(messages):
        return code(2) if len(messages) > 2 else "I don't know."

    trainer, _ = fit(BestOfN(answer, n_parents=1, n_children=1), steps=1)
    assert trainer.optimizer.account.by_role.keys() == {"setup", "repair"}
    with pytest.raises(ReplyError, match="holds a usable script"):
        fit(BestOfN(answer, n_parents=1, n_children=1, attempts=1), steps=1)


def test_seed_scripts_come_first_and_are_not_shown(server):
    seed = "def times(number):\n    return number * 41\n"
    trainer, module = fit(BestOfN(model(server), **NUMBERS), module=module_of(seeds=[seed]))
    assert trainer.optimizer.spent.calls == 3 * 6
    assert all("41" not in str(request.messages) for request in server.requests)
    assert "number * 7" in module.source


def test_an_ensemble_learns_nothing():
    members = [CallableLLM(lambda messages: code(2), name=name) for name in "ab"]
    ensemble = Ensemble(members, bandit=True)
    fit(BestOfN(ensemble, **NUMBERS))
    assert all(each.won == each.lost == 0 for each in ensemble.evidence.values())


@pytest.mark.parametrize("settings", [{"temperature": 0}, {"seed": 3}])
def test_parameters_that_make_all_replies_equal_are_told(server, settings):
    with pytest.warns(UserWarning, match="same reply"):
        BestOfN(model(server, **settings))
    BestOfN(model(server, temperature=1.0))


def test_it_has_a_short_name(server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    made = resolve("optimizer", "best_of_n:openai:m")
    assert isinstance(made, BestOfN)
    assert made.name == "best_of_n:openai:m"
    assert made.settings()["n_parents"] == 3
    assert "feedback" not in made.settings()
    assert copy.deepcopy(made).llm is made.llm


def test_the_name_of_an_optimizer_is_no_model():
    with pytest.raises(ConfigError, match="the baseline of 'mutation' is 'random'"):
        BestOfN("mutation")
    with pytest.raises(ValueError, match="n_children must be at least 1"):
        BestOfN(lambda messages: "", n_children=0)
