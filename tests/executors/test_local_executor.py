from __future__ import annotations

import concurrent.futures
import gc
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import langprop
from langprop.errors import IsolationError, SandboxError
from langprop.executors.base import SessionCall
from langprop.executors.dispatcher import Dispatcher
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.sandbox.spec import Spec
from langprop.scripts.script import Script
from langprop.testing.executor_suite import ExecutorSuite

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")

SOURCE = str(Path(langprop.__file__).parents[1])


@pytest.fixture(scope="module")
def shared():
    with LocalExecutor(2) as executor:
        yield executor


class TestLocalExecutor(ExecutorSuite):
    @pytest.fixture
    def executor(self, shared, request):
        if "closed" not in request.node.name:
            yield shared
            return
        with LocalExecutor(1) as executor:
            yield executor


def run(executor, source, *args, limits=None):
    inputs = Inputs([((arg,), {}) for arg in args])
    script = Script(textwrap.dedent(source), "f", id="any")
    return executor.submit(script, inputs, limits or Limits(time=0.3)).result(60)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition, seconds=10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(entry.name)] = int(fields[1])
    found, wave = [], {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave}
        found += wave
    return found


# Scale


def test_extreme_limits(shared):
    limits = Limits(time=1e12, memory=1 << 80, output=1 << 40, printed=1 << 40, failures=1 << 40)
    assert run(shared, "def f(x): print(x); return x", 1, limits=limits)[0].output == 1
    with shared.open(Script("def f(x): return x", "f"), limits) as session:
        assert session.call(1).output == 1
    assert run(shared, "def f(x): return x", 1, limits=Limits(time=1e-9))[0].status == "timeout"


def test_ten_thousand_samples(shared):
    outcomes = run(shared, "def f(x): return x + 1", *range(10_000), limits=Limits(time=5))
    assert [outcome.output for outcome in outcomes] == list(range(1, 10_001))


def test_large_inputs_and_answers(shared):
    data = bytes(5_000_000)
    limits = Limits(time=5, output=10_000_100)
    outcomes = run(shared, "def f(x): return x * 2", data, data, limits=limits)
    assert [len(outcome.output) for outcome in outcomes] == [10_000_000] * 2


def test_no_descriptors_leak():
    with LocalExecutor(2) as executor:
        inputs = Inputs([((1,), {})])
        sources = ["def f(x): return x", "def f(x): import os; os._exit(1)", "bad ="]

        def work(count: int) -> None:
            futures = [
                executor.submit(Script(sources[n % 3], "f", id=str(n)), inputs, Limits(time=5))
                for n in range(count)
            ]
            for future in futures:
                future.result(60)
            for _ in range(3):
                with executor.open(Script(sources[0], "f"), Limits()) as session:
                    session.call(1)

        def count() -> int:
            return sum(1 for _ in Path("/proc/self/fd").iterdir())

        work(6)
        before = count()
        work(300)
        assert wait_until(lambda: count() <= before)


def test_the_zygote_holds_a_few_batches_only(shared):
    batches = [Inputs([((n,), {})]) for n in range(12)]
    script = Script("def f(x): return x", "f")
    for _ in range(2):
        for n, inputs in enumerate(batches):
            assert shared.submit(script, inputs, Limits()).result(60)[0].output == n
    dispatcher = shared._dispatcher
    assert len(dispatcher._inputs) == 4
    del batches, inputs
    gc.collect()
    shared.submit(script, Inputs([((0,), {})]), Limits()).result(60)
    assert wait_until(lambda: len(dispatcher._inputs) <= 1)


# Time


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "sum(iter(int, 1))",
        "from collections import deque; from itertools import count; deque(count(), maxlen=0)",
        "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
        "import time; time.sleep(99)",
        "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
        "import signal; signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: pass",
        "9 ** 9 ** 9",
    ],
)
def test_hangs(shared, body):
    start = time.monotonic()
    source = f"def f(x):\n    if x: return x\n    {body}"
    outcomes = run(shared, source, 1, 0, 2)
    assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]
    assert time.monotonic() - start < 5


SWALLOW = """
def f(x):
    if x: return x
    while True:
        try:
            while True:
                for i in range(1000):
                    i += 1
        except BaseException:
            pass
"""


