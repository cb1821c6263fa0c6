"""Acrobot: two links hang down, and only the joint between them has a motor."""

from typing import Literal

import langprop as lp


def swing(
    cos_upper: float,
    sin_upper: float,
    cos_bend: float,
    sin_bend: float,
    upper_velocity: float,
    bend_velocity: float,
) -> Literal[0, 1, 2]:
    """Swing the free end up to one link's length above the fixed one, as fast as possible.

    Args:
        cos_upper: Cosine of the upper link's angle; 1 where it hangs straight down.
        sin_upper: Its sine.
        cos_bend: Cosine of the bend between the links; 1 when they are in line.
        sin_bend: Its sine.
        upper_velocity: Angular velocity of the upper link [rad/s].
        bend_velocity: Angular velocity of the bend [rad/s].

    Returns:
        0 for a torque of -1 at the joint [N m], 1 for none, 2 for +1.
    """


module = lp.EnvModule("Acrobot-v1", swing)

if __name__ == "__main__":
    trainer = lp.Trainer("mutation", max_epochs=None, max_time=120, batch_size=4, val_interval=4)
    trainer.callbacks.append(lp.EarlyStopping("val/score", target=-90))
    trainer.fit(module)
    print(module.source, trainer.test(module), sep="\n")
