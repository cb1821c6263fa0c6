"""Control: what an agent does to its vehicle."""

from __future__ import annotations

from typing import NamedTuple


class Control(NamedTuple):
    """Pedals and wheel, as CARLA's `VehicleControl` has them.

    Attributes:
        steer: -1 (left) to 1 (right).
        throttle: 0 to 1.
        brake: 0 to 1.
    """

    steer: float = 0.0
    throttle: float = 0.0
    brake: float = 0.0
