"""LunarLander: from a thrown start to a gentle landing between two flags."""

from typing import Literal

import langprop as lp


def land(
    x: float,
    y: float,
    x_velocity: float,
    y_velocity: float,
    angle: float,
    angular_velocity: float,
    left_leg: float,
    right_leg: float,
) -> Literal[0, 1, 2, 3]:
    """Land softly at the origin, upright, with little fuel.

    Args:
        x: Horizontal distance from the pad, positive to the right; 1 is the edge of the screen.
        y: Height above the pad; about 1.4 at the start.
        x_velocity: Positive to the right.
        y_velocity: Positive upwards.
        angle: Of the lander [rad]; positive when it leans to the left.
        angular_velocity: Its rate of change.
        left_leg: 1 where the left leg touches the ground, else 0.
        right_leg: The same of the right leg.

    Returns:
        0 to coast, 1 to fire the left engine, 2 the main engine, 3 the right engine.
    """


module = lp.EnvModule("LunarLander-v3", land)  # pip install 'gymnasium[box2d]'

if __name__ == "__main__":
    trainer = lp.Trainer("mutation", max_epochs=None, max_time=180, batch_size=8, val_interval=5)
    trainer.callbacks.append(lp.EarlyStopping("val/score", target=200))
    trainer.fit(module)
    print(module.source, trainer.test(module), sep="\n")
