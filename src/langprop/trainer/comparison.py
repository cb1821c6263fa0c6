"""Comparison: what optimizers learned on the same seeds, at the same budget."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from langprop.callbacks.monitor import reached
from langprop.llms.budget import Budget
from langprop.trainer.intervals import Interval, mean_interval
from langprop.trainer.trial import Split, Trial, write

FILE, ROWS = "comparison.json", "trials.csv"
FORMAT = 1

What = Literal["", "feedback", "selection"]


@dataclass(frozen=True)
class Pair:
    """Two optimizers that are compared.

    Attributes:
        optimizer: Name of one.
        baseline: Name of the other.
        what: What the first one has beyond the other; "" if they differ in more.
    """

    optimizer: str
    baseline: str
    what: What = ""


@dataclass(frozen=True)
class Difference:
    """How much better an optimizer did than another one, on the same seeds.

    Attributes:
        pair: The two.
        score: Difference of the scores; None if no seed has both.
        effort: Evaluations until the target, as a ratio to those of the baseline: mean of the
            logarithms, taken back; None unless all these runs reached it.
    """

    pair: Pair
    score: Interval | None
    effort: Interval | None = None

    def __str__(self) -> str:
        pair, score = self.pair, self.score
        names = f"{pair.optimizer} against {pair.baseline}"
        if score is None:
            return f"{names}: no seed has a score of both."
        subject = pair.what or pair.optimizer
        sign = f"{score.mean:+.4g}{score.bounds}"
        if score.n == 1:
            words = f"one seed, so that chance can't be told from merit: {sign}"
        elif score.low is None:
            words = f"the scores are too large for an interval: {sign}"
        elif score.low == score.high == 0:
            words = f"the same scores with all {score.n} seeds"
        elif score.told and pair.what:
            words = f"{subject} {'helped' if score.mean > 0 else 'did harm'}: {sign}"
        elif score.told:
            words = f"{'higher' if score.mean > 0 else 'lower'}: {sign}"
        else:
            words = f"no difference could be told with {score.n} seeds: {sign}"
        if self.effort is not None:
            words += f"; it took {self.effort.mean:.3g}{_brief(self.effort)} times the evaluations"
        return f"{names}: {words}"


@dataclass(frozen=True)
class Row:
    """One optimizer's runs.

    Attributes:
        optimizer: Its name.
        finished: Runs that have a score.
        failed: Runs that failed.
        unfinished: Runs that were broken off, or not begun.
        score: Mean score of those that have one; None without any.
        solved: Runs whose score is the target or more; None without a target.
        reached: Runs that ended since their training reached the target.
        to_target: Median evaluations of those until then; None without any.
        evaluations: Mean of the finished runs, and so are the others.
        calls: Requests to models.
        tokens: Tokens read and written.
        usd: Money [US dollars]; None where a price isn't known.
        seconds: Time [s].
        ended: How many finished runs ended for each reason, as in `Trial.ended`.
    """

    optimizer: str
    finished: int
    failed: int
    unfinished: int
    score: Interval | None
    solved: int | None
    reached: int
    to_target: float | None
    evaluations: float
    calls: float
    tokens: float
    usd: float | None
    seconds: float
    ended: dict[str, int]


@dataclass(frozen=True)
class Comparison:
    """What optimizers learned on the same seeds, at the same budget. `print` it for the table.

    Attributes:
        name: The function that was trained.
        optimizers: Names; the first one is what the others are compared with.
        seeds: Seeds of the runs.
        trials: The runs, in the order in which they were made.
        pairs: What is compared with what.
        split: What scores were taken on: "test", "val" or "train".
        budget: Of each run.
        target: Score from which a run counts as solved.
        folder: Where it is written; None for nowhere.
        interrupted: Whether it ended with ^C.
    """

    name: str
    optimizers: Sequence[str]
    seeds: Sequence[int]
    trials: Sequence[Trial]
    pairs: Sequence[Pair] = ()
    split: Split = "test"
    budget: Budget = field(default_factory=Budget)
    target: float | None = None
    folder: Path | None = None
    interrupted: bool = False

    @property
    def rows(self) -> list[Row]:
        """The optimizers' figures, in their order."""
        return [self._row(name) for name in self.optimizers]

    @property
    def differences(self) -> list[Difference]:
        """The pairs' differences over the seeds that both have; each at 95 %, by itself."""
        return [self._difference(pair) for pair in self.pairs]

    @property
    def failed(self) -> list[Trial]:
        """The runs that failed."""
        return [trial for trial in self.trials if trial.status == "failed"]

    def __str__(self) -> str:
        from langprop.trainer.comparison_table import table

        return table(self)

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON data."""
        return {
            "format": FORMAT,
            "name": self.name,
            "optimizers": list(self.optimizers),
            "seeds": list(self.seeds),
            "split": self.split,
            "budget": asdict(self.budget),
            "target": self.target,
            "interrupted": self.interrupted,
            "rows": [asdict(row) for row in self.rows],
            "differences": [
                {**asdict(difference), "words": str(difference)} for difference in self.differences
            ],
            "trials": [trial.to_dict() for trial in self.trials],
        }

    def save(self, folder: str | Path) -> None:
        """Write `comparison.json`, and the runs as `trials.csv`.

        Raises:
            CheckpointError: They can't be written.
        """
        folder = Path(folder)
        text = io.StringIO()
        writer = csv.DictWriter(text, [each.name for each in fields(Trial)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(trial.to_dict() for trial in self.trials)
        write(folder / ROWS, text.getvalue())
        write(folder / FILE, json.dumps(self.to_dict(), indent=1) + "\n")

    def _row(self, name: str) -> Row:
        trials = [trial for trial in self.trials if trial.optimizer == name]
        done = [trial for trial in trials if trial.status == "finished"]
        scores = [trial.score for trial in done if trial.score is not None]
        target = self.target
        efforts = [trial.evaluations for trial in done if trial.reached]
        failed = sum(trial.status == "failed" for trial in trials)
        money = [trial.usd for trial in done]

        def mean(of: Callable[[Trial], float]) -> float:
            return math.fsum(of(trial) / len(done) for trial in done)

        return Row(
            optimizer=name,
            finished=len(done),
            failed=failed,
            unfinished=len(self.seeds) - len(done) - failed,
            score=mean_interval(scores) if scores else None,
            solved=None if target is None else sum(reached(score, target) for score in scores),
            reached=len(efforts),
            to_target=statistics.median(efforts) if efforts else None,
            evaluations=mean(lambda trial: trial.evaluations),
            calls=mean(lambda trial: trial.calls),
            tokens=mean(lambda trial: trial.tokens),
            usd=None if None in money else mean(lambda trial: trial.usd or 0.0),
            seconds=mean(lambda trial: trial.seconds),
            ended=dict(Counter(trial.ended for trial in done).most_common()),
        )

    def _difference(self, pair: Pair) -> Difference:
        one, other = self._by_seed(pair.optimizer), self._by_seed(pair.baseline)
        both = [(one[seed], other[seed]) for seed in self.seeds if seed in one and seed in other]
        if not both:
            return Difference(pair, None)
        score = mean_interval([(a.score or 0.0) - (b.score or 0.0) for a, b in both])
        effort = None
        if all(a.reached and b.reached and a.evaluations and b.evaluations for a, b in both):
            # Efforts are skewed and grow by factors: their logarithms are what is about normal.
            logs = mean_interval([math.log(a.evaluations / b.evaluations) for a, b in both])
            low, high = (None if end is None else math.exp(end) for end in (logs.low, logs.high))
            effort = Interval(math.exp(logs.mean), low, high, logs.n)
        return Difference(pair, score, effort)

    def _by_seed(self, name: str) -> dict[int, Trial]:
        return {
            trial.seed: trial
            for trial in self.trials
            if trial.optimizer == name and trial.score is not None
        }


def _brief(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f" [{interval.low:.3g}, {interval.high:.3g}]"
