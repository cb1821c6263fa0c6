"""Allowance: what a run may still spend, in evaluations and seconds."""

from __future__ import annotations

import math

from langprop.errors import OutOfBudget, OutOfTime
from langprop.llms.budget import Budget
from langprop.trainer.meter import Meter


class Allowance:
    """What a run may still spend, in evaluations and seconds. Models have their own accounts.

    Args:
        budget: What it may spend in all.
        meter: What it spent.

    Attributes:
        meter: As given; another run has another one.
        deadline: When this call of `fit` shall end, on the meter's clock; None for no limit.
    """

    def __init__(self, budget: Budget, meter: Meter) -> None:
        self.budget, self.meter = budget, meter
        self.deadline: float | None = None

    def room(self, samples: int) -> float:
        """How many scripts may be judged on so many samples; infinite for any."""
        limit = self.budget.evaluations
        return math.inf if limit is None else (limit - self.meter.evaluations) // samples

    def too_many(self, wanted: int) -> str:
        """Says that the budget doesn't cover so many evaluations."""
        return (
            f"budget: {self.meter.evaluations:,} of {self.budget.evaluations or 0:,} evaluations, "
            f"and the next {wanted:,} are more than what is left"
        )

    def check(self, scripts: int, samples: int) -> None:
        """See whether so many scripts may be judged on so many samples.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget doesn't cover it.
        """
        self.check_time()
        if self.room(samples) < scripts:
            raise OutOfBudget(self.too_many(scripts * samples))

    def check_time(self) -> None:
        """See whether there is time left.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget in seconds is spent.
        """
        seconds = self.meter.seconds
        if self.deadline is not None and seconds >= self.deadline:
            raise OutOfTime("the time of the run is over.")
        if self.budget.seconds is not None and seconds >= self.budget.seconds:
            raise OutOfBudget(f"budget: {self.budget.seconds:g} seconds")

    def watch(self, count: int) -> None:
        """Count evaluations that were made, if any; one under way ends if time is over.

        Raises:
            OutOfTime: The deadline has passed.
            OutOfBudget: The budget in seconds is spent.
        """
        if count:
            self.meter.count(count)
        self.check_time()
