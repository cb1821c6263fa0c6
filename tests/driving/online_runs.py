"""Trains while driving two short routes; the process is killed at a given tick, and resumed.

    python online_runs.py FOLDER TICK [STEPS]

A tick of 0 kills nothing. Used by test_online.py.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from pathlib import Path

import langprop as lp
from langprop.driving.learning.module import DrivingModule
from langprop.driving.learning.online import Online
from langprop.driving.maps.suites import suite
from langprop.driving.sumo.simulator import SumoSimulator
from langprop.driving.task import Hazards, Traffic

START = """\
import math


def predict_speed_and_steering(scene_info: dict) -> tuple[str, float]:
    here = scene_info["ego_location_world_coord"]
    heading = scene_info["ego_orientation_unit_vector"]
    to = scene_info["ego_target_location_world_coord"] - here
    angle = math.degrees(math.atan2(heading[0] * to[1] - heading[1] * to[0], heading @ to))
    if scene_info["ego_forward_speed"] > 4.5:
        return "SLOW", angle + 0.0
    return "MOVE", angle + 0.0
"""

TASKS = [
    dataclasses.replace(
        task,
        name=f"short/{number}",
        edges=task.edges[:1],
        traffic=Traffic(cars=4, bicycles=1, pedestrians=4),
        hazards=Hazards(0.0, 0.0),
    )
    for number, task in enumerate(suite("tiny"))
]


class Fatal(SumoSimulator):
    """A simulator in whose step the process is killed."""

    def __init__(self, tick: int) -> None:
        super().__init__()
        self.left = tick

    def step(self, control):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().step(control)


def train(
    folder,
    *,
    simulator=None,
    steps=6,
    limit_batches=None,
    start=START,
    tasks=TASKS,
    callbacks=(),
    **settings,
):
    """Train, or go on with a run; returns the trainer, the module and the data."""
    module = DrivingModule(seeds=[start] if start else [])
    online = Online(module, tasks, **{"simulator": simulator, "update_every": 12, **settings})
    trainer = lp.Trainer(
        lp.MutationOptimizer(n_parents=2, n_children=2, capacity=3),
        max_epochs=None,
        max_steps=steps,
        limit_batches=limit_batches,
        run_dir=folder,
        workers=1,
        progress=False,
        callbacks=[online, *callbacks],
        limits=lp.Limits(time=0.5),
        seed=3,
    )
    try:
        trainer.fit(module, online, resume=folder is not False)
    finally:
        if simulator is not None:
            simulator.close()
    return trainer, module, online


if __name__ == "__main__":
    fatal = int(sys.argv[2])
    train(
        Path(sys.argv[1]),
        simulator=Fatal(fatal) if fatal else None,
        steps=int(sys.argv[3]) if len(sys.argv) > 3 else 6,
    )
