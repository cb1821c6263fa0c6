"""ExchangeLLM: real files, written as people, editors and programs write them."""

import errno
import logging
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langprop.errors import (
    ConfigError,
    LLMCancelled,
    LLMConnectionError,
    LLMError,
    LLMRequestError,
    UnknownName,
)
from langprop.llms import exchange_watcher
from langprop.llms.base import Reply, Request
from langprop.llms.exchange import ExchangeLLM
from langprop.llms.exchange_file import END, MAX_REPLY, Asked, Unusable
from langprop.llms.exchange_folder import ExchangeFolder
from langprop.llms.exchange_inbox import ExchangeInbox
from langprop.prompts.fence import sendable
from langprop.prompts.message import Message
from langprop.registry import resolve
from langprop.testing.llm_suite import LLMSuite

PATIENCE = 20.0  # [s] until something that must happen has happened
QUICK = {"poll": 0.02, "settle": 0.05}


def request(index=0, text="Improve it.", **about):
    about = {"role": "update", "step": 3, "parent": "f00d", **about}
    return Request([Message("system", "Be brief."), Message("user", text)], index=index, **about)


class Asking(threading.Thread):
    """A call on a thread of its own."""

    def __init__(self, function, *arguments):
        super().__init__(daemon=True)
        self.function, self.arguments = function, arguments
        self.result = None
        self.start()

    def run(self):
        try:
            self.result = self.function(*self.arguments)
        except LLMError as error:
            self.result = error

    def end(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.result


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return found


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "exchange"


@pytest.fixture
def make(folder):
    made = []

    def make(**settings):
        made.append(ExchangeLLM(folder, **{**QUICK, **settings}))
        return made[-1]

    yield make
    for llm in made:
        llm.close()


@pytest.fixture
def ask(make, folder):
    """Ask, and wait until the file lies there; gives the call and the path of the reply."""

    def ask(asked=None, **settings):
        asked = asked or request()
        call = Asking(make(**settings).request, asked)
        path = folder / Asked.of(asked).file
        until(path.is_file)
        return call, folder / Asked.of(asked).reply_file

    return ask


def names(folder):
    """Its files, but for drafts, which are there for a moment."""
    found = (path for path in folder.iterdir() if not path.name.endswith(".draft"))
    return sorted(path.name for path in found if path.is_file())


class TestContract(LLMSuite):
    @pytest.fixture
    def llm(self, tmp_path):
        """Somebody answers whatever is asked."""
        llm = ExchangeLLM(tmp_path, **QUICK)
        inbox, stop = ExchangeInbox(tmp_path), threading.Event()

        def answer():
            while not stop.wait(0.01):
                for entry in inbox.entries():
                    if entry.state == "open":
                        inbox.answer(entry.id, "some text")

        person = threading.Thread(target=answer)
        person.start()
        yield llm
        stop.set()
        person.join()


# The file of a request.

REQUEST_FILE = """\
---
langprop: exchange 1
id: {id}
role: update
step: 3
index: 2
attempt: 1
parent: f00d
donor: null
copy: 0
reply: "0003-02-update-{id}.reply.md"
---

> Answer in this folder, in a file named `0003-02-update-{id}.reply.md`: the reply to the last
> message below, in Markdown. Or type
> `langprop exchange answer FOLDER {id} FILE`.

<!-- {id}: message 1 of 2 -->
# system

Be brief.

<!-- {id}: message 2 of 2 -->
# user

Improve it.

<!-- {id}: end -->
"""


def test_a_request_is_a_readable_file():
    asked = Asked.of(request(2))
    assert asked.id == "bd82d3c3799c2ead"
    assert asked.file == f"0003-02-update-{asked.id}.request.md"
    assert asked.render() == REQUEST_FILE.format(id=asked.id)


TEXTS = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["# user\n", "\n\n", "---\n", "<!--", " -->", "message 1 of 2", "\r", "```", END, "x"]
        )
    ).map("".join),
)
MESSAGES = st.lists(st.builds(Message, st.sampled_from(["system", "user", "assistant"]), TEXTS))


