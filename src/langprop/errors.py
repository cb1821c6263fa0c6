"""Every error that LangProp raises on purpose.

LangPropError
├── MissingDependency      an optional package is needed (also an ImportError); names the extra
├── UnknownName            a short name such as "openai:MODEL" that is in no table
├── ConfigError            settings that can't work together, an unreadable configuration
├── ModuleError            a stub, seed script or hook of a Module that can't be used
├── DataError              no samples, or a sample that can't be read or sent to the sandbox
├── ScriptError            source code that is no usable script (syntax, size, missing entry point)
├── ReplyError             an LLM's reply that holds no usable script
├── PolicyError            a call of a script failed; evaluation turns it into a Record
├── EnvError               an environment raised with an action of its space, or in a reset
├── SimulatorError         a driving simulator that can't start, or died
├── TownError              a town, a route or a suite that doesn't exist, or whose file is damaged
├── TemplateError          a prompt template that can't be loaded or rendered
├── OutOfTime              an evaluation was broken off, because the time of the run is over
├── SandboxError           the sandbox itself failed (not the script in it)
│   ├── IsolationError     the isolation that was asked for isn't to be had here
│   └── WireError          bytes from the sandbox that don't decode to plain data
├── LLMError               a language model could not be called
│   ├── LLMAuthError       wrong or missing key
│   ├── LLMNotFoundError   unknown model or address
│   ├── LLMRequestError    the server refuses this request, and would again
│   │   └── NotRecorded    a recording holds no reply to it
│   ├── LLMConnectionError no network, time-out, or a server that keeps failing
│   └── LLMCancelled       a request that was given up
├── OutOfBudget            what was set aside for the run is spent
└── CheckpointError        a run folder or checkpoint that can't be written or read

A failing *script* raises nothing: it becomes a `Record` with a status.
"""

from __future__ import annotations


class LangPropError(Exception):
    """Base of every error raised on purpose."""


class MissingDependency(LangPropError, ImportError):
    """An optional package is needed for what was asked; the message names the extra to install."""

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs an optional package: run  pip install 'langprop[{extra}]'")


class UnknownName(LangPropError, ValueError):
    """A short name that is in no table of the registry."""


class ConfigError(LangPropError, ValueError):
    """Settings that can't work, or a configuration that can't be read."""


class ModuleError(LangPropError, ValueError):
    """A stub, seed script or hook of a Module that can't be used."""


class DataError(LangPropError, ValueError):
    """No samples, or a sample that can't be read or sent to the sandbox."""


class ScriptError(LangPropError, ValueError):
    """Source code that is no usable script."""


class ReplyError(LangPropError, ValueError):
    """A reply of a language model that holds no usable script."""


class PolicyError(LangPropError):
    """A call of a script failed.

    Raised inside `Module.forward` by the function that stands for the script; `evaluate` turns it
    into a `Record` with the same status.

    Attributes:
        status: One of the statuses of `Record` other than "ok".
        seconds: Duration of the call [s].
    """

    def __init__(
        self, status: str, message: str, *, seconds: float = 0.0, printed: str = ""
    ) -> None:
        self.status = status
        self.seconds = seconds
        self.printed = printed
        super().__init__(message)


class OutOfTime(LangPropError):
    """An evaluation was broken off, because the time of the run is over."""


class SimulatorError(LangPropError, RuntimeError):
    """A driving simulator can't start, lacks a library, or died."""


class TownError(LangPropError, ValueError):
    """A town, a route or a suite doesn't exist, leads nowhere, or its file is damaged."""


class EnvError(LangPropError, RuntimeError):
    """An environment failed in a step with an action of its space, or in a reset.

    It is the environment's own fault, not the policy's; its exception is the cause.

    Attributes:
        env: Name of the environment.
        seed: Of the reset.
        step: Number of the step, from 1; 0 for the reset.
        action: Of the step.
    """

    def __init__(self, env: str, seed: int, step: int, action: object, error: Exception) -> None:
        self.env, self.seed, self.step, self.action = env, seed, step, action
        where = f"in step {step} with the action {_cut(action)}" if step else "in the reset"
        try:
            text = str(error)[:500]
        except Exception:  # the environment's own
            text = "(its message can't be shown)"
        super().__init__(
            f"the environment {env} raised {type(error).__name__} {where} (seed {seed}): {text}"
        )


class TemplateError(LangPropError, ValueError):
    """A prompt template that can't be loaded or rendered."""


class SandboxError(LangPropError, RuntimeError):
    """The sandbox itself failed, not the script in it."""


class IsolationError(SandboxError):
    """The isolation that was asked for can't be had on this machine."""


class WireError(SandboxError, ValueError):
    """Bytes that don't decode to plain data, or data that can't be encoded."""


class LLMError(LangPropError):
    """A language model could not be called.

    Attributes:
        transient: Whether the same request may succeed later.
        retry_after: When, if the server says so [s].
    """

    transient: bool = False
    retry_after: float | None = None


class LLMAuthError(LLMError):
    """The key is wrong or missing."""


class LLMNotFoundError(LLMError):
    """The model or the address is unknown to the server."""


class LLMRequestError(LLMError):
    """The server refuses this request and would refuse it again."""


class NotRecorded(LLMRequestError):
    """A recording holds no reply to this request.

    Attributes:
        ended: Why the run that was recorded didn't send it, either: its budget, or its end; "" if
            it isn't known to have come to this request.
    """

    ended: str = ""


class LLMConnectionError(LLMError):
    """No network, a time-out, or a server that keeps failing."""


class LLMCancelled(LLMError):
    """The request was given up, since its reply isn't wanted any more."""


class OutOfBudget(LangPropError):
    """What was set aside for the run is spent."""


class CheckpointError(LangPropError):
    """A run folder or checkpoint that can't be written or read."""


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
