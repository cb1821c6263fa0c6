"""The attacks as an ordinary user, when root runs the tests.

Root's interpreter and packages may lie where nobody else can read. What is needed of them is copied
to a folder that all can read, which takes about 150 MB and two seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langprop.sandbox.packages import locate

UID = 65534
"""Number of the user nobody."""

_NOT_NEEDED = (
    "site-packages",
    "dist-packages",
    "test",
    "idlelib",
    "tkinter",
    "ensurepip",
    "turtledemo",
)
_PATIENCE = 900.0  # [s]


def measure(configurations: Sequence[str], *, quick: bool) -> dict[str, Any]:
    """Run `table.py` as an ordinary user.

    Args:
        configurations: Names of those to be run.
        quick: Whether to leave out what only waits.

    Returns:
        What `table.measure` gives.

    Raises:
        RuntimeError: It failed; holds what it said.
    """
    folder = Path(tempfile.mkdtemp(prefix="langprop-nobody-"))
    try:
        folder.chmod(0o755)
        python = _copy(folder)
        command = [python, str(folder / "attacks" / "table.py"), "--json", *configurations]
        result = subprocess.run(
            [*command, "--quick"] if quick else command,
            user=UID,
            group=UID,
            extra_groups=[],
            cwd="/",
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "PYTHONPATH": f"{folder / 'packages'}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "LD_LIBRARY_PATH": str(folder / "python" / "lib"),
                "LANG": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if result.returncode:
            raise RuntimeError(f"the attacks failed as user {UID}:\n{result.stderr[-4_000:]}")
        found: dict[str, Any] = json.loads(result.stdout)
        return found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(folder: Path) -> str:
    """Copy what is needed; the interpreter's path."""
    import langprop

    packages = folder / "packages"
    packages.mkdir()
    for tree in locate(("numpy", "msgpack", "libcst")).trees:
        _tree(Path(tree), packages / Path(tree).name)
    _tree(Path(str(langprop.__file__)).parent, packages / "langprop")
    _tree(Path(__file__).resolve().parent, folder / "attacks")
    executable = Path(sys.executable).resolve()
    library = Path(sysconfig.get_path("stdlib"))
    if _is_public(executable) and _is_public(library / "os.py"):
        return str(executable)
    python = folder / "python"
    _tree(library, python / library.relative_to(sys.base_prefix), without=_NOT_NEEDED)
    (python / "bin").mkdir()
    shutil.copy2(executable, python / "bin" / executable.name)
    for shared in (Path(sys.base_prefix) / "lib").glob("libpython*.so*"):
        shutil.copy2(shared, python / "lib" / shared.name)
    return str(python / "bin" / executable.name)


def _tree(source: Path, target: Path, without: Sequence[str] = ()) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*without), dirs_exist_ok=True)
    elif source.exists():
        shutil.copy2(source, target)


def _is_public(path: Path) -> bool:
    """Whether anybody may read a file."""
    if not path.stat().st_mode & stat.S_IROTH:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
