"""How well scripts are kept in, as users are told of it: on this machine, and on lesser ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import langprop
from langprop.errors import ConfigError, IsolationError
from langprop.executors.local import LocalExecutor
from langprop.sandbox import linux, seccomp
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.isolation import Isolation
from langprop.sandbox.limits import Limits
from langprop.sandbox.sandbox import Sandbox
from langprop.sandbox.spec import Spec
from langprop.scripts.script import Script

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="isolation needs Linux")

SOURCE = str(Path(langprop.__file__).parents[1])


def isolation(mode="auto", *without) -> Isolation:
    sandbox = Sandbox(Spec(mode, 0, without=frozenset(without)))
    try:
        return sandbox.isolation
    finally:
        sandbox.close()


@pytest.fixture(scope="module")
def here() -> Isolation:
    return isolation()


def needs(layer: str, here: Isolation) -> None:
    if layer in here.missing:
        pytest.skip(f"this machine has no {layer}: {here.missing[layer]}")


def test_the_default_contains_scripts(here):
    assert here.level >= 2
    assert not here.leaks
    assert str(here).startswith(f"isolation: L{here.level} kernel")
    assert "witnessed by a canary" in str(here)
    assert json.loads(json.dumps(here.to_dict()))["level"] == here.level


def test_a_process_alone_does_not(here):
    weak = isolation("process")
    assert weak.level == 1
    assert {"read files", "write files", "use the network (TCP)"} <= set(weak.leaks)
    assert not {"start processes", "signal other processes"} & set(weak.leaks)


def test_without_landlock_no_file_can_be_opened(here):
    sealed = isolation("auto", "landlock")
    assert sealed.level >= 2
    assert "seccomp (sealed)" in sealed.active
    assert not sealed.visible


def test_without_namespaces_the_kernel_still_keeps_them_in(here):
    weaker = isolation("auto", "namespaces")
    assert weaker.level == 2
    assert not weaker.leaks


@pytest.mark.parametrize("left", ["landlock", "namespaces"])
def test_the_canary_tells_what_a_layer_alone_lets_through(here, left):
    needs(left, here)
    others = {"landlock", "namespaces", "seccomp"} - {left}
    weak = isolation("auto", *others)
    assert weak.level == 1
    assert "start processes" in weak.leaks


def test_bubblewrap_hides_that_files_exist():
    try:
        boxed = isolation("bwrap")
    except IsolationError as error:
        assert "apt install bubblewrap" in str(error)  # noqa: PT017 - it isn't installed everywhere
        pytest.skip("bubblewrap isn't installed")
    assert boxed.level >= 2
    assert "bubblewrap" in boxed.active
    assert not boxed.visible


def test_too_little_is_refused():
    with LocalExecutor(1, isolation="process", require_level=2) as executor:
        with pytest.raises(IsolationError, match=r"level 2 .* required.*isolation='process'"):
            _ = executor.isolation
        future = executor.submit(Script("def f(): return 1", "f"), Inputs([((), {})]), Limits())
        with pytest.raises(IsolationError, match="A script could read files"):
            future.result(30)
        with pytest.raises(IsolationError):
            executor.open(Script("def f(): return 1", "f"), Limits()).call()


def test_wrong_settings():
    with pytest.raises(ConfigError, match="InlineExecutor"):
        LocalExecutor(isolation="none")
    with pytest.raises(ConfigError, match="auto, sealed, bwrap, process"):
        LocalExecutor(isolation="docker")
    with pytest.raises(ConfigError, match="no package 'no_such_package'"):
        LocalExecutor(packages=["no_such_package"])
    with pytest.raises(ConfigError, match="list of names"):
        LocalExecutor(packages="numpy")
    with pytest.raises(ValueError, match="require_level"):
        LocalExecutor(require_level=4)


# Machines with less than this one: a kernel filter stands for what their kernels lack.

LESSER = """
import ctypes, struct, sys
from langprop.sandbox import linux, syscalls

