"""Validation: the best policies on the validation data, and how far training runs ahead of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langprop.trainer.report import Report

if TYPE_CHECKING:
    from langprop.evaluation import Batch
    from langprop.modules.module import Module
    from langprop.trainer.trainer import Trainer

_GROWING = 3  # validations in a row after which a gap that grew in each is worth a warning


def validate(trainer: Trainer, module: Module, data: Batch) -> None:
    """Validate the best policies that weren't yet; the best of all becomes the champion.

    Raises:
        OutOfTime: The deadline has passed.
        OutOfBudget: The budget doesn't cover it.
    """
    trainer.call("on_validation_start", module)
    population = module.population
    ranked = sorted(population.policies, key=lambda policy: policy.rank, reverse=True)
    joint = trainer.joint
    new = [
        policy
        for policy in ranked[: trainer.n_val]
        if (policy.val_score is None if joint is None else joint.unvalidated(policy))
    ]
    records = trainer.evaluate(module, [policy.script for policy in new], data)
    for policy in new:
        report = Report(policy.id, records[policy.id])
        if joint is not None:
            joint.crown(policy, report)
            continue
        policy.val_score, policy.val_stderr = report.score, report.stderr
        policy.val_scores = report.scores
        population.crown(policy)
    _figures(trainer, module)
    trainer.validated = trainer.step
    trainer.log_validation(module)
    trainer.call("on_validation_end", module)


def _figures(trainer: Trainer, module: Module) -> None:
    """Put the champion's figures, and the gap, where loggers and callbacks find them."""
    champion = module.population.champion
    if champion is None or champion.val_score is None:
        return
    trainer.metrics["val/score"] = champion.val_score
    trainer.metrics["val/stderr"] = champion.val_stderr
    for name, value in champion.val_scores.items():
        trainer.metrics[f"val/{name}"] = value
    leader = max(module.population.policies, key=lambda policy: policy.rank)
    if leader.val_score is None:
        return
    gap = leader.priority - leader.val_score
    trainer.metrics["val/gap"] = gap
    trainer.gaps = [*trainer.gaps, gap][-_GROWING - 1 :]
    grew = all(a < b for a, b in zip(trainer.gaps, trainer.gaps[1:], strict=False))
    error = (leader.stderr**2 + leader.val_stderr**2) ** 0.5
    if len(trainer.gaps) > _GROWING and grew and gap > 2 * error:
        module.warn_once(
            "gap",
            f"the best policy scores {leader.priority:.4g} in training but {leader.val_score:.4g} "
            f"in validation, and the gap grew in {_GROWING} validations in a row: it fits the "
            "training data and not the task. Train on more samples, or stop earlier with "
            "EarlyStopping('val/score', patience=…).",
        )
