"""Env: a project that is made of a Gymnasium environment."""

from __future__ import annotations

from langprop.cli.environment import env_module
from langprop.cli.skeleton import Skeleton, function_name, quoted


def of_env(env: str, name: str | None = None) -> Skeleton:
    """A project that trains a policy for an environment.

    Its stub is the one that `langprop fit --env` makes, of the environment's spaces and
    documentation, to be mended by whoever knows more.

    Args:
        env: Id of a registered environment.
        name: Of the function; by default "policy".

    Raises:
        MissingDependency: Gymnasium isn't installed.
        ModuleError: There is no such environment, or it needs another package.
        ConfigError: The name is none of a function.
    """
    from langprop.rl.stub import ENTRY_POINT, make_stub

    function = function_name(name, ENTRY_POINT)
    stub = make_stub(env_module(env, base=None).envs.first, env, function)
    imports, begin, rest = stub.partition(f"def {function}(")
    skeleton = Skeleton("env", function, f"A policy for {quoted(env)}")
    skeleton.variables = {
        "env": env,
        "file": None,
        "imports": [line for line in imports.splitlines() if line],
        "stub": (begin + rest).rstrip(),
        "shares": {},
        "placeholder": False,
    }
    return skeleton