def deny(calls, prctl_option=None):
    load, equal, answer = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 0)]
    for number, error in calls:
        steps += [(equal, 0, 1, number), (answer, 0, 0, 0x50000 | error)]
    if prctl_option is not None:
        number = {"x86_64": 157, "aarch64": 167}[__import__("platform").machine()]
        steps += [(equal, 0, 3, number), (load, 0, 0, 16), (equal, 0, 1, prctl_option)]
        steps += [(answer, 0, 0, 0x50000 | 22)]
    steps += [(answer, 0, 0, 0x7FFF0000)]
    data = b"".join(struct.pack("HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(data, len(data))
    head = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(buffer))
    program = ctypes.create_string_buffer(head)
    linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
    linux.prctl(linux.PR_SET_SECCOMP, 2, ctypes.addressof(program))

unshare = {"x86_64": 272, "aarch64": 97}[__import__("platform").machine()]
no_landlock = [(444, 38), (445, 38), (446, 38)]
no_namespaces = [(unshare, 1)]
"""

RUN = """
from langprop.errors import IsolationError
from langprop.executors.local import LocalExecutor
from langprop.sandbox.inputs import Inputs
from langprop.sandbox.limits import Limits
from langprop.scripts.script import Script

with LocalExecutor(1) as executor:
    try:
        print(executor.isolation.level, executor.isolation)
        source = "import json, numpy.fft\\ndef f(x): return open('/etc/passwd').read(x)"
        script = Script(source, "f")
        print(executor.submit(script, Inputs([((1,), {})]), Limits()).result()[0].exception)
    except IsolationError as error:
        print("refused:", error)
"""


def on_a_lesser_machine(denied: str) -> str:
    code = f"{LESSER}\n{denied}\n{RUN}"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE, "PATH": "/nonexistent"},  # no bubblewrap
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_in_a_container_without_namespaces():
    told = on_a_lesser_machine("deny(no_namespaces)")
    assert told.startswith("2 isolation: L2 kernel")
    assert "not active: namespaces (Operation not permitted)" in told
    assert "PermissionError" in told


def test_on_a_kernel_without_landlock():
    told = on_a_lesser_machine("deny(no_landlock)")
    assert told[0] in "23"
    assert "seccomp (sealed)" in told
    assert "landlock (Function not implemented)" in told
    assert "PermissionError" in told


def test_on_a_kernel_without_either():
    told = on_a_lesser_machine("deny(no_landlock + no_namespaces)")
    assert told.startswith("2 isolation: L2 kernel")
    assert "PermissionError" in told


def test_where_no_filter_can_be_put_up():
    told = on_a_lesser_machine("deny(no_landlock, linux.PR_SET_SECCOMP)")
    assert told.startswith("refused: scripts can't be isolated well enough here: level 2")
    assert "seccomp (Invalid argument)" in told
    assert "CONFIG_SECCOMP_FILTER" in told
    assert "isolation='process'" in told


def test_a_full_or_missing_temporary_folder_changes_nothing(tmp_path):
    code = f"import tempfile; tempfile.tempdir = {str(tmp_path / 'gone')!r}\n{RUN}"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": SOURCE, "TMPDIR": str(tmp_path / "gone")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout[0] in "23", result.stderr


UNHEARD = """
import os, signal, time
from langprop.errors import LLMError, SandboxError
from langprop.llms.command import CommandLLM
from langprop.prompts.message import Message
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
{run}
with LocalExecutor(1) as executor:
    print(executor.open(Script("def f(x): return x", "f"), Limits()).call(1).output)
    endless = Script("def f(x):\\n    while True: pass", "f")
    future = executor.submit(endless, Inputs([((1,), {{}})]), Limits(time=60))
    while not executor._dispatcher._runs:
        time.sleep(0.001)
    os.kill(executor._dispatcher._sandbox.pid, signal.SIGKILL)
    try:
        future.result()
    except SandboxError as error:
        print(str(error).splitlines()[0])
try:
    CommandLLM("false").generate([Message("user", "?")])
except LLMError as error:
    print(error)
"""


def test_where_the_ends_of_processes_are_ignored(here):
    result = subprocess.run(
        [sys.executable, "-c", UNHEARD.format(run=RUN)],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    level, *_, output, ended, llm = result.stdout.splitlines()
    assert level.startswith(f"{here.level} ")
    assert [layer for layer in here.active if layer not in level] == []
    assert output == "1"
    assert "process ended (nobody knows how, as this process ignores SIGCHLD: call" in ended
    assert llm.startswith("command:false isn't run, as nobody would know how it ends")


# What scripts may import


def run(executor, source):
    return executor.submit(
        Script(textwrap.dedent(source), "f"), Inputs([((), {})]), Limits()
    ).result(60)[0]


def test_packages_are_named(tmp_path, monkeypatch):
    package = tmp_path / "my_library"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("from my_library.part import ANSWER\n")
    (package / "part.py").write_text("ANSWER = 42\n")
    (tmp_path / "labels.csv").write_text("secret")
    monkeypatch.syspath_prepend(tmp_path)
    source = "def f():\n    import my_library\n    return my_library.ANSWER"
    with LocalExecutor(1) as executor:
        refused = run(executor, source)
        assert refused.status == "exception"
        assert "scripts may import the standard library, numpy" in refused.exception
        optional = """
            try:
                import my_library
            except ImportError:
                my_library = None
            def f(): return my_library is None
        """
        assert run(executor, optional).output is True
        assert run(executor, "import numpy.fft, sqlite3, csv\ndef f(): return 1").output == 1
    with LocalExecutor(1, packages=["numpy", "my_library"]) as executor:
        assert run(executor, source).output == 42
        labels = f"def f(): return open({str(tmp_path / 'labels.csv')!r}).read()"
        if executor.isolation.level >= 2:
            assert "PermissionError" in run(executor, labels).exception


def test_a_sealed_sandbox_has_its_modules_loaded():
    with LocalExecutor(1, isolation="sealed") as executor:
        source = (
            "import numpy.fft, json, statistics, zlib\ndef f(): return open('/etc/passwd').read()"
        )
        assert "PermissionError" in run(executor, source).exception
        late = run(executor, "def f():\n    import turtledemo.clock")
        assert "can't load it" in late.exception


# The filter itself


@pytest.mark.parametrize("policy", ["paths", "sealed", "accidents"])
def test_filters_are_small_and_jumps_stay_inside(policy):
    steps = seccomp.Filter(policy)._steps
    assert len(steps) < 250
    for place, (code, true, false, _) in enumerate(steps):
        if code != 0x06:
            assert place + 1 + max(true, false) < len(steps)
    assert steps[-1][0] == 0x06


def test_the_kernel_takes_the_filters():
    for policy in ("paths", "sealed", "accidents"):

        def attempt(policy=policy):
            linux.prctl(linux.PR_SET_NO_NEW_PRIVS, 1)
            seccomp.Filter(policy).install(os.getpid())

        linux.in_child(attempt)


# The doctor


def test_the_doctor(here):
    result = subprocess.run(
        [sys.executable, "-m", "langprop", "doctor"],
        env={**os.environ, "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for word in ("auto", "sealed", "bwrap", "process", "none", "Training runs with"):
        assert word in result.stdout
    assert "Traceback" not in result.stderr
