"""Pendulum: swung up by a torque too weak to lift it, and held there."""

from typing import Any

import gymnasium
from gymnasium.wrappers import ClipAction

import langprop as lp


def torque(cos_angle: float, sin_angle: float, velocity: float) -> float:
    """Swing the pendulum up and hold it upright.

    Args:
        cos_angle: Cosine of the angle from the upright position; 1 is up, -1 is down.
        sin_angle: Its sine.
        velocity: Angular velocity [rad/s], from -8 to 8; positive counter-clockwise.

    Returns:
        Torque [N m], positive counter-clockwise; beyond ±2 it is cut.
    """


def make() -> gymnasium.Env[Any, Any]:
    """Pendulum-v1, in which too large a torque is cut rather than refused."""
    return ClipAction(gymnasium.make("Pendulum-v1", disable_env_checker=True))


module = lp.EnvModule(make, torque)
starts = range(8)  # reset seeds: the same episodes in every step

if __name__ == "__main__":
    trainer = lp.Trainer("mutation", max_epochs=None, max_time=180, batch_size=8, val_interval=5)
    trainer.callbacks.append(lp.EarlyStopping("val/score", target=-160))
    trainer.fit(module, starts)
    print(module.source, trainer.test(module), sep="\n")