@given(
    MESSAGES,
    st.integers(-1, 99999),
    st.integers(0, 200),
    st.one_of(st.none(), st.from_regex("[0-9a-f]{16}", fullmatch=True)),
)
@settings(max_examples=100, deadline=None)
def test_a_request_is_read_back_exactly(messages, step, index, parent):
    asked = Asked.of(Request(messages, "setup", step, index, 2, parent))
    data = asked.render().encode("utf-8")
    read = Asked.parse(data.decode("utf-8"))
    assert read.id == asked.id
    sent = [Message(one.role, sendable(one.content)) for one in messages]
    assert list(read.request.messages) == sent
    assert (read.request.step, read.request.index, read.request.attempt) == (step, index, 2)
    assert (read.request.parent, read.request.donor, read.request.role) == (parent, None, "setup")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text[:-30],
        lambda text: text.replace("exchange 1", "exchange 2"),
        lambda text: text.replace("message 2 of 2", "message 3 of 2"),
        lambda text: text.replace("step: 3", "step: three"),
        lambda text: text.replace("step: 3", "steps: 3"),
    ],
)
def test_a_request_that_was_changed_is_told(change):
    with pytest.raises(Unusable):
        Asked.parse(change(Asked.of(request()).render()))


def test_each_place_in_a_training_is_another_request():
    requests = [
        request(),
        request(1),
        request(step=4),
        request(attempt=2),
        request(parent="beef"),
        request(donor="beef"),
        request(role="crossover"),
        request(text="Improve it!"),
    ]
    assert len({Asked.of(one).id for one in requests}) == len(requests)
    assert Asked.of(request()).id == Asked.of(request()).id


# Replies, as they are written.


def test_a_reply_in_one_piece(ask, folder):
    call, path = ask()
    draft = folder / "mine.draft"
    draft.write_text("Here it is: ü\n", encoding="utf-8")
    draft.rename(path)
    reply = call.end()
    assert (reply.text, reply.finish_reason) == ("Here it is: ü\n", "stop")
    assert reply.model == f"exchange:{folder}"
    assert (reply.usage.calls, reply.usage.usd, reply.usage.prompt_tokens) == (1, None, 0)
    assert reply.usage.seconds > 0
    assert names(folder) == []
    assert names(folder / "answered") == sorted([path.name, Asked.of(request()).file])


def test_an_editor_that_writes_in_pieces(ask):
    call, path = ask(settle=1.0)
    path.touch()
    with path.open("w") as file:
        for piece in ("one", "two", "three"):
            file.write(piece)
            file.flush()
            assert not call.result
            time.sleep(0.1)
    assert call.end().text == "onetwothree"


def test_a_reply_with_the_mark_is_complete_at_once(ask):
    call, path = ask(settle=3600.0)
    path.write_text(f"text\n\n{END}\n")
    assert call.end().text == "text\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("\ufeffa\r\nb\r\n".encode(), "a\nb\n"),
        ("für\r\n".encode("utf-16"), "für\n"),
        ("für".encode("utf-32"), "für"),
        (b"---\n\nno front matter\n---\nx", "---\n\nno front matter\n---\nx"),
        (b"---\ntitle: mine\n---\nx", "---\ntitle: mine\n---\nx"),
        (b"---\nnever closed", "---\nnever closed"),
        (f"{END}\n".encode(), ""),
    ],
)
def test_what_editors_and_models_write(ask, data, text):
    call, path = ask()
    path.write_bytes(data)
    assert call.end().text == text


def test_what_the_front_matter_says_is_counted(ask):
    call, path = ask()
    path.write_text(
        "---\nmodel: 'big'\nusd: $0.25  # about\nprompt_tokens: 1,200\ncompletion_tokens: 80\n"
        "cached_tokens: 9000\nfinish_reason: length\n---\n\ntext"
    )
    reply = call.end()
    assert (reply.text, reply.model, reply.finish_reason) == ("text", "big", "length")
    assert (reply.usage.usd, reply.usage.prompt_tokens) == (0.25, 1200)
    assert (reply.usage.completion_tokens, reply.usage.cached_tokens) == (80, 1200)


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "1e99", "much", "[[[[", "{a: *b}"])
def test_numbers_that_make_no_sense_are_unknown(ask, value, caplog):
    call, path = ask()
    path.write_text(f"---\nusd: {value}\nprompt_tokens: {value}\nsize: 3\n---\ntext")
    reply = call.end()
    assert (reply.text, reply.usage.usd, reply.usage.prompt_tokens) == ("text", None, 0)
    assert "makes no sense" in caplog.text
    assert "unknown 'size'" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["{stem}.reply.md.txt", "{stem}.reply.txt", "{id}.reply.md", "Copy of {stem}.reply (1).MD"],
)
def test_names_that_editors_make_of_it(ask, folder, name):
    call, path = ask()
    asked = Asked.of(request())
    (folder / name.format(stem=asked.stem, id=asked.id)).write_text("x")
    assert call.end().text == "x"
    assert path.name in names(folder / "answered")


