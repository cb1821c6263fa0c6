"""Rollouts on several cores: the same as on one, whoever runs them and whatever becomes of them."""

import contextlib
import dataclasses
import functools
import os
import select
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import langprop as lp
from langprop.errors import OutOfTime, SandboxError
from langprop.rl import EnvError, Episode
from langprop.sandbox import linux

WORLDS = '''
"""Environments that another process can import."""

import functools
import os
import random
import signal
import warnings
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium import spaces

import langprop as lp


class Walk(gymnasium.Env):
    """A random walk that ends at ±5; rewards are where one is."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(3)

    def __init__(self, fault="", trainer=0, marks="", info=True):
        self.fault, self.trainer, self.marks = fault, trainer, marks
        self.info = info

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at, self.steps, self.seed = self.np_random.normal(), 0, seed
        return self.seen(), {}

    def seen(self):
        odd = self.fault == "nan" and self.steps == 30
        return np.array([float("nan") if odd else self.at, self.steps])

    def step(self, action):
        self.steps += 1
        self.at += 0.1 * (action - 1 + self.np_random.normal())
        if self.steps == 30 and self.fault:
            self.fail()
        return self.seen(), self.at, abs(self.at) > 5, self.steps >= 80, self.told()

    def told(self):
        return {"pid": os.getpid()} if self.info else {}

    def fail(self):
        if self.fault == "raise" and self.seed == 2:
            raise RuntimeError("broken bridge")
        if self.fault == "raise there" and os.getpid() != self.trainer:
            raise RuntimeError("there is no bridge")
        if self.fault == "print":
            print("on thin ice:", os.getpid())
        if self.fault == "warn":
            warnings.warn("thin ice")
        if self.fault.startswith("die") and os.getpid() != self.trainer:
            deaths = len(list(Path(self.marks).iterdir()))
            if self.fault == "die" or deaths == 0:
                Path(self.marks, str(os.getpid())).touch()
                os.kill(os.getpid(), signal.SIGKILL)


class Dice(Walk):
    def step(self, action):
        self.at += random.random()
        return super().step(action)


def walk(fault="", **kwargs):
    return Walk(fault, **kwargs)


class Guess(lp.Module):
    entry_point = "guess"
    exception_score = -1e6

    def __init__(self, times, kind):
        self.times, self.kind = times, kind
        super().__init__()

    def preprocess(self, sample):
        return sample, None

    def replica(self):
        return functools.partial(Guess, self.times, self.kind)

    def forward(self, function, n):
        for _ in range(self.times):
            try:
                answer = yield function(n)
            except lp.errors.PolicyError:
                answer = -1
        return (answer, os.getpid(), *([lambda: None] if self.kind == "unpicklable" else []))

    def score(self, output, label):
        return float(output[0])
'''

STUB = "def policy(observation):\n    '''Act.'''\n"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    (folder / "langprop_test_worlds.py").write_text(WORLDS)
    sys.path.insert(0, str(folder))
    import langprop_test_worlds

    yield langprop_test_worlds
    sys.path.remove(str(folder))


def staffed(executor):
    """The same executor, once its helpers are there."""
    crew = executor.crew
    crew.patience = 0.0
    with crew.claimed() as free:
        assert free
        crew.ask(crew.size)
        while len(crew.helpers) < crew.size:
            assert not crew.problem, crew.problem
            crew.hear(1.0)
    return executor


@pytest.fixture(scope="module")
def several(worlds):
    with lp.LocalExecutor(workers=2, rollout_workers=3) as executor:
        yield staffed(executor)


@pytest.fixture(scope="module")
def one():
    with lp.LocalExecutor(workers=2, rollout_workers=1) as executor:
        yield executor


def script(body, head=""):
    return lp.Script(f"{head}\n{STUB}    {body}\n", "policy")


def make(env, **settings):
    return lp.EnvModule(env, STUB, exception_score=-1e6, **settings)


def judge(executor, module, scripts, seeds=range(4), watch=lambda _: None, **limits):
    return lp.evaluate(module, scripts, seeds, executor, lp.Limits(**limits), watch=watch)


