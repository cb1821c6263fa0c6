"""Connected: what holds connections or processes, and so isn't copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from typing_extensions import Self


class Connected:
    """What holds connections or processes: a copy of it is itself, and it can't be pickled.

    So an optimizer can be copied; the copies ask the same model, which several runs may do at the
    same time.
    """

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        del memo
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """It can't be sent to another process.

        Raises:
            TypeError: Always; says what to do.
        """
        name = getattr(self, "name", type(self).__name__)
        raise TypeError(
            f"{name} holds connections, which can't be pickled: make the model in the process that "
            "uses it."
        )
