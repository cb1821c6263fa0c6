"""RunDir: a run is a folder of readable files.

config.yaml        what was run, with every setting
metrics.jsonl      figures, a line per step
checkpoint.json    the state after the last step, replaced in one piece
checkpoint.previous.json    the one before it
scripts/ID.py      every script that a checkpoint has named
best.py            the best script so far, a plain Python file
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langprop.errors import CheckpointError
from langprop.files import in_one_piece, write_text
from langprop.trainer.folder_lock import FolderLock
from langprop.trainer.lines import is_validation

CHECKPOINT, PREVIOUS, METRICS = "checkpoint.json", "checkpoint.previous.json", "metrics.jsonl"

CONFIG = "config.yaml"
_FIRST = "langprop:"  # what the configuration of a run begins with

_SEAL = ', "digest": '

FORMAT = 2
"""Version of the checkpoint's format; a newer one is refused."""


class RunDir:
    """The folder of a run.

    Args:
        path: The folder; it is made with the first file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._written: set[str] = set()
        self._best = ""
        self._lock = FolderLock(self.path)

    @classmethod
    def fresh(cls, root: str | Path, name: str) -> RunDir:
        """A new folder `root/name`, or `root/name-2` and so on if that is taken.

        It is made at once, so that it stays ours.

        Raises:
            CheckpointError: It can't be made.
        """
        number = 1
        while True:
            path = Path(root) / (name if number == 1 else f"{name}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                number += 1
            except OSError as error:
                raise CheckpointError(f"the run folder {path} can't be made: {error}") from error
            else:
                return cls(path)

    def claim(self, *, resume: bool = False) -> None:
        """Make the folder that was named for this run.

        Args:
            resume: Whether it may hold a run.

        Raises:
            CheckpointError: It holds a run already, or files that aren't of a run, or can't be
                made.
        """
        if not resume and (self.holds_run or self._lost_checkpoint):
            raise CheckpointError(
                f"{self.path} holds a run already: resume it with resume=True (langprop fit "
                f"--resume {self.path}), name another run_dir, or remove the folder if you don't "
                "need it."
            )
        if foreign := self._foreign():
            raise CheckpointError(
                f"{self.path} holds {foreign}, which isn't of a run and would be overwritten: name "
                "another run_dir."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"the run folder {self.path} can't be made: {error}") from error

    def lock(self) -> None:
        """Keep other processes from training in this folder; ends with the process, or `unlock`.

        Raises:
            CheckpointError: Another one does.
        """
        self._lock.take()

    def unlock(self) -> None:
        """Let others in. Unlocking twice is harmless."""
        self._lock.release()

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write what was run."""
        import yaml

        self._write(CONFIG, yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True))

    def save(self, state: Mapping[str, Any], sources: Mapping[str, str], best: str | None) -> None:
        """Write a checkpoint: scripts first, then the file that names them, in one piece.

        Args:
            state: JSON data.
            sources: Source of every script that the state names, by id.
            best: The best script as a plain Python file.

        Raises:
            CheckpointError: A file can't be written; the last checkpoint is left as it was.
        """
        for script_id, source in sources.items():
            name = f"scripts/{script_id}.py"
            # A folder that somebody removed meanwhile must be complete again.
            if script_id not in self._written or not (self.path / name).exists():
                self._write(name, source)
                self._written.add(script_id)
        self._written.intersection_update(sources)  # a long run names many thousands
        self._keep_previous()
        digests = {name: _digest(source) for name, source in sources.items()}
        body = {"format": FORMAT, **state, "sources": digests}
        self._write(CHECKPOINT, _sealed(json.dumps(body, default=_plain)))
        if best is not None and best != self._best:
            self._write("best.py", best)
            self._best = best

    @property
    def holds_run(self) -> bool:
        """Whether there is a checkpoint."""
        return (self.path / CHECKPOINT).exists()

    def check_whole(self) -> None:
        """See that there is a checkpoint if there ever was one.

        Raises:
            CheckpointError: It is gone.
        """
        if self._lost_checkpoint:
            kept = (self.path / PREVIOUS).exists()
            hint = "The one before is kept: resume='previous'" if kept else "Name another run_dir"
            raise CheckpointError(
                f"{self.path} holds a run, but its {CHECKPOINT} is missing. {hint}."
            )

    @property
    def _lost_checkpoint(self) -> bool:
        """Whether there are traces of a run that had checkpoints, although there is none."""
        figures = self.path / METRICS
        return not self.holds_run and (
            (self.path / PREVIOUS).exists() or (figures.exists() and figures.stat().st_size > 0)
        )

    def _foreign(self) -> str:
        """A file in the place of one of ours, of somebody else; "" if there is none."""
        config = self.path / CONFIG
        try:
            ours = config.read_text(encoding="utf-8").startswith(_FIRST)
        except FileNotFoundError:
            ours = self.holds_run or self._lost_checkpoint
        except (OSError, ValueError):
            ours = False
        if ours:
            return ""
        taken = (CONFIG, CHECKPOINT, PREVIOUS, METRICS, "best.py", "scripts")
        return next((name for name in taken if (self.path / name).exists()), "")

    @classmethod
    def holding(cls, file: str | Path) -> RunDir:
        """The folder in which the scripts lie that a checkpoint file names, such as a copy."""
        folder = Path(file).absolute().parent
        near = (folder, folder.parent)
        return cls(next((path for path in near if (path / "scripts").is_dir()), folder))

    def copy_to(self, path: Path) -> None:
        """Copy the last checkpoint, in one piece.

        Args:
            path: The copy. If its folder isn't one in this folder, the scripts are copied, too.

        Raises:
            CheckpointError: It can't be written, or the checkpoint can't be read.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.parent.resolve() != self.path.resolve():
                other = RunDir(path.parent)
                for name, source in self.read()[1].items():
                    if not (path.parent / "scripts" / f"{name}.py").exists():
                        other._write(f"scripts/{name}.py", source)
            with in_one_piece(path) as draft:
                draft.unlink(missing_ok=True)
                try:
                    os.link(self.path / CHECKPOINT, draft)  # it is never changed in place
                except OSError:  # another file system, or one without links
                    draft.write_bytes((self.path / CHECKPOINT).read_bytes())
        except OSError as error:
            raise CheckpointError(
                f"{path} can't be written: {error.strerror or error}. The checkpoint itself is "
                "intact."
            ) from error

    def read(
        self, *, previous: bool = False, file: str | Path | None = None
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The last checkpoint, and the sources that it names by id.

        Args:
            previous: Whether to read the one before the last instead.
            file: A copy of a checkpoint to read instead.

        Raises:
            CheckpointError: There is none, it is damaged, or a newer version wrote it.
        """
        path = self.path / (PREVIOUS if previous else CHECKPOINT) if file is None else Path(file)
        try:
            text = path.read_text(encoding="utf-8")
            state = json.loads(text)
            if not isinstance(state, dict) or not isinstance(state.get("format"), int):
                raise CheckpointError(f"{path} is no checkpoint of LangProp.")
            if state["format"] > FORMAT:
                raise CheckpointError(
                    f"{path} has format {state['format']}, but this version reads up to {FORMAT}: "
                    "upgrade langprop."
                )
            _check_seal(state, text)
            together = state.get("joint", {}).get("modules", ())  # trained with the module
            ids = [script["id"] for script in state["module"].get("depends", ())]
            for population in (each["population"] for each in (state["module"], *together)):
                ids += [policy["id"] for policy in population["policies"]]
                if population.get("champion"):
                    ids.append(population["champion"]["id"])
            sources = {name: self._source(name) for name in ids}
            for name, source in sources.items():
                if state.get("sources", {}).get(name, _digest(source)) != _digest(source):
                    raise CheckpointError(
                        f"{self.path / 'scripts' / name}.py isn't what was saved: it was changed, "
                        "or a disk failed. Bring it back, or name another run_dir."
                    )
        except FileNotFoundError as error:
            if file is not None and not path.exists():
                raise CheckpointError(f"there is no checkpoint {path}.") from error
            if not self.path.is_dir():
                raise CheckpointError(f"there is no run folder {self.path}.") from error
            hint = ""
            if (self.path / "config.json").is_file():
                hint = (
                    " A checkpoint of the paper's code is read with Module.from_reference(FOLDER)."
                )
            raise CheckpointError(
                f"{self.path} is no complete run folder: {error.filename} is missing.{hint}"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            other = self.path / PREVIOUS
            hint = (
                ""
                if previous or file is not None or not other.exists()
                else (" The checkpoint before it is kept: to go on from there, resume='previous'.")
            )
            raise CheckpointError(
                f"{path} can't be read: {type(error).__name__}: {error}.{hint}"
            ) from error
        return state, sources

    def source(self, script_id: str) -> str | None:
        """Source of a script by its id; None if it was never in a checkpoint.

        Raises:
            CheckpointError: It can't be read.
        """
        try:
            return self._source(script_id)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise CheckpointError(f"script {script_id} can't be read: {error}") from error

    def by_step(self) -> dict[Any, dict[str, Any]]:
        """The figures of each step, with those of a validation after it, whose line is its own."""
        found: dict[Any, dict[str, Any]] = {}
        for line in self.metrics():
            found.setdefault(line.get("step"), {}).update(line)
        return found

    def metrics(self) -> list[dict[str, Any]]:
        """The figures, a mapping each; lines that can't be read, as one cut off, are left out."""
        try:
            lines = (self.path / METRICS).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                figures = json.loads(line)
            except ValueError:
                continue
            if isinstance(figures, dict):
                found.append(figures)
        return found

    def forget_after(self, step: int, *, validated: bool) -> None:
        """Drop the figures of steps that no checkpoint knows of: they will be taken again.

        Args:
            step: The last step that the checkpoint knows of.
            validated: Whether it knows of a validation after that step.

        Raises:
            CheckpointError: They can't be written.
        """
        path = self.path / METRICS
        if path.exists():
            known = [line for line in self.metrics() if int(line.get("step", 0)) <= step]
            kept = [
                line
                for line in known
                if validated or not (line.get("step") == step and is_validation(line))
            ]
            self._write(METRICS, "".join(json.dumps(line) + "\n" for line in kept))

    def _keep_previous(self) -> None:
        """Give the checkpoint that is about to be replaced a second name; there is always one."""
        # File systems without links keep none.
        with contextlib.suppress(OSError), in_one_piece(self.path / PREVIOUS) as draft:
            draft.unlink(missing_ok=True)
            os.link(self.path / CHECKPOINT, draft)

    def _source(self, script_id: str) -> str:
        with (self.path / "scripts" / f"{Path(script_id).name}.py").open(
            encoding="utf-8", errors="surrogatepass", newline=""
        ) as file:
            return file.read()

    def _write(self, name: str, text: str) -> None:
        """Write a file in one piece, and the folders that it needs."""
        path = self.path / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, text)
        except OSError as error:
            raise CheckpointError(
                f"{path} can't be written: {error.strerror or error}. What was saved before is "
                "intact; make room or choose another run_dir."
            ) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sealed(body: str) -> str:
    """A checkpoint with the digest of all of it at its end."""
    return f'{body[:-1]}{_SEAL}"{_digest(body)}"}}'


def _check_seal(state: Mapping[str, Any], text: str) -> None:
    """See that a checkpoint is as it was written; those of older versions have no seal.

    Raises:
        ValueError: It isn't.
    """
    body = text.rpartition(_SEAL)[0] + "}"
    if "digest" in state and state["digest"] != _digest(body):
        raise ValueError("it isn't what was written: it was changed, or a disk failed")


def _plain(value: Any) -> Any:
    """Numpy's numbers as JSON numbers."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} can't be saved as JSON")
