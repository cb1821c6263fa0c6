"""Bicycle: how the ego moves."""

from __future__ import annotations

import math

from langprop.driving.box import Box, Pose, wrap
from langprop.driving.control import Control

HALF_LENGTH = 2.45  # [m]
HALF_WIDTH = 1.06  # [m]

_WHEELBASE = 2.86  # [m]
_TO_REAR = 1.43  # from the centre to the rear axle [m]
_MAX_STEER = math.radians(70)  # of the front wheels [rad]
_STEER_TIME = 0.08  # constant of the wheels' following [s]
_THROTTLE = 3.6  # acceleration at full throttle [m/s²]
_BRAKE = 8.0  # deceleration at full brake [m/s²]
_DRAG = 0.06  # deceleration per speed [1/s]
_ROLL = 0.15  # deceleration while it rolls [m/s²]
_GRIP = 8.0  # the most that the tyres hold sideways [m/s²]

MAX_BRAKING = _BRAKE


class Bicycle:
    """A kinematic bicycle with about the figures of CARLA's Lincoln MKZ.

    It slips about its centre, its wheels follow the steering wheel with a lag, and its tyres hold
    `8 m/s²` sideways: who steers harder at speed gets a wider turn. It doesn't reverse, roll over
    or feel what it hits.

    Args:
        pose: Where its centre begins, at rest.

    Attributes:
        x: East of its centre [m].
        y: South of its centre [m].
        yaw: Clockwise from east [rad].
        speed: Forwards, never negative [m/s].
        wheels: Angle of the front wheels, positive to the right [rad].

    Source: Kong et al., "Kinematic and dynamic vehicle models for autonomous driving control
    design", 2015.
    """

    def __init__(self, pose: Pose) -> None:
        self.x, self.y, self.yaw = pose
        self.speed = 0.0
        self.wheels = 0.0

    @property
    def front(self) -> tuple[float, float]:
        """The middle of the front bumper (x, y) [m]."""
        return (
            self.x + math.cos(self.yaw) * HALF_LENGTH,
            self.y + math.sin(self.yaw) * HALF_LENGTH,
        )

    @property
    def box(self) -> Box:
        """Its outline."""
        pose = Pose(self.x, self.y, self.yaw)
        return Box(pose, HALF_LENGTH, HALF_WIDTH, self.speed, "vehicle", "ego", 0)

    def step(self, control: Control, dt: float) -> None:
        """Move on.

        Args:
            control: Pedals and wheel; beyond their ranges they are at their ends.
            dt: For how long [s].

        Raises:
            ValueError: A number of the control isn't finite.
        """
        steer, throttle, brake = control
        if not (math.isfinite(steer) and math.isfinite(throttle) and math.isfinite(brake)):
            raise ValueError(
                f"a control has finite numbers, but got {control!r}; check what made them, such "
                "as an angle of NaN."
            )
        wanted = max(-1.0, min(1.0, steer)) * _MAX_STEER
        self.wheels += (wanted - self.wheels) * min(1.0, dt / _STEER_TIME)
        push = max(0.0, min(1.0, throttle)) * _THROTTLE
        hold = max(0.0, min(1.0, brake)) * _BRAKE + (_ROLL if self.speed > 0.0 else 0.0)
        self.speed = max(0.0, self.speed + (push - hold - _DRAG * self.speed) * dt)
        tangent = math.tan(self.wheels)
        slip = math.atan(_TO_REAR / _WHEELBASE * tangent)
        rate = self.speed * math.cos(slip) * tangent / _WHEELBASE
        if abs(rate) * self.speed > _GRIP:
            rate = math.copysign(_GRIP / self.speed, rate)
            slip = math.asin(max(-1.0, min(1.0, rate * _TO_REAR / self.speed)))
        self.x += self.speed * math.cos(self.yaw + slip) * dt
        self.y += self.speed * math.sin(self.yaw + slip) * dt
        self.yaw = wrap(self.yaw + rate * dt)