def test_a_script_that_swallows_everything(shared):
    assert [o.status for o in run(shared, SWALLOW, 1, 0, 2)] == ["ok", "timeout", "ok"]


FAKE_PROGRESS = """
import signal, sys, threading, time
def fake(worker):
    while True:
        worker.begin(1)
        time.sleep(0.001)
def f(x):
    frame = sys._getframe()
    while "worker" not in frame.f_locals:
        frame = frame.f_back
    if x:
        signal.setitimer(signal.ITIMER_REAL, 0)
        threading.Thread(target=fake, args=(frame.f_locals["worker"],), daemon=True).start()
        threading.Event().wait()
    return x
"""


def test_progress_can_be_faked_but_not_for_long(shared):
    assert [o.status for o in run(shared, FAKE_PROGRESS, 0, 1, 0)] == ["ok", "timeout", "ok"]
    with shared.open(Script(FAKE_PROGRESS, "f"), Limits(time=0.3)) as session:
        outcomes = session.call_many([SessionCall(0, (x,), {}) for x in (0, 1, 0)])
        assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]


def test_an_answer_after_the_limit_is_a_timeout(shared):
    source = """
        def f(x):
            try:
                while x:
                    pass
            except TimeoutError:
                return "late"
            return "in time"
    """
    outcomes = run(shared, source, 0, 1)
    assert [outcome.status for outcome in outcomes] == ["ok", "timeout"]


def test_a_hang_at_import(shared):
    outcomes = run(shared, "while True: pass\ndef f(x): return x", 1, 2)
    assert {outcome.status for outcome in outcomes} == {"timeout"}
    outcomes = run(shared, "sum(iter(int, 1))\ndef f(x): return x", 1, 2)
    assert {outcome.status for outcome in outcomes} == {"timeout"}
    assert "while the script was being loaded" in outcomes[1].exception


def test_hangs_after_the_call(shared):
    late = """
        import atexit, threading, time
        atexit.register(time.sleep, 99)
        def f(x):
            threading.Thread(target=time.sleep, args=(99,)).start()
            return x
    """
    start = time.monotonic()
    assert [outcome.output for outcome in run(shared, late, 1, 2)] == [1, 2]
    assert time.monotonic() - start < 20


def test_a_destructor_that_hangs_is_charged_to_its_sample(shared):
    source = """
        class Bad:
            def __init__(self, x): self.x = x
            def __del__(self):
                while self.x == 1:
                    pass
        def f(x):
            b = Bad(x)
            return x
    """
    assert [o.status for o in run(shared, source, 0, 1, 2)] == ["ok", "timeout", "ok"]


@pytest.mark.parametrize(
    "text", ["while True: pass", "raise RuntimeError", "return 1", "return 'x' * 10**7"]
)
def test_exceptions_with_a_text_of_their_own(shared, text):
    source = f"""
        class Odd(Exception):
            def __str__(self):
                {text}
        def f(x):
            if x: raise Odd
    """
    outcomes = run(shared, source, 0, 1, 0)
    assert [outcome.status for outcome in outcomes] == ["ok", "exception", "ok"]
    assert "Odd" in outcomes[1].exception
    assert len(outcomes[1].exception) < 2_000


# Memory and size


@pytest.mark.parametrize(
    "body",
    [
        "y = [0] * 10**9",
        "y = 'a'\n    while True: y += y",
        "y = []\n    while True: y.append(bytearray(10**6))",
        "import numpy as np; np.ones(10**9)",
    ],
)
def test_memory(shared, body):
    limits = Limits(time=5, memory=200 << 20)
    source = f"def f(x):\n    if x: return x\n    {body}"
    outcomes = run(shared, source, 1, 0, 2, limits=limits)
    assert [outcome.status for outcome in outcomes] == ["ok", "memory", "ok"]
    assert outcomes[1].exception.startswith("line ")
    assert "MemoryError" in outcomes[1].exception


