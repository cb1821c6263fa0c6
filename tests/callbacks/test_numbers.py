"""What isn't the number or path that it should be is refused when a callback is made."""

import sys

import pytest

import langprop as lp
from langprop.errors import ConfigError
from langprop.loggers import JSONLogger


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: lp.EarlyStopping(0.9, patience=1),
            "by its name, such as 'val/score', but got 0.9",
        ),
        (lp.EarlyStopping, "a target, a patience, or both"),
        (lambda: lp.EarlyStopping(target="1"), "target must be a finite number, but got '1'"),
        (lambda: lp.EarlyStopping(target=float("nan")), "target must be a finite number"),
        (lambda: lp.EarlyStopping(target=True), "target must be a finite number"),
        (lambda: lp.EarlyStopping(patience="3"), "patience must be a whole number"),
        (lambda: lp.EarlyStopping(patience=0), "patience must be at least 1, but got 0"),
        (lambda: lp.EarlyStopping(patience=1, min_delta=None), "min_delta must be a finite number"),
        (lambda: lp.Checkpoint(every_n_steps="2"), "every_n_steps must be a whole number"),
        (lambda: lp.Checkpoint(top_k=1.5), "top_k must be a whole number"),
        (lambda: lp.Checkpoint(keep_last=True), "keep_last must be a whole number"),
        (lambda: lp.Checkpoint(monitor=None, top_k=1), "by its name"),
        (lambda: lp.SaveBest("best.py", monitor=1), "by its name"),
        (lambda: lp.PrintBest(interval="5"), "interval must be a finite number"),
        (lambda: lp.Progress(interval=None), "interval must be a finite number"),
        (lambda: lp.SaveBest(None), r"path must be a path such as 'best\.py', but got None"),
        (lambda: lp.SaveBest(b"best.py"), "path must be a path"),
        (lambda: lp.Checkpoint(3), "folder must be a path such as 'copies', but got 3"),
        (lambda: JSONLogger(None), r"path must be a path such as 'metrics\.jsonl'"),
        (lambda: lp.Progress(5.0), r"Console\(stderr=True\), but got 5\.0"),
        (lambda: lp.PrintBest(sys.stderr), "PrintBest prints on a console such as"),
    ],
)
def test_wrong_kinds_of_arguments_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_numbers_of_numpy_are_numbers():
    import numpy as np

    stop = lp.EarlyStopping(target=np.float32(0.5), patience=np.int64(2))
    assert (stop.target, stop.patience) == (0.5, 2)
    assert type(stop.patience) is int
