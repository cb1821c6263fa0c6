"""Machine: what is installed, set and free here, as plain data. No value of a key is in it."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError

KEYS = {
    "openai": (
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "AZURE_OPENAI_API_KEY",
        "OPENAI_API_VERSION",
    ),
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
    "litellm": (
        "AWS_ACCESS_KEY_ID",
        "COHERE_API_KEY",
        "DEEPSEEK_API_KEY",
        "FIREWORKS_AI_API_KEY",
        "GEMINI_API_KEY",
        "GROQ_API_KEY",
        "HF_TOKEN",
        "MISTRAL_API_KEY",
        "OPENROUTER_API_KEY",
        "TOGETHERAI_API_KEY",
        "VERTEXAI_PROJECT",
        "XAI_API_KEY",
    ),
    "wandb": ("WANDB_API_KEY", "WANDB_BASE_URL", "WANDB_MODE"),
    "mlflow": ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"),
    "prices": ("LANGPROP_PRICES",),
}
"""Environment variables that are read, by who reads them; litellm knows many more."""

_OURS = ("dev", "docs")  # extras for work on langprop itself

_NEEDS = re.compile(r"^([A-Za-z0-9._-]+).*;.*extra\s*==\s*['\"]([^'\"]+)['\"]")


def extras() -> dict[str, dict[str, str | None]]:
    """Packages of each extra, with the version that is installed; None if it is missing.

    Empty where langprop itself isn't installed, but only found.
    """
    try:
        needs = importlib.metadata.requires("langprop") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for line in needs:
        match = _NEEDS.match(line)
        if match and match[2] not in _OURS and match[1] != "langprop":
            found.setdefault(match[2], {})[match[1]] = version(match[1])
    return dict(sorted(found.items()))


def version(package: str) -> str | None:
    """Version of a package; None if it isn't installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def keys() -> dict[str, bool]:
    """Which of the environment variables are set to anything."""
    names = [name for group in KEYS.values() for name in group]
    return {name: bool(os.environ.get(name, "").strip()) for name in names}


def prices() -> dict[str, Any]:
    """The date of the prices, their age [days], and what is wrong with the user's own, if any."""
    from langprop.llms.prices import PRICES_DATE, environment_prices, table_age

    found: dict[str, Any] = {
        "date": PRICES_DATE.isoformat(),
        "age_days": table_age(),
        "own": 0,
        "error": "",
    }
    try:
        found["own"] = len(environment_prices())
    except ConfigError as error:
        found["error"] = str(error)
    return found


def disk(folder: Path) -> dict[str, Any]:
    """Room for runs: bytes that are free, and why the folder can't be written, if it can't.

    Args:
        folder: Where runs are; it needn't be there.
    """
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    found: dict[str, Any] = {"folder": str(folder), "free_bytes": None, "error": ""}
    try:
        found["free_bytes"] = shutil.disk_usage(there).free
    except OSError as error:
        found["error"] = error.strerror or str(error)
        return found
    if not there.is_dir():
        found["error"] = f"{there} is no folder"
    elif not os.access(there, os.W_OK):
        found["error"] = f"{there} can't be written by this user"
    return found