def test_memory_kept_by_the_script_is_gone_in_the_next_process(shared):
    source = """
        kept = []
        def f(x):
            while x: kept.append(bytearray(10**6))
            return len(kept)
    """
    outcomes = run(shared, source, 0, 1, 0, limits=Limits(time=5, memory=200 << 20))
    assert [outcome.status for outcome in outcomes] == ["ok", "memory", "ok"]


@pytest.mark.parametrize(
    "body",
    [
        "print('x' * 10**9)",
        "import os; [os.write(1, b'x' * 10**6) for _ in range(1000)]",
        "import sys; [sys.stdout.write('x' * 10**6) for _ in range(1000)]",
        "import sys; sys.stdout.buffer.write(b'x' * 10**8)",
        "import sys; sys.stderr.close(); print('x')",
    ],
)
def test_printing_a_lot(shared, body):
    (outcome,) = run(shared, f"def f(x):\n    {body}\n    return 1", 0, limits=Limits(time=10))
    assert outcome.output == 1
    assert len(outcome.printed) < 2_100


@pytest.mark.parametrize("answer", ["bytes(2 * 10**9)", "[0] * 10**7", "bytes(2 * 10**6)"])
def test_huge_answers(shared, answer):
    limits = Limits(time=20, memory=3 << 30)
    outcomes = run(shared, f"def f(x): return x or {answer}", 1, 0, 2, limits=limits)
    assert [outcome.status for outcome in outcomes] == ["ok", "bad_output", "ok"]


def test_answers_that_are_too_large_together(shared, monkeypatch):
    monkeypatch.setattr("langprop.executors.task.MAX_TOTAL", 10_000)
    outcomes = run(shared, "def f(x): return bytes(4_000)", *range(50))
    assert [outcome.status for outcome in outcomes[:2]] == ["ok", "ok"]
    assert outcomes[-1].status == "bad_output"
    assert "more than 10,000 bytes" in outcomes[-1].exception


# Processes


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import os; os._exit(0)", "exit code 0"),
        ("import os; os.abort()", "was ended by SIG"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.closerange(0, 10_000); return x", "damaged"),
    ],
)
def test_crashes(shared, body, message):
    source = f"def f(x):\n    if x: return x\n    {body}"
    outcomes = run(shared, source, 1, 0, 2, limits=Limits(time=5))
    assert [outcome.status for outcome in outcomes] == ["ok", "crash", "ok"]
    assert message in outcomes[1].exception


@pytest.mark.parametrize(
    ("signal", "status"), [("SIGKILL", "crash"), ("SIGTERM", "crash"), ("SIGSTOP", "timeout")]
)
def test_signals_to_itself(signal, status):
    # Where a script is the first process of a namespace, its own signals don't reach it at all.
    source = f"import os, signal\ndef f(x):\n    os.kill(os.getpid(), signal.{signal}); return x"
    with LocalExecutor(1, isolation="process") as executor:
        (outcome,) = run(executor, source, 1)
    assert outcome.status == status
    with LocalExecutor(1) as executor:
        (outcome,) = run(executor, source, 1)
        assert outcome.status == ("ok" if executor.isolation.level == 3 else status)


def test_deep_recursion_in_c(shared):
    source = """
        import sys
        def f(x):
            sys.setrecursionlimit(10**9)
            a = []
            for _ in range(300_000):
                a = [a]
            return repr(a) if x else 1
    """
    outcomes = run(shared, source, 0, 1, 0, limits=Limits(time=10))
    assert [outcome.status == "ok" for outcome in outcomes] == [True, False, True]


def test_a_crash_while_loading(shared):
    outcomes = run(shared, "import os\nos._exit(5)\ndef f(x): return x", 1, 2)
    assert {outcome.status for outcome in outcomes} == {"crash"}
    assert "exit code 5" in outcomes[0].exception
    assert "while the script was being loaded" in outcomes[0].exception


@pytest.mark.parametrize(
    "body",
    [
        "import os\n    while True: os.fork()",
        "import os; os.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess; subprocess.run(['true'])",
        "import multiprocessing as m; p = m.Process(target=print); p.start()",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import os, signal; os.kill(-1, signal.SIGTERM)",
        "import os, signal; os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)",
        "import resource, os; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
        "import pathlib; pathlib.Path('/tmp/langprop-was-here').write_text('x' * 100)",
    ],
)
def test_processes_and_signals_are_denied(shared, body):
    (outcome,) = run(shared, f"def f(x):\n    {body}", 0)
    assert outcome.status == "exception"
    assert "Error: [Errno" in outcome.exception
    assert run(shared, "def f(x): return x", 1)[0].output == 1


