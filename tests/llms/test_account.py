"""Accounts and budgets: what is counted, and when a request may begin."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import ConfigError
from langprop.llms.account import Account, check_price
from langprop.llms.base import Request, Usage
from langprop.llms.budget import Budget
from langprop.llms.callable import CallableLLM
from langprop.llms.price import Price
from langprop.prompts.message import Message


def model(name="m", price=None, **parameters):
    llm = CallableLLM(lambda messages: "x", name=name)
    llm.price, llm.parameters = price, parameters
    return llm


def request(role="update", size=400):
    return Request([Message("user", "x" * size)], role)


usages = st.builds(
    Usage,
    calls=st.just(1),
    prompt_tokens=st.integers(1, 3000),
    completion_tokens=st.integers(1, 999),
    usd=st.floats(0, 0.01, allow_nan=False),
    seconds=st.floats(0, 100),
)


def spend(account, llm, used, *, together, order):
    """Ask for as long as the account lets us, with so many in flight; settle in any order."""
    flying, waiting = [], list(used)
    while True:
        while waiting and len(flying) < together:
            ticket = account.open(llm, request())
            if ticket is None:
                break
            flying.append((ticket, waiting.pop(0)))
        if not flying:
            return
        ticket, usage = flying.pop(order.randrange(len(flying)))
        account.settle(ticket, llm, request(), usage)


@settings(max_examples=60)
@given(st.lists(usages, max_size=40), st.integers(1, 8), st.randoms(use_true_random=False))
def test_calls_and_tokens_are_never_exceeded_once_a_reply_has_a_limit(used, together, order):
    budget = Budget(calls=20, tokens=20_000)
    account = Account(budget)
    llm = model(max_tokens=1000)
    first = Usage(1, prompt_tokens=3000, completion_tokens=1000)  # the dearest that there may be
    spend(account, llm, [first], together=1, order=order)  # until it is there, there are guesses
    spend(account, llm, used, together=together, order=order)
    total = account.total
    assert total.calls <= 20
    assert total.prompt_tokens + total.completion_tokens <= 20_000
    if not account.exhausted:
        assert total.calls == len(used) + 1


@settings(max_examples=60)
@given(st.lists(usages, max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_the_replies_does_not_matter(used, order):
    def account_of(sequence):
        account = Account()
        tickets = [(account.open(model(), request()), usage) for usage in sequence]
        for ticket, usage in tickets:
            account.settle(ticket, model(), request(), usage)
        return account.state_dict()

    shuffled = list(used)
    order.shuffle(shuffled)
    assert json.dumps(account_of(used)) == json.dumps(account_of(shuffled))


def test_what_is_in_flight_is_set_aside():
    account = Account(Budget(tokens=2_500))
    llm = model(max_tokens=900)
    tickets = [account.open(llm, request()) for _ in range(3)]  # 100 read, 900 written each
    assert tickets[2] is None
    assert "of 2,500 tokens" in account.exhausted
    account.settle(tickets[0], llm, request(), Usage(1, 100, 100))
    assert account.open(llm, request()) is not None  # it took less than was set aside
    assert account.exhausted == ""


def test_longer_conversations_are_expected_to_cost_more():
    account = Account(Budget(tokens=10_000))
    llm = model()
    account.settle(account.open(llm, request()), llm, request(), Usage(1, 900, 100))
    assert account.open(llm, request(size=4_000)) is None
    assert account.open(llm, request(size=400)) is not None


def test_money():
    account = Account(Budget(usd=0.0025))
    llm = model(price=Price(1.0, 1.0), max_tokens=900)
    assert account.open(llm, request()) is not None
    assert account.open(llm, request()) is not None
    assert account.open(llm, request()) is None
    assert "$0.0000 of $0.0025" in account.exhausted


def test_an_unknown_price_is_unknown_and_not_zero():
    account = Account()
    llm, other = model("known"), model("unknown")
    account.settle(account.open(llm, request()), llm, request(), Usage(1, 10, 10, usd=0.5))
    assert account.total.usd == 0.5
    account.settle(account.open(other, request()), other, request(), Usage(1, 10, 10))
    assert account.total.usd is None
    assert account.by_model["known"].usd == 0.5
    account.budget = Budget(usd=1.0)
    ticket = account.open(other, request())
    with pytest.raises(ConfigError, match="price of unknown isn't known"):
        account.settle(ticket, other, request(), Usage(1, 10, 10))
    llm.reports_price = False
    with pytest.raises(ConfigError, match="price of known isn't known"):
        check_price(llm, Budget(usd=1.0))
    check_price(llm, Budget(tokens=1))


def test_the_state_survives_json():
    account = Account(Budget(calls=3))
    llm = model()
    for role in ("setup", "update", "repair"):
        ticket = account.open(llm, request(role))
        account.settle(ticket, llm, request(role), Usage(1, 10, 20, 5, 0.125, 0.5))
    restored = Account(Budget(calls=3))
    restored.load_state_dict(json.loads(json.dumps(account.state_dict())))
    assert restored.total == account.total == Usage(3, 30, 60, 15, 0.375, 1.5)
    assert restored.by_role == account.by_role
    assert restored.open(llm, request()) is None
    restored.clear()
    assert restored.total == Usage()
    assert restored.open(llm, request()) is not None


def test_many_small_sums_stay_exact():
    account, llm = Account(), model()
    numbers = random.Random(0)
    for _ in range(1000):
        usage = Usage(1, 1, 1, usd=numbers.choice([1e-7, 3e-5]), seconds=0.1)
        account.settle(account.open(llm, request()), llm, request(), usage)
    assert account.total.seconds == 100.0
