"""Driving: imitation, DAgger and reinforcement in a simulator, as in the paper.

- `Simulator`: what a backend gives; `SumoSimulator` is the embedded one, `CarlaSimulator` needs a
  server.
- `RouteTask`: a route in a town, with its traffic and hazards; a `suite` is a tuple of them.
- `Observation`, `Control`, `Event`: what an agent gets, what it does, what went wrong.
- `ExpertAgent`, `ScriptAgent`: who drives; `drive` lets one drive a route, `evaluate` many of them.
- `Frames`: what was recorded of drives; `DrivingModule`: what learns from them; `Online`:
  learning while it drives.
- `Renderer`: pictures; `DrivingEnv`: the face that Gymnasium wants.

The rooms: `maps` (towns, lanes, routes), `sumo` and `carla` (backends), `agents` (who drives),
`judging` (criteria, scores, tables), `frames` (datasets), `learning` (module and training), and
`pictures`. What they all share stands beside them.

The frame is CARLA's wherever a backend hands something out: x points east, y **south**, a yaw is
clockwise from east as seen from above. Metres, seconds, radians, m/s; degrees only in what policies
see and answer.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langprop.driving.agents.agent import Agent, Decision, ScriptAgent
    from langprop.driving.agents.drivers import read_driver
    from langprop.driving.agents.expert import ExpertAgent
    from langprop.driving.box import Box, Pose
    from langprop.driving.carla.simulator import CarlaSimulator
    from langprop.driving.control import Control
    from langprop.driving.env import DrivingEnv
    from langprop.driving.event import Event
    from langprop.driving.frames.dataset import Frames
    from langprop.driving.frames.replay import ReplayBuffer
    from langprop.driving.judging.criteria import Criteria
    from langprop.driving.judging.drive import Drive, drive
    from langprop.driving.judging.evaluate import evaluate
    from langprop.driving.learning.module import DrivingModule
    from langprop.driving.learning.online import Online
    from langprop.driving.maps.routing import plan_route
    from langprop.driving.maps.suites import suite
    from langprop.driving.maps.towns import town
    from langprop.driving.observation import Observation, Signals
    from langprop.driving.pictures.render import Renderer
    from langprop.driving.route import Route
    from langprop.driving.simulator import Simulator, Truth
    from langprop.driving.sumo.simulator import SumoSimulator
    from langprop.driving.task import Hazards, RouteTask, Traffic

# Imported on first use: SUMO's, CARLA's and Gymnasium's packages are extras.
_HOME = {
    "Agent": "agents.agent",
    "Box": "box",
    "CarlaSimulator": "carla.simulator",
    "Control": "control",
    "Criteria": "judging.criteria",
    "Decision": "agents.agent",
    "Drive": "judging.drive",
    "DrivingEnv": "env",
    "DrivingModule": "learning.module",
    "Event": "event",
    "ExpertAgent": "agents.expert",
    "Frames": "frames.dataset",
    "Hazards": "task",
    "Observation": "observation",
    "Online": "learning.online",
    "Pose": "box",
    "Renderer": "pictures.render",
    "ReplayBuffer": "frames.replay",
    "Route": "route",
    "RouteTask": "task",
    "ScriptAgent": "agents.agent",
    "Signals": "observation",
    "Simulator": "simulator",
    "SumoSimulator": "sumo.simulator",
    "Traffic": "task",
    "Truth": "simulator",
    "drive": "judging.drive",
    "evaluate": "judging.evaluate",
    "plan_route": "maps.routing",
    "read_driver": "agents.drivers",
    "suite": "maps.suites",
    "town": "maps.towns",
}

__all__ = [
    "Agent",
    "Box",
    "CarlaSimulator",
    "Control",
    "Criteria",
    "Decision",
    "Drive",
    "DrivingEnv",
    "DrivingModule",
    "Event",
    "ExpertAgent",
    "Frames",
    "Hazards",
    "Observation",
    "Online",
    "Pose",
    "Renderer",
    "ReplayBuffer",
    "Route",
    "RouteTask",
    "ScriptAgent",
    "Signals",
    "Simulator",
    "SumoSimulator",
    "Traffic",
    "Truth",
    "drive",
    "evaluate",
    "plan_route",
    "read_driver",
    "suite",
    "town",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"langprop.driving.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
