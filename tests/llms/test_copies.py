"""Copies of models and of optimizers."""

import copy
import pickle

import pytest

from langprop.llms import CallableLLM, Reply, Usage
from langprop.llms.command import CommandLLM
from langprop.llms.ensemble import Ensemble
from langprop.llms.exchange import ExchangeLLM
from langprop.llms.openai import OpenAILLM
from langprop.optim.llm import LLMOptimizer


def echo(messages):
    return Reply(messages[-1].content, Usage(1))


@pytest.fixture(params=["openai", "command", "exchange"])
def llm(request, tmp_path):
    made = {
        "openai": lambda: OpenAILLM("m", base_url="http://127.0.0.1:9/v1", api_key="sk-secret"),
        "command": lambda: CommandLLM("cat"),
        "exchange": lambda: ExchangeLLM(tmp_path),
    }[request.param]()
    yield made
    made.close()


def test_the_copy_of_an_optimizer_asks_the_same_model(llm):
    optimizer = LLMOptimizer(llm, n_parents=1)
    for other in (copy.copy(optimizer), copy.deepcopy(optimizer)):
        assert other.llm is llm
        assert other.state_dict() == optimizer.state_dict()


def test_a_model_that_holds_connections_is_not_pickled(llm):
    with pytest.raises(TypeError, match=r"can't be pickled: make the model in the process"):
        pickle.dumps(LLMOptimizer(llm))


@pytest.mark.parametrize("how", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_the_copy_of_an_ensemble_learns_by_itself(how):
    ensemble = Ensemble([CallableLLM(echo, name="a"), CallableLLM(echo, name="b")], bandit=True)
    ensemble.learn("a", True, Usage(1))
    other = how(ensemble)
    assert [other.choose().name for _ in range(20)] == [ensemble.choose().name for _ in range(20)]
    other.learn("b", True, Usage(1))
    assert ensemble.evidence["b"].won == 0
