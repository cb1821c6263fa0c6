"""What a run gives its loggers."""

import math

import numpy as np
import pytest


@pytest.fixture
def config():
    """Settings of all kinds: nested, unset, long, and with what JSON doesn't know."""
    return {
        "function": "get_factorial",
        "trainer": {"max_steps": 7, "max_time": None, "shuffle": True},
        "optimizer": {"llms": ["a", "b"], "temperature": math.nan, "seed": np.int64(3)},
        "stub": "def get_factorial(n: int) -> int:\n    ...\n" * 100,
    }


@pytest.fixture
def steps():
    """Figures of three steps."""
    return [
        {
            "train/best": step / 4,
            "train/mean": np.float64(step / 8),
            "records/ok": 10 + step,
            "best": f"id{step}",
            "val/score": None,
            "gap": math.nan,
            "worst": -math.inf,
            "huge": 10**400,
            "cost": {"usd": 0.5, "tokens": 3},
            "flag": True,
            "odd": object,
        }
        for step in (1, 2, 3)
    ]


@pytest.fixture
def rows():
    """A table of failures, with what a hostile script may have written."""
    return [
        {"status": "exception", "exception": "ValueError: <b>|x|</b>\n# `no`", "count": 3},
        {"status": "timeout", "exception": "", "count": 1, "sample": 2},
        {"status": "crash", "exception": "\ud800\x00", "count": None, "sample": "two"},
    ]


@pytest.fixture
def script():
    """A script that looks like other things."""
    return "def get_factorial(n):\n    '''``` </pre> ü'''\n    return 1\n"


class Play:
    """A run of three steps, as a trainer logs it."""

    def __init__(self, folder, config, steps, rows, script):
        self.folder, self.config, self.steps = folder, config, steps
        self.rows, self.script = rows, script

    def __call__(self, logger):
        logger.start("get_factorial", self.config, self.folder)
        for step, figures in enumerate(self.steps, 1):
            logger.log(figures, step)
        logger.log_table("failures", self.rows, 3)
        logger.log_script(self.script, 3, {"id": "id3", "score": 0.75})
        logger.close()


@pytest.fixture
def play(tmp_path, config, steps, rows, script):
    """Log a run of three steps."""
    return Play(tmp_path, config, steps, rows, script)