@pytest.mark.parametrize("name", [".{}.swp", "{}~", "#{}#", ".#{}", "{}.bak", "{}.draft", ".~{}"])
def test_backups_and_drafts_are_no_replies(ask, name):
    call, path = ask()
    path.with_name(name.format(path.name)).write_text("half a rep")
    path.write_text(f"the reply\n{END}")
    assert call.end().text == "the reply"


# Replies that are no use.


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no text in UTF-8"),
        ("für".encode("latin-1"), "no text in UTF-8 .*: save it so"),
        (b"a\x00b", "null characters"),
        (b"x" * (MAX_REPLY + 1), "larger than 5,000,000 bytes"),
        (b"---\nid: 0123456789abcdef\n---\nx", "answers '0123456789abcdef', not"),
        (b"---\nerror: the model refused\n---\n", "says that there is none: the model refused."),
        (b"---\nerror:\n---\n", "no reason is given"),
        (b"---\nmodel: m\n---\n\n", "is empty"),
    ],
)
def test_garbage_is_refused_and_put_aside(ask, folder, data, says):
    call, path = ask()
    path.write_bytes(data)
    error = call.end()
    assert type(error) is LLMRequestError
    assert says.split(" .*")[0] in str(error)
    assert names(folder) == []
    asked = Asked.of(request())
    assert names(folder / "rejected") == sorted(
        [asked.file, path.name, f"{asked.stem}.rejected.md"]
    )
    assert (folder / "rejected" / path.name).read_bytes() == data
    again = ask()[0]  # the next run asks once more
    path.write_text("x")
    assert again.end().text == "x"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \n\n", b"\xff\xfe"])
def test_an_empty_file_is_waited_for_but_not_for_ever(ask, data):
    call, path = ask(settle=0.02)
    path.write_bytes(data)
    time.sleep(0.2)
    assert call.is_alive()
    path.write_text("now")
    assert call.end().text == "now"
    call, path = ask(request(1), empty_after=0.1)
    path.write_bytes(data)
    assert "is empty" in str(call.end())


def test_an_empty_file_is_told_of(ask, monkeypatch, caplog):
    monkeypatch.setattr(exchange_watcher, "REMIND", 0.05)
    call, path = ask()
    path.touch()
    until(lambda: f"{path.name} in {path.parent} is empty: write the reply into it" in caplog.text)
    path.write_text("x")
    call.end()
    assert len(caplog.records) == 1


def test_that_somebody_must_answer_is_told_once(make, folder, monkeypatch, caplog):
    monkeypatch.setattr(exchange_watcher, "PATIENCE", 0.05)
    llm = make()
    for number in range(2):
        questions = [request(2 * number + index) for index in range(2)]
        calls = [Asking(llm.request, each) for each in questions]
        until(lambda: "waiting for " in caplog.text)
        for each in questions:
            reply = folder / Asked.of(each).reply_file
            until((folder / Asked.of(each).file).is_file)
            reply.write_text("x")
        assert [call.end().text for call in calls] == ["x", "x"]
    assert len(caplog.records) == 1
    assert f" in {folder}: see what is asked with  langprop exchange list {folder}" in caplog.text


def test_links_folders_and_pipes_are_not_read(ask, folder, tmp_path):
    secret = tmp_path / "secret.md"
    secret.write_text("my key")
    for index, plant in enumerate(
        (lambda path: path.symlink_to(secret), lambda path: path.mkdir(), os.mkfifo)
    ):
        call, path = ask(request(index))
        plant(path)
        assert "no plain file" in str(call.end())
    assert secret.read_text() == "my key"


def test_folders_that_are_links_are_not_followed(ask, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(exchange_watcher, "GRACE", 0.2)
    call, path = ask()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "answered").rmdir()
    (folder / "answered").symlink_to(elsewhere)
    path.write_text("x")
    assert "is a link to somewhere else" in str(call.end())
    assert names(elsewhere) == []


