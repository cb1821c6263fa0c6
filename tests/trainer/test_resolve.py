"""Which optimizer is meant."""

import pytest

import langprop as lp
from langprop.errors import ConfigError, UnknownName
from langprop.optim.llm import LLMOptimizer


class Mine(lp.LLM):
    name = "mine"

    def generate(self, messages, n=1):
        return [lp.Reply("x", usage=lp.Usage(calls=1)) for _ in range(n)]


def write(messages):
    return "x"


def test_a_model_of_ones_own_by_its_import_string():
    for make in (lambda name: lp.Trainer(name).optimizer, LLMOptimizer):
        assert make(f"{__name__}:Mine").name == "mine"
        assert make(f"{__name__}:write").name == "callable:write"


def test_a_misspelt_model():
    with pytest.raises(UnknownName, match=r"Models: did you mean 'openai'\? anthropic, command"):
        lp.Trainer("openia:gpt-5-mini")


@pytest.mark.parametrize("budget", [{"usd": 2}, 2.0, "2"])
def test_what_is_no_budget(budget):
    with pytest.raises(ConfigError, match=r"budget must be one such as Budget\(usd=2\)"):
        lp.Trainer(budget=budget)


@pytest.mark.parametrize("number", ["2", True, float("nan"), float("inf"), 0, -1])
def test_a_budget_of_what_is_no_positive_number(number):
    with pytest.raises(ConfigError, match=r"budget\.usd must be a positive number"):
        lp.Budget(usd=number)
