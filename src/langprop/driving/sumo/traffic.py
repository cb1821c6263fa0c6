"""Traffic: who else is on the road, as a route file for SUMO; all of it follows from a seed."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from langprop.driving.maps.network import Network
from langprop.driving.sumo import bicycle
from langprop.driving.task import Traffic

_VANS = 0.12  # share of the cars
_SPEED = 9.0  # more than cars make on average in town: their routes shall outlast the drive [m/s]
_WALK = 1.6  # the same for pedestrians [m/s]

# Types whose names begin with "ignoring" or "hasty" are those of `Traffic`. A pedestrian that
# respects vehicles never steps before an approaching one, and waits for one that stands on the
# crossing for ever; `jmIgnoreFoeProb` makes the others walk.
_TYPES = {
    "car": 'vClass="passenger" length="4.6" width="1.9" minGap="2.5" accel="2.2" decel="4.5"'
    ' emergencyDecel="9" sigma="0.3" speedDev="0.1" tau="1.2" jmStoplineGap="1"',
    "van": 'vClass="delivery" length="6.2" width="2.2" minGap="2.5" accel="1.8" decel="4"'
    ' emergencyDecel="8" sigma="0.3" speedDev="0.1"',
    "hasty": 'vClass="passenger" length="4.5" width="1.85" minGap="1.5" accel="3" decel="5"'
    ' emergencyDecel="9" sigma="0.5" speedFactor="1.15" tau="0.9" impatience="0.9"'
    ' jmIgnoreFoeProb="0.3" jmIgnoreFoeSpeed="6" jmDriveAfterRedTime="2"'
    ' jmDriveAfterYellowTime="3"',
    "bicycle": 'vClass="bicycle" length="1.7" width="0.7" minGap="1" maxSpeed="5" accel="1.2"'
    ' decel="3"',
    # Followers keep a gap that fits the brakes of who is ahead.
    "ego": f'vClass="passenger" length="{2 * bicycle.HALF_LENGTH:g}"'
    f' width="{2 * bicycle.HALF_WIDTH:g}" accel="3.6" decel="{bicycle.MAX_BRAKING:g}"'
    f' apparentDecel="{bicycle.MAX_BRAKING:g}" emergencyDecel="9"',
    "pedestrian": 'vClass="pedestrian" width="0.5" length="0.5" speedFactor="norm(1.0,0.15)"',
    "ignoring": 'vClass="pedestrian" width="0.5" length="0.5" speedFactor="norm(1.0,0.15)"'
    ' jmIgnoreFoeProb="1" jmIgnoreFoeSpeed="100"',
}


def route_file(network: Network, traffic: Traffic, seed: int | str, duration: float) -> str:
    """A route file: the same numbers give the same text.

    Vehicles begin anywhere and drive at random; pedestrians walk from place to place. Neither
    arrives within the duration, so the traffic doesn't thin out. Vehicles are named "car3", "van7"
    and "bicycle48", pedestrians "pedestrian12"; names don't tell who is hasty.

    Args:
        network: The town.
        traffic: How many.
        seed: Of where they begin, what they are, and where they go.
        duration: How long they shall stay on the road [s].
    """
    rng = random.Random(f"traffic {seed}")  # noqa: S311 - traffic, no secrets
    lines = ["<routes>"]
    lines += [f'<vType id="{name}" {what}/>' for name, what in _TYPES.items()]
    town = _Town(network)
    for number in range(traffic.cars + traffic.bicycles):
        if number >= traffic.cars:
            name = kind = "bicycle"
        elif rng.random() < _VANS:
            name = kind = "van"
        else:
            name, kind = "car", "hasty" if rng.random() < traffic.aggressive else "car"
        edges = " ".join(town.wander(rng, _SPEED * duration))
        lines.append(
            f'<vehicle id="{name}{number}" type="{kind}" depart="0" departPos="random_free"'
            f' departLane="best" departSpeed="0"><route edges="{edges}"/></vehicle>'
        )
    for number in range(traffic.pedestrians if town.places else 0):
        kind = "ignoring" if rng.random() < traffic.ignoring else "pedestrian"
        places = town.stroll(rng, _WALK * duration)
        walks = "".join(f'<walk from="{a}" to="{b}"/>' for a, b in pairwise(places))
        lines.append(
            f'<person id="pedestrian{number}" type="{kind}" depart="0" departPos="random">'
            f"{walks}</person>"
        )
    return "\n".join([*lines, "</routes>"])


class _Town:
    """What of a network traffic needs to know, looked up once."""

    def __init__(self, network: Network) -> None:
        self._edges = sorted(network.edges)
        self._exits = {edge: network.exits(edge) for edge in self._edges}
        self._lengths = {edge: network.length(edge) for edge in self._edges}
        self._ends = {
            edge: (network.junctions[each.target].x, network.junctions[each.target].y)
            for edge, each in network.edges.items()
        }
        self.places = [edge for edge in self._edges if network.edges[edge].sidewalks]

    def wander(self, rng: random.Random, length: float) -> list[str]:
        """Edges that follow each other; fewer than asked for, where a dead end comes."""
        edge = rng.choice(self._edges)
        found = [edge]
        length -= self._lengths[edge]
        while length > 0.0 and self._exits[edge]:
            edge = rng.choice(self._exits[edge])
            found.append(edge)
            length -= self._lengths[edge]
        return found

    def stroll(self, rng: random.Random, length: float) -> list[str]:
        """Edges with a sidewalk, at least two, whose ends are as far apart in all."""
        place = rng.choice(self.places)
        found = [place]
        while length > 0.0 or len(found) < 2:
            following = rng.choice(self.places)
            (ax, ay), (bx, by) = self._ends[place], self._ends[following]
            length -= math.hypot(bx - ax, by - ay) + 1.0  # it ends, even in a town of one road
            found.append(following)
            place = following
        return found
