"""MountainCar: a weak engine, a steep hill, and no reward before the top."""

from typing import Any, Literal

import gymnasium
from gymnasium.wrappers import RescaleObservation

import langprop as lp
from langprop.rl import Episode


def drive(position: float, velocity: float) -> Literal[0, 1, 2]:
    """Drive out of the valley to the flag on the right hill, as fast as possible.

    Args:
        position: Along the track, from -1 to 1; the bottom is at -0.25, the flag at 0.89.
        velocity: From -1 to 1, the fastest in either direction; positive to the right.

    Returns:
        0 to accelerate to the left, 1 not to accelerate, 2 to accelerate to the right.
    """


def make() -> gymnasium.Env[Any, Any]:
    """MountainCar-v0 with both components in [-1, 1]: as it is, velocities are below 0.07."""
    return RescaleObservation(gymnasium.make("MountainCar-v0", disable_env_checker=True), -1, 1)


def score(episode: Episode) -> float:
    """The return; less 100 times what was missing to the flag, where it wasn't reached."""
    furthest = max((after[0] for after, _, _ in episode.tail), default=-1.0)
    return episode.total - (100 * max(0, 0.89 - furthest) if episode.ended == "truncated" else 0)


module = lp.EnvModule(make, drive, score=score, tail=200)  # all observations are kept

if __name__ == "__main__":
    stop = lp.EarlyStopping("val/score", target=-106)
    options = {"max_epochs": None, "max_time": 180, "val_interval": 5, "callbacks": [stop]}
    trainer = lp.Trainer("mutation", batch_size=8, limit_batches=1, shuffle=False, **options)
    trainer.fit(module)
    print(module.source)
    print("score over 100 fresh episodes:", trainer.test(module))
