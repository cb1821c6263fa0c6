"""The user's own prices: a mapping or a file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError
from langprop.llms.price import EXAMPLE, Price

ENVIRONMENT = "LANGPROP_PRICES"
"""Names a file of the user's own prices."""

_BACKENDS = re.compile(r"(?:openai|anthropic|litellm):")

MAX_FILE = 10_000_000  # [bytes] of that file


def bare(name: str) -> str:
    """A model's name without our backend before it: "gpt-5-mini" for "openai:gpt-5-mini"."""
    return _BACKENDS.sub("", name.strip(), count=1)


def read_prices(source: Mapping[str, Any] | str | os.PathLike[str] | None) -> dict[str, Price]:
    """The user's own prices, checked.

    Args:
        source: A mapping from names to prices, or a file of one, in JSON or YAML. A price is a
            `Price`, text such as "0.25/2.00", a list of two or three numbers, or a mapping with
            `input`, `output` and, if it is known, `cached`. None for no prices.

    Raises:
        ConfigError: The file can't be read, or holds something else; says what and where.
    """
    if source is None:
        return {}
    if isinstance(source, Mapping):
        return _checked(source, "prices")
    path = Path(source).expanduser()
    return _checked(_load(path), str(path))


def environment_prices() -> dict[str, Price]:
    """Prices of the file that `LANGPROP_PRICES` names; none if it isn't set.

    The file is read again only after it has changed.

    Raises:
        ConfigError: It isn't a file of prices; says what and where.
    """
    name = os.environ.get(ENVIRONMENT)
    if not name:
        return {}
    try:
        status = Path(name).expanduser().stat()
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(_of_environment(f"can't read {name}: {error}")) from error
    return _remembered(name, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _remembered(name: str, modified: int, size: int) -> dict[str, Price]:  # noqa: ARG001 - the key
    try:
        return read_prices(name)
    except ConfigError as error:
        raise ConfigError(_of_environment(str(error))) from error


def _of_environment(reason: str) -> str:
    return f"{reason} (the file is named by the environment variable {ENVIRONMENT})"


def _load(path: Path) -> Any:
    try:
        if not path.is_file():
            raise ConfigError(f"there is no file {path} of prices.")
        if path.stat().st_size > MAX_FILE:
            raise ConfigError(f"{path} has more than {MAX_FILE:,} bytes: is it a file of prices?")
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:  # ConfigError is a ValueError
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"can't read {path}: {error}") from error
    try:
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=_without_repeats)
        return _read_yaml(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path} is nested too deeply to be a file of prices.") from error
    except Exception as error:  # of two parsers, each with its own errors; they name the line
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ConfigError(f"{path} is not valid {kind}: {error}") from error


def _read_yaml(text: str) -> Any:
    import yaml

    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode):
        _without_repeats([(str(name.value), None) for name, _ in root.value])
    return yaml.safe_load(text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(f"{twice!r} stands there twice: keep one.")
    return found


def _checked(prices: Any, where: str) -> dict[str, Price]:
    if prices is None:  # an empty file
        return {}
    if not isinstance(prices, Mapping):
        kind = type(prices).__name__
        raise ConfigError(
            f"{where} must map names of models to prices, but is a {kind}; {EXAMPLE}."
        )
    found = {}
    for name, value in prices.items():
        if not isinstance(name, str) or not name.strip():
            raise ConfigError(f"{where}: {name!r} is no name of a model; {EXAMPLE}.")
        try:
            price = _price(value)
        except ConfigError as error:
            raise ConfigError(f"{where}: {name}: {error}") from error
        found[bare(name)] = price
    return found


def _price(value: Any) -> Price:
    if isinstance(value, Price):
        return value
    if isinstance(value, str):
        return Price.parse(value)
    if isinstance(value, (list, tuple)) and len(value) in (2, 3):
        return Price(*value)
    if isinstance(value, Mapping):
        fields = {str(name): number for name, number in value.items()}
        unknown = fields.keys() - {"input", "output", "cached"}
        missing = {"input", "output"} - fields.keys()
        if not unknown and not missing:
            return Price(**fields)
        what = f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}"
        raise ConfigError(f"a price has input, output and perhaps cached: {what}.")
    raise ConfigError(f"no price: {str(value)[:100]!r}; {EXAMPLE}.")
