"""Command lines: which program is meant, and what it gets of the environment."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from langprop.errors import ConfigError, LLMNotFoundError
from langprop.prompts.abbreviate import shorten

PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TZ|LANG|LANGUAGE|LC_\w+"
    r"|XDG_(?:CONFIG|CACHE|DATA|STATE)_HOME|XDG_RUNTIME_DIR"
    r"|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
)
"""Names of environment variables that every program gets. None of them holds a secret."""


def split(command: str | Sequence[str]) -> list[str]:
    """The words of a command, as a shell would see them, but nothing is expanded.

    Raises:
        ConfigError: A quote isn't closed, or there is no word.
    """
    try:
        words = shlex.split(command) if isinstance(command, str) else [str(one) for one in command]
    except ValueError as error:
        raise ConfigError(f"the command {shorten(str(command), 200)!r}: {error}.") from error
    if not words or not words[0].strip():
        raise ConfigError('name a program: "command:PROGRAM ARGUMENT …".')
    if any("\x00" in word for word in words):
        raise ConfigError("a command can't hold null characters.")
    return words


def environment_of(env: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """What a program gets: `PASSED`, and what is named.

    Args:
        env: Names, or names with values.

    Raises:
        ConfigError: A name isn't set.
    """
    passed = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
    if isinstance(env, Mapping):
        return {**passed, **env}
    for name in [env] if isinstance(env, str) else env:
        if name not in os.environ:
            raise ConfigError(f"env names {name}, which isn't set: run  export {name}=…")
        passed[name] = os.environ[name]
    return passed


def find_program(word: str, env: Mapping[str, str]) -> str:
    """The file of a program.

    Raises:
        LLMNotFoundError: There is none.
    """
    path = os.path.expanduser(word)  # noqa: PTH111 - keeps "./", which a Path drops
    found = shutil.which(path, path=env.get("PATH", os.defpath))
    if found is None:
        what = (
            "make it executable: chmod +x"
            if Path(path).is_file()
            else "check its name, install it, or write the whole path"
        )
        raise LLMNotFoundError(f"there is no program {word!r} to be run: {what}.")
    return str(Path(found).absolute())


def find_file(word: str) -> str:
    """An argument; the whole path of a file that is named relative to the current folder."""
    path = Path(word)
    if word.startswith("~/"):
        return str(path.expanduser())
    looks = "/" in word or path.suffix
    try:
        return str(path.absolute()) if looks and path.is_file() else word
    except OSError:  # an argument that is too long to be a name
        return word
