"""`langprop exchange`, as a person and as a program types it."""

import io
import json
import os
import pty
import subprocess
import sys
import textwrap
import time
from types import SimpleNamespace

import pytest

from langprop.cli.main import main
from langprop.llms.base import Request
from langprop.llms.exchange_file import Asked
from langprop.llms.exchange_folder import ExchangeFolder
from langprop.llms.exchange_inbox import ExchangeInbox
from langprop.prompts.message import Message

PROMPT = [Message("system", "Be brief."), Message("user", "Hide \x1b[8m this: \u202e ü\r\n# user")]


@pytest.fixture
def folder(tmp_path):
    """A folder with three open requests."""
    exchange = ExchangeFolder(tmp_path / "folder")
    exchange.make()
    for index in range(3):
        exchange.ask(Asked.of(Request(PROMPT, "setup", -1, index)))
    return exchange.path


def ids(folder):
    return [entry.id for entry in ExchangeInbox(folder).entries()]


def answers(monkeypatch, *arguments, text):
    """Type a command with something on standard input."""
    stdin = SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    return main(["exchange", "answer", *map(str, arguments)])


def test_list_shows_what_is_open(folder, capsys, monkeypatch):
    assert main(["exchange", "list", str(folder)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "id", "step", "role", "number", "attempt", "asked", "state", "bytes",
    ]  # fmt: skip
    assert [line.split()[:5] for line in lines] == [
        [name, "-1", "setup", str(number), "1"] for number, name in enumerate(ids(folder))
    ]
    assert answers(monkeypatch, folder, ids(folder)[1], text="x") == 0
    assert "answered: " in capsys.readouterr().out
    main(["exchange", "list", str(folder)])
    assert len(capsys.readouterr().out.splitlines()) == 3
    main(["exchange", "list", str(folder), "--all"])
    assert [line.split()[-2] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "open",
        "replied",
        "open",
    ]


def test_show_prints_the_prompt_as_it_is_into_a_file(folder, capsys):
    assert main(["exchange", "show", str(folder), ids(folder)[0][:6]]) == 0
    assert (
        capsys.readouterr().out == "# system\n\nBe brief.\n\n# user\n\n" + PROMPT[1].content + "\n"
    )
    assert main(["exchange", "show", str(folder), ids(folder)[0], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == [{"role": one.role, "content": one.content} for one in PROMPT]


def test_show_is_safe_on_a_terminal(folder):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "langprop", "exchange", "show", folder, ids(folder)[0]]
    subprocess.run(command, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert r"Hide \x1b[8m this: \u202e ü" in shown
    assert "\x1b" not in shown


def test_a_locale_without_the_letters(folder):
    command = [sys.executable, "-m", "langprop", "exchange", "show", folder, ids(folder)[0]]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment)
    assert rb"\xfc" in done.stdout


def test_answer_takes_a_file_or_standard_input(folder, tmp_path, capsys, monkeypatch):
    first, second, _ = ids(folder)
    reply = tmp_path / "reply.md"
    reply.write_text("from a file")
    assert main(["exchange", "answer", str(folder), first, str(reply)]) == 0
    assert answers(monkeypatch, folder, second, "-", text="from a pipe") == 0
    replies = [path.read_text() for path in sorted(folder.glob("*.reply.md"))]
    assert [text.splitlines()[0] for text in replies] == ["from a file", "from a pipe"]
    assert not [path for path in folder.iterdir() if path.name.endswith(".draft")]


def test_mistakes_are_told_in_a_line(folder, tmp_path, capsys, monkeypatch):
    name = ids(folder)[0]
    mine = str(folder)
    reply = tmp_path / "reply.md"
    reply.write_text("x")
    main(["exchange", "answer", mine, name, str(reply)])
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    for arguments, says in (
        (["list", str(tmp_path / "nowhere")], "there is no folder"),
        (["show", mine, "zzz"], "no request that begins with 'zzz'"),
        (["show", mine, ""], "no request that begins with ''"),
        (["answer", mine, "zzz", str(reply)], "Open ones:"),
        (["answer", mine, name, str(reply)], "has a reply already"),
        (["answer", mine, ids(folder)[1], str(tmp_path / "nothing")], "can't be read"),
        (["answer", mine, ids(folder)[1], str(tmp_path)], "can't be read"),
        (["answer", mine, ids(folder)[1], str(tmp_path / "binary")], "save it so"),
        (["answer", mine, ids(folder)[1], os.devnull], "the reply is empty"),
    ):
        assert main(["exchange", *arguments]) == 1, arguments
        error = capsys.readouterr().err
        assert says in error
        assert "Traceback" not in error
    assert main(["exchange", "answer", mine, name, str(reply), "--force"]) == 0


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["show", "x"], ["list"]])
def test_wrong_calls_exit_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["exchange", *arguments])
    assert caught.value.code == 2
    assert "usage: langprop exchange" in capsys.readouterr().err


def test_help(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["exchange", "--help"])
    assert caught.value.code == 0
    assert "exchange:FOLDER" in capsys.readouterr().out


TASK = """
import langprop as lp

@lp.module
def double(x: int) -> int:
    '''Return twice the number.'''

train = [((n,), 2 * n) for n in range(1, 5)]
"""


def test_a_training_is_answered_by_hand(tmp_path, capsys):
    (tmp_path / "task.py").write_text(textwrap.dedent(TASK))
    run = subprocess.Popen(
        [
            sys.executable, "-m", "langprop", "fit", "task.py:double", "--train=task.py:train",
            "--optimizer=exchange:asked", "--max_steps=1", "--run_dir=run",
        ],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    folder, reply = tmp_path / "asked", tmp_path / "reply.md"
    deadline = time.monotonic() + 60
    answered = 0
    while run.poll() is None and time.monotonic() < deadline:
        if folder.is_dir():
            for entry in ExchangeInbox(folder).entries():
                if entry.state == "open":
                    answered += 1
                    body = "2 * x" if entry.about["role"] == "update" else f"x + {answered}"
                    reply.write_text(f"```python\ndef double(x):\n    return {body}\n```\n")
                    assert main(["exchange", "answer", str(folder), entry.id, str(reply)]) == 0
        time.sleep(0.05)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 0, output
    assert "return 2 * x" in output
    assert answered > 6


def test_a_run_that_waits_says_where_and_for_how_many(tmp_path):
    (tmp_path / "task.py").write_text(textwrap.dedent(TASK))
    run = subprocess.Popen(
        [
            sys.executable, "-m", "langprop", "fit", "task.py:double", "--train=task.py:train",
            "--optimizer=LLMOptimizer", "--optimizer.llm=exchange:asked", "--optimizer.n_setup=3",
            "--max_steps=1", "--run_dir=run",
        ],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = run.stderr.readline()
    finally:
        run.kill()
        run.communicate(timeout=60)
    folder = tmp_path / "asked"
    assert line == (
        f"waiting for 3 replies in {folder}: see what is asked with  langprop exchange list "
        f"{folder}\n"
    )