def plain(value):
    """Everything in a record but times, so that it can be compared."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        fields.pop("seconds", None)
        return type(value).__name__, fields
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value), [plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tolist()
    return type(value), value


def pids(results):
    episodes = [record.output for records in results.values() for record in records]
    return {each.info["pid"] for each in episodes if isinstance(each, Episode)}


def helped(executor, module, scripts, **limits):
    """Results of a batch in which all helpers took part: they may be late from the one before."""
    while True:
        results = judge(executor, module, scripts, range(12), **limits)
        if len(pids(results)) == 1 + executor.crew.size:
            return results
        assert executor.crew.why_not == ""


def walks(count):
    return [script(f"return {n} % 3 if observation[1] % {n + 2} else 1") for n in range(count)]


MANY = [
    *walks(9),
    script("turns.append(1)\n    return len(turns) % 3", head="turns = []"),
    script("return random.randrange(3)", head="import random"),
    script("return 7 if observation[1] > 9 else 1"),
    script("return 1 / (observation[1] - 12)"),
    script("print(observation); return 1"),
    script("import os; os._exit(1)"),
    lp.Script("def policy(observation:", "policy"),
    lp.Script("x = 1", "policy"),
]


@pytest.mark.parametrize("env", ["CartPole-v1", "walk", "limited"])
def test_records_are_the_same_however_many_processes_there_are(one, several, worlds, env):
    if env == "CartPole-v1":
        modules = [lp.EnvModule("CartPole-v1", STUB) for _ in range(2)]
        scripts = [script(f"return int(observation[2] > 0.0{n})") for n in range(9)]
    else:
        made = worlds.Walk if env == "limited" else worlds.walk
        settings = {"max_episode_steps": 17, "tail": 2} if env == "limited" else {}
        modules, scripts = [make(made, info=False, **settings) for _ in range(2)], MANY
    seeds = [3, 0, 1, 2**40, 0]
    expected = judge(one, modules[0], scripts, seeds, failures=2)
    watched = []
    found = judge(several, modules[1], scripts, seeds, watched.append, failures=2)
    assert list(found) == list(expected)
    for key, records in expected.items():
        assert [plain(each) for each in found[key]] == [plain(each) for each in records]
    assert [count for count in watched if count] == [len(seeds)] * len(scripts)
    assert several.crew.why_not == ""


@pytest.mark.slow
def test_a_training_is_the_same_however_many_processes_there_are(one, several, worlds):
    trained = []
    for executor in (one, several):
        module = make(worlds.Walk, info=False)
        trainer = lp.Trainer(
            "mutation",
            executor=executor,
            run_dir=False,
            batch_size=6,
            max_steps=2,
            val_interval=None,
        )
        trainer.fit(module)
        trained.append((module.source, [(p.id, p.priority) for p in module.population.policies]))
    assert several.crew.why_not == ""
    assert trained[0] == trained[1]


def test_helpers_take_their_share(several, worlds):
    found = pids(helped(several, make(worlds.Walk), walks(6)))
    assert found == {os.getpid(), *several.crew.pids}


def test_a_module_that_scores_in_its_own_way_is_helped(several, worlds):
    class Careful(lp.EnvModule):
        def score(self, output, label):
            return lp.Score(-float(len(output.rewards)), f"pid {os.getpid()}")

    module = Careful(worlds.Walk, STUB, exception_score=-1e6)
    results = helped(several, module, walks(6))
    records = [record for each in results.values() for record in each]
    assert all(record.score == -len(record.output.rewards) for record in records)
    assert {record.feedback for record in records} == {f"pid {os.getpid()}"}


@pytest.mark.parametrize(
    "kind", ["lambda", "local", "forward", "check", "dice", "patched", "bound"]
)
def test_what_can_not_be_had_elsewhere_runs_here(several, worlds, kind, monkeypatch):
    class Local(worlds.Walk):
        pass

    class Forward(lp.EnvModule):
        def forward(self, function, seed):
            return (yield from super().forward(function, seed))

    class Check(lp.EnvModule):
        def check_output(self, output):
            super().check_output(output)

    class Factory:
        def make(self):
            return worlds.Walk()

    if kind == "patched":
        monkeypatch.setattr(worlds.Walk, "seen", lambda self: np.array([self.at, -self.steps]))
    envs = {"lambda": lambda: worlds.Walk("x"), "local": Local, "bound": Factory().make}
    envs["dice"] = worlds.Dice
    kinds = {"forward": Forward, "check": Check}
    told = (
        pytest.warns(UserWarning, match="draws from")
        if kind == "dice"
        else contextlib.nullcontext()
    )
    with told:
        env = envs.get(kind, worlds.Walk)
        module = kinds.get(kind, lp.EnvModule)(env, STUB, exception_score=-1e6)
    assert pids(judge(several, module, walks(6))) == {os.getpid()}


def test_a_factory_that_changes_runs_here_from_then_on(several, worlds):
    factory = functools.partial(worlds.walk, fault="")
    module = make(factory)
    helped(several, module, walks(6))
    factory.keywords["fault"] = "other"
    assert pids(judge(several, module, walks(6))) == {os.getpid()}


def test_what_is_defined_in_the_program_that_runs_is_not_looked_for_elsewhere(
    several, worlds, monkeypatch
):
    monkeypatch.setattr(worlds.Walk, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Walk", worlds.Walk, raising=False)
    assert pids(judge(several, make(worlds.Walk), walks(6))) == {os.getpid()}
    assert "defined in the program" in several.crew.why_not


# Failures


def test_an_environment_that_raises_there_raises_here(one, several, worlds):
    errors = []
    for executor in (one, several):
        with pytest.raises(EnvError, match=r"broken bridge") as caught:
            judge(executor, make(worlds.Walk, fault="raise"), walks(6))
        assert isinstance(caught.value.__cause__, RuntimeError)
        assert caught.value.seed == 2
        errors.append(caught.value)
    assert {error.step for error in errors} == {30}
    module = make(worlds.Walk, fault="raise", on_env_error="record")
    results = helped(several, module, walks(6))
    assert {records[2].status for records in results.values()} == {"exception"}


def test_what_raises_only_there_runs_here(several, worlds):
    module = make(worlds.Walk, fault="raise there", trainer=os.getpid())
    assert pids(judge(several, module, walks(6))) == {os.getpid()}
    assert "there is no bridge" in several.crew.why_not


def test_a_helper_that_dies_is_replaced_and_its_scripts_run_again(one, worlds, tmp_path):
    expected = judge(one, make(worlds.Walk, info=False), walks(6))
    settings = {"trainer": os.getpid(), "marks": str(tmp_path), "info": False}
    module = make(worlds.Walk, fault="die once", **settings)
    with lp.LocalExecutor(workers=1, rollout_workers=2) as executor:
        found = judge(staffed(executor), module, walks(6))
        assert [plain(each) for each in found.values()] == [plain(e) for e in expected.values()]
        assert len(list(tmp_path.iterdir())) == 1


def test_a_script_whose_helpers_die_twice_ends_the_evaluation(worlds, tmp_path):
    module = make(worlds.Walk, fault="die", trainer=os.getpid(), marks=str(tmp_path))
    with lp.LocalExecutor(workers=1, rollout_workers=2) as executor:
        with pytest.raises(SandboxError, match="was killed by SIGKILL, and so did another"):
            judge(staffed(executor), module, walks(6))
        assert len(list(tmp_path.iterdir())) == 2
        assert len(judge(executor, make(worlds.Walk), walks(3))) == 3


def test_a_helper_that_was_killed_between_batches_is_replaced(worlds):
    with lp.LocalExecutor(workers=1, rollout_workers=2) as executor:
        (first,) = staffed(executor).crew.pids
        os.kill(first, signal.SIGKILL)
        assert len(judge(executor, make(worlds.Walk), walks(6))) == 6
        (second,) = staffed(executor).crew.pids
        assert second != first
        assert pids(helped(executor, make(worlds.Walk), walks(6))) == {os.getpid(), second}


def test_a_sandbox_that_can_not_be_had_there_leaves_the_work_here(worlds):
    with lp.LocalExecutor(workers=1, rollout_workers=2) as executor:
        _ = executor.isolation  # it is up here
        executor.crew.patience = 0.0
        executor.crew._start = lambda: executor._dispatcher.run(lambda: 1 / 0)
        assert pids(judge(executor, make(worlds.Walk), walks(6), range(20))) == {os.getpid()}
        assert "ZeroDivisionError" in executor.crew.problem


def test_when_time_is_over_all_stops_and_the_next_batch_is_sound(several, worlds):
    def watch(_):
        raise OutOfTime("over")

    module = make(worlds.Walk)
    for _ in range(3):
        with pytest.raises(OutOfTime):
            judge(several, module, walks(9), range(30), watch)
    assert len(judge(several, module, walks(6))) == 6
    assert staffed(several).crew.problem == ""


# Warnings


def test_a_warning_of_helpers_is_given_once(several, worlds):
    module = make(worlds.Walk, fault="nan")
    with pytest.warns(UserWarning, match=r"holds NaN \(seed 0, after 30 steps\)") as caught:
        judge(several, module, walks(8))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        judge(several, module, walks(8))  # it was warned of


def test_warnings_of_an_environment_pass_through_the_filters_here(several, worlds):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        helped(several, make(worlds.Walk, fault="warn"), walks(8))
    assert {str(each.message) for each in caught} == {"thin ice"}
    assert len(caught) <= 2  # here, and there
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge(several, make(worlds.Walk, fault="warn"), walks(8))
    with pytest.raises(EnvError, match="thin ice"):  # as an error, like here
        judge(several, make(worlds.Walk, fault="warn"), walks(8))


# Processes


def test_short_rollouts_start_no_helpers(worlds):
    with lp.LocalExecutor(workers=2) as executor:
        judge(executor, make(worlds.Walk), walks(4))
        assert executor.rollout_workers == 2
        assert not executor.crew.pids


def test_scores_that_take_long_start_no_helpers(worlds):
    def score(episode):
        time.sleep(0.5)
        return episode.total

    with lp.LocalExecutor(workers=2, rollout_workers=2) as executor:
        executor.crew.patience = 1.0  # rollouts of a few steps take a tenth of it
        judge(executor, make(worlds.Walk, max_episode_steps=2, score=score), walks(2), [0])
        judge(executor, make(worlds.Walk, max_episode_steps=2), walks(2), [0])
        assert not executor.crew.expected


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_of_processes_that_is_none(count):
    with pytest.raises(ValueError, match="rollout_workers must be at least 1"):
        lp.LocalExecutor(rollout_workers=count)


# As it stands, without a guard: it mustn't be run again in the helpers.
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
print("program", flush=True)
import langprop as lp
import langprop_test_worlds as worlds
module = lp.EnvModule(worlds.Walk, {stub!r}, exception_score=-1e6)
sources = ["def policy(observation):\\n    return %d" % (n % 3) for n in range(6)]
scripts = [lp.Script(source + "  #" * n, "policy", id=str(n)) for n, source in enumerate(sources)]
executor = lp.LocalExecutor(rollout_workers=2)
executor.crew.patience = 0.0
found = set()
while len(found) < 2:
    records = lp.evaluate(module, scripts, range(8), executor)
    found |= {{r.output.info["pid"] for each in records.values() for r in each}}
print(*executor.crew.pids, flush=True)
{end}
"""
ROLL_ON = "while True: lp.evaluate(module, scripts, range(8), executor)"


