"""MountainCar: a weak engine, a steep hill, and no reward before the top."""

from typing import Literal

import langprop as lp
from langprop.rl import Episode


def drive(position: float, velocity: float) -> Literal[0, 1, 2]:
    """Drive out of the valley to the flag on the right hill, as fast as possible.

    Args:
        position: Along the track [m], from -1.2 to 0.6; the bottom is at -0.52, the flag at 0.5.
        velocity: Of the car [m/step], from -0.07 to 0.07; positive to the right.

    Returns:
        0 to accelerate to the left, 1 not to accelerate, 2 to accelerate to the right.
    """


def score(episode: Episode) -> lp.Score:
    """The return; where the flag wasn't reached, less by what was missing [m] times 100."""
    missing = 0.5 - max((after[0] for after, _, _ in episode.tail), default=-1.2)
    return lp.Score(episode.total - 100 * max(0.0, missing) * (episode.ended == "truncated"))


module = lp.EnvModule("MountainCar-v0", drive, score=score, tail=200)  # all steps are kept

if __name__ == "__main__":
    trainer = lp.Trainer("mutation", max_time=120, batch_size=8, val_interval=5)
    trainer.callbacks.append(lp.EarlyStopping("val/score", target=-106))
    trainer.fit(module)
    print(module.source)
    print("return over 100 fresh episodes:", trainer.test(module))
