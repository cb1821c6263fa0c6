"""A logger that never holds up the run."""

import threading
import time
from pathlib import Path

import pytest

from langprop.errors import MissingDependency
from langprop.loggers.background import BackgroundLogger, require
from langprop.loggers.outbox import CAPACITY


class Kept(BackgroundLogger):
    """Keeps what it is given; fails or waits where it is told to."""

    def __init__(self, *, fail=(), gate=None, **settings):
        super().__init__(**settings)
        self.fail, self.gate, self.seen = set(fail), gate, []

    def _note(self, kind, *what):
        if self.gate is not None:
            self.gate.wait()
        self.seen.append((kind, *what))
        if kind in self.fail:
            raise OSError(f"no {kind}")

    def begin(self, name, config, run_dir, *, resume):
        self._note("begin", name, config, run_dir, resume)

    def write_figures(self, figures, texts, step):
        self._note("figures", figures, texts, step)

    def write_script(self, source, step, about):
        self._note("script", source, step, about)

    def write_table(self, name, rows, step):
        self._note("table", name, rows, step)

    def finish(self):
        self._note("finish")

    def kinds(self):
        return [each[0] for each in self.seen]


def test_a_run_from_its_beginning_to_its_end(tmp_path):
    logger = Kept()
    logger.start("f", {"a": {1}}, tmp_path)
    logger.log({"x": 1, "best": "id", "none": None}, 1)
    logger.log_script("def f(): pass\n", 1, {"score": 0.5, "parent": None})
    logger.log_table("failures", [{"status": "crash", "count": 2}], 1)
    logger.close()
    logger.close()
    assert logger.seen == [
        ("begin", "f", {"a": [1]}, tmp_path, False),
        ("figures", {"x": 1}, {"best": "id"}, 1),
        ("script", "def f(): pass\n", 1, {"score": 0.5}),
        ("table", "failures", [{"status": "crash", "count": 2}], 1),
        ("finish",),
    ]


def test_logging_needs_no_start_and_goes_on_after_close():
    logger = Kept()
    logger.log({"x": 1}, 1)
    logger.close()
    logger.log({"x": 2}, 2)
    logger.close()
    begins = [each[-1] for each in logger.seen if each[0] == "begin"]
    assert begins == [False, True]  # the second time it is the same run
    assert logger.kinds() == ["begin", "figures", "finish"] * 2


def test_a_new_run_is_another_one():
    logger = Kept()
    logger.start("f", {})
    logger.log_script("1", 1)
    logger.start("g", {})
    logger.log_script("1", 1)
    logger.close()
    assert logger.kinds() == ["begin", "script", "finish"] * 2
    assert [each[-1] for each in logger.seen if each[0] == "begin"] == [False, False]


def test_what_has_not_changed_is_not_written_again():
    logger = Kept()
    for step in range(1, 6):
        logger.log_script("same", step)
        logger.log_table("t", [{"x": 1}], step)
    logger.close()
    assert logger.kinds() == ["begin", "script", "table", "finish"]


def test_tables_that_change_fast_are_written_seldom_and_the_last_one_always():
    logger = Kept()
    for step in range(1, 100):
        logger.log_table("t", [{"x": step}], step)
    logger.close()
    assert [each[2:] for each in logger.seen if each[0] == "table"] == [
        ([{"x": 1}], 1),
        ([{"x": 99}], 99),
    ]


def test_an_entry_that_fails_is_told_of_once_and_the_others_are_written():
    logger = Kept(fail=["script"])
    told = []
    logger.log_script("s", 1)
    for step in range(5):
        try:
            logger.log({"x": step}, step)
        except OSError as error:
            told.append(str(error))
    try:
        logger.close()
    except OSError as error:
        told.append(str(error))
    assert told == ["no script"]
    assert logger.kinds() == ["begin", "script", *["figures"] * 5, "finish"]


def test_the_last_failure_is_told_of_at_the_end():
    logger = Kept(fail=["finish"])
    logger.log({"x": 1}, 1)
    with pytest.raises(OSError, match="no finish"):
        logger.close()
    logger.close()


def test_where_the_run_can_not_be_opened_nothing_else_is_tried():
    logger = Kept(fail=["begin"])
    logger.start("f", {})
    with pytest.raises(OSError, match="no begin"):
        logger.close()
    assert logger.kinds() == ["begin"]


def test_a_package_that_ends_the_process_does_not_end_the_run():
    class Exits(Kept):
        def write_figures(self, figures, texts, step):
            raise SystemExit(3)

    logger = Exits()
    logger.log({"x": 1}, 1)
    with pytest.raises(RuntimeError, match="SystemExit"):
        logger.close()


def test_a_server_that_never_answers_is_given_up():
    gate = threading.Event()
    logger = Kept(gate=gate, patience=0.2)
    start = time.monotonic()
    for step in range(10):
        logger.log({"x": 1}, step)
    with pytest.raises(TimeoutError, match=r"0\.2 s.*is the network there"):
        logger.close()
    logger.log({"x": 2}, 11)  # from here on it is silent
    logger.close()
    assert time.monotonic() - start < 10
    gate.set()


def test_more_than_a_slow_server_takes_is_left_out_and_said_once():
    gate = threading.Event()
    logger = Kept(gate=gate)
    told = []
    for step in range(CAPACITY + 10):
        try:
            logger.log({"x": 1}, step)
        except RuntimeError as error:
            told.append(str(error))
    assert len(told) == 1
    assert "slower than the run" in told[0]
    gate.set()
    logger.close()
    assert CAPACITY < len(logger.seen) < CAPACITY + 5


def test_no_thread_is_left():
    before = threading.active_count()
    logger = Kept()
    logger.log({"x": 1}, 1)
    logger.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("patience", [0, -1, float("nan"), None, "30"])
def test_patience_is_a_positive_number(patience):
    with pytest.raises(ValueError, match="patience"):
        Kept(patience=patience)


def test_endless_patience():
    logger = Kept(patience=float("inf"))
    logger.log({"x": 1}, 1)
    logger.close()
    assert logger.kinds() == ["begin", "figures", "finish"]


def test_a_folder_of_that_name_is_no_package(tmp_path, monkeypatch):
    Path(tmp_path / "no_such_tracker").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for package in ("no_such_tracker", "no_such_tracker.deep.inside", "not_here_at_all"):
        with pytest.raises(MissingDependency, match=r"pip install 'langprop\[x\]'"):
            require(package, "it", "x")


def test_a_package_that_lacks_another_one_says_so(tmp_path, monkeypatch):
    Path(tmp_path / "tracker_in_need.py").write_text("import not_here_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_here_at_all") as caught:
        require("tracker_in_need", "it", "x")
    assert not isinstance(caught.value, MissingDependency)