@pytest.mark.parametrize(
    ("end", "by"),
    [
        ("", None),
        pytest.param("executor.close()", None, marks=pytest.mark.slow),
        pytest.param("raise SystemExit(3)", None, marks=pytest.mark.slow),
        (ROLL_ON, signal.SIGKILL),
        (ROLL_ON, signal.SIGINT),
        pytest.param(ROLL_ON, signal.SIGTERM, marks=pytest.mark.slow),
        ("sys.stdin.read()", signal.SIGKILL),
    ],
)
def test_helpers_end_with_the_program(worlds, tmp_path, end, by):
    file = tmp_path / "program.py"
    folder = str(Path(worlds.__file__).parent)
    file.write_text(PROGRAM.format(folder=folder, stub=STUB, end=end))
    program = subprocess.Popen(
        [sys.executable, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program, contextlib.ExitStack() as stack:
        assert program.stdout.readline() == "program\n"
        helpers = list(map(int, program.stdout.readline().split()))
        assert len(helpers) == 1
        family = [fd for pid in helpers for fd in opened_with_children(pid, stack)]
        assert len(family) > 1  # the sandbox of each
        if by is not None:
            program.send_signal(by)
        out, err = program.communicate(timeout=60)
        assert out == ""
        assert ("KeyboardInterrupt" in err) == (by == signal.SIGINT)
        assert err == "" or by == signal.SIGINT, err
        for fd in family:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            assert poll.poll(20_000), "it is still there"


def opened_with_children(pid, stack):
    """Descriptors of a process and of those that it has started."""
    try:
        fds = [linux.pidfd_open(pid)]
    except ProcessLookupError:
        return []
    stack.callback(os.close, fds[0])
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():  # each has children of its own
            for child in map(int, (thread / "children").read_text().split()):
                fds += opened_with_children(child, stack)
    return fds


def test_an_executor_that_is_garbage_takes_its_helpers_with_it(worlds):
    executor = staffed(lp.LocalExecutor(rollout_workers=2))
    (pid,) = executor.crew.pids
    fd = linux.pidfd_open(pid)
    try:
        del executor
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        assert poll.poll(20_000)
    finally:
        os.close(fd)


def test_what_environments_print_goes_where_it_went(worlds, capfd):
    with lp.LocalExecutor(workers=1, rollout_workers=2) as executor:
        results = helped(staffed(executor), make(worlds.Walk, fault="print"), walks(4))
    said = {int(line.split()[-1]) for line in capfd.readouterr().out.splitlines()}
    assert said == pids(results)


@pytest.mark.parametrize("processes", [1, 3])
def test_a_score_may_evaluate_with_the_same_executor(one, several, worlds, processes):
    executor = one if processes == 1 else several
    inner = make(worlds.Walk, max_episode_steps=9)

    def score(episode):
        results = judge(executor, inner, walks(2), [episode.seed])
        return episode.total + sum(record.score for (record,) in results.values())

    results = judge(executor, make(worlds.Walk, score=score), walks(5), range(3))
    bare = judge(executor, make(worlds.Walk), walks(5), range(3))
    more = judge(executor, inner, walks(2), range(3)).values()
    extra = [sum(records[seed].score for records in more) for seed in range(3)]
    for key, records in results.items():
        expected = [each.score + extra[seed] for seed, each in enumerate(bare[key])]
        assert [each.score for each in records] == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt, NotImplementedError])
