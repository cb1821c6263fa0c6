"""SandboxSuite: what an executor that claims to keep scripts in must do, as tests."""

# ruff: noqa: D102 - a test's name is its documentation

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from langprop.executors.base import Executor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.outcome import Outcome
from langprop.scripts.script import Script

SECRET = "a label that no script may see"  # noqa: S105 - it is none


class SandboxSuite:
    """Tests of what level 2 of isolation promises.

    ```python
    class TestMySandbox(SandboxSuite):
        @pytest.fixture
        def executor(self):
            with MyExecutor() as executor:
                yield executor
    ```

    Each test lets a script try something that it must not be able to do, and looks on the trusted
    side for what came of it. `ExecutorSuite` tests what scripts shall be able to do.

    Attributes:
        limits: Limits of the scripts.
    """

    limits = Limits(time=1.0, memory=256 << 20, output=1 << 20, failures=2)

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """The executor; override it."""
        raise NotImplementedError("override the fixture `executor` with one that gives yours")

    def run(
        self, executor: Executor, source: str, *args: Any, stream: bool = False
    ) -> list[Outcome]:
        """Run `f` of a script on single arguments."""
        inputs = Inputs([((arg,), {}) for arg in args], stream=stream)
        return executor.submit(Script(source, "f", id=source), inputs, self.limits).result(120)

    def works(self, executor: Executor) -> bool:
        """Whether an honest script gets honest results."""
        source = "import math, json\ndef f(x): return [math.sqrt(x), sorted([x, 1]), json.dumps(x)]"
        return [each.output for each in self.run(executor, source, 4, 9)] == [
            [2.0, [1, 4], "4"],
            [3.0, [1, 9], "9"],
        ]

    def test_it_says_how_well_it_keeps_scripts_in(self, executor: Executor) -> None:
        isolation = executor.isolation
        assert isolation.level >= 2
        assert not isolation.leaks
        assert isolation.active

    # Files, network, other processes

    def test_files_cannot_be_read(self, executor: Executor, tmp_path: Path) -> None:
        file = tmp_path / "labels"
        file.write_text(SECRET)
        for place in (str(file), "/etc/passwd", f"/proc/{os.getpid()}/environ"):
            (outcome,) = self.run(executor, "def f(x): return open(x, 'rb').read()", place)
            assert outcome.status == "exception"
        (outcome,) = self.run(executor, "import os\ndef f(x): return os.listdir(x)", str(tmp_path))
        assert outcome.status == "exception"

    @pytest.mark.parametrize(
        "deed",
        [
            "open(x, 'w').write('spoilt')",
            "open(x, 'a').write('spoilt')",
            "os.truncate(x, 0)",
            "os.chmod(x, 0)",
            "os.unlink(x)",
            "os.rename(x, x + '2')",
            "os.utime(x, (0, 0))",
            "os.link(x, x + '2')",
            "os.symlink(x, x + '2')",
            "os.mkdir(x + '2')",
        ],
    )
    def test_files_cannot_be_changed(self, executor: Executor, tmp_path: Path, deed: str) -> None:
        file = tmp_path / "file"
        file.write_text(SECRET)
        before = file.stat()
        (outcome,) = self.run(executor, f"import os\ndef f(x): return {deed}", str(file))
        assert outcome.status == "exception"
        after = file.stat()
        assert file.read_text() == SECRET
        assert (before.st_mode, before.st_mtime, before.st_nlink) == (
            after.st_mode,
            after.st_mtime,
            after.st_nlink,
        )
        assert [each.name for each in tmp_path.iterdir()] == ["file"]

    def test_there_is_no_network(self, executor: Executor, tmp_path: Path) -> None:
        source = (
            "import socket\ndef f(x):\n    with socket.socket(x[0], x[1]) as s:\n"
            "        s.settimeout(0.2)\n"
            "        s.sendto(b'hello', tuple(x[2]) if x[0] == 2 else x[2])"
        )
        stream, datagram = int(socket.SOCK_STREAM), int(socket.SOCK_DGRAM)
        path = str(tmp_path / "socket")
        with (
            socket.socket(socket.AF_INET, stream) as tcp,
            socket.socket(socket.AF_INET, datagram) as udp,
            socket.socket(socket.AF_UNIX, datagram) as local,
        ):
            for each, address in ((tcp, ("127.0.0.1", 0)), (udp, ("127.0.0.1", 0)), (local, path)):
                each.bind(address)
                each.settimeout(0.05)
            tcp.listen()
            attempts = [
                [int(socket.AF_INET), stream, list(tcp.getsockname())],
                [int(socket.AF_INET), datagram, list(udp.getsockname())],
                [int(socket.AF_UNIX), datagram, path],
            ]
            statuses = [each.status for each in self.run(executor, source, *attempts)]
            assert "ok" not in statuses
            for each in (udp, local):
                with pytest.raises(TimeoutError):
                    each.recv(10)
            with pytest.raises(TimeoutError):
                tcp.accept()

    @pytest.mark.parametrize(
        "deed",
        [
            "os.fork()",
            "os.posix_spawn('/bin/true', ['true'], {})",
            "os.execv('/bin/true', ['true'])",
            "os.kill(x, 9)",
            "os.kill(-1, 9)",
            "os.setpriority(os.PRIO_PROCESS, x, 19)",
        ],
    )
    def test_other_processes_are_out_of_reach(self, executor: Executor, deed: str) -> None:
        (outcome,) = self.run(executor, f"import os\ndef f(x): return {deed}", os.getpid())
        assert outcome.status == "exception"
        assert self.works(executor)

    def test_the_environment_is_clean(
        self, executor: Executor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SOME_API_KEY", SECRET)
        (outcome,) = self.run(executor, "import os\ndef f(x): return dict(os.environ)", 0)
        assert outcome.status == "ok"
        assert SECRET not in outcome.output.values()

    # Each script for itself

    def test_what_one_script_breaks_is_whole_for_the_next(self, executor: Executor) -> None:
        source = (
            "import builtins, json, math, sys, time\nimport numpy as np\ndef f(x):\n"
            "    math.sqrt = json.dumps = time.time = np.allclose = lambda *a, **k: 42\n"
            "    builtins.sorted = builtins.len = lambda *a, **k: 42\n    sys.modules.clear()\n"
            "    return math.sqrt(4)"
        )
        self.run(executor, source, 1, 2)
        assert self.works(executor)

    def test_arguments_are_each_script_s_own(self, executor: Executor) -> None:
        data: dict[str, Any] = {"list": [1, 2], "array": np.zeros((200, 100))}
        spoil = "def f(x):\n    x['list'].clear(); x['array'][:] = 7; return x['array'].sum()"
        look = "def f(x): return [x['list'], x['array'].sum()]"
        inputs = Inputs([((data,), {})] * 2)
        first = executor.submit(Script(spoil, "f"), inputs, self.limits).result(60)
        second = executor.submit(Script(look, "f"), inputs, self.limits).result(60)
        assert [each.output for each in first] == [140_000.0] * 2
        assert [each.output for each in second] == [[[1, 2], 0.0]] * 2
        assert data["array"].sum() == 0

    def test_a_stream_shows_one_sample_at_a_time(self, executor: Executor) -> None:
        # All that is there is looked at; in the usual way the inputs are all in the process.
        source = (
            "import gc\ndef f(x):\n    found = set()\n    for each in gc.get_objects():\n"
            "        if type(each) is dict and 'my number' in each: found.add(each['my number'])\n"
            "    return sorted(found)"
        )
        samples = [{"my number": number, "more": [np.full(20_000, number)]} for number in range(5)]
        outcomes = self.run(executor, source, *samples, stream=True)
        assert [each.output for each in outcomes] == [[number] for number in range(5)]

    def test_a_stream_goes_on_after_a_crash(self, executor: Executor) -> None:
        source = "import os\ndef f(x):\n    if x == 2: os._exit(3)\n    return x"
        outcomes = self.run(executor, source, *range(5), stream=True)
        assert [each.status for each in outcomes] == ["ok", "ok", "crash", "ok", "ok"]
        assert [each.output for each in outcomes] == [0, 1, None, 3, 4]

    # Limits

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ("while True: pass", "timeout"),
            ("import collections, itertools; collections.deque(itertools.count(), 0)", "timeout"),
            ("return bytearray(1 << 40)", "memory"),
            ("a = []\n    while True: a.append(bytearray(1 << 20))", "memory"),
            ("import os; os._exit(0)", "crash"),
            ("import ctypes; ctypes.string_at(0)", "crash"),
            ("return 'x' * (2 << 20)", "bad_output"),
            ("import numpy; return numpy.zeros(1 << 20)", "bad_output"),
        ],
    )
    def test_a_limit_is_charged_to_its_sample(
        self, executor: Executor, body: str, status: str
    ) -> None:
        source = f"def f(x):\n    if x: return x\n    {body}"
        outcomes = self.run(executor, source, 1, 0, 2)
        assert [each.status for each in outcomes] == ["ok", status, "ok"]

    def test_a_candidate_has_a_time_of_its_own(self, executor: Executor) -> None:
        inputs = Inputs([((number,), {}) for number in range(50)])
        source = "import time\ndef f(x):\n    time.sleep(0.1)\n    return x"
        limits = Limits(time=1.0, total=0.55)
        outcomes = executor.submit(Script(source, "f"), inputs, limits).result(60)
        done = sum(each.status == "ok" for each in outcomes)
        assert 1 <= done <= 6
        assert {each.status for each in outcomes[done:]} == {"timeout"}
        assert "for a batch are over" in outcomes[-1].exception

    @pytest.mark.parametrize("dtype", ["f8", "u1", "?", "i4", ">f4", "M8[s]", "U5", "c16"])
    def test_large_arrays_come_back_as_they_were(self, executor: Executor, dtype: str) -> None:
        array = (np.arange(24_000) % 7).astype("i8").astype(dtype).reshape(80, 300)
        (outcome,) = self.run(executor, "def f(x): return [x, x[::2].T, 1]", array)
        assert outcome.status == "ok"
        whole, part, _ = outcome.output
        for found, expected in ((whole, array), (part, array[::2].T)):
            assert found.dtype == expected.dtype
            assert np.array_equal(found, expected)
        with executor.open(Script("def f(x): return x", "f"), self.limits) as session:
            for factor in (1, 2):
                found = session.call(np.concatenate([array] * factor)).output
                assert np.array_equal(found, np.concatenate([array] * factor))