GARBAGE = """
import os, random
r = random.Random(1)
def f(x):
    if x == 1:
        for fd in range(3, 2000):
            try: os.write(fd, PAYLOAD)
            except OSError: pass
    return x
"""


@pytest.mark.parametrize(
    "payload", ["b'x' * 1000", "b'\\xff' * 100", "r.randbytes(5000)", "b'\\0\\0\\1' + bytes(25)"]
)
def test_garbage_on_the_descriptors(shared, payload):
    outcomes = run(shared, GARBAGE.replace("PAYLOAD", payload), 0, 1, 2)
    assert outcomes[1].status == "crash"
    assert outcomes[2].status == "ok"
    assert run(shared, "def f(x): return x", 1)[0].output == 1


def test_forged_results_are_only_those_of_the_forger(shared):
    source = """
        import os, struct
        from langprop.sandbox.frames import HEADER
        def f(x):
            if x == 1:
                frame = HEADER.pack(1, 2, 0, 0.0, 0) + bytes([99])
                for fd in range(3, 2000):
                    try: os.write(fd, frame * 3)
                    except OSError: pass
            return x
    """
    outputs = [outcome.output for outcome in run(shared, source, 0, 1, 2)]
    assert outputs in ([0, 1, 99], [0, 1, 2])


def test_a_flood_of_frames(shared):
    source = """
        import os
        from langprop.sandbox.frames import HEADER
        def f(x):
            frame = (HEADER.pack(1, 0, 0, 0.0, 0) + bytes([7])) * 1000
            while True:
                for fd in range(3, 2000):
                    try: os.write(fd, frame)
                    except OSError: pass
    """
    other = shared.submit(Script("def f(x): return x", "f"), Inputs([((1,), {})]), Limits(time=0.3))
    statuses = {outcome.status for outcome in run(shared, source, 0, 1, 2)}
    assert statuses <= {"ok", "timeout", "crash"}
    assert other.result(60)[0].output == 1


# Determinism


def test_random_numbers_depend_on_the_sample_only(shared):
    source = """
        import random
        import numpy as np
        def f(x):
            if x == "exit":
                import os; os._exit(1)
            rng = np.random.default_rng()
            return random.random(), np.random.rand(), rng.random(), np.random.default_rng().random()
    """
    first = run(shared, source, "a", "b", "c")
    second = run(shared, source, "a", "exit", "c")
    assert first[0].output == second[0].output
    assert first[2].output == second[2].output
    numbers = [number for outcome in first for number in outcome.output]
    assert len(set(numbers)) == len(numbers)


def test_sets_have_the_same_order_every_time(shared):
    source = "def f(x): return list({'a', 'b', 'c', 'd', 'e'})"
    orders = {tuple(run(shared, source, 1)[0].output)}
    with LocalExecutor(1) as executor:
        orders.add(tuple(run(executor, source, 1)[0].output))
    assert len(orders) == 1


