"""`langprop driving`: the commands of the paper's application."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "towns": "list the towns and suites, check them, make your own",
    "collect": "drive the expert, and keep what it saw and did as a dataset",
    "fit": "train a policy: offline imitation, DAgger, reinforcement",
    "evaluate": "drive the routes of a suite with policies, and compare their scores",
    "render": "make pictures and films of a drive",
}

USAGE = f"""usage: langprop driving COMMAND ...

Drive in a simulator, as in the paper: SUMO by default (pip install 'langprop[driving]').

commands:
{chr(10).join(f"  {name:8} {text}" for name, text in COMMANDS.items())}

  langprop driving evaluate expert --suite tiny
  langprop driving collect --suite training --out data/expert
  langprop driving fit examples/driving/dagger.yaml --data data/expert
  langprop driving evaluate policy.py --suite testing --seeds 3
  langprop driving render policy.py --suite tiny --out drive.gif

`langprop driving COMMAND --help` tells the rest."""


def run(argv: Sequence[str]) -> int:
    """Do what the first argument says.

    Returns:
        The command's exit status; 2 if there is no such command.
    """
    arguments = list(argv)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    name = arguments.pop(0)
    if name not in COMMANDS:
        print(
            f"langprop driving: there is no command {name!r}; there are {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        return 2
    code: int = importlib.import_module(f"langprop.cli.driving_{name}").run(arguments)
    return code
