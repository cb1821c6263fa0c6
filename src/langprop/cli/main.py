"""The command line: finds the command, and turns errors into one line."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from langprop import __version__, children
from langprop.errors import LangPropError

COMMANDS = {
    "init": "make a project from a stub, a data file or an environment",
    "fit": "train a function",
    "validate": "judge the best scripts of a run on validation data",
    "test": "judge the best script of a run on test data",
    "predict": "call the best script of a run",
    "compare": "run optimizers on the same seeds and budget: did the feedback help?",
    "show": "show a run: ranking, lineage, the best script, differences, worst samples, cost",
    "export": "write the best script of a run as a plain Python file",
    "replay": "take a run again from its recording, and compare",
    "prompt": "show what a model would be asked",
    "exchange": "list, show and answer the requests that lie in a folder",
    "driving": "drive in a simulator, as in the paper: collect, train, evaluate, make films",
    "doctor": "tell how well generated code is kept in here, and what is installed and set",
}

USAGE = f"""usage: langprop COMMAND ...

PyTorch Lightning for code: train Python functions on data.

commands:
{chr(10).join(f"  {name:8} {text}" for name, text in COMMANDS.items())}

  langprop init houses --from houses.csv                        # a project that runs at once
  langprop fit --env CartPole-v1                                # an environment, without any code
  langprop fit examples/cartpole                                # offline, from an empty stub
  langprop fit examples/sudoku --optimizer openai:gpt-5-mini    # with any OpenAI-compatible model
  langprop driving evaluate expert --suite tiny                 # routes in a simulated town
  langprop show runs/balance
  langprop export runs/balance policy.py

`langprop COMMAND --help` tells the rest. Version {__version__}."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 if all went well, 1 after an error (on standard error, in words), 2 for a wrong call, 130
        after ^C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    children.hear()  # whoever started this may have had it ignore them
    try:
        return _run(arguments)
    except LangPropError as error:
        print(f"langprop: {error}", file=sys.stderr)
        if os.environ.get("LANGPROP_DEBUG"):
            traceback.print_exc()
        return 1
    except KeyboardInterrupt:
        print("langprop: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `langprop show … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE, flush=True)
        return 0
    if arguments[0] in ("-V", "--version"):
        print(f"langprop {__version__}")
        return 0
    name = arguments.pop(0)
    if name not in COMMANDS:
        print(
            f"langprop: there is no command {name!r}; there are {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        return 2
    code: int = importlib.import_module(f"langprop.cli.{name}").run(arguments)
    return code
