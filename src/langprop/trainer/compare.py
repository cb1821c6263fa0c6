"""Compare: did the feedback help? Optimizers on the same task, seeds and budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from langprop.llms.budget import Budget
from langprop.modules.module import Module
from langprop.trainer.comparison import Comparison
from langprop.trainer.contest import Contest
from langprop.trainer.trial import Trial


def compare(
    module: Module | Callable[[], Module],
    optimizers: Mapping[str, Any] | Sequence[str],
    train: Any = None,
    val: Any = None,
    test: Any = None,
    *,
    seeds: int | Sequence[int] = 5,
    budget: Budget | None = None,
    target: float | None = None,
    run_dir: Literal[False] | str | Path | None = None,
    resume: bool = False,
    told: Callable[[Trial], None] | None = None,
    **trainer: Any,
) -> Comparison:
    """Run optimizers on the same task, seeds and budget, and compare what they learned.

    Each run has a module, an optimizer and callbacks of its own (copies of what is given), and all
    runs of a seed see the same data in the same order. So runs differ in the optimizer alone.

    Args:
        module: What is trained, not trained yet; or a function that makes one.
        optimizers: By name: an `Optimizer`, a class of one, an LLM, or a short name such as
            "mutation", "openai:MODEL" or "best_of_n:openai:MODEL". A list of short names will do.
            The first one is what the others are compared with.
        train: Samples; None for the module's own.
        val: Samples to choose the best policy by; None for the module's own, if it has any.
        test: Samples that the best policies are compared on; None for the module's own. Without
            any the validation score is compared, without that the training priority.
        seeds: Number of seeds, from the trainer's `seed` on; or the seeds.
        budget: What each run may spend. It is what ends a run, unless `target` or a limit of the
            trainer (`max_epochs`, `max_steps`, `max_time`) does.
        target: A run ends when its validation score (without validation: its best training
            priority) reaches this. It is also the score from which a run counts as solved.
        run_dir: Folder of the comparison; None for a new one in `runs/`; False for none.
        resume: Whether to go on with the comparison in `run_dir`: runs that ended are read, others
            are resumed or begun, and those that failed are tried again. The arguments must be the
            same; there may be more seeds and optimizers.
        told: Called with each trial as soon as it ended.
        **trainer: Other arguments of each `Trainer`, such as `batch_size`.

    Returns:
        The comparison: print it. After ^C it holds what there is, with `interrupted` set.

    Raises:
        ConfigError: The settings can't work; or a run would have no end.
        ModuleError: The module is trained already.
        CheckpointError: The folder holds another comparison, is being used, or can't be written.
        DataError: There are no samples.
        SandboxError: Scripts can't be kept in well enough on this machine.
    """
    contest = Contest(
        module,
        optimizers,
        train,
        val,
        test,
        seeds=seeds,
        budget=budget,
        target=target,
        run_dir=run_dir,
        resume=resume,
        **trainer,
    )
    return contest.run(told)
