"""Online: the current policy drives while it is trained, and the frames of its drives train it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from langprop.callbacks.base import Callback
from langprop.driving.frames.dataset import Frames
from langprop.driving.frames.frame import Frame
from langprop.driving.frames.lookahead import blames
from langprop.driving.learning.chauffeur import Chauffeur
from langprop.driving.learning.gallery import Gallery
from langprop.driving.learning.memory import Memory
from langprop.driving.learning.module import DrivingModule
from langprop.errors import CheckpointError, ConfigError
from langprop.numbers import number, whole

if TYPE_CHECKING:
    from langprop.driving.agents.agent import Agent
    from langprop.driving.frames.recording import Moment
    from langprop.driving.simulator import Simulator
    from langprop.driving.task import RouteTask
    from langprop.modules.module import Module
    from langprop.population.policy import Policy
    from langprop.trainer.trainer import Trainer

FOLDER = "frames"
"""Where in the folder of a run its frames lie, as a dataset."""


class Online(Callback):
    """Data for a `DrivingModule`: the best policy so far drives, the expert labels its frames.

    It is given to a trainer twice: `Trainer(callbacks=[online])` and `trainer.fit(module, online)`.
    The best policy by priority drives route after route, in isolation. Every `every` ticks a frame
    is recorded. After `update_every` frames, and at once upon an infraction of its own fault or the
    first failure of a script, the drive is held, and a batch is trained on, drawn from the replay
    buffer; then the best policy drives on from where the vehicle is. An epoch is one pass over the
    routes, with traffic of its own.

    A run that was killed goes on in the midst of a drive: the drive is repeated from the log of its
    decisions, and ends as if it had never been broken off. Frames lie in the folder of the run.

    Args:
        module: What is trained.
        tasks: The routes.
        simulator: Where the routes are driven; None for SUMO in a process of its own.
        data: A dataset that is mixed in, as in DAgger; None to train on what was driven alone.
        data_share: Share of a batch that comes from the dataset, in [0, 1).
        update_every: Frames between updates.
        batch_size: Frames in a batch.
        capacity: Frames of its own drives that may be drawn; the oldest are forgotten (their files
            stay).
        every: Ticks between frames; 10 are 0.5 s.
        lookahead: Frames before an infraction that are marked with it.
        infraction_weight: How much likelier a frame is drawn that was marked, or on which a script
            failed.
        infraction_share: Share of a batch that such frames are at the most, in (0, 1]. With a
            penalty on each, a policy that never moves is the best one on a batch of nothing else.
        first_seed: Seed of the traffic in the first epoch; the next one has the next.
        shuffle: Whether the routes of an epoch are driven in random order.
        pictures: Pictures of what was before an infraction that go into the folder of the run, at
            the most; 0 for none.
        seed: Of the order and of what is drawn.

    Attributes:
        batch_size: As given.

    Raises:
        ConfigError: A number is out of range, or there are no routes.

    Source: Ishida et al. 2024, section 4: infraction weight 100, look-ahead 4.
    """

    chauffeur: Chauffeur
    memory: Memory
    _gallery: Gallery
    _folder: Path
    _failed: list[str]

    def __init__(
        self,
        module: DrivingModule,
        tasks: Sequence[RouteTask],
        *,
        simulator: Simulator | None = None,
        data: Frames | None = None,
        data_share: float = 0.5,
        update_every: int = 100,
        batch_size: int = 256,
        capacity: int = 10_000,
        every: int = 10,
        lookahead: int = 4,
        infraction_weight: float = 100.0,
        infraction_share: float = 0.05,
        first_seed: int = 0,
        shuffle: bool = True,
        pictures: int = 40,
        seed: int = 0,
    ) -> None:
        if not tasks:
            raise ConfigError("there are no routes to drive: give tasks, or a suite.")
        update_every = whole("update_every", update_every)
        batch_size = whole("batch_size", batch_size)
        capacity = whole("capacity", capacity)
        every = whole("every", every)
        lookahead = whole("lookahead", lookahead, 0)
        first_seed = whole("first_seed", first_seed, 0)
        pictures = whole("pictures", pictures, 0)
        seed = whole("seed", seed, 0)
        if not 0 <= number("data_share", data_share) < 1:
            raise ConfigError(f"data_share must be from 0 to below 1, but got {data_share!r}.")
        if number("infraction_weight", infraction_weight) <= 0:
            raise ConfigError(f"infraction_weight must be positive, but got {infraction_weight!r}.")
        if not 0 < number("infraction_share", infraction_share) <= 1:
            raise ConfigError(f"infraction_share must be in (0, 1], but got {infraction_share!r}.")
        self.module, self.data, self.batch_size = module, data, batch_size
        self._update_every, self._pictures = update_every, pictures
        self._about = {"every": every, "lookahead": lookahead, **module.settings()}
        self._chauffeur = partial(
            Chauffeur,
            list(tasks),
            simulator,
            every=every,
            lookahead=lookahead,
            first_seed=first_seed,
            shuffle=shuffle,
            seed=seed,
        )
        self._memory = partial(
            Memory,
            module,
            data=data,
            data_share=data_share,
            batch_size=batch_size,
            capacity=capacity,
            infraction_weight=infraction_weight,
            infraction_share=infraction_share,
            seed=seed,
        )
        self._clean: weakref.finalize[..., Online] | None = None
        self._trainer: Trainer | None = None
        self._begun = False
        self._forget()

    @property
    def dataset(self) -> Frames | None:
        """The frames that were driven so far; None before training."""
        return self.memory.frames

    # What the trainer calls

    def __iter__(self) -> Iterator[list[Frame]]:
        """Batches of an epoch; before training, an example.

        Raises:
            ConfigError: It isn't among the trainer's callbacks.
        """
        if self._trainer is not None:
            yield from self._epoch(self._trainer)
            return
        yield [self._example()]  # all that a trainer asks for before it begins
        raise ConfigError("give the same Online to Trainer(callbacks=[...]), too.")

    def digest(self) -> str:
        """Of the dataset that is mixed in, as `Frames.digest`; "" if there is none."""
        return "" if self.data is None else self.data.digest()

    def state_dict(self) -> dict[str, Any]:
        """What it was at the last update: whatever was driven since is driven again."""
        return self._saved

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a saved state.

        Raises:
            CheckpointError: It can't be read, or is of other routes.
        """
        try:
            self.chauffeur.load_state_dict(state["chauffeur"])
            self.memory.load_state_dict(state["memory"])
            self._failed = [str(each) for each in state["failed"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"the state of the drives can't be read: {error}") from error
        self._new = 0
        self._saved = dict(state)

    def on_fit_start(self, trainer: Trainer, module: Module) -> None:
        """Begin; a run that is resumed is restored after this.

        Raises:
            ConfigError: Another module is to be trained.
        """
        if module is not self.module:
            raise ConfigError("Online drives with the policies of the module that it was given.")
        self._trainer = trainer
        if trainer.step == 0:
            self._forget()
        else:  # another call of fit goes on
            self.load_state_dict(self._saved)

    def on_train_start(self, trainer: Trainer, module: Module) -> None:
        """Open the dataset of the run, and forget what was driven after the last checkpoint."""
        del module
        home = self._own_folder() if trainer.run_dir is None else trainer.run_dir.path
        self._gallery = Gallery(home, self._pictures if trainer.run_dir is not None else 0)
        self.memory.open(home / FOLDER, self._about)
        self.chauffeur.open(home)

    def on_fit_end(self, trainer: Trainer, module: Module) -> None:
        """Let go of the simulator."""
        del trainer, module
        self._trainer = None
        self.chauffeur.close()

    def close(self) -> None:
        """Let go of the simulator, and of frames that lie in no run's folder.

        Closing twice is harmless; what was let go of is forgotten at the end of the process, too.
        """
        self.chauffeur.close()
        if self._clean is not None:
            self._clean()
            self._clean = None

    def _own_folder(self) -> Path:
        """Where frames lie if the run has no folder; kept for another call of fit."""
        if self._clean is None:
            self._folder = Path(mkdtemp(prefix="langprop-frames-"))
            self._clean = weakref.finalize(self, rmtree, self._folder, ignore_errors=True)
        return self._folder

    # Driving

    def _epoch(self, trainer: Trainer) -> Iterator[list[Frame]]:
        for _ in range(trainer.batch):
            yield []  # the trainer passes over what it had before it was resumed
        rounds = self.chauffeur.rounds
        self.chauffeur.begin(trainer.epoch)
        while not rounds.over:
            if self.chauffeur.depart():
                yield from self._route(trainer)
        if self._new and len(self.memory):
            yield self._batch()
        self._note()

    def _route(self, trainer: Trainer) -> Iterator[list[Frame]]:
        """One route, with updates on the way."""
        chauffeur = self.chauffeur
        agent = self._driver(trainer)
        try:
            while chauffeur.drive is not None:
                moment = chauffeur.tick(agent)
                if moment is None:
                    continue
                self._gallery.see(chauffeur.drive.task, chauffeur.rounds.finished, moment)
                self.memory.add(moment.frames)
                self._new += moment.recorded is not None
                failure = self._failure(moment)
                due = self._new >= self._update_every or any(map(blames, moment.events))
                if chauffeur.drive.done:
                    trainer.metrics.update(chauffeur.arrive())
                    self._failed = []
                if failure or (due and len(self.memory)):
                    agent.close()
                    if chauffeur.drive is not None:
                        chauffeur.drive.relieve()
                    yield self._batch(failure)
                    agent = self._driver(trainer)
        finally:
            agent.close()

    def _failure(self, moment: Moment) -> list[Frame]:
        """The frame on which a script failed for the first time on this drive.

        Only the first time: if a script fails always, there would be nothing but updates.
        """
        if moment.recorded is None or not moment.recorded.failure:
            return []
        name = _best(self.module).id
        if name in self._failed:
            return []
        self._failed.append(name)
        return [moment.recorded]

    def _driver(self, trainer: Trainer) -> Agent:
        """The best policy at the wheel, in a fresh process."""
        from langprop.driving.agents.agent import ScriptAgent

        module = self.module
        return ScriptAgent(
            module.linked(_best(module)),
            trainer.executor,
            extents=module.extents,
            stop_memory=module.stop_memory,
        )

    def _batch(self, extra: Sequence[Frame] = ()) -> list[Frame]:
        """A batch, after which is noted where the drive is."""
        batch = self.memory.batch(extra)
        self._new = 0
        self._note()
        return batch

    def _note(self) -> None:
        """Take down all that the rest of the run depends on."""
        self._saved = {
            "chauffeur": self.chauffeur.state_dict(),
            "memory": self.memory.state_dict(),
            "failed": list(self._failed),
        }

    def _forget(self) -> None:
        """Begin anew."""
        if self._begun:
            self.chauffeur.close()
        self._begun = True
        self.chauffeur = self._chauffeur()
        self.memory = self._memory()
        self._new = 0  # frames since the last update
        self._failed = []  # ids of policies whose failure was trained on, in this drive
        self._note()

    def _example(self) -> Frame:
        """A frame that shows what frames are like."""
        if self.data is not None and len(self.data):
            return self.data[len(self.data) // 2]
        return self.chauffeur.example()


def _best(module: Module) -> Policy:
    """Who drives: the best by priority, since validation comes late; of untried ones the first."""
    return max(module.population.policies, key=lambda policy: (policy.rank, policy.weight))
