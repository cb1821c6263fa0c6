"""Several runs that ask the same model at the same time."""

import threading

import pytest

from langprop.llms.base import Request
from langprop.llms.ensemble import Ensemble
from langprop.llms.openai import OpenAILLM
from langprop.llms.pool import RequestPool
from langprop.modules.function import FunctionModule
from langprop.optim.llm import LLMOptimizer
from langprop.prompts.message import Message
from langprop.testing.server import Answer, ScriptedServer
from langprop.trainer import Trainer

PATIENCE = 30.0  # [s]


def plus(number: int) -> int:
    """Add something."""


def times(number: int) -> int:
    """Multiply by something."""


def closeness(output, label):
    return 1.0 / (1.0 + abs(output - label))


def fit(stub, llm):
    module = FunctionModule(stub, score=closeness)
    optimizer = LLMOptimizer(llm, n_setup=1, n_parents=1, n_children=1)
    trainer = Trainer(optimizer, max_epochs=1, run_dir=False, progress=False, workers=1)
    trainer.fit(module, [((n,), n) for n in range(4)])
    return module


@pytest.mark.parametrize("many", [False, True])
def test_a_run_that_ends_leaves_the_requests_of_another_alone(many):
    asked, ended = threading.Event(), threading.Event()

    def answer(request):
        name = "plus" if "plus" in request.prompt else "times"
        if name == "times":
            asked.set()
            assert ended.wait(PATIENCE)
        return f"```python\ndef {name}(number):\n    return number\n```"

    done = []
    with ScriptedServer(answer) as server:
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=0)
        first = Ensemble([llm]) if many else llm
        other = threading.Thread(target=lambda: done.append(fit(times, llm)), daemon=True)
        other.start()
        assert asked.wait(PATIENCE)
        assert fit(plus, first)(3) == 3
        ended.set()
        other.join(PATIENCE)
        assert [module(3) for module in done] == [3]


def test_a_run_that_gives_up_gives_up_its_own_requests():
    gate = threading.Event()

    def answer(request):
        if request.prompt == "slow":
            return Answer("x", delay=600)
        assert gate.wait(PATIENCE)
        return "answered"

    with ScriptedServer(answer) as server:
        llm = OpenAILLM("m", base_url=server.base_url, max_retries=0)
        with RequestPool() as mine, RequestPool() as theirs:
            mine.send(llm, Request([Message("user", "slow")]))
            theirs.send(llm, Request([Message("user", "patient")]))
            deadline = threading.Event()
            while len(server.requests) < 2:
                assert not deadline.wait(0.01)
            mine.close()
            while not server.hung_up:
                assert not deadline.wait(0.01)
            gate.set()
            ((_, reply),) = theirs.completed()
            assert reply.text == "answered"
        llm.close()
    assert server.hung_up == 1