def test_the_first_of_two_replies_counts(ask, caplog, make):
    other = Asking(make().request, request(9))  # keeps the watcher looking
    call, path = ask()
    drafts = [path.parent.parent / name for name in ("first", "second")]  # beside the folder
    for draft in drafts:
        draft.write_text(f"{draft.name}\n{END}")
    # At the same moment: the watcher of this call must still be looking when the second is there.
    drafts[0].replace(path)
    drafts[1].replace(path.with_name(path.name.replace(".reply.md", ".reply (1).md")))
    assert call.end().text == "first"
    until(lambda: ".reply (1).md" in caplog.text)
    assert "answers what was answered already: the first reply counts" in caplog.text
    assert other.is_alive()


def test_a_reply_that_is_changed_after_it_was_taken_is_told_of(make, folder, caplog):
    llm = make()
    calls = [Asking(llm.request, request(index)) for index in range(2)]
    path = folder / Asked.of(request(0)).reply_file
    until(lambda: len(names(folder)) == 2)
    path.write_text(f"first\n{END}")
    assert calls[0].end().text == "first"
    path.write_text("second thoughts")
    until(lambda: "the first reply counts" in caplog.text)
    assert calls[1].is_alive()
    assert make().request(request(0)).text == "first"


# Being started again.


def test_a_run_that_is_started_again_finds_its_replies(make, folder):
    first = make()
    calls = [Asking(first.request, request(index)) for index in range(3)]
    until(lambda: len(names(folder)) == 3)
    ExchangeInbox(folder).answer(Asked.of(request(0)).id, "zero")
    assert calls[0].end().text == "zero"
    first.close()
    assert [type(call.end()) for call in calls[1:]] == [LLMCancelled] * 2
    ExchangeInbox(folder).answer(Asked.of(request(1)).id, "one")  # while nobody waits
    untouched = folder / Asked.of(request(2)).file
    before = untouched.stat()

    again = make()
    assert again.request(request(0)).text == "zero"
    assert again.request(request(1)).text == "one"
    call = Asking(again.request, request(2))
    ExchangeInbox(folder).answer(Asked.of(request(2)).id, "two")
    assert call.end().text == "two"
    moved = (folder / "answered" / untouched.name).stat()
    assert (moved.st_ino, moved.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_one_that_was_killed_while_it_took_a_reply(make, folder):
    make()
    asked = Asked.of(request())
    (folder / asked.file).write_text("half of a requ")  # the power was lost
    (folder / "answered" / asked.reply_file).write_text("x")  # the request would have followed
    assert make().request(request()).text == "x"
    assert names(folder) == []


def test_half_a_request_is_written_again(ask, folder):
    folder.mkdir()
    path = folder / Asked.of(request()).file
    path.write_text("half of a requ")
    ask()
    until(lambda: path.read_text() == Asked.of(request()).render())


def test_the_same_question_again_is_another_request_unless_it_was_given_up(make, folder):
    prompt = [Message("user", "Hi.")]
    llm = make()
    call = Asking(llm.generate, prompt, 2)
    until(lambda: len(names(folder)) == 2)
    llm.cancel()
    assert type(call.end()) is LLMCancelled
    call = Asking(llm.generate, prompt, 2)
    inbox = ExchangeInbox(folder)
    for number, entry in enumerate(inbox.entries()):
        inbox.answer(entry.id, str(number))
    texts = [reply.text for reply in call.end()]
    assert sorted(texts) == ["0", "1"]
    call = Asking(llm.generate, prompt, 1)
    (third,) = until(lambda: names(folder))
    inbox.answer(third, "third")
    assert call.end()[0].text == "third"

    again = make()  # as after a start
    assert [reply.text for reply in again.generate(prompt, 2)] == texts
    assert again.generate(prompt)[0].text == "third"


def test_two_that_wait_for_the_same_reply_share_it(make, folder):
    one, other = make(), make()  # as two processes
    calls = [Asking(llm.request, request()) for llm in (one, one, other)]
    until(lambda: names(folder))
    ExchangeInbox(folder).answer(Asked.of(request()).id, "x")
    assert [call.end().text for call in calls] == ["x"] * 3
    calls = [Asking(llm.request, request(1)) for llm in (one, other)]
    path = folder / Asked.of(request(1)).reply_file
    until(lambda: all(llm._watcher._open for llm in (one, other)))
    path.write_bytes(b"\xff\x00")
    assert {type(call.end()) for call in calls} == {LLMRequestError}


def test_a_request_that_is_written_again_while_its_reply_is_rejected(ask, folder):
    """Between the look of one process and its writing, another one may put both files aside."""
    call, path = ask()
    shared = ExchangeFolder(folder)
    path.write_bytes(b"")
    shared.reject(Asked.of(request()), path, "is no use.")
    shared.ask(Asked.of(request()))
    assert isinstance(call.end(), LLMRequestError)


def test_a_rejected_request_may_be_asked_again(make, ask, folder):
    call, path = ask()
    path.write_bytes(b"\xff\x00")
    assert isinstance(call.end(), LLMRequestError)
    call, path = ask(settle=0.5)
    path.write_text("better")
    assert call.end().text == "better"


KILLED = """
import sys
from langprop.llms.base import Request
from langprop.llms.exchange import ExchangeLLM
from langprop.llms.pool import generate_all
from langprop.prompts.message import Message
llm = ExchangeLLM(sys.argv[1])
print([r.text for _, r in sorted(generate_all(llm, [[Message("user", "Hi.")]] * 3))])
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_killed_asks_the_same_again(tmp_path, folder, how):
    program = tmp_path / "run.py"
    program.write_text(textwrap.dedent(KILLED))
    command = [sys.executable, program, folder]
    first = subprocess.Popen(command, stderr=subprocess.PIPE)
    until(lambda: folder.is_dir() and len(names(folder)) == 3)
    os.kill(first.pid, how)
    first.communicate(timeout=PATIENCE)
    inbox = ExchangeInbox(folder)
    for number, entry in enumerate(inbox.entries()):
        inbox.answer(entry.id, str(number))
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout == "['0', '1', '2']\n"


# Waiting.


def test_a_time_limit(make, folder):
    llm = make(timeout=0.1)
    with pytest.raises(LLMConnectionError, match=r"nobody answered 0003.*within 0\.1 s") as caught:
        llm.request(request())
    assert caught.value.transient
    ExchangeInbox(folder).answer(Asked.of(request()).id, "late")
    assert make(timeout=PATIENCE).request(request()).text == "late"


def test_cancelling_wakes_all_and_more_may_be_asked(make, folder):
    llm = make(poll=600.0)
    calls = [Asking(llm.request, request(index)) for index in range(50)]
    until(lambda: len(names(folder)) == 50)
    until(lambda: len(llm._watcher._open) == 50)
    llm.cancel()
    assert {type(call.end()) for call in calls} == {LLMCancelled}
    assert len(names(folder)) == 50
    ExchangeInbox(folder).answer(Asked.of(request(7)).id, "x")
    call = Asking(make().request, request(7))
    assert call.end().text == "x"


def test_waiting_with_a_hundred_requests_costs_little(make, folder):
    llm = make(poll=0.25)
    calls = [Asking(llm.request, request(index)) for index in range(100)]
    until(lambda: len(names(folder)) == 100)
    before = time.process_time()
    time.sleep(1.0)
    assert time.process_time() - before < 0.3
    assert sum(one.name == "langprop-exchange" for one in threading.enumerate()) == 1
    llm.close()
    for call in calls:
        call.end()
    assert not [one for one in threading.enumerate() if one.name == "langprop-exchange"]


def test_a_request_that_somebody_removed_is_written_again(ask, folder, caplog):
    call, path = ask()
    asked = folder / Asked.of(request()).file
    asked.unlink()
    until(asked.is_file)
    until(lambda: "was removed before it was answered" in caplog.text)
    path.write_text("x")
    assert call.end().text == "x"


# A folder that can't be used.


def test_a_folder_that_is_deleted_in_mid_run(ask, folder, monkeypatch):
    monkeypatch.setattr(exchange_watcher, "GRACE", 0.2)
    call, _ = ask()
    shutil.rmtree(folder)
    error = call.end()
    assert type(error) is LLMError
    assert "see that it is there" in str(error)
    assert "start the run again" in str(error)


def test_a_folder_that_is_away_for_a_moment(ask, folder, tmp_path):
    call, path = ask()
    away = folder.rename(tmp_path / "away")
    time.sleep(0.1)
    away.rename(folder)
    path.write_text("x")
    assert call.end().text == "x"


def test_a_folder_that_cannot_be_asked_in(make, folder):
    llm = make()
    shutil.rmtree(folder)
    with pytest.raises(LLMError, match=r"can't be used \(No such file"):
        llm.request(request())


def test_a_full_disk(make, folder, monkeypatch):
    llm = make()

    def full(*arguments, **settings):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(ExchangeFolder, "_draft", full)
        with pytest.raises(LLMError, match=r"No space left.*that the disk isn't full"):
            llm.request(request())
    assert names(folder) == []
    call = Asking(llm.request, request())
    until(lambda: names(folder))
    llm.cancel()
    call.end()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_draft_that_fails_leaves_nothing(folder, monkeypatch):
    exchange = ExchangeFolder(folder)
    exchange.make()
    open_file = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, mode: open_file(path, mode).close() or open_file(Path("/dev/full"), "wb"),
    )
    with pytest.raises(OSError, match="No space left"):
        exchange.ask(Asked.of(request()))
    monkeypatch.undo()
    assert names(folder) == []


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        ([""], {}, 'name a folder: "exchange:FOLDER"'),
        ([], {}, "name a folder"),
        (["{file}"], {}, "can't be written"),
        (["{file}/x"], {}, "can't be written"),
        (["{ok}"], {"timeout": 0.0}, "timeout must be a positive"),
        (["{ok}"], {"poll": float("nan")}, "poll must be a positive"),
    ],
)
def test_settings_that_cannot_work(tmp_path, arguments, settings, says):
    file = tmp_path / "file"
    file.touch()
    arguments = [one.format(file=file, ok=tmp_path) for one in arguments]
    with pytest.raises(ConfigError, match=says):
        ExchangeLLM(*arguments, **settings)


def test_its_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    llm = resolve("llm", "exchange:~/mine")
    assert llm.name == "exchange:~/mine"
    assert (tmp_path / "mine").is_dir()
    llm.close()


# The other side.


def test_the_inbox_reads_what_was_asked_and_answers_it(ask, folder):
    call, path = ask()
    inbox = ExchangeInbox(folder)
    (entry,) = inbox.entries()
    assert (entry.state, entry.about["role"], entry.reply_file) == ("open", "update", path.name)
    assert inbox.read(entry).request == request()
    text = "```python\nx\n```\n\n"
    inbox.answer(path.name, text)
    assert call.end().text == text
    (entry,) = inbox.entries()
    assert entry.state == "answered"


def test_a_request_that_went_through_another_system(ask, folder):
    ask()
    path = folder / Asked.of(request()).file
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    inbox = ExchangeInbox(folder)
    assert inbox.read(inbox.find(path.name)).request == request()


def test_answers_that_are_refused(ask, make, folder):
    ask(poll=600.0)
    name = Asked.of(request()).id
    inbox = ExchangeInbox(folder)
    for text, says in (
        (" \n", "is empty"),
        (b"", "is empty"),
        (b"\xff", "UTF-8"),
        ("a\x00", "null characters"),
        ("\ud800", "surrogate"),
        ("x" * (MAX_REPLY + 1), "larger than"),
    ):
        with pytest.raises(ConfigError, match=says):
            inbox.answer(name, text)
    near = name[:-1] + ("0" if name[-1] != "0" else "1")
    with pytest.raises(UnknownName, match=f"begins with '{near}'.*Near ones: {name}"):
        inbox.answer(near, "x")
    with pytest.raises(UnknownName, match=f"Open ones: {name}"):
        inbox.answer("zzz", "x")
    (folder / Asked.of(request()).reply_file).touch()  # an editor's; there is no reply yet
    inbox.answer(name[:4], "first")
    with pytest.raises(ConfigError, match=r"has a reply already.*--force"):
        inbox.answer(name, "second")
    inbox.answer(name, "second", force=True)
    assert make().request(request()).text == "second"
    with pytest.raises(ConfigError, match="has a reply already"):
        inbox.answer(name, "third")
    inbox.answer(name, "third", force=True)
    assert make().request(request()).text == "third"


def test_an_inbox_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no folder"):
        ExchangeInbox(tmp_path / "nowhere")
    with pytest.raises(UnknownName, match="holds no request"):
        ExchangeInbox(tmp_path).find("x")


def test_what_else_lies_in_the_folder_is_left_alone(ask, folder):
    folder.mkdir()
    for name in ("notes.md", "x.reply.md", "0123456789abcdef.reply.md", "bad.request.md"):
        (folder / name).write_text("mine")
    (folder / "loop").symlink_to(folder)
    call, path = ask()
    path.write_text("x")
    assert call.end().text == "x"
    assert [entry.state for entry in ExchangeInbox(folder).entries()] == ["answered"]
    assert len(names(folder)) == 4


def test_no_warning_without_a_reason(ask, caplog):
    caplog.set_level(logging.INFO)
    call, path = ask()
    path.write_text("x")
    assert isinstance(call.end(), Reply)
    assert not caplog.records
