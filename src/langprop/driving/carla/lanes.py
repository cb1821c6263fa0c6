"""CarlaLanes: which lane a point lies on, on a map of CARLA."""

from __future__ import annotations

import math
from typing import Any

from langprop.driving.box import wrap
from langprop.driving.maps.lanes import NOWHERE, REACH
from langprop.driving.simulator import LaneFix


class CarlaLanes:
    """The same as `LaneMap`, on a map of CARLA.

    Args:
        carla: Its client.
        town: A `carla.Map`; needs no server.
    """

    def __init__(self, carla: Any, town: Any) -> None:
        self._carla, self._town = carla, town
        self._junctions: dict[int, Any] = {}

    def fix(self, x: float, y: float, yaw: float | None = None, z: float = 0.0) -> LaneFix:
        """Where a point is with respect to the lanes around it.

        Args:
            x: East [m].
            y: South [m].
            yaw: Which way one faces there [rad]; in a junction, among the lanes that it lies on the
                one that leads most nearly there is taken.
            z: Height [m]; tells a bridge from the road under it.

        Raises:
            ValueError: The point isn't finite.
        """
        if not all(map(math.isfinite, (x, y, z))):
            raise ValueError(f"the point ({x}, {y}, {z}) isn't finite.")
        place = self._carla.Location(x=x, y=y, z=z)
        kinds = self._carla.LaneType
        lane = self._town.get_waypoint(place, lane_type=kinds.Driving)
        if lane is None:
            return NOWHERE
        beyond = _beyond(lane, x, y)
        if beyond > 0.0:  # parking lanes are no place to drive, but count as lanes
            parking = self._town.get_waypoint(place, lane_type=kinds.Parking)
            if parking is not None:
                beyond = min(beyond, _beyond(parking, x, y))
        if beyond >= REACH:
            return NOWHERE
        in_junction = bool(lane.is_junction) and (beyond <= 0.0 or self._inside(lane, x, y))
        if in_junction and yaw is not None:
            lane = self._nearest_heading(lane, x, y, yaw)
        heading = wrap(math.radians(lane.transform.rotation.yaw))
        least = min(0.0, beyond) if in_junction else beyond
        return LaneFix(least, heading, in_junction, name_of(lane))

    def _inside(self, lane: Any, x: float, y: float) -> bool:
        """Whether a point is in the box around a junction; CARLA knows no outline."""
        bounds = self._junction(lane).bounding_box
        away_x, away_y = abs(x - bounds.location.x), abs(y - bounds.location.y)
        return bool(away_x <= bounds.extent.x and away_y <= bounds.extent.y)

    def _nearest_heading(self, lane: Any, x: float, y: float, yaw: float) -> Any:
        best, turn = lane, _turn(lane, yaw)
        if turn < 0.5:
            return lane
        for start, _ in self._junction(lane).get_waypoints(self._carla.LaneType.Driving):
            for each in (start, *start.next_until_lane_end(1.0)):
                if _beyond(each, x, y) <= 0.0 and (off := _turn(each, yaw)) < turn:
                    best, turn = each, off
        return best

    def _junction(self, lane: Any) -> Any:
        name = int(lane.junction_id)
        if name not in self._junctions:
            self._junctions[name] = lane.get_junction()
        return self._junctions[name]


def name_of(waypoint: Any) -> str:
    """Name of a lane: road, section and number in OpenDRIVE."""
    return f"{waypoint.road_id}.{waypoint.section_id}.{waypoint.lane_id}"


def _beyond(lane: Any, x: float, y: float) -> float:
    place = lane.transform.location
    return math.hypot(x - place.x, y - place.y) - 0.5 * float(lane.lane_width)


def _turn(lane: Any, yaw: float) -> float:
    return abs(wrap(math.radians(lane.transform.rotation.yaw) - yaw))
