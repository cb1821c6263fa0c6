"""`langprop init`: a commented project from a stub, a data file or an environment."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from langprop.cli.skeleton import Skeleton
from langprop.cli.splits import columns
from langprop.data.files import SUFFIXES
from langprop.errors import ConfigError
from langprop.files import in_one_piece, write_text

_EXAMPLES = """
examples:
  langprop init houses --from houses.csv --label_column price --ignore id,date
  langprop init sorting --from stub.py:sort_list
  langprop init pole --env CartPole-v1
"""

_TAKEN = {
    *("cache", "check_output", "lp", "math", "module", "parts", "preprocess", "read_data"),
    *("score", "split", "test", "train", "val"),
}
"""Names that module.py uses for itself."""

_PROMPTS = ("setup.jinja", "update.jinja")


class _Arguments(argparse.ArgumentParser):
    """Tells of a mistake in a line, without the usage."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        print(f"All options: {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = _Arguments(
        prog="langprop init",
        description="Make a project that can be trained at once: module.py, config.yaml and "
        "README.md, with comments.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("folder", metavar="FOLDER", help="where; made if it isn't there")
    made.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        help="a stub, as STUB.py:function; or data, of which one column is learned from the "
        f"others ({', '.join(SUFFIXES)})",
    )
    made.add_argument("--env", metavar="ID", help="a Gymnasium environment, such as CartPole-v1")
    made.add_argument("--name", help="name of the function")
    made.add_argument(
        "--label_column",
        metavar="NAME",
        help="of data: the column that is learned; by default label, output, target or y, else "
        "the last one",
    )
    made.add_argument("--ignore", metavar="NAMES", help="of data: columns to leave out, as id,date")
    made.add_argument("--prompts", action="store_true", help="copy the templates of prompts, too")
    made.add_argument(
        "--force", action="store_true", help="into a folder that isn't empty, over files in it"
    )
    return made


def run(arguments: Sequence[str]) -> int:
    """Make a project, and say what to do with it."""
    made = parser()
    given = made.parse_args(arguments)
    if (given.source is None) == (given.env is None):
        made.error(
            "say what to make it of: --from STUB.py:function, --from DATA.csv or --env ID"
            + ("; only one of them." if given.env else ".")
        )
    folder = Path(given.folder).expanduser()
    _check_folder(folder, force=given.force)
    skeleton = _skeleton(given)
    if given.name in _TAKEN:
        raise ConfigError(
            f"--name {given.name}: module.py has a function of its own by that name; choose "
            "another one."
        )
    texts, copies = _files(skeleton, folder, prompts=given.prompts)
    _write(folder, texts, copies)
    name = shlex.quote(str(folder))
    print(f"{folder}/: {', '.join([*texts, *copies])}")
    for note in skeleton.notes:
        print(f"  {note}")
    print(f"\nNow read {folder / 'module.py'}, then:  langprop fit {name}")
    return 0


def _skeleton(given: argparse.Namespace) -> Skeleton:
    is_data = given.source is not None and Path(given.source).suffix.lower() in SUFFIXES
    if not is_data:
        for option in ("label_column", "ignore"):
            if getattr(given, option) is not None:
                raise ConfigError(
                    f"--{option} is about the columns of a data file: --from DATA.csv."
                )
    if given.env is not None:
        from langprop.cli.skeleton_env import of_env

        return of_env(given.env, given.name)
    if not is_data:
        from langprop.cli.skeleton_stub import of_stub

        if ":" not in given.source and not given.source.endswith(".py"):
            raise ConfigError(
                f"--from {given.source}: neither STUB.py:function nor a data file "
                f"({', '.join(SUFFIXES)})."
            )
        return of_stub(given.source, given.name)
    from langprop.cli.skeleton_table import of_table

    return of_table(
        Path(given.source).expanduser(),
        name=given.name,
        label_column=given.label_column,
        ignore=columns(given.ignore),
    )


def _check_folder(folder: Path, *, force: bool) -> None:
    """See that nothing is lost.

    Raises:
        ConfigError: There is something in the folder, or it is none.
    """
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise ConfigError(f"{folder} is a file: name a folder.")
        inside = sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise ConfigError(f"{folder} can't be read: {error.strerror or error}.") from error
    if "checkpoint.json" in inside:
        raise ConfigError(f"{folder} is the folder of a run: name another one for the project.")
    if inside and not force:
        shown = ", ".join(inside[:5]) + (", …" if len(inside) > 5 else "")
        raise ConfigError(
            f"{folder} isn't empty ({shown}): name another folder, or write into it, over files of "
            "the same names, with --force."
        )


def _files(
    skeleton: Skeleton, folder: Path, *, prompts: bool
) -> tuple[dict[str, str], dict[str, Path]]:
    """The texts of all files, and those that are copied."""
    from langprop.cli.skeleton_config import config_text
    from langprop.prompts.prompts import DEFAULTS

    for name in ("module.py", "config.yaml", "README.md"):
        if name in skeleton.copies:
            raise ConfigError(f"a data file named {name} would be overwritten: rename it.")
    texts = {
        "module.py": skeleton.module(prompts=prompts),
        "config.yaml": f"# langprop fit {shlex.quote(str(folder))}\n\n"
        + config_text(_settings(skeleton)),
        "README.md": skeleton.render(
            "README.md.jinja", prompts=prompts, folder=shlex.quote(str(folder))
        ),
        **skeleton.files,
    }
    if prompts:
        for name in _PROMPTS:
            texts[f"prompts/{name}"] = (DEFAULTS / name).read_text(encoding="utf-8")
    return texts, skeleton.copies


def _settings(skeleton: Skeleton) -> dict[str, tuple[Any, str]]:
    """What is set in the configuration, with comments."""
    name = "module" if skeleton.kind == "env" else skeleton.function
    settings: dict[str, tuple[Any, str]] = {
        "module": (f"module.py:{name}", "What is trained."),
    }
    shares = skeleton.variables["shares"]
    if skeleton.kind == "table":
        about = {
            "train": "What is learned from",
            "val": "what the best script is chosen by",
            "test": "what nothing is chosen by",
        }
        for part, share in shares.items():
            text = f"{about[part]}: {100 * share:.0f} % of the rows of {skeleton.variables['file']}"
            if part == "train" and len(shares) > 1:
                text += ", drawn with SEED in module.py"
            settings[part] = (f"module.py:{part}", text[0].upper() + text[1:] + ".")
    if skeleton.kind == "stub":
        settings["train"] = (
            skeleton.variables["file"],
            "What is learned from: a sample on each line. val: and test: name others.",
        )
    settings["optimizer"] = (
        "mutation",
        "What writes scripts: mutation (random edits, offline), or a model, as openai:gpt-5-mini, "
        "anthropic:MODEL or litellm:PROVIDER/MODEL.",
    )
    settings["max_epochs"] = (None, "")
    settings["max_time"] = (60, "")
    settings["limits"] = ({"time": 1.0}, "")  # random scripts like to count for ever
    if skeleton.kind == "env":
        settings["batch_size"] = (8, "Episodes in a step, the same for all scripts.")
    return settings


def _write(folder: Path, texts: dict[str, str], copies: dict[str, Path]) -> None:
    """Write the files, each in one piece; what was begun is taken back if it can't be finished.

    Raises:
        ConfigError: One can't be written.
    """
    there = folder.exists()
    new: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in copies.items():
            path = folder / name
            if path.exists() and path.samefile(source):
                continue
            new += [] if path.exists() else [path]
            with in_one_piece(path) as draft:
                shutil.copyfile(source, draft)
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            new += [] if path.exists() else [path]
            write_text(path, text)
    except BaseException as error:
        for path in reversed(new):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (folder / "prompts").rmdir()  # only if it is empty
        if not there:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise ConfigError(
                f"{error.filename or folder} can't be written: {error.strerror or error}. "
                "Nothing was made."
            ) from error
        raise
