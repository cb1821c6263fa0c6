"""Parameters: what is sent with each request beside the messages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from langprop.errors import ConfigError


def check_parameters(
    parameters: dict[str, Any], create: Callable[..., Any], ours: Collection[str], owner: str
) -> dict[str, Any]:
    """See that an SDK knows the parameters.

    Args:
        parameters: As they were given.
        create: The SDK's function that takes them.
        ours: Those that the backend sets itself.
        owner: Name of the backend's class.

    Raises:
        ConfigError: The SDK doesn't know one, or it isn't the user's to set.
    """
    known = set(inspect.signature(create).parameters) - set(ours)
    for name in parameters:
        if name in ours:
            raise ConfigError(f"{name!r} is set by {owner} itself and can't be passed on.")
        if name not in known:
            raise ConfigError(
                f"the SDK knows no parameter {name!r}; a server's own parameters go into "
                f"extra_body={{{name!r}: …}}."
            )
    return dict(parameters)
