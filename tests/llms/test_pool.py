"""Many requests in flight together, and functions as models."""

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from langprop.errors import LLMConnectionError, LLMError
from langprop.llms import LLM, CallableLLM, Reply, Request, RequestPool, Usage, generate_all
from langprop.prompts.message import Message
from langprop.testing.llm_suite import LLMSuite


def prompt(text):
    return [Message("user", str(text))]


def echo(messages):
    return messages[-1].content


class TestCallable(LLMSuite):
    @pytest.fixture
    def llm(self):
        return CallableLLM(echo)


def test_a_function_is_named_after_itself():
    assert CallableLLM(echo).name == "callable:echo"
    assert CallableLLM(echo, name="mine").name == "mine"


def test_a_function_may_return_a_reply_with_its_usage():
    bill = Usage(calls=1, prompt_tokens=5, usd=0.5)
    (reply,) = CallableLLM(lambda messages: Reply("x", usage=bill)).generate(prompt("a"))
    assert reply.usage == bill
    (reply,) = CallableLLM(lambda messages: Reply("x")).generate(prompt("a"))
    assert reply.usage.calls == 1


def test_a_function_that_fails_or_returns_something_else():
    def broken(messages):
        raise KeyError("oops")

    with pytest.raises(LLMError, match=r"callable:broken raised KeyError: 'oops'") as caught:
        CallableLLM(broken).generate(prompt("a"))
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(LLMError, match="returned int"):
        CallableLLM(lambda messages: 3).generate(prompt("a"))
    with pytest.raises(TypeError, match="function of messages"):
        CallableLLM("gpt")


def test_results_come_as_they_complete():
    gate = threading.Event()

    def slow_first(messages):
        if messages[-1].content == "0":
            assert gate.wait(20)
        return messages[-1].content

    order = []
    for index, reply in generate_all(CallableLLM(slow_first), [prompt(i) for i in range(3)]):
        order.append(index)
        assert reply.text == str(index)
        if len(order) == 2:
            gate.set()
    assert sorted(order[:2]) == [1, 2]
    assert order[2] == 0


def test_no_more_than_the_limit_are_in_flight():
    lock, flying, most = threading.Lock(), 0, 0
    pair = threading.Barrier(3)

    def count(messages):
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        pair.wait(timeout=20)  # three are in flight together, or this breaks
        with lock:
            flying -= 1
        return "x"

    results = list(generate_all(CallableLLM(count), [prompt(i) for i in range(9)], concurrency=3))
    assert len(results) == 9
    assert most == 3


def test_a_failed_request_is_a_result_among_others():
    def one_fails(messages):
        if messages[-1].content == "1":
            raise LLMConnectionError("down")
        return "x"

    results = dict(generate_all(CallableLLM(one_fails), [prompt(i) for i in range(3)]))
    assert isinstance(results[1], LLMConnectionError)
    assert results[0].text == results[2].text == "x"


def test_a_bug_in_a_backend_is_not_hidden():
    class Broken(CallableLLM):
        def generate(self, messages, n=1):
            raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        list(generate_all(Broken(echo), [prompt(0)]))

    class Silent(CallableLLM):
        def generate(self, messages, n=1):
            return []

    ((_, result),) = generate_all(Silent(echo), [prompt(0)])
    assert "0 replies where 1 was asked for" in str(result)


def test_leaving_early_sends_nothing_more():
    calls, left = [], threading.Event()

    def note(messages):
        calls.append(messages)
        assert len(calls) == 1 or left.wait(20)  # else all may be done before we leave
        return "x"

    results = generate_all(CallableLLM(note), [prompt(i) for i in range(1000)], concurrency=1)
    next(results)
    results.close()
    count = len(calls)
    left.set()
    assert count <= 2


def test_requests_may_be_added_on_the_way():
    llm = CallableLLM(echo)
    with RequestPool(concurrency=2) as pool:
        pool.send(llm, Request(prompt("first")))
        texts = []
        for _, reply in pool.completed():
            texts.append(reply.text)
            if len(texts) < 4:
                pool.send(llm, Request(prompt(f"after {reply.text}")))
    assert texts[-1] == "after after after first"


def test_concurrency_must_be_positive():
    with pytest.raises(ValueError, match="concurrency must be at least 1"):
        RequestPool(concurrency=0)


def test_interrupt_does_not_wait_for_a_server_that_stalls():
    code = """
        import signal
        from langprop.llms import OpenAILLM, generate_all
        from langprop.prompts.message import Message
        from langprop.testing.server import Answer, ScriptedServer

        signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent may have it ignored


        def answer(request):
            if request.index == 5:
                print("ready", flush=True)  # all are in flight
            return Answer("x", delay=1000)


        server = ScriptedServer(answer).start()
        llm = OpenAILLM("m", base_url=server.base_url)
        requests = [[Message("user", "x")]] * 6
        try:
            for _ in generate_all(llm, requests):
                pass
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert out == "interrupted\n"
    assert process.returncode == 0


def test_a_backend_that_counts_nothing_is_counted():
    class Plain(LLM):
        def generate(self, messages, n=1):
            return [Reply("x")] * n

    assert Plain().request(Request(prompt("a"))).usage.calls == 1
