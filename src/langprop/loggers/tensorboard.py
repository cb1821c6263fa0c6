"""TensorBoardLogger: event files for TensorBoard."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from langprop.files import as_path
from langprop.loggers.background import BackgroundLogger, require
from langprop.loggers.figures import settings
from langprop.loggers.table import markdown

_NUMBER = itertools.count()  # files of one process in one second


class TensorBoardLogger(BackgroundLogger):
    """Writes curves, configuration, the best scripts and the failures for TensorBoard.

    See them with `tensorboard --logdir runs`. Scripts, tables and other texts are in the tab
    "Text", settings in "HParams". Where a run goes on from a checkpoint, TensorBoard drops what was
    written after it.

    Args:
        directory: Where the event files are written; by default `tensorboard` in the run's folder,
            and where there is none, a new folder in `tensorboard`.
        patience: How long the end of a run waits for what is left to be written [s].

    Attributes:
        folder: Where the event files are; None before the first one.

    Raises:
        MissingDependency: TensorBoard isn't installed.
        ConfigError: `patience` is no positive number, or the directory isn't a path.
    """

    def __init__(self, directory: str | Path | None = None, *, patience: float = 30.0) -> None:
        super().__init__(patience=patience)
        self.directory = (
            None if directory is None else as_path("directory", directory, "tensorboard")
        )
        what, extra = "TensorBoardLogger", "tensorboard"
        self._event = require("tensorboard.compat.proto.event_pb2", what, extra)
        self._summary = require("tensorboard.compat.proto.summary_pb2", what, extra)
        self._tensor = require("tensorboard.compat.proto.tensor_pb2", what, extra)
        self._types = require("tensorboard.compat.proto.types_pb2", what, extra)
        self._text = require("tensorboard.plugins.text.metadata", what, extra)
        self._hparams = require("tensorboard.plugins.hparams.summary_v2", what, extra)
        self._records = require("tensorboard.summary.writer.record_writer", what, extra)
        self.folder: Path | None = None
        self._writer: Any = None
        self._resumed = False
        self._texts: dict[str, str] = {}

    def begin(
        self, name: str, config: dict[str, Any], run_dir: Path | None, *, resume: bool
    ) -> None:
        """Choose the folder, and write the configuration."""
        if self.directory is not None:
            self.folder = self.directory
        elif run_dir is not None:
            self.folder = run_dir / "tensorboard"
        elif not (resume and self.folder):
            self.folder = _fresh(Path("tensorboard"), name)
        self._resumed, self._texts = resume, {}
        if config and not resume:
            text = json.dumps(config, indent=1, ensure_ascii=False)
            pb = self._hparams.hparams_pb(settings(config), trial_id=str(self.folder))
            self._write(0, [*pb.value, self._as_text("config", _code(text))])

    def write_figures(self, figures: dict[str, float], texts: dict[str, str], step: int) -> None:
        """Write scalars; texts only where they have changed."""
        values = [
            self._summary.Summary.Value(tag=name, simple_value=_float32(value))
            for name, value in figures.items()
        ]
        for name, text in texts.items():
            if self._texts.get(name) != text:
                self._texts[name] = text
                values.append(self._as_text(name, _code(text)))
        self._write(step, values)

    def write_script(self, source: str, step: int, about: dict[str, Any]) -> None:
        """Write the script as text."""
        head = markdown([about]) + "\n\n" if about else ""
        self._write(step, [self._as_text("best_script", head + _code(source))])

    def write_table(self, name: str, rows: list[dict[str, Any]], step: int) -> None:
        """Write a table as text."""
        self._write(step, [self._as_text(name, markdown(rows))])

    def finish(self) -> None:
        """Close the file; the next entry begins another."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _as_text(self, tag: str, text: str) -> Any:
        tensor = self._tensor.TensorProto(
            dtype=self._types.DT_STRING, string_val=[text.encode("utf-8")]
        )
        tensor.tensor_shape.dim.add(size=1)
        # TensorBoard reads metadata with the first value of a tag in a file; more do no harm.
        metadata = self._text.create_summary_metadata(display_name=None, description=None)
        return self._summary.Summary.Value(tag=tag, tensor=tensor, metadata=metadata)

    def _write(self, step: int, values: list[Any]) -> None:
        """Append an event, and hand it to the operating system at once."""
        events = [self._event.Event(step=step, summary=self._summary.Summary(value=values))]
        if self._resumed:
            session = self._event.SessionLog(status=self._event.SessionLog.START)
            events.insert(0, self._event.Event(step=step, session_log=session))
        try:
            if self._writer is None:
                self._writer = self._records.RecordWriter(_new_file(self.folder or Path()))
                events.insert(0, self._event.Event(file_version="brain.Event:2"))
            for event in events:
                event.wall_time = time.time()
                self._writer.write(event.SerializeToString())
            self._writer.flush()
        except OSError:
            # What was cut off makes the rest of a file unreadable: the next entry begins another.
            with contextlib.suppress(OSError):
                self.finish()
            raise
        self._resumed = False


def _new_file(folder: Path) -> Any:
    """A file that TensorBoard knows by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    host = socket.gethostname() or "host"
    name = f"events.out.tfevents.{int(time.time()):010d}.{host}.{os.getpid()}.{next(_NUMBER)}"
    return (folder / name).open("xb")


def _fresh(root: Path, name: str) -> Path:
    for number in itertools.count(1):
        path = root / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):
            path.mkdir(parents=True)
            return path
    raise AssertionError  # pragma: no cover - numbers don't end


def _code(text: str) -> str:
    """Text as a code block of Markdown: it can't break out of lines that are indented."""
    return "\n".join("    " + line for line in text.splitlines())


def _float32(value: float) -> float:
    """A number that a float of 32 bits holds: protobuf refuses larger ones."""
    largest = 3.4028234e38
    return value if not abs(value) > largest else float("inf") * (1 if value > 0 else -1)