def test_nothing_of_the_environment_is_there(shared, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with LocalExecutor(1) as executor:
        (outcome,) = run(executor, "import os\ndef f(x): return dict(os.environ), os.getcwd()", 1)
    assert "secret" not in str(outcome.output)
    assert outcome.output[1] == "/"


# Sessions


@pytest.fixture
def hang():
    return Script(
        "n = 0\ndef f(x):\n    global n\n    n += 1\n    return sum(iter(int, 1)) if x else n", "f"
    )


def test_a_session_survives_a_hang_in_c(shared, hang):
    with shared.open(hang, Limits(time=0.2)) as session:
        assert session.call(0).output == 1
        outcomes = session.call_many([SessionCall(e, (e == 1,), {}) for e in range(3)])
        assert [outcome.status for outcome in outcomes] == ["ok", "timeout", "ok"]
        assert session.call(0).output in (1, 2)  # the state went with the process


def test_a_session_is_abandoned(shared, hang):
    with shared.open(hang, Limits(time=0.1, failures=2)) as session:
        calls = [SessionCall(e, (1,), {}) for e in range(30)]
        start = time.monotonic()
        outcomes = session.call_many(calls)
        assert time.monotonic() - start < 5
        assert {outcome.status for outcome in outcomes} == {"timeout"}
        assert "abandoned after 2 calls" in session.call(0).exception


def test_a_session_survives_a_crash(shared):
    script = Script("import os\ndef f(x): return os._exit(4) if x else 1", "f")
    with shared.open(script, Limits()) as session:
        outcomes = session.call_many([SessionCall(0, (x,), {}) for x in (0, 1, 0)])
        assert [outcome.status for outcome in outcomes] == ["ok", "crash", "ok"]
        assert "exit code 4" in outcomes[1].exception


def test_a_session_reports_a_lack_of_memory(shared):
    script = Script("def f(x): return len(bytearray(x))", "f")
    with shared.open(script, Limits(memory=100 << 20)) as session:
        for _ in range(2):
            outcomes = session.call_many([SessionCall(0, (x,), {}) for x in (1, 1 << 30, 2)])
            assert [outcome.status for outcome in outcomes] == ["ok", "memory", "ok"]


def test_garbage_in_a_session(shared):
    script = Script(GARBAGE.replace("PAYLOAD", "b'\\xff' * 100"), "f")
    with shared.open(script, Limits(time=0.3)) as session:
        assert session.call(0).output == 0
        assert session.call(1).status == "crash"
        assert session.call(2).output == 2


def test_large_messages_in_a_session(shared):
    script = Script("def f(x): return x", "f")
    with shared.open(script, Limits(output=20_000_000)) as session:
        data = bytes(10_000_000)
        outcomes = session.call_many([SessionCall(0, (data,), {})] * 3)
        assert all(outcome.output == data for outcome in outcomes)


def test_sessions_work_in_threads(shared):
    results = []

    def work(n: int) -> None:
        with shared.open(Script(f"def f(x): return x + {n}", "f"), Limits()) as session:
            results.append(sum(session.call(x).output for x in range(50)) == 50 * n + 1225)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4


def test_a_forgotten_session_ends_its_process():
    with LocalExecutor(1) as executor:
        assert executor.isolation
        before = set(descendants(executor._dispatcher._sandbox.pid))
        session = executor.open(Script("def f(x): return x", "f"), Limits())
        assert session.call(1).output == 1
        (pid,) = set(descendants(executor._dispatcher._sandbox.pid)) - before
        assert alive(pid)
        del session
        gc.collect()
        assert wait_until(lambda: not alive(pid))


# Life and death


def test_the_death_of_the_sandbox_is_an_error_and_the_next_use_starts_another():
    with LocalExecutor(1) as executor:
        session = executor.open(Script("def f(x): return x", "f"), Limits())
        session.call(1)
        inputs = Inputs([((1,), {})])
        sleep = Script("import time\ndef f(x): time.sleep(20)", "f")
        futures = [executor.submit(sleep, inputs, Limits(time=30)) for _ in range(3)]
        zygote = executor._dispatcher._sandbox.pid
        apart = executor.isolation.level == 3  # then there is one process in between
        assert wait_until(lambda: len(descendants(zygote)) == 2 + apart)
        processes = descendants(zygote)
        os.kill(zygote, 9)
        for future in futures:
            with pytest.raises(SandboxError, match="killed by signal 9"):
                future.result(10)
        assert wait_until(lambda: not any(map(alive, processes)))
        with pytest.raises(SandboxError, match="killed by signal 9"):
            session.call(1)
        script = Script("def f(x): return x", "f")
        assert executor.submit(script, inputs, Limits()).result(10)[0].output == 1
        assert session.call(3).output == 3


def test_close_cancels_and_kills():
    executor = LocalExecutor(1)
    script = Script("def f(x):\n    while True: pass", "f")
    futures = [executor.submit(script, Inputs([((1,), {})]), Limits(time=60)) for _ in range(3)]
    session = executor.open(Script("def f(x): return x", "f"), Limits())
    session.call(1)
    zygote = executor._dispatcher._sandbox.pid
    apart = executor.isolation.level == 3  # then there is one process in between
    assert wait_until(lambda: len(descendants(zygote)) == 2 + apart)
    processes = [zygote, *descendants(zygote)]
    start = time.monotonic()
    executor.close()
    assert time.monotonic() - start < 2
    assert all(future.cancelled() for future in futures)
    assert concurrent.futures.wait(futures, timeout=5).not_done == set()
    assert wait_until(lambda: not any(map(alive, processes)))
    with pytest.raises(SandboxError):
        session.call(1)


def test_cancelling_kills_a_running_script():
    with LocalExecutor(1) as executor:
        script = Script("def f(x):\n    while True: pass", "f")
        future = executor.submit(script, Inputs([((1,), {})]), Limits(time=60))
        assert run(executor, "def f(x): return x") == []
        waiting = executor.submit(Script("def f(x): return x", "f"), Inputs([((1,), {})]), Limits())
        time.sleep(0.2)  # it may run or wait; both must work
        assert future.cancel()
        assert waiting.result(10)[0].output == 1


PARENT = """
import os, sys, threading, time
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

executor = LocalExecutor(2)
script = Script("def f(x):\\n    while True: pass", "f")
futures = [executor.submit(script, Inputs([((1,), {})]), Limits(time=60)) for _ in range(2)]
session = executor.open(Script("def f(x): return x", "f"), Limits())
session.call(1)
print("ready", flush=True)
WAIT
"""


def start_parent(wait: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PARENT.replace("WAIT", wait)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(
    ("wait", "signal", "code"),
    [
        ("time.sleep(60)", 9, -9),
        ("futures[0].result()", 2, -2),
        ("futures[0].result()", 15, -15),
        ("raise SystemExit(0)", None, 0),
        ("del executor, session", None, 0),
    ],
)
def test_nothing_outlives_the_trainer(wait, signal, code):
    process = start_parent(wait)
    with process:
        pids = descendants(process.pid)
        if signal is not None:
            assert len(pids) >= 2
            os.kill(process.pid, signal)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == code
    assert wait_until(lambda: not any(map(alive, pids)))
    assert "langprop" not in errors.replace("langprop/executors", "") or signal == 2


def test_an_executor_works_in_a_forked_process():
    source = """
        import os
        from langprop.executors.local import LocalExecutor
        from langprop.sandbox.inputs import Inputs
        from langprop.sandbox.limits import Limits
        from langprop.scripts.script import Script
        executor = LocalExecutor(1)
        def work():
            script = Script("def f(x): return x + 1", "f")
            return executor.submit(script, Inputs([((1,), {})]), Limits()).result(20)[0].output
        assert work() == 2
        pid = os.fork()
        if pid == 0:
            assert work() == 2
            executor.close()
            os._exit(7)
        assert os.waitpid(pid, 0)[1] == 7 << 8
        assert work() == 2
        executor.close()
        print("done")
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.stdout == "done\n", process.stderr


def test_where_it_does_not_work(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationError, match="isolation='none'"):
        LocalExecutor()


def test_a_number_of_workers():
    with pytest.raises(ValueError, match="workers must be at least 1, but got 0"):
        LocalExecutor(0)
    with LocalExecutor() as executor:
        assert executor.workers >= 1


def test_a_session_that_reads_as_slowly_as_it_can_is_ended():
    source = """
        import os, sys, time
        def f(x):
            frame = sys._getframe()
            while "channel_fd" not in frame.f_locals:
                frame = frame.f_back
            fd = frame.f_locals["channel_fd"]
            while True:
                os.read(fd, 1000)
                time.sleep(0.05)
    """
    script = Script(textwrap.dedent(source), "f")
    with LocalExecutor(1) as executor, executor.open(script, Limits(time=0.3)) as session:
        start = time.monotonic()
        outcomes = session.call_many([SessionCall(0, (b"x" * (1 << 23),), {})] * 2)
        assert {outcome.status for outcome in outcomes} == {"timeout"}
        assert time.monotonic() - start < 20


def test_a_session_that_is_closed_during_a_call_says_so():
    script = Script("import time\ndef f(x): time.sleep(60)", "f")
    with LocalExecutor(1) as executor:
        session = executor.open(script, Limits(time=60))
        problems = []

        def call():
            try:
                session.call(1)
            except SandboxError as error:
                problems.append(str(error))

        thread = threading.Thread(target=call)
        thread.start()
        assert executor.isolation
        zygote = executor._dispatcher._sandbox.pid
        apart = executor.isolation.level == 3
        assert wait_until(lambda: len(descendants(zygote)) == 1 + apart)
        session.close()
        thread.join(20)
        assert not thread.is_alive()
    assert len(problems) <= 1


def test_arrays_beside_keys_that_are_no_text(shared):
    source = "import numpy as np\ndef f(x): return [np.zeros(80_000), {1: 2}]"
    (outcome,) = run(shared, source, 1, limits=Limits(time=5))
    assert outcome.status == "ok"
    assert outcome.output[1] == {1: 2}


def test_answers_before_a_crash_count_even_if_one_failure_is_enough(shared):
    source = "import ctypes\ndef f(x):\n    if x == 5: ctypes.string_at(0)\n    return x"
    outcomes = run(shared, source, *range(10), limits=Limits(time=5, failures=1))
    assert [outcome.status for outcome in outcomes[:6]] == ["ok"] * 5 + ["crash"]
    assert "abandoned" in outcomes[6].exception


def test_few_open_files_are_allowed():
    code = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script
with LocalExecutor(2) as executor:
    script = Script("def f(x): return x + 1", "f")
    print(executor.submit(script, Inputs([((1,), {})]), Limits()).result()[0].output)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.strip() == "2", result.stderr


def test_many_candidates_are_run_in_order():
    inputs = Inputs([((1,), {})])
    with LocalExecutor(2) as executor:
        futures = [
            executor.submit(Script(f"def f(x): return {n}", "f", id=str(n)), inputs, Limits())
            for n in range(400)
        ]
        assert [future.result()[0].output for future in futures] == list(range(400))
        zygote = executor._dispatcher._sandbox.pid
        apart = executor.isolation.level == 3
        assert wait_until(lambda: len(descendants(zygote)) == apart)


SMALL_FILES = """
import resource

import numpy as np

import langprop as lp
from langprop.errors import SandboxError
from langprop.executors.base import SessionCall
from langprop.executors.dispatcher import Dispatcher
from langprop.sandbox.inputs import Inputs

resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
script = lp.Script("import numpy as np\\ndef f(x):\\n    return x + np.zeros(500_000)", "f")
large = np.ones(500_000)
limits = lp.Limits(output=8_000_000)

def run(argument):
    return executor.submit(script, Inputs([((argument,), {})]), limits).result()[0]

with lp.LocalExecutor(workers=1) as executor:
    answer = run(1.0)
    assert answer.status == "ok" and answer.output.sum() == 500_000, answer
    with executor.open(script, limits) as session:
        for _ in range(2):
            [answer] = session.call_many([SessionCall(0, (large,), {})])
            assert answer.status == "ok" and (answer.output == large).all(), answer
    try:
        run(large)
    except SandboxError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert (run(large).output == large).all()
"""


def test_where_files_must_be_small_arrays_take_the_pipe():
    """Memory that is shared counts as a file (ulimit -f)."""
    done = subprocess.run(
        [sys.executable, "-c", SMALL_FILES],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "files are limited to 1,000,000 bytes here. Raise that limit:  ulimit -f unlimited" in (
        done.stdout
    ), done.stderr
    assert done.returncode == 0, done.stderr


def test_whoever_wakes_a_thread_that_ends_hits_no_closed_file():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    errors: list[BaseException] = []

    def wake(dispatcher: Dispatcher, over: threading.Event) -> None:
        try:
            while not over.is_set():
                dispatcher.wake()
        except BaseException as error:
            errors.append(error)

    try:
        for _ in range(100):
            dispatcher, over = Dispatcher(1, Spec()), threading.Event()
            dispatcher.run(lambda: None).result()
            thread = threading.Thread(target=wake, args=(dispatcher, over))
            thread.start()
            dispatcher.close()
            over.set()
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not errors
