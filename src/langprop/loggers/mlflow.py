"""MLflowLogger: MLflow's tracking."""

from __future__ import annotations

import importlib.util
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.errors import ConfigError, MissingDependency
from langprop.loggers.background import BackgroundLogger, require
from langprop.loggers.figures import key, settings
from langprop.loggers.ids import recall, remember
from langprop.loggers.table import as_json

_BATCH = 100  # entries in one request; MLflow refuses more parameters


class MLflowLogger(BackgroundLogger):
    """Writes curves, configuration, the best scripts and the failures to MLflow.

    Settings are parameters (and, complete, the file `config.json`), texts are tags, scripts are
    files in `scripts/`, and a table is a file that MLflow shows as one. A run that is resumed goes
    on under its id. Nothing else is sent; MLflow's own reports of its use are off unless
    MLFLOW_DISABLE_TELEMETRY says otherwise.

    Args:
        experiment: Name of the experiment; by default what MLFLOW_EXPERIMENT_NAME says, or
            "langprop".
        name: Name of the run; by default that of the run's folder.
        tracking_uri: The server, such as "http://localhost:5000", or a file, such as
            "sqlite:///runs/mlflow.db"; by default what MLFLOW_TRACKING_URI says, or MLflow's own
            default, a file in this folder.
        tags: Of the run.
        patience: How long the end of a run waits for what is left to be sent [s].

    Attributes:
        run_id: Id of the run; "" before it began.

    Raises:
        MissingDependency: MLflow isn't installed, or what it needs for a file.
        ConfigError: MLflow knows no such `tracking_uri`, or `patience` is no positive number.
    """

    def __init__(
        self,
        experiment: str | None = None,
        *,
        name: str | None = None,
        tracking_uri: str | None = None,
        tags: Mapping[str, str] | None = None,
        patience: float = 30.0,
    ) -> None:
        super().__init__(patience=patience)
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        mlflow = require("mlflow", "MLflowLogger", "mlflow")
        self._entities = require("mlflow.entities", "MLflowLogger", "mlflow")
        self.experiment = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "langprop"
        self.name, self.tags = name, dict(tags or {})
        self.tracking_uri = str(tracking_uri or mlflow.get_tracking_uri())
        if self.tracking_uri.startswith("sqlite:") and not importlib.util.find_spec("sqlalchemy"):
            raise MissingDependency(f"MLflow's file {self.tracking_uri}", "mlflow")
        self._client_class = mlflow.MlflowClient
        self._error = mlflow.MlflowException
        self._client: Any = None
        self.run_id = ""
        self._experiment_id = ""

    def begin(
        self, name: str, config: dict[str, Any], run_dir: Path | None, *, resume: bool
    ) -> None:
        """Open the run, or the one that goes on."""
        try:
            self._client = self._client_class(tracking_uri=self.tracking_uri)
        except self._error as error:
            raise ConfigError(
                f"MLflow can't use tracking_uri={self.tracking_uri!r}: {error}"
            ) from error
        known = (self.run_id or recall(run_dir, "mlflow")) if resume else None
        if known and self._reopen(known):
            self.run_id = known
            return
        self._experiment_id = self._find_experiment()
        label = self.name or (run_dir.name if run_dir is not None else name) or name
        run = self._client.create_run(
            self._experiment_id, run_name=label, tags={"function": name, **self.tags}
        )
        self.run_id = run.info.run_id
        remember(run_dir, "mlflow", self.run_id)
        flat = {key(each): str(value) for each, value in settings(config).items()}
        params = [self._entities.Param(each, value) for each, value in flat.items()]
        for start in range(0, len(params), _BATCH):
            self._client.log_batch(self.run_id, params=params[start : start + _BATCH])
        if config:
            text = json.dumps(config, indent=1, ensure_ascii=False)
            self._client.log_text(self.run_id, text, "config.json")

    def write_figures(self, figures: dict[str, float], texts: dict[str, str], step: int) -> None:
        """Write metrics, and texts as tags."""
        now = int(time.time() * 1000)  # [ms]
        metrics = [
            self._entities.Metric(key(name), float(value), now, step)
            for name, value in figures.items()
        ]
        tags = [self._entities.RunTag(key(name), value) for name, value in texts.items()]
        self._client.log_batch(self.run_id, metrics=metrics[:_BATCH], tags=tags[:_BATCH])
        for start in range(_BATCH, len(metrics), _BATCH):
            self._client.log_batch(self.run_id, metrics=metrics[start : start + _BATCH])

    def write_script(self, source: str, step: int, about: dict[str, Any]) -> None:
        """Write `scripts/step-000007.py`, and the same as `best.py`."""
        self._client.log_text(self.run_id, source, f"scripts/step-{step:06d}.py")
        self._client.log_text(self.run_id, source, "best.py")
        if about:
            text = json.dumps({**about, "step": step}, ensure_ascii=False)
            self._client.log_text(self.run_id, text, "best.json")

    def write_table(self, name: str, rows: list[dict[str, Any]], step: int) -> None:
        """Write a table as MLflow keeps those of `mlflow.log_table`, which needs pandas."""
        path = f"{key(name).replace('/', '_')}.json"
        self._client.log_text(self.run_id, as_json(rows), path)
        tag = "mlflow.loggedArtifacts"
        listed = json.loads(self._client.get_run(self.run_id).data.tags.get(tag, "[]"))
        entry = {"path": path, "type": "table"}
        if entry not in listed:
            self._client.set_tag(self.run_id, tag, json.dumps([*listed, entry]))
        self._client.set_tag(self.run_id, f"{key(name)}.step", str(step))

    def finish(self) -> None:
        """End the run."""
        self._client.set_terminated(self.run_id)

    def _reopen(self, run_id: str) -> bool:
        """Go on with a run; False if it is gone."""
        try:
            run = self._client.get_run(run_id)
            if run.info.lifecycle_stage != "active":
                return False
            self._client.update_run(run_id, status="RUNNING")
        except self._error as error:
            if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise
        return True

    def _find_experiment(self) -> str:
        found = self._client.get_experiment_by_name(self.experiment)
        if found is None:
            try:
                return str(self._client.create_experiment(self.experiment))
            except self._error:  # another run made it in this moment
                found = self._client.get_experiment_by_name(self.experiment)
                if found is None:
                    raise
        if found.lifecycle_stage != "active":
            raise ConfigError(
                f"the experiment {self.experiment!r} was deleted in MLflow: restore it there, or "
                "give another name."
            )
        return str(found.experiment_id)
