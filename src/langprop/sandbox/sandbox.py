"""Sandbox: the zygote process, seen from the trusted side."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from langprop import children
from langprop.errors import IsolationError, SandboxError
from langprop.sandbox import bwrap, canary, control, linux, namespaces
from langprop.sandbox.control import Message
from langprop.sandbox.isolation import Isolation, Mode
from langprop.sandbox.packages import locate
from langprop.sandbox.plan import Layers, Plan
from langprop.sandbox.seccomp import Policy
from langprop.sandbox.spec import Spec

_START_TIME = 60.0  # [s] for the zygote to import numpy, on a slow disk
_STOP_TIME = 1.0  # [s] for the zygote to end by itself

# langprop is found by its place and not by sys.path: whatever lies beside it must not hide standard
# modules.
_BOOTSTRAP = """
import importlib.util, json, sys
plan = json.loads(sys.argv[3])
sys.path[:] = [path for path in sys.path if path]
sys.path += [path for path in plan["paths"] if path not in sys.path]
spec = importlib.util.spec_from_file_location(
    "langprop", sys.argv[2] + "/__init__.py", submodule_search_locations=[sys.argv[2]]
)
sys.modules["langprop"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["langprop"])
from langprop.sandbox.zygote import main
main(int(sys.argv[1]), sys.argv[3])
"""

# The environment is made anew: keys and passwords live in environments. Where libraries are found
# is kept.
_KEPT = ("LD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT", "TZ")
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # the order of sets is the same in every run
    "PYTHONSAFEPATH": "1",
    "PYTHONUTF8": "1",
    "MALLOC_ARENA_MAX": "2",  # each arena takes 64 MB of address space
    "OMP_NUM_THREADS": "1",  # a process that forks must have one thread
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}

_POLICIES: dict[str, Policy] = {"sealed": "sealed", "process": "accidents"}
_NEEDED = ("numpy", "msgpack", "libcst")  # by our own code in the zygote


def _plan(spec: Spec) -> Plan:
    """What the zygote shall do."""
    wanted, needed = locate(spec.packages), locate((*spec.packages, *_NEEDED))
    kernel = spec.mode != "process"
    return Plan(
        policy=_POLICIES.get(spec.mode, "paths"),
        landlock=kernel and "landlock" not in spec.without,
        namespaces=spec.mode in ("auto", "sealed") and "namespaces" not in spec.without,
        seccomp="seccomp" not in spec.without,
        names=wanted.names,
        paths=needed.paths,
        trees=needed.trees,
    )


class Sandbox:
    """The zygote process, seen from the trusted side.

    Belongs to one thread: the zygote ends when the thread that made this ends.

    Args:
        spec: What is wanted. "auto" takes bubblewrap where namespaces can't be had without it.

    Attributes:
        isolation: How well scripts are kept in, as a canary found it.

    Raises:
        SandboxError: The process doesn't start, or can't run scripts; holds what it said.
        IsolationError: It isn't as tight as is required.
        ConfigError: There is no such package.
    """

    _process: subprocess.Popen[bytes] | None = None

    def __init__(self, spec: Spec = Spec()) -> None:  # noqa: B008 - it is immutable
        self._errors = -1
        mode, program = spec.mode, bwrap.find()
        if mode == "bwrap" and program is None:
            raise IsolationError(
                "isolation='bwrap' needs bubblewrap: install it (on Debian and Ubuntu: "
                "apt install bubblewrap), or use isolation='auto'."
            )
        plan = _plan(spec)
        layers = self._launch(plan, program if mode == "bwrap" else None)
        if mode == "auto" and "namespaces" in layers.missing and program is not None:
            reason = layers.missing["namespaces"]
            self.close()
            try:
                layers = self._launch(replace(plan, namespaces=False), program)
            except SandboxError:
                self.close()
                layers = self._launch(replace(plan, namespaces=False), None)
                layers.missing.update(namespaces=reason, bwrap="it doesn't start here")
        self.isolation = self._witness(mode, layers)
        if self.isolation.level < spec.require_level:
            self.close()
            raise IsolationError(self.isolation.refusal(spec.require_level))

    def _launch(self, plan: Plan, program: str | None) -> Layers:
        """Start the zygote; with bubblewrap, if its path is given."""
        self._channel, there = control.pair()
        self._errors = linux.memfd()
        try:
            self._process = self._start(there, plan, program)
            there.close()
            layers = self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        finally:
            there.close()
        if program is not None:
            layers.active.append("bubblewrap")
        return layers

    def _start(
        self, channel: socket.socket, plan: Plan, program: str | None
    ) -> subprocess.Popen[bytes]:
        own = str(Path(__file__).resolve().parents[1])
        fd = channel.fileno()
        prefix = bwrap.command(program, [*plan.paths, *plan.trees, own]) if program else []
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        flags = ["-S", "-s", "-B"]
        try:
            return subprocess.Popen(  # noqa: S603 - our own code, by its full path
                [*prefix, sys.executable, *flags, "-c", _BOOTSTRAP, str(fd), own, plan.to_json()],
                pass_fds=[fd],
                env={**environment, **_ENVIRONMENT},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                start_new_session=True,  # a ^C in the terminal isn't meant for it
            )
        except OSError as error:
            raise SandboxError(f"the sandbox can't start {sys.executable}: {error}") from error

    def _witness(self, mode: Mode, layers: Layers) -> Isolation:
        """Find out how well scripts are kept in."""
        try:
            witness = canary.release(self)
        except BaseException:
            self.close()
            raise
        leaks = list(witness.done)
        if not {*_KEPT, *_ENVIRONMENT, "LC_CTYPE", "PWD"}.issuperset(witness.environment):
            leaks.append("read the environment")
        level = 1 if leaks or mode == "process" else 2
        if level == 2 and _is_apart(layers.namespaces):
            level = 3
        return Isolation(
            mode,
            level,
            tuple(layers.active),
            layers.missing,
            tuple(leaks),
            ("whether files exist",) if witness.metadata else (),
            witness.seconds,
        )

    def _wait_until_ready(self) -> Layers:
        self._channel.settimeout(_START_TIME)
        try:
            message = control.receive(self._channel)
        except TimeoutError as error:
            raise SandboxError(f"the sandbox didn't start within {_START_TIME:g} s.") from error
        if message.kind != control.READY:
            raise SandboxError(f"the sandbox didn't start. {self.said()}".strip())
        self._channel.settimeout(None)
        report = linux.read_all(message.fds[0])
        os.close(message.fds[0])
        return Layers.from_json(report)

    def said(self) -> str:
        """What the zygote wrote to its standard error."""
        text = linux.read_all(self._errors).decode("utf-8", "replace").strip()[-2_000:]
        return f"Its process said:\n{text}" if text else ""

    def fileno(self) -> int:
        """The descriptor that is readable when there is a message."""
        return self._channel.fileno()

    @property
    def pid(self) -> int:
        """Process id of the zygote."""
        return self._process.pid if self._process else 0

    def send(self, kind: int, number: int, first: int = 0, fds: Sequence[int] = ()) -> None:
        """Send a message; see `control`.

        Raises:
            SandboxError: The zygote has gone.
        """
        try:
            control.send(self._channel, Message(kind, number, first, 0, fds))
        except OSError as error:
            raise SandboxError(self.obituary()) from error

    def receive(self) -> Message:
        """Wait for a message; of the kind `CLOSED` if the zygote has gone."""
        try:
            return control.receive(self._channel)
        except OSError:
            return Message(control.CLOSED)

    def obituary(self) -> str:
        """Why there is no zygote any more, in words."""
        try:
            code = self._process.wait(_STOP_TIME) if self._process else 0
        except subprocess.TimeoutExpired:
            return "the sandbox's process doesn't answer any more."
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        if children.unheard():
            how = f"ended (nobody knows how, as {children.WHY})"
        return (
            f"the sandbox's process {how}, perhaps because the machine ran out of memory; "
            "what it was running is lost. The next evaluation starts a new one. " + self.said()
        ).strip()

    def close(self) -> None:
        """End the zygote and all that it started. Closing twice is harmless."""
        self._channel.close()
        if self._errors >= 0:
            os.close(self._errors)
            self._errors = -1
        if self._process is None:
            return
        try:
            self._process.wait(_STOP_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _is_apart(identities: Mapping[str, str]) -> bool:
    """Whether all these namespaces are others than this process's."""
    own = namespaces.identities()
    return bool(identities) and all(own.get(kind) != each for kind, each in identities.items())
