"""Rounds: which route is driven next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langprop.driving.task import RouteTask
from langprop.errors import CheckpointError


class Rounds:
    """Which route is driven next: all of them in each epoch, each epoch with other traffic.

    Args:
        tasks: The routes.
        first_seed: Seed of the traffic in the first epoch; the next one has the next.
        shuffle: Whether each epoch has an order of its own.
        seed: Of the orders.

    Attributes:
        tasks: As given.
        finished: Routes that were driven in all.
    """

    def __init__(
        self,
        tasks: Sequence[RouteTask],
        *,
        first_seed: int = 0,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        self.tasks = list(tasks)
        self.finished = 0
        self._first_seed, self._shuffle, self._seed = first_seed, shuffle, seed
        self._epoch, self._place = -1, 0

    def begin(self, epoch: int) -> bool:
        """Begin an epoch, or go on with it.

        Returns:
            Whether it has begun now.
        """
        if self._epoch == epoch:
            return False
        self._epoch, self._place = epoch, 0
        return True

    @property
    def over(self) -> bool:
        """Whether all routes of the epoch were driven."""
        return self._place >= len(self.tasks)

    @property
    def route(self) -> tuple[RouteTask, int]:
        """The route that is to be driven now, and the seed of its traffic."""
        import numpy as np

        place = self._place
        if self._shuffle:
            order = np.random.default_rng([self._seed, self._epoch]).permutation(len(self.tasks))
            place = int(order[place])
        return self.tasks[place], self._first_seed + self._epoch

    def next(self) -> None:
        """The route was driven."""
        self._place += 1
        self.finished += 1

    def state_dict(self) -> dict[str, Any]:
        """Everything, as JSON data."""
        return {
            "routes": [task.name for task in self.tasks],
            "tasks": [_digest(task) for task in self.tasks],
            "first_seed": self._first_seed,
            "shuffle": self._shuffle,
            "seed": self._seed,
            "epoch": self._epoch,
            "place": self._place,
            "finished": self.finished,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a saved state.

        Raises:
            CheckpointError: It is of other routes, in another order or under other traffic.
        """
        if state["routes"] != [task.name for task in self.tasks]:
            raise CheckpointError(
                "the run drove other routes: resume it with the suite that it was begun with."
            )
        for task, digest in zip(self.tasks, state.get("tasks", ()), strict=False):
            if digest != _digest(task):
                raise CheckpointError(
                    f"{task.name} isn't the route that the run drove, though it has its name: "
                    "resume it with the suite as it was, or begin a new run."
                )
        for name, now in (("first_seed", self._first_seed), ("shuffle", self._shuffle)):
            if (then := state.get(name, now)) != now:
                raise CheckpointError(
                    f"the run was begun with drives.{name}={then}, not {now}, so that it "
                    "drove under other traffic or in another order: resume it with that, or begin "
                    "a new run."
                )
        # Of the trainer, which may be forced to another one: an epoch goes on in its order.
        self._seed = int(state.get("seed", self._seed))
        self._epoch, self._place = int(state["epoch"]), int(state["place"])
        self.finished = int(state["finished"])


def _digest(task: RouteTask) -> str:
    """All that a route is; of its town's path the file only, since it depends on where one is."""
    known = {**task.to_dict(), "town": Path(task.town).name}
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]
