"""The scripted server, over plain HTTP."""

import http.client
import json
import socket
import threading
import time

import pytest

from langprop.testing.server import Answer, ScriptedServer

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"


def call(server, path=CHAT, body=None, headers=None, method="POST"):
    host = server.base_url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        data = json.dumps({"model": "m", "messages": []} if body is None else body)
        connection.request(method, path, data if method == "POST" else None, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def text_of(raw):
    return json.loads(raw)["choices"][0]["message"]["content"]


def test_one_answer_for_every_request():
    with ScriptedServer("hello") as server:
        assert [text_of(call(server)[2]) for _ in range(2)] == ["hello", "hello"]


def test_answers_in_order_of_arrival_and_an_error_beyond():
    with ScriptedServer(["a", Answer("b", finish_reason="length")]) as server:
        assert text_of(call(server)[2]) == "a"
        assert json.loads(call(server)[2])["choices"][0]["finish_reason"] == "length"
        status, _, raw = call(server)
    assert status == 400
    assert "2 replies only" in json.loads(raw)["error"]["message"]


def test_a_function_sees_the_request_and_all_are_recorded():
    with ScriptedServer(lambda request: request.prompt.upper()) as server:
        body = {"model": "m", "messages": [{"role": "user", "content": "abc"}], "seed": 3}
        assert text_of(call(server, body=body)[2]) == "ABC"
    (request,) = server.requests
    assert (request.index, request.path, request.body["seed"]) == (0, CHAT, 3)


def test_status_headers_and_raw_bodies():
    script = [
        Answer("slow down", status=429, code="rate", headers={"Retry-After": "7"}),
        Answer(body="<html>"),
        Answer(body={"any": "thing"}),
    ]
    with ScriptedServer(script) as server:
        status, headers, raw = call(server)
        assert (status, headers["Retry-After"]) == (429, "7")
        assert json.loads(raw)["error"] == {
            "message": "slow down",
            "type": "invalid_request_error",
            "param": None,
            "code": "rate",
        }
        _, headers, raw = call(server)
        assert headers["Content-Type"].startswith("text/html")
        assert raw == b"<html>"
        assert json.loads(call(server)[2]) == {"any": "thing"}


def test_a_dropped_connection():
    with (
        ScriptedServer(Answer(drop=True)) as server,
        pytest.raises((http.client.HTTPException, ConnectionError)),
    ):
        call(server)


def test_key_models_and_unknown_addresses():
    with ScriptedServer("x", key="right", models=["big"]) as server:
        right = {"Authorization": "Bearer right"}
        assert call(server)[0] == 401
        assert call(server, headers=right)[0] == 404  # model "m"
        assert call(server, headers=right, body={"model": "big"})[0] == 200
        assert call(server, "/v1/nonsense", headers=right)[0] == 404
        models = json.loads(call(server, "/v1/models", headers=right, method="GET")[2])
    assert [model["id"] for model in models["data"]] == ["big"]


def test_a_hundred_in_flight_together():
    everybody = threading.Barrier(100)

    def answer(request):
        everybody.wait(timeout=30)  # broken unless all hundred are there at the same time
        return "together"

    with ScriptedServer(answer) as server:
        texts = []
        threads = [
            threading.Thread(target=lambda: texts.append(text_of(call(server)[2])))
            for _ in range(100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == ["together"] * 100
    assert server.most == 100


def test_closing_does_not_wait_for_a_stalled_answer():
    server = ScriptedServer([Answer("x", stall=True), Answer("x", delay=1000)]).start()
    errors = []

    def client():
        try:
            call(server)
        except (http.client.HTTPException, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=client) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(server.requests) < 2:
        pass
    server.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    server.close()
    assert len(errors) == 2


def test_the_address_of_a_server_that_does_not_run():
    with pytest.raises(RuntimeError, match="with ScriptedServer"):
        _ = ScriptedServer().base_url


def test_anthropics_protocol():
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {}}
    with ScriptedServer(Answer("hi", finish_reason="length", usage=usage), key="k") as server:
        assert server.base_url == server.address + "/v1"
        message = json.loads(call(server, MESSAGES, headers={"x-api-key": "k"})[2])
        status, _, refusal = call(server, MESSAGES, headers={"x-api-key": "wrong"})
    assert message["content"] == [{"type": "text", "text": "hi"}]
    assert (message["stop_reason"], message["usage"]["input_tokens"]) == ("max_tokens", 9)
    assert (status, json.loads(refusal)["error"]["type"]) == (401, "authentication_error")


def test_a_stream_of_events():
    with ScriptedServer("hello") as server:
        body = {"model": "m", "messages": [], "stream": True}
        _, headers, raw = call(server, MESSAGES, body)
    assert headers["Content-Type"] == "text/event-stream"
    events = [json.loads(line[6:]) for line in raw.decode().split("\n") if line[:5] == "data:"]
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    texts = [event["delta"]["text"] for event in events if "text" in event.get("delta", {})]
    assert "".join(texts) == "hello"


@pytest.mark.parametrize("answer", [Answer(reset=True), Answer("x" * 99, cut=True)])
def test_a_connection_that_breaks(answer):
    with (
        ScriptedServer(answer) as server,
        pytest.raises((http.client.IncompleteRead, ConnectionError)),
    ):
        call(server)


def test_a_drip_is_the_whole_answer_in_the_end():
    with ScriptedServer(Answer("slowly", drip=0.0001)) as server:
        assert text_of(call(server)[2]) == "slowly"


@pytest.mark.parametrize(
    "answer", [Answer("x", delay=60), Answer("x", stall=True), Answer("x", drip=0.01)]
)
def test_it_sees_a_client_that_hangs_up(answer):
    with ScriptedServer(answer) as server:
        host, port = server.address.removeprefix("http://").split(":")
        client = socket.create_connection((host, int(port)))
        client.sendall(f"POST {CHAT} HTTP/1.1\r\nContent-Length: 0\r\n\r\n".encode())
        while not server.requests:
            time.sleep(0.001)
        assert server.hung_up == 0
        client.close()
        end = time.monotonic() + 10
        while not server.hung_up and time.monotonic() < end:
            time.sleep(0.001)
        assert server.hung_up == 1


def test_started_again_it_has_the_same_address():
    server = ScriptedServer("x").start()
    before = server.base_url
    server.close()
    server.start()
    assert server.base_url == before
    assert text_of(call(server)[2]) == "x"
    server.close()


def test_an_error_in_the_script_is_shown(capfd):
    def broken(request):
        raise KeyError("oops")

    with (
        ScriptedServer(broken) as server,
        pytest.raises((http.client.HTTPException, ConnectionError)),
    ):
        call(server)
    assert "KeyError: 'oops'" in capfd.readouterr().err
