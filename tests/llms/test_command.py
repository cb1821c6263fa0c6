"""CommandLLM: real programs, good and bad ones."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from langprop.errors import (
    ConfigError,
    LLMCancelled,
    LLMConnectionError,
    LLMNotFoundError,
    LLMRequestError,
)
from langprop.llms.base import Reply
from langprop.llms.command import MAX_OUTPUT, CommandLLM
from langprop.llms.pool import generate_all
from langprop.prompts.message import Message
from langprop.registry import resolve
from langprop.testing.llm_suite import LLMSuite

PROMPT = [Message("user", "Hi.\n")]
PATIENCE = 20.0  # [s] until something that must happen has happened


@pytest.fixture
def make():
    """Make a model, and close it at the end."""
    made = []

    def make(command, **settings):
        made.append(CommandLLM(command, **settings))
        return made[-1]

    yield make
    for llm in made:
        llm.close()


@pytest.fixture
def shell(make):
    """A model that is a text of a shell."""
    return lambda text, **settings: make(["sh", "-c", text], **settings)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def number_in(path):
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self):
        return CommandLLM("cat")


def test_a_prompt_goes_in_and_an_answer_comes_out(make):
    (reply,) = make("cat").generate(PROMPT)
    assert reply.text == "Hi.\n"
    assert reply.usage.calls == 1
    assert reply.usage.usd is None
    assert (reply.model, reply.finish_reason) == ("command:cat", "stop")
    assert not make("cat").reports_price


def test_its_short_name():
    llm = resolve("llm", "command:printf '%s|' 'two words' \"it's\" $HOME")
    assert llm.name == "command:printf"
    assert llm.generate(PROMPT)[0].text == "two words|it's|$HOME|"
    llm.close()


def test_several_messages_are_told_apart(make):
    messages = [Message("system", "S"), Message("user", "U"), Message("assistant", "A")]
    assert (
        make("cat").generate(messages)[0].text == "# system\n\nS\n\n# user\n\nU\n\n# assistant\n\nA"
    )
    text = make("cat", format="json").generate(messages)[0].text
    assert json.loads(text) == [{"role": m.role, "content": m.content} for m in messages]


def test_only_what_is_named_is_passed_of_the_environment(make, shell, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("AGENT_KEY", "named-secret")
    seen = make("env").generate(PROMPT)[0].text
    assert "PATH=" in seen
    assert "sk-mine" not in seen
    assert "AGENT_KEY" not in seen
    llm = make("env", env=["AGENT_KEY"])
    assert "AGENT_KEY=named-secret\n" in llm.generate(PROMPT)[0].text
    assert llm.secrets == ["named-secret"]
    assert "X=1\n" in make("env", env={"X": "1"}).generate(PROMPT)[0].text
    with pytest.raises(ConfigError, match=r"NOT_SET.*export NOT_SET=…"):
        make("env", env=["NOT_SET"])


def test_it_runs_in_an_empty_folder_that_goes_away(shell, make, tmp_path):
    where, *found = shell("pwd; ls -A").generate(PROMPT)[0].text.splitlines()
    assert found == []
    assert not Path(where).exists()
    assert make("pwd", cwd=tmp_path).generate(PROMPT)[0].text.strip() == str(tmp_path)


def test_files_of_the_current_folder_are_found(make, tmp_path, monkeypatch):
    (tmp_path / "agent.py").write_text("print(6 * 7)")
    program = tmp_path / "agent.sh"
    program.write_text("#!/bin/sh\necho $1")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert make([sys.executable, "agent.py"]).generate(PROMPT)[0].text == "42\n"
    assert make("./agent.sh x").generate(PROMPT)[0].text == "x\n"


def test_what_only_a_terminal_understands_is_left_out(shell):
    text = shell(r"printf '\033[1;31mred\033[0m \033]0;title\007a\033]8;;x\033\\b\r\n\033(Bc'")
    assert text.generate(PROMPT)[0].text == "red ab\nc"


def test_bytes_that_are_no_text_are_replaced(shell):
    assert shell(r"printf 'a\377b\000c'").generate(PROMPT)[0].text == "a�b?c"


def test_a_program_may_leave_its_input_unread(shell):
    prompt = [Message("user", "x" * 1_000_000)]
    assert shell("exec <&-; echo done").generate(prompt)[0].text == "done\n"
    assert shell("echo done").generate(prompt)[0].text == "done\n"
    assert len(shell("cat").generate(prompt)[0].text) == 1_000_000


def test_a_program_may_close_its_output_before_it_ends(shell):
    assert shell("echo x; exec >&- 2>&-; sleep 0.1").generate(PROMPT)[0].text == "x\n"


def test_no_output_is_an_empty_reply(shell):
    assert shell("true").generate(PROMPT)[0].text == ""


@pytest.mark.parametrize(
    ("text", "kind", "transient", "says"),
    [
        ("echo oops >&2; exit 3", LLMRequestError, False, r"exit status 3: oops: try .* by hand"),
        ("exit 75", LLMConnectionError, True, r"can't answer now \(exit status 75\)"),
        ("kill -9 $$", LLMConnectionError, True, r"ended by SIGKILL \(is there enough memory\?\)"),
        ("kill -15 $$", LLMConnectionError, True, "ended by SIGTERM"),
        ("exec yes", LLMRequestError, False, r"wrote more than 5,000,000 bytes"),
    ],
)
def test_failures_say_what_to_do(shell, text, kind, transient, says):
    with pytest.raises(kind, match=says) as caught:
        shell(text).generate(PROMPT)
    assert type(caught.value) is kind
    assert caught.value.transient is transient


def test_the_largest_answer(shell):
    text = shell(f"head -c {MAX_OUTPUT} /dev/zero | tr '\\0' x").generate(PROMPT)[0].text
    assert len(text) == MAX_OUTPUT


def test_a_flood_of_errors_is_cut(shell):
    with pytest.raises(LLMRequestError) as caught:
        shell("yes x | head -c 3000000 >&2; echo the end >&2; exit 1").generate(PROMPT)
    assert "the end" in str(caught.value)
    assert len(str(caught.value)) < 2_000


def test_keys_are_blotted_out_of_errors(shell, monkeypatch):
    monkeypatch.setenv("AGENT_KEY", "named-secret")
    llm = shell("echo $AGENT_KEY and sk-abcdef123456 >&2; exit 1", env=("AGENT_KEY",))
    with pytest.raises(LLMRequestError) as caught:
        llm.generate(PROMPT)
    assert "named-secret" not in str(caught.value)
    assert "sk-abcdef" not in str(caught.value)


@pytest.mark.parametrize("command", ["no-such-program-anywhere", "./nothing", "/"])
def test_a_program_that_is_not_there(make, command):
    with pytest.raises(LLMNotFoundError, match=r"check its name, install it, or write the whole"):
        make(command)


def test_a_program_that_cannot_be_executed(make, tmp_path):
    program = tmp_path / "agent"
    program.write_text("#!/no/such/interpreter\n")
    with pytest.raises(LLMNotFoundError, match=r"chmod \+x"):
        make(str(program))
    program.chmod(0o755)
    llm = make(str(program))
    with pytest.raises(LLMNotFoundError, match=r"first line \(#!…\)"):
        llm.generate(PROMPT)


@pytest.mark.parametrize(
    ("command", "settings", "says"),
    [
        ("", {}, 'name a program: "command:PROGRAM'),
        ("  ", {}, "name a program"),
        ("cat 'x", {}, "No closing quotation"),
        ("cat", {"timeout": 0}, "timeout must be a positive"),
        ("cat", {"format": "xml"}, "'text' or 'json'"),
        ("cat", {"cwd": "/no/such/folder"}, "there is no folder"),
    ],
)
def test_settings_that_cannot_work(make, command, settings, says):
    with pytest.raises(ConfigError, match=says):
        make(command, **settings)


DESCENDANTS = """
echo $$ > "$OUT/leader"
sh -c 'echo $$ > "$OUT/child"; exec sleep 600' &
{launch} sh -c 'echo $$ > "$OUT/away"; exec sleep 600' > /dev/null 2>&1 &
{rest}
"""


def descendants(tmp_path):
    return [number_in(tmp_path / name) for name in ("leader", "child", "away")]


def test_a_time_limit_kills_all_that_was_started(shell, tmp_path):
    text = DESCENDANTS.format(launch="setsid", rest="wait")
    llm = shell(text, timeout=1.0, env={"OUT": str(tmp_path)})
    start = time.monotonic()
    with pytest.raises(LLMConnectionError, match=r"didn't end within 1 s: raise timeout=…"):
        llm.generate(PROMPT)
    assert time.monotonic() - start < PATIENCE
    until(lambda: not any(map(alive, descendants(tmp_path))))


def test_what_runs_on_after_the_answer_is_killed_and_not_waited_for(shell, tmp_path):
    ready = 'while [ ! -s "$OUT/child" ]; do sleep 0.01; done; echo x'
    text = DESCENDANTS.format(launch="", rest=ready)
    assert shell(text, env={"OUT": str(tmp_path)}).generate(PROMPT)[0].text == "x\n"
    until(lambda: not any(map(alive, descendants(tmp_path))))


def test_a_daemon_that_holds_the_output_is_not_waited_for(shell, tmp_path):
    text = """
    setsid sh -c 'echo $$ > "$OUT/away"; exec sleep 600' &
    while [ ! -s "$OUT/away" ]; do sleep 0.01; done; echo x
    """
    assert shell(text, env={"OUT": str(tmp_path)}).generate(PROMPT)[0].text == "x\n"
    until(lambda: not alive(number_in(tmp_path / "away")))


def test_closing_ends_what_earlier_runs_left_behind(shell, tmp_path):
    text = """
    setsid sh -c 'echo $$ > "$OUT/away"; exec sleep 600' < /dev/null > /dev/null 2>&1 &
    while [ ! -s "$OUT/away" ]; do sleep 0.01; done; echo x
    """
    llm = shell(text, env={"OUT": str(tmp_path)})
    llm.generate(PROMPT)
    llm.close()
    until(lambda: not alive(number_in(tmp_path / "away")))


def test_cancelling_kills_what_is_in_flight_and_more_may_be_asked(make, tmp_path):
    program = (
        'read line; [ "$line" = quick ] && exec echo x; echo $$ > "$OUT/$line"; exec sleep 600'
    )
    llm = make(["sh", "-c", program], env={"OUT": str(tmp_path)})
    results = []
    requests = [[Message("user", f"{number}\n")] for number in range(8)]
    asking = threading.Thread(
        target=lambda: results.extend(generate_all(llm, requests, concurrency=8))
    )
    asking.start()
    pids = [number_in(tmp_path / str(number)) for number in range(8)]
    llm.cancel()
    asking.join(PATIENCE)
    assert len(results) == 8
    assert all(type(result) is LLMCancelled for _, result in results)
    assert not any(map(alive, pids))
    assert llm.generate([Message("user", "quick\n")])[0].text == "x\n"


def test_many_at_once_leave_no_process(make):
    llm = make("cat")
    requests = [[Message("user", str(number))] for number in range(64)]
    results = dict(generate_all(llm, requests, concurrency=32))
    assert all(isinstance(result, Reply) for result in results.values())
    assert [results[number].text for number in range(64)] == [str(n) for n in range(64)]
    llm.close()
    mine = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text()
    assert not [pid for pid in mine.split() if "cat" in Path(f"/proc/{pid}/comm").read_text()]


PARENT = """
import sys
from langprop.llms.command import CommandLLM
from langprop.prompts.message import Message
text = '''
echo $$ > "$OUT/leader"
sh -c 'echo $$ > "$OUT/child"; exec sleep 600' &
setsid sh -c 'echo $$ > "$OUT/away"; exec sleep 600' < /dev/null > /dev/null 2>&1 &
wait'''
CommandLLM(["sh", "-c", text], env={"OUT": sys.argv[1]}).generate([Message("user", "x")])
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_parent_that_is_killed(tmp_path, how):
    program = tmp_path / "parent.py"
    program.write_text(textwrap.dedent(PARENT))
    parent = subprocess.Popen(
        [sys.executable, program, tmp_path], stderr=subprocess.PIPE, start_new_session=True
    )
    pids = descendants(tmp_path)
    os.kill(parent.pid, how)
    parent.communicate(timeout=PATIENCE)
    until(lambda: not any(map(alive, pids)))
