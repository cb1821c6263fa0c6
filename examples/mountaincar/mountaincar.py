"""MountainCar: a weak engine, a steep hill, and no reward before the top."""

from typing import Any, Literal

import gymnasium

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
    bare = gymnasium.make("MountainCar-v0", disable_env_checker=True)
    return gymnasium.wrappers.RescaleObservation(bare, -1, 1)


def score(episode: Episode) -> float:
    """The return; less 100 times what was missing to the flag, where it wasn't reached."""
    missing = 0.89 - max((seen[0] for seen, _, _ in episode.tail), default=-1.0)
    return episode.total - (100 * max(0, missing) if episode.ended == "truncated" else 0)


module = lp.EnvModule(make, drive, score=score, tail=200)  # all observations are kept
starts = range(8)  # reset seeds: the same episodes in every step

if __name__ == "__main__":
    trainer = lp.Trainer("mutation", max_epochs=None, max_time=180, batch_size=8, val_interval=5)
    trainer.callbacks.append(lp.EarlyStopping("val/score", target=-106))
    trainer.fit(module, starts)
    print(module.source, trainer.test(module), sep="\n")
