"""Lane: one sample on its way through a `forward` of the user's own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from typing import Any, cast

from langprop.errors import PolicyError
from langprop.evaluation.judge import Result
from langprop.executors.base import SessionCall
from langprop.population.record import CallRecord
from langprop.sandbox.calls import KEPT_CALLS, make_room
from langprop.sandbox.outcome import Outcome, Status

_new = tuple.__new__  # as a named tuple's own does it, without counting the fields


class Lane:
    """One sample on its way through a `forward`.

    Args:
        place: Of the sample in its batch; also the number of the episode in the session.

    Attributes:
        result: What came out, once it is done.
    """

    __slots__ = ("_calls", "_flow", "_nested", "_seconds", "_send", "place", "request", "result")

    def __init__(self, place: int) -> None:
        self.place = place
        self.result: Result | None = None
        # Of each: the call, its answer, the message of its failure, and what it printed.
        self._calls: deque[tuple[SessionCall, Any, str, str]] = deque(maxlen=KEPT_CALLS)
        self._nested: list[CallRecord] = []
        self._seconds = 0.0

    def note(self, request: SessionCall, outcome: Outcome) -> None:
        """Remember a call, and those between modules in it; of many, the last ones."""
        self._calls.append((request, outcome.output, outcome.exception, outcome.printed))
        for call in outcome.calls:
            make_room(self._nested)
            self._nested.append(call)
        self._seconds += outcome.seconds

    def end(self, output: Any = None, error: PolicyError | None = None) -> Result:
        """It is done: what the judge needs."""
        calls = (
            *(
                CallRecord(request.args, request.kwargs, output, exception)
                for request, output, exception, _ in self._calls
            ),
            *self._nested,
        )
        printed = "".join(printed for *_, printed in self._calls)
        status = cast("Status", error.status) if error else "ok"
        self.result = Result(output, status, str(error or ""), printed, self._seconds, calls)
        return self.result

    # Where `forward` is a generator

    _flow: Generator[Any, Any, Any]
    _send: Callable[[Any], Any]
    request: SessionCall

    def start(self, forward: Callable[..., Any], args: Any, kwargs: Any) -> bool:
        """Run it up to its first call.

        Returns:
            Whether there is one: `request`.

        Raises:
            TypeError: It yields something else.
        """
        place = self.place

        def function(*args: Any, **kwargs: Any) -> SessionCall:
            return _new(SessionCall, (place, args, kwargs))

        self._flow = forward(function, *args, **kwargs)
        self._send = self._flow.send
        return self._advance(self._send, None)

    def answer(self, outcome: Outcome) -> bool:
        """Run it up to its next call.

        Args:
            outcome: Of the call before.

        Returns:
            Whether there is one: `request`.

        Raises:
            TypeError: It yields something else.
        """
        self.note(self.request, outcome)
        if outcome.status == "ok":
            return self._advance(self._send, outcome.output)
        return self._advance(self._flow.throw, failure(outcome))

    def go_on(self, output: Any, seconds: float) -> bool:
        """As `answer`, where a call went well and there is nothing else to tell of it."""
        self._calls.append((self.request, output, "", ""))
        self._seconds += seconds
        return self._advance(self._send, output)

    def _advance(self, step: Callable[[Any], Any], value: Any) -> bool:
        try:
            request = step(value)
        except StopIteration as end:
            self.end(end.value)
            return False
        except PolicyError as error:
            self.end(error=error)
            return False
        if type(request) is not SessionCall:
            raise TypeError(f"forward must yield function(...), but yielded {request!r}.")
        self.request = request
        return True

    def close(self) -> None:
        """Give it up."""
        self._flow.close()


def failure(outcome: Outcome) -> PolicyError:
    """A call that failed, as `forward` sees it."""
    return PolicyError(
        outcome.status, outcome.exception, seconds=outcome.seconds, printed=outcome.printed
    )
