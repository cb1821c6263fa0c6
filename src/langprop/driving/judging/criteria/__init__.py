"""Criteria: what went wrong on a drive, found out from the simulator's truth alone.

- `criteria`: `Criteria`, all of them together; what a drive calls after each tick.
- `collision`: who was hit; `fault` says whether a careful driver would have hit it, `sight` for how
  long it had been in view, and `words` tells it.
- `crossing`: red lights and stop signs.
- `lanes`: driving beyond the lanes, or against their direction.
- `ending`: the goal; straying, standing and lateness, which end a route as well.

Source: CARLA Leaderboard 1.0 (`atomic_criteria.py`, `route_scenario.py`).
"""

from langprop.driving.judging.criteria.criteria import Criteria

__all__ = ["Criteria"]
