"""Modules whose scripts call those of other modules, as a user makes and trains them."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap

import pytest

import langprop as lp
from langprop.cli.main import main
from langprop.errors import ModuleError, PolicyError
from langprop.evaluation import KEPT_CALLS, evaluate
from langprop.executors.inline import InlineExecutor
from langprop.executors.local import LocalExecutor
from langprop.modules.links import called
from langprop.scripts.script import Script

RATES = {"a": 2.0, "b": 3.0}


def fresh():
    """`get_price` calls `get_rate`, which has a seed."""

    @lp.module
    def get_rate(kind: str) -> float:
        """What a kilogram costs."""
        return {"a": 2.0, "b": 3.0}[kind]

    @lp.module(depends=[get_rate])
    def get_price(kind: str, weight: float) -> float:
        """What so many kilograms cost."""

    get_rate.executor = get_price.executor = InlineExecutor()
    return get_rate, get_price


DATA = [((kind, float(weight)), RATES[kind] * weight) for kind in RATES for weight in range(4)]
CALLS = "def get_price(kind, weight):\n    return weight * get_rate(kind)\n"


def answers(*sources):
    """A model that gives these scripts, one after the other."""
    rest = list(sources)
    seen = []

    def model(messages):
        seen.append(messages[-1].content)
        source = rest.pop(0) if len(rest) > 1 else rest[0]
        return f"```python\n{source}```"

    model.seen = seen
    return model


def trainer(optimizer, **settings):
    settings = {
        "max_steps": 2,
        "progress": False,
        "run_dir": False,
        "executor": "inline",
    } | settings
    return lp.Trainer(optimizer, **settings)


def add(module, source, name=None):
    module.population.add([Script(source, name or module.entry_point)])
    return module


@pytest.fixture(scope="module", params=["inline", "local"])
def executor(request):
    made = InlineExecutor() if request.param == "inline" else LocalExecutor(1)
    with made as executor:
        yield executor


# Training


def test_a_model_learns_to_call_another_module():
    _, get_price = fresh()
    model = answers(
        "def get_price(kind, weight):\n    return get_rate(weight)\n",
        CALLS,
    )
    optimizer = lp.LLMOptimizer(model, n_parents=1, n_children=1)
    best = trainer(optimizer).fit(get_price, DATA)
    assert best.script.source == CALLS
    assert get_price.best.priority == 1.0
    assert get_price("b", 4.0) == 12.0
    setup, update = model.seen[:2]
    for prompt in (setup, update):
        assert "## Functions that it may call" in prompt
        assert '"""What a kilogram costs."""' in prompt
    assert "get_price called get_rate(kind = 0.0) → KeyError: 0.0" in update
    assert "of <script get_rate>" in update


def test_mutation_improves_a_script_that_calls_another_module():
    get_rate, _ = fresh()

    def close(output, label):
        return 1 / (1 + abs(output - label)) if isinstance(output, float) else 0.0

    @lp.module(score=close)
    def get_price(kind: str, weight: float) -> float:
        return get_rate(kind) + weight

    assert get_price.depends == [get_rate]  # found in the stub
    stop = lp.EarlyStopping("train/best", target=0.9)
    best = trainer("mutation", max_steps=40, max_epochs=None, callbacks=[stop]).fit(get_price, DATA)
    assert best.priority > 0.9
    assert "get_rate" in best.script.source


def test_the_best_script_of_a_module_is_called_or_its_first_seed(executor):
    get_rate, get_price = fresh()
    script = Script(CALLS, "get_price")
    (record,) = evaluate(get_price, [script], [(("a", 5.0), 10.0)], executor)[script.id]
    assert (record.status, record.score) == ("ok", 1.0)
    add(get_rate, "def get_rate(kind): return 100")
    (record,) = evaluate(get_price, [script], [(("a", 5.0), 10.0)], executor)[script.id]
    assert (record.output, record.score) == (500.0, 0.0)
    (call,) = record.calls
    assert (call.function, call.origin, call.args, call.output) == (
        "get_rate", "get_price", ("a",), 100
    )  # fmt: skip


def test_modules_call_each_other_in_circles(executor):
    @lp.module
    def is_even(n: int) -> bool:
        """Whether a number is even."""

    @lp.module(depends=[is_even])
    def is_odd(n: int) -> bool:
        """Whether a number is odd."""
        return n > 0 and is_even(n - 1)

    is_even.depends = [is_odd, is_even]  # itself does no harm
    right = Script("def is_even(n): return n == 0 or is_odd(n - 1)", "is_even")
    wrong = Script("def is_even(n): return True", "is_even")
    # What is judged is called back, not the best one.
    add(is_even, wrong.source)
    data = [((n,), n % 2 == 0) for n in (0, 1, 2, 7, 100)]
    records = evaluate(is_even, [right, wrong], data, executor)
    assert [record.score for record in records[right.id]] == [1.0] * 5
    assert sum(record.score for record in records[wrong.id]) == 3.0
    last = records[right.id][-1].calls
    assert len(last) == KEPT_CALLS
    assert {(call.origin, call.function) for call in last} == {
        ("is_even", "is_odd"), ("is_odd", "is_even")
    }  # fmt: skip


def test_modules_that_are_called_call_others(executor):
    lower = add(lp.module(low), "def low(x): return x + 1")

    class Middle(lp.Module):
        entry_point = "middle"
        depends = (lower,)

    class Top(lp.Module):
        entry_point = "top"

        def score(self, output, label):
            return lp.exact_match(output, label)

    middle, top = add(Middle(), "def middle(x): return 10 * low(x)"), Top()
    top.depends = middle  # one by itself will do
    assert [module.entry_point for module in called(top)] == ["low", "middle"]
    good = Script("def top(x): return middle(x)", "top")
    sly = Script("def top(x): return low(x)", "top")
    records = evaluate(top, [good, sly], [((1,), 20)], executor)
    assert records[good.id][0].score == 1.0
    assert [call.function for call in records[good.id][0].calls] == ["low", "middle"]
    assert "NameError: name 'low' is not defined" in records[sly.id][0].exception


def low(x: int) -> int:
    """One more."""


def test_depends_may_be_given_to_the_constructor():
    get_rate, _ = fresh()

    class Plan(lp.Module):
        entry_point = "plan"

    assert Plan(depends=[get_rate]).depends == [get_rate]
    assert list(Plan().depends) == []
    pytest.importorskip("gymnasium")
    policy = "def policy(a, b, c, d):\n    'Balance.'\n"
    assert lp.EnvModule("CartPole-v1", policy, depends=[get_rate]).depends == [get_rate]


def test_steps_of_forward_record_calls_between_modules(executor):
    get_rate, _ = fresh()

    class Total(lp.Module):
        stub = "def total(kind, before):\n    '''The sum so far.'''\n"
        depends = (get_rate,)

        def forward(self, function, kinds):
            total = 0.0
            for kind in kinds:
                total = yield function(kind, total)
            return total

        def score(self, output, label):
            return lp.exact_match(output, label)

    script = Script("def total(kind, before): return before + get_rate(kind)", "total")
    data = [(("ab",), 5.0), (("aaaaaaaaaaa",), 22.0), (("ac",), 0.0)]
    short, long, bad = evaluate(Total(), [script], data, executor)[script.id]
    assert (short.score, long.score, bad.status) == (1.0, 1.0, "exception")
    assert [(call.function, call.output) for call in short.calls] == [
        ("", 2.0), ("", 5.0), ("get_rate", 2.0), ("get_rate", 3.0)
    ]  # fmt: skip
    assert len(long.calls) == 2 * KEPT_CALLS
    assert bad.calls[-1].exception == "KeyError: 'c'"


def test_a_refused_answer_keeps_its_calls(executor):
    get_rate, _ = fresh()

    @lp.module(depends=[get_rate], check_output=lambda output: output > 0)
    def price(kind: str) -> float:
        """The price."""

    script = Script("def price(kind): return -get_rate(kind)", "price")
    (record,) = evaluate(price, [script], [(("a",), 2.0)], executor)[script.id]
    assert (record.status, len(record.calls)) == ("bad_output", 1)


def test_calling_a_trained_module_uses_the_best_scripts_of_now():
    get_rate, get_price = fresh()
    get_price.executor = None
    add(get_price, CALLS)
    assert get_price("a", 3.0) == 6.0
    add(get_rate, "def get_rate(kind): return 1.0")
    assert get_price("a", 3.0) == 3.0
    with pytest.raises(PolicyError, match=r"line 2, in get_price.*can't multiply|unsupported"):
        get_price("a", None)
    get_price.close()


# What can't work


def test_an_untrained_module_is_noticed_before_a_model_is_asked(tmp_path):
    @lp.module
    def get_rate(kind: str) -> float:
        """What a kilogram costs."""

    _, get_price = fresh()
    get_price.depends = [get_rate]
    model = answers(CALLS)
    run = tmp_path / "run"
    message = "'get_price' calls 'get_rate', which isn't trained: train it first, or give it a seed"
    with pytest.raises(ModuleError, match=message):
        trainer(model, run_dir=run).fit(get_price, DATA)
    with pytest.raises(ModuleError, match=message):
        trainer(model).fit_batch(get_price, DATA)
    add(get_price, CALLS)
    with pytest.raises(ModuleError, match=message):
        get_price("a", 1.0)
    assert model.seen == []
    assert not run.exists()


def test_two_modules_of_one_name_are_an_error():
    first, second = fresh()[0], fresh()[0]
    with pytest.raises(ModuleError, match=r"two modules are called 'get_rate'.*'plan' calls"):

        @lp.module(depends=[first, second])
        def plan(kind: str) -> float:
            """Plan."""

    with pytest.raises(ModuleError, match="two modules are called 'get_rate'"):

        @lp.module(depends=[first])
        def get_rate(kind: str) -> float:
            """Another one."""


@pytest.mark.parametrize("wrong", [[lp.Module], lp.Module, ["get_rate"], 3, [len]])
def test_what_is_no_module_is_an_error(wrong):
    with pytest.raises(ModuleError, match="must hold modules"):

        @lp.module(depends=wrong)
        def plan(kind: str) -> float:
            """Plan."""


def test_a_stub_must_call_a_module_by_its_own_name():
    rate, _ = fresh()
    with pytest.raises(ModuleError, match="calls 'get_rate' by another name, 'rate'"):

        @lp.module
        def plan(kind: str) -> float:
            return rate(kind)


# Files


def run_python(folder, code):
    return subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.strip()  # fmt: skip


def test_an_exported_module_needs_no_langprop(tmp_path):
    _, get_price = fresh()
    add(get_price, CALLS)
    path = get_price.export(tmp_path / "price.py")
    assert run_python(tmp_path, "from price import get_price; print(get_price('b', 2))") == "6.0"
    assert path.read_text() == textwrap.dedent(
        '''\
        # get_rate, called by get_price

        def get_rate(kind: str) -> float:
            """What a kilogram costs."""
            return {"a": 2.0, "b": 3.0}[kind]


        # get_price

        def get_price(kind, weight):
            return weight * get_rate(kind)
        '''
    )


def test_a_run_can_be_called_and_exported_later(tmp_path, capsys):
    @lp.module
    def is_even(n: int) -> bool:
        """Whether a number is even."""
        return n == 0

    @lp.module
    def is_odd(n: int) -> bool:
        return n > 0 and is_even(n - 1)

    is_even.depends = [is_odd]
    source = "def is_even(n):\n    return n == 0 or is_odd(n - 1)\n"
    optimizer = lp.LLMOptimizer(answers(source), n_parents=1, n_children=1)
    data = [((n,), n % 2 == 0) for n in range(9)]
    run = tmp_path / "run"
    trainer(optimizer, run_dir=run, max_steps=1).fit(is_even, data)
    assert (
        run_python(run, "from best import is_even; print(is_even(7), is_even(8))") == "False True"
    )
    loaded = lp.load(run)
    loaded.executor = InlineExecutor()
    assert (loaded(20), loaded(21)) == (True, False)
    assert pickle.loads(pickle.dumps(loaded)).standalone == loaded.standalone
    assert main(["export", str(run), str(tmp_path / "even.py")]) == 0
    assert "is_even → " in capsys.readouterr().out
    assert run_python(tmp_path, "from even import is_even; print(is_even(8))") == "True"
    # What was loaded can be called by another module.
    odd = add(lp.module(depends=[loaded])(low), "def low(x): return not is_even(x)")
    odd.executor = InlineExecutor()
    assert (odd(3), odd(4)) == (True, False)
