"""The beginning of a run: a new one, or one that is resumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from langprop.data.further import Further
from langprop.errors import CheckpointError
from langprop.llms.cassette import FILE, Cassette
from langprop.llms.replay import Recording
from langprop.trainer.fingerprint import DATA, changes, fingerprint
from langprop.trainer.run_dir import RunDir
from langprop.trainer.settings import settings_of
from langprop.trainer.state import check_module, restore

if TYPE_CHECKING:
    from langprop.modules.module import Module
    from langprop.trainer.course import Course
    from langprop.trainer.trainer import Trainer


def begin(trainer: Trainer, module: Module, course: Course, *, resume: bool) -> None:
    """Start a run, or go on with the one of this module. Another module makes another run.

    Args:
        trainer: What trains.
        module: What is trained.
        course: The data.
        resume: Whether the run folder may hold a run.

    Raises:
        CheckpointError: The folder holds a run already, is being trained in, or can't be made.
    """
    optimizer = trainer.optimizer
    if not trainer.belongs_to(module):
        trainer.forget()
        trainer.recorder.forget()
        optimizer.account.clear()
    module.warned.clear()
    trainer.stopped, trainer.interrupted, trainer.within_step = "", False, False
    trainer.validates = course.val is not None
    trainer.epoch_steps = course.length
    trainer.join(module)
    others = trainer.together(module)
    trainer.seeds.spawn(optimizer, module, [each for each in others if each is not module])
    trainer.further = Further(course.train, trainer.seeds.further)
    trainer.began = {"epoch": trainer.epoch, "step": trainer.step}
    before = trainer.began_with
    trainer.began_with = {
        **fingerprint(module, optimizer, course.train, course.val, others),
        "the seed": str(trainer.seed),
        "the batch size": str(trainer.batch_size),
        "the order of the data": "shuffled" if course.shuffle else "as it is",
    }
    if before and before[DATA] != trainer.began_with[DATA]:
        trainer.batch = 0  # other data than in the last call: nothing of it was gone through
    if trainer.batch == 0 and trainer.seeds.data is not None:
        trainer.epoch_data = dict(trainer.seeds.data.bit_generator.state)
    trainer.recorder.open(module.entry_point, settings_of(trainer, module), resume=resume)
    folder = trainer.run_dir
    optimizer.cassette = Cassette(folder.path / FILE) if folder is not None else None
    optimizer.recorded = None
    optimizer.limits = trainer.limits


def resume_run(
    trainer: Trainer, module: Module, *, how: Literal["previous", "force"] | bool | Path
) -> None:
    """Go on from the checkpoint in the run folder, if there is one.

    Raises:
        CheckpointError: It can't be read, is that of another module, or the run was begun with
            other data or prompts.
    """
    folder = trainer.run_dir
    if folder is None:
        raise CheckpointError("there is no run folder to resume from: name it with run_dir=….")
    copy = how if isinstance(how, Path) else None
    if copy is None and how != "previous":
        folder.check_whole()
    if folder.holds_run or how == "previous" or copy is not None:
        if copy is not None:
            state, sources = RunDir.holding(copy).read(file=copy)
        else:
            state, sources = folder.read(previous=how == "previous")
        check_module(module, state)
        changed = changes(state.get("began_with", {}), trainer.began_with)
        if changed and how != "force":
            raise CheckpointError(
                f"{folder.path} was begun with something else: {', '.join(changed)} changed. "
                "Resume it with what it was begun with; or resume='force' (on the command line "
                "--force) to go on all the same; or name another run_dir for a new run."
            )
        restore(trainer, module, state, sources)
        folder.forget_after(trainer.step, validated=trainer.validated == trainer.step)
        last = folder.metrics()[-1:] or [{}]
        trainer.meter.resume(int(state["evaluations"]), float(last[0].get("seconds", 0.0)))
        trainer.call("on_load_checkpoint", module)
    if (folder.path / FILE).exists():
        trainer.optimizer.recorded = Recording.read(folder.path)
