"""CartPole from returns alone: the pole is balanced by a function that nobody wrote."""

from typing import Literal

import langprop as lp


def balance(
    cart_position: float, cart_velocity: float, pole_angle: float, pole_angular_velocity: float
) -> Literal[0, 1]:
    """Keep the pole upright and the cart near the middle of the track.

    Args:
        cart_position: Distance from the middle of the track [m]; the episode ends beyond ±2.4.
        cart_velocity: Velocity of the cart [m/s].
        pole_angle: Angle of the pole from the vertical [rad]; the episode ends beyond ±0.21.
        pole_angular_velocity: Its rate of change [rad/s].

    Returns:
        0 to push the cart to the left, 1 to push it to the right.
    """


module = lp.EnvModule("CartPole-v1", balance)

if __name__ == "__main__":
    trainer = lp.Trainer(
        "mutation",
        max_time=60,
        batch_size=8,
        val_interval=2,
        callbacks=[lp.EarlyStopping("val/score", target=490)],
    )
    trainer.fit(module)
    print(module.source)
    print("return over 100 fresh episodes:", trainer.test(module))
