"""The scripted server, over plain HTTP."""

import http.client
import json
import threading

import pytest

from langprop.testing.server import Answer, ScriptedServer

CHAT = "/v1/chat/completions"


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
