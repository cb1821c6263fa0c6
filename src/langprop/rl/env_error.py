"""EnvError: an environment failed."""

from __future__ import annotations

from langprop.errors import LangPropError


class EnvError(LangPropError, RuntimeError):
    """An environment failed in a step with an action of its space, or in a reset.

    It is the environment's own fault, not the policy's; its exception is the cause.

    Attributes:
        env: Name of the environment.
        seed: Of the reset.
        step: Number of the step, from 1; 0 for the reset.
        action: Of the step.
    """

    def __init__(self, env: str, seed: int, step: int, action: object, error: Exception) -> None:
        self.env, self.seed, self.step, self.action = env, seed, step, action
        where = f"in step {step} with the action {_cut(action)}" if step else "in the reset"
        super().__init__(
            f"the environment {env} raised {type(error).__name__} {where} (seed {seed}): "
            f"{str(error)[:500]}"
        )


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