def test_a_score_that_ends_the_run_leaves_nothing_on_its_way(several, worlds, error):
    n_scored = 0

    def score(episode):
        nonlocal n_scored
        n_scored += 1
        if n_scored == 5:  # others are still on their way, here and in helpers
            raise error
        return episode.total

    with pytest.raises(error):
        judge(several, make(worlds.Walk, score=score), walks(20))
    assert n_scored == 5
    results = helped(several, make(worlds.Walk), walks(20))
    assert {record.status for records in results.values() for record in records} == {"ok"}


# Other modules


@pytest.mark.parametrize("kind", ["plain", "unpicklable"])
def test_a_module_with_a_replica_of_its_own(several, worlds, kind):
    scripts = [
        lp.Script(f"def guess(n):\n    return n * {k} if n else x", "guess") for k in range(9)
    ]
    module = worlds.Guess(3, kind)
    while True:
        results = judge(several, module, scripts, [(n,) for n in range(20)])
        who = {r.output[1] for records in results.values() for r in records}
        if kind == "unpicklable" or len(who) > 1:
            break
    assert (who == {os.getpid()}) == (kind == "unpicklable")
    assert bool(several.crew.why_not) == (kind == "unpicklable")
    for k, records in enumerate(results.values()):
        assert [r.output[0] for r in records] == [-1, *(n * k for n in range(1, 20))]
        assert [r.score for r in records] == [r.output[0] for r in records]
