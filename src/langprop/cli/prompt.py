"""`langprop prompt`: what a model would see. No model is called."""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langprop.callbacks.source import visible
from langprop.cli.evidence import Evidence, of_env, of_target
from langprop.cli.template_folder import RUNNABLE, is_template_folder, of_templates
from langprop.errors import ConfigError, TemplateError
from langprop.prompts.message import Message
from langprop.prompts.prompts import NAMES, Prompts, count_tokens
from langprop.prompts.template import ENGINES

WIDTH = 88  # [characters] of a heading

_DESCRIPTION = """\
Show what a model would be asked. No model is called.

TARGET is what `langprop fit` takes (a folder with a config.yaml, FILE.py:NAME), what `langprop
driving fit` takes (a YAML file), the folder of a run, or a folder of templates. For the update
prompt the seed script (or the best one of a run, or the empty stub) is judged on some training
samples in the sandbox.
"""

_EXAMPLES = """\
  langprop prompt examples/sudoku                        the update prompt of its seed script
  langprop prompt examples/factorial --name setup
  langprop prompt runs/sudoku --task examples/sudoku     of the best script so far
  langprop prompt --env CartPole-v1                      of an environment, without any code
  langprop prompt examples/sudoku --prompts my_prompts   with templates of your own
  langprop prompt my_prompts --sample '{"args": [3], "outputs": 5, "label": 6, "code": "..."}'
"""


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(
        prog="langprop prompt",
        description=_DESCRIPTION,
        epilog="examples:\n" + _EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("target", metavar="TARGET", nargs="?", help="what the prompt is for")
    made.add_argument(
        "--env", metavar="ID", help="a Gymnasium environment in place of TARGET, as for  fit --env"
    )
    made.add_argument("--name", choices=NAMES, help="which prompt (default: update)")
    made.add_argument(
        "--sample",
        help="number of a training sample; or variables: a JSON file, or text in JSON or Python",
    )
    made.add_argument("--policy", help="id of a script of the run, or a FILE.py, in place of it")
    made.add_argument("--prompts", metavar="FOLDER", help="templates to render instead")
    made.add_argument("--task", metavar="TARGET", help="the task of a run, to have its samples")
    made.add_argument("--train", metavar="FILE.py:NAME", help="training data")
    made.add_argument(
        "--feedback",
        help="which samples are shown: worst, diverse, contrast (default: as configured)",
    )
    made.add_argument(
        "--edit", choices=["search_replace"], help="ask for edits instead of a whole script"
    )
    made.add_argument("--max-tokens", type=int, help="about how long the prompt may be")
    made.add_argument("--json", action="store_true", help="print the messages as JSON")
    return made


def run(argv: Sequence[str]) -> int:
    """Render a prompt and print it."""
    settings = parser().parse_args(list(argv))
    number, given = _sample(settings.sample)
    if (settings.target is None) == (settings.env is None):
        raise ConfigError("name what the prompt is for:  langprop prompt TARGET  or  --env ID")
    if settings.env is not None and settings.task is not None:
        raise ConfigError("--task goes with the folder of a run, not with --env.")
    path = Path(settings.target or "")
    if settings.env is not None:
        evidence = of_env(settings.env, settings.train)
        name = settings.name or "update"
    elif is_template_folder(path):
        if number is not None:
            raise ConfigError(
                f"{path} is a folder of templates and has no samples: give variables, such as "
                '--sample \'{"args": [3], "label": 6}\'.'
            )
        evidence = of_templates(path, given)
        name = settings.name or _first_name(path)
    else:
        _check_folder(path)
        evidence = of_target(settings.target, task=settings.task, train=settings.train)
        name = settings.name or "update"
    if settings.prompts is not None:
        evidence.prompts = Prompts.load(settings.prompts)
    prompts = evidence.prompts
    if settings.max_tokens is not None:
        prompts = Prompts(
            prompts.setup,
            prompts.update,
            crossover=prompts.crossover,
            repair=prompts.repair,
            continuation=prompts.continuation,
            max_tokens=settings.max_tokens,
        )
    variables = _variables(evidence, name, settings, number)
    variables.update(_overridden(variables, given))
    messages = prompts.render(name, variables)
    if settings.json:
        print(json.dumps([vars(message) for message in messages], ensure_ascii=False, indent=2))
    else:
        template = getattr(prompts, name)
        print(f"{name} prompt of {evidence.module.entry_point}, template {template.name}")
        _print(messages)
    sys.stdout.flush()  # the notes stand below
    for note in evidence.notes:
        print(f"note: {visible(note)}", file=sys.stderr)
    return 0


def _variables(
    evidence: Evidence, name: str, settings: argparse.Namespace, number: int | None
) -> dict[str, Any]:
    """The variables that an optimizer would give to the template."""
    import numpy as np

    from langprop.optim.choice import check_feedback
    from langprop.optim.feedback import crossover_variables, setup_variables, update_variables

    module, rng = evidence.module, np.random.default_rng(0)
    feedback = check_feedback(settings.feedback or evidence.asking.feedback)
    edit = {"edit": settings.edit or evidence.asking.edit, "limits": evidence.limits}
    setup = setup_variables(module)
    if name in ("setup", "repair", "continuation"):
        if settings.policy is not None and name == "setup":
            raise ConfigError("--policy goes with the other prompts: setup has no script yet.")
        code = evidence.policy(settings.policy).script.source
        head = f"```python\n{module.stub or code}".rstrip()
        asked = {
            "code": code if edit["edit"] else "",
            "reason": "the reply holds no block of code.",
            "reply": head[: 2 * len(head) // 3] if name == "continuation" else "I can't do that.",
        }
        return {**setup, **edit} if name == "setup" else {**setup, **edit, **asked}
    policy = evidence.policy(settings.policy)
    parents = [policy]
    if name == "crossover":
        others = [other for other in evidence.policies if other.id != policy.id]
        parents.append(others[0] if others else policy)
        if not others:
            evidence.notes.append("there is only one script: it stands for both parents")
    if not policy.records:
        evidence.judge({parent.id: parent for parent in parents}.values(), number)
    if name == "update":
        return {**update_variables(module, policy, rng, feedback=feedback), **edit}
    donor = parents[1]
    return {**crossover_variables(module, policy, donor, rng, feedback=feedback), **edit}


def _overridden(variables: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The user's own variables, which also replace those of the sample that is shown."""
    from langprop.optim.feedback import name_arguments

    changed = dict(given)
    if ("args" in given or "kwargs" in given) and "inputs" not in given:
        one = {**variables, **given}
        changed["inputs"] = name_arguments(
            one.get("stub", ""), one["function_name"], one.get("args", ()), one.get("kwargs", {})
        )
    samples = variables.get("samples")
    if samples and "samples" not in given:
        first = {key: value for key, value in changed.items() if key in samples[0]}
        changed["samples"] = [{**samples[0], **first}, *samples[1:]]
    return changed


def _sample(text: str | None) -> tuple[int | None, dict[str, Any]]:
    """What --sample says: the number of a sample, or variables."""
    if text is None:
        return None, {}
    if text.strip().isdigit():
        return int(text), {}
    where = "--sample"
    if not text.lstrip().startswith("{"):
        path = Path(text)
        try:
            where, text = text, path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"--sample {text!r} is no number, no file that can be read, and no mapping such as "
                f'{{"args": [3], "label": 6}}: {error}'
            ) from error
    try:
        given = json.loads(text)
    except ValueError as error:
        try:
            given = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise ConfigError(
                f"{where} is neither JSON ({error}) nor a Python literal; put it in single quotes, "
                "and numpy arrays as lists."
            ) from error
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        raise ConfigError(f"{where} must hold variables by name, but holds {type(given).__name__}.")
    return None, given


def _first_name(folder: Path) -> str:
    """Update, or else the first of the prompts that the folder has a template for."""
    own = [
        name for name in NAMES if any((folder / (name + suffix)).is_file() for suffix in ENGINES)
    ]
    return "update" if "update" in own else own[0]


def _check_folder(path: Path) -> None:
    if path.is_dir() and not any((path / name).is_file() for name in RUNNABLE):
        wanted = ", ".join(f"{name}.jinja" for name in NAMES[:-1])
        inner = sorted(found.parent.name for found in path.glob("*/update.*"))
        hint = f"; the folder {inner[0]!r} in it does" if inner else ""
        raise TemplateError(
            f"{path} holds neither a config.yaml, nor a run, nor a template ({wanted} or "
            f"{NAMES[-1]}.jinja, or .txt){hint}."
        )


def _print(messages: Sequence[Message]) -> None:
    for message in messages:
        size = f"{len(message.content):,} characters ≈ {count_tokens([message]):,} tokens"
        print(f"\n── {message.role} · {size} ".ljust(WIDTH, "─"))
        content = message.content
        print(visible(content) if sys.stdout.isatty() else content)
    total = sum(len(message.content) for message in messages)
    text = f"{len(messages)} message{'s' if len(messages) != 1 else ''} · {total:,} characters"
    print(f"\n── {text} ≈ {count_tokens(messages):,} tokens ".ljust(WIDTH, "─"))
