"""One executor for the trained functions of a process."""

from __future__ import annotations

import threading

from langprop.errors import IsolationError
from langprop.executors.base import Executor

_lock = threading.Lock()
_shared: Executor | None = None


def shared_executor() -> Executor:
    """Where a trained module's function runs when the module is called; made on first use.

    Raises:
        IsolationError: Scripts can't be isolated here; set `module.executor =
            langprop.InlineExecutor()` to run them in this process.
    """
    global _shared  # noqa: PLW0603 - one per process is the point
    with _lock:
        if _shared is None:
            from langprop.executors.local import LocalExecutor

            try:
                _shared = LocalExecutor(workers=1)
            except IsolationError as error:
                raise IsolationError(
                    f"{error} For a trained function that is: module.executor = "
                    "langprop.InlineExecutor()."
                ) from None
        return _shared
