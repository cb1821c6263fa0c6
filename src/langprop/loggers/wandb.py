"""WandbLogger: Weights & Biases."""

from __future__ import annotations

import netrc
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from langprop.errors import ConfigError
from langprop.loggers.background import BackgroundLogger, require
from langprop.loggers.ids import recall, remember
from langprop.loggers.table import columns_of

Mode = Literal["online", "offline", "disabled"]

_QUIET = {
    "console": "off",
    "silent": True,
    "save_code": False,
    "disable_code": True,
    "disable_git": True,
    "x_disable_stats": True,
    "x_disable_meta": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}
"""Settings of wandb's with which nothing is sent but what is logged here."""


class WandbLogger(BackgroundLogger):
    """Writes curves, configuration, the best scripts and the failures to Weights & Biases.

    Nothing else is sent: no console output, no source files of yours, no names of packages or of
    the machine, no crash reports. Each new best script is a version of an artifact of type
    "script". A run that is resumed goes on under its id. The run is one of its own: `wandb.run` is
    left as it is.

    Args:
        project: Name of the project.
        name: Name of the run; by default that of the run's folder.
        entity: The user or team; None for the default one.
        group: Runs of a group are shown together, such as seeds of one experiment.
        tags: Of the run.
        mode: "online"; "offline" (files in the run's folder, for `wandb sync`); "disabled". None
            for what WANDB_MODE says; else "online" if there is a key, and "offline" if not.
        dir: Where wandb's own folder `wandb` is made; by default in the run's folder, and where
            there is none, here.
        patience: How long the end of a run waits for what is left to be sent [s].
        settings: Others of `wandb.Settings`, such as `x_disable_stats=False` for figures of the
            machine.

    Attributes:
        run: The run of wandb; None unless it is open.
        mode: "online", "offline" or "disabled".

    Raises:
        MissingDependency: wandb isn't installed.
        ConfigError: A mode or setting that there isn't; "online" without a key; or `patience` is no
            positive number.
    """

    def __init__(
        self,
        project: str = "langprop",
        *,
        name: str | None = None,
        entity: str | None = None,
        group: str | None = None,
        tags: Sequence[str] = (),
        mode: Mode | None = None,
        dir: str | Path | None = None,  # noqa: A002 - wandb's own word for it
        patience: float = 30.0,
        **settings: Any,
    ) -> None:
        super().__init__(patience=patience)
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # else its end waits for a server
        self._wandb = require("wandb", "WandbLogger", "wandb")
        self.project, self.name, self.entity = project or "langprop", name, entity
        self.group, self.tags = group, [tags] if isinstance(tags, str) else list(tags)
        self.dir = Path(dir) if dir is not None else None
        self.mode = self._find_mode(mode)
        known = set(self._wandb.Settings.model_fields)
        unknown = sorted(set(settings) - known)
        if unknown:
            raise ConfigError(f"wandb.Settings knows no {', '.join(map(repr, unknown))}.")
        quiet = {name: value for name, value in _QUIET.items() if name in known}
        # Half of the time for the beginning, so that the end is there before patience is over.
        times = {"init_timeout": patience / 2, "finish_timeout": patience / 2}
        quiet.update((name, value) for name, value in times.items() if name in known)
        try:
            self._settings = self._wandb.Settings(**{**quiet, **settings})
        except ValueError as error:
            raise ConfigError(f"wandb refuses the settings: {error}") from error
        self.run: Any = None
        self._id = ""
        self._function = "script"

    def begin(
        self, name: str, config: dict[str, Any], run_dir: Path | None, *, resume: bool
    ) -> None:
        """Open the run, or the one that goes on."""
        folder = self.dir or run_dir
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        known = (self._id or recall(run_dir, "wandb")) if resume else None
        self._id = known or secrets.token_hex(4)
        self._function = name
        self.run = self._wandb.init(
            project=self.project,
            entity=self.entity,
            name=self.name or (run_dir.name if run_dir is not None else name) or name,
            id=self._id,
            group=self.group,
            tags=self.tags,
            config=config,
            dir=folder,
            mode=self.mode,
            resume="allow" if known else None,
            reinit="create_new",  # the user's own run, if there is one, stays as it is
            settings=self._settings,
        )
        # Steps are an axis of ours: wandb drops what comes for a step before the last one, as it
        # does when a run goes on from a checkpoint.
        self.run.define_metric("step")
        self.run.define_metric("*", step_metric="step")
        remember(run_dir, "wandb", self._id)

    def write_figures(self, figures: dict[str, float], texts: dict[str, str], step: int) -> None:
        """Write a line of the history."""
        self.run.log({**figures, **texts, "step": step})

    def write_script(self, source: str, step: int, about: dict[str, Any]) -> None:
        """Write a version of the artifact that is named after the function."""
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", self._function)[:100] or "script"
        artifact = self._wandb.Artifact(name, type="script", metadata={**about, "step": step})
        with artifact.new_file("best.py", mode="w", encoding="utf-8") as file:
            file.write(source)
        self.run.log_artifact(artifact)

    def write_table(self, name: str, rows: list[dict[str, Any]], step: int) -> None:
        """Write a table."""
        columns, data = columns_of(rows)
        self.run.log({name: self._wandb.Table(columns=columns, data=data), "step": step})

    def finish(self) -> None:
        """End the run."""
        run, self.run = self.run, None
        run.finish()

    def _find_mode(self, mode: str | None) -> str:
        wanted = mode or os.environ.get("WANDB_MODE") or ""
        wanted = {"dryrun": "offline", "run": "online"}.get(wanted, wanted)
        if wanted not in ("", "online", "offline", "disabled"):
            raise ConfigError(f"mode must be online, offline or disabled, but got {wanted!r}.")
        if wanted in ("offline", "disabled"):
            return wanted
        base_url = os.environ.get("WANDB_BASE_URL") or self._wandb.Settings().base_url
        if _has_key(base_url):
            return "online"
        if not wanted:
            return "offline"
        settings = self._wandb.setup().settings  # those of its files, too; starts its process
        if not (settings.api_key or _has_key(settings.base_url)):
            raise ConfigError(  # else it would ask at the terminal, and wait
                "wandb has no key: run  wandb login  or  export WANDB_API_KEY=…, or give "
                "mode='offline'."
            )
        return "online"


def _has_key(base_url: str) -> bool:
    """Whether a key for a server is in the environment, or where `wandb login` writes it."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    path = os.environ.get("NETRC")
    try:
        entries = netrc.netrc(Path(path).expanduser() if path else None)
        found = entries.authenticators(urlsplit(base_url).netloc)
    except (netrc.NetrcParseError, OSError, ValueError, RuntimeError):  # then it holds no key
        return False
    return bool(found and found[2])
