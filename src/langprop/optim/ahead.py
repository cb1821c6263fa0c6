"""Working ahead: an iterator that runs on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

TICK = 0.2  # [s] until an empty list tells that nothing has come
_END_TIME = 2.0  # [s] for the thread to notice that it isn't wanted any more


def ahead(groups: Iterator[list[T]], cancel: Callable[[], None]) -> Iterator[list[T]]:
    """Run an iterator of lists on a thread, and hand over what has come from it meanwhile.

    So requests are answered, read and repeated while scripts are being evaluated. Where nothing has
    come for a while an empty list is handed over, so that whoever waits can look at the clock.

    Args:
        groups: The iterator; nobody else may use what it uses until it has ended.
        cancel: Makes the iterator end soon; called if the caller leaves early, as with ^C.

    Raises:
        BaseException: What the iterator raised, after all that came before it.
    """
    done: queue.SimpleQueue[list[T] | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for group in groups:
                done.put(group)
        except BaseException as error:  # handed over to whoever waits
            done.put(error)
        else:
            done.put(None)

    thread = threading.Thread(target=work, name="langprop-ahead", daemon=True)
    thread.start()
    ended = False
    try:
        while not ended:
            found: list[T] = []
            failure: BaseException | None = None
            try:
                item = done.get(timeout=TICK)
                while True:
                    if isinstance(item, list):
                        found += item
                    else:
                        ended, failure = True, item
                        break
                    item = done.get_nowait()
            except queue.Empty:
                pass
            if found or not ended:
                yield found
            if failure is not None:
                raise failure
    finally:
        if not ended:
            cancel()
        thread.join(_END_TIME)
