"""Module: the function that is being trained."""

from __future__ import annotations

import dataclasses
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langprop.errors import DataError, ModuleError, PolicyError
from langprop.modules.bundle import bundle
from langprop.modules.links import Links, called, direct
from langprop.modules.objectives import Objectives
from langprop.modules.score import Scored, described
from langprop.modules.stub import Stub
from langprop.population.population import Population

if TYPE_CHECKING:
    from typing_extensions import Self

    from langprop.executors.base import Executor, Session
    from langprop.modules.reference import Reference
    from langprop.population.policy import Policy
    from langprop.population.record import Record
    from langprop.prompts.prompts import Prompts
    from langprop.sandbox.limits import Limits
    from langprop.scripts.script import Script

Sample = tuple[tuple[Any, ...], dict[str, Any], Any]
"""Positional arguments, keyword arguments, label."""


_RUNNING = ("_lock", "_session", "_session_id", "executor")  # of this process


class Module:
    """The function that is being trained: how samples become arguments, and how answers are judged.

    Subclasses override `score`, and what else differs from the default. A trained module is called
    like the function.

    Args:
        depends: Other modules that the scripts may call, where the class doesn't say it.
        frozen: Whether it stays as it is, where the class doesn't say it.

    Attributes:
        entry_point: Name of the function. May be left out if there is a stub with one function.
        stub: Source of the signature and docstring: the specification. May hold the imports that
            scripts shall have.
        seeds: Sources of the first scripts, if training isn't to start from nothing.
        prompts: Templates for an LLM; None for the default ones.
        stream_inputs: Whether a script sees one sample at a time, the next one after its answer to
            the one before. For data in which one input reveals another one's label, as in a time
            series; this is slower, and what was seen before can still be remembered.
        weights: Weight of each objective, where `score` returns a dict; such a dict must then have
            exactly these names. Where none are given, those of the first dict count, each with the
            weight 1.
        exception_score: Score of a sample on which the script failed: the total, or a dict with the
            value of each objective.
        depends: Other modules, whose functions the scripts may call by their names. Of each the
            best script is there, or the first seed script before it is trained. Modules may depend
            on each other.
        frozen: Whether its scripts stay as they are where modules are trained together.
        side_by_side: Samples that may be on their way at a time, where `forward` is a generator;
            None for as many as are of use. With a number, they are those of one script at a time.
        within: While modules are trained together: the one whose scores they all get, which is the
            one that the trainer was given.
        executor: Where the trained function runs when the module is called; None for a process of
            its own, shared by all modules.
        limits: Limits of such a call; None for the default ones.
        example: The first training sample, while training.
        population: The scripts that are kept, and what is known of them.
        objectives: Names of the objectives, from the scores so far; () for one number, None as long
            as there were no scores.
        warned: Kinds of warnings that were given of this module; each is given once.

    Raises:
        ModuleError: There is no entry point, the stub isn't Python, `exception_score` or `weights`
            can't be used, or something in `depends` is no module or has the name of another.
    """

    entry_point: str = ""
    stub: str = ""
    seeds: Sequence[str] = ()
    depends: Sequence[Module] = ()
    frozen: bool = False
    side_by_side: int | None = None
    within: Module | None = None
    prompts: Prompts | None = None
    weights: Mapping[str, float] = {}
    exception_score: float | Mapping[str, float] = 0.0
    stream_inputs: bool = False
    executor: Executor | None = None
    limits: Limits | None = None
    example: Record | None = None
    objectives: tuple[str, ...] | None = None
    population: Population
    warned: set[str]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # subclasses may forget super().__init__()
        """Make the memory, and a lock for calls."""
        del args, kwargs
        module = super().__new__(cls)
        module.population = Population()
        module.warned = set()
        module._lock = threading.Lock()
        module._session = None
        module._session_id = ""
        return module

    def __init__(
        self, *, depends: Sequence[Module] | None = None, frozen: bool | None = None
    ) -> None:
        if depends is not None:
            self.depends = depends
        if frozen is not None:
            self.frozen = frozen
        self.check()

    _lock: threading.Lock
    _reference: Reference | None = None
    _session: Session | None
    _session_id: str

    def check(self) -> None:
        """Complete and check the specification; the trainer calls this again before it starts.

        Raises:
            ModuleError: As for the class.
        """
        seeds = [self.seeds] if isinstance(self.seeds, str) else list(self.seeds)
        if self.stub:
            read = Stub.from_source(self.stub, self.entry_point)
            self.entry_point, self.stub = read.entry_point, read.source
            if read.seed is not None and not seeds:
                seeds = [read.seed]
        elif seeds:
            read = Stub.from_source(seeds[0], self.entry_point)
            self.entry_point, self.stub = read.entry_point, read.source
        self.seeds = seeds
        if not self.entry_point.isidentifier():
            raise ModuleError(
                f"{type(self).__name__} needs the name of the function that is trained: set "
                "entry_point = 'my_function' or stub = 'def my_function(…): …'."
            )
        for seed in seeds:
            Stub.from_source(seed, self.entry_point)
        Objectives.of(self)
        if self.depends:
            self.depends = direct(self)
            called(self)

    # What users override

    def preprocess(self, sample: Any) -> tuple[Any, ...]:
        """Turn a sample into `(args, label)` or `(args, kwargs, label)`.

        By default a sample is such a tuple already, or a mapping with the keys "args", "kwargs" and
        "label".
        """
        if isinstance(sample, Mapping):
            unknown = set(sample) - {"args", "kwargs", "label"}
            if unknown or not {"args", "kwargs"} & set(sample):
                raise DataError(
                    f"a mapping must have the keys 'args', 'kwargs' and 'label', but this one has "
                    f"{sorted(map(str, sample))}; override Module.preprocess."
                )
            return (
                tuple(sample.get("args", ())),
                dict(sample.get("kwargs", {})),
                sample.get("label"),
            )
        if isinstance(sample, (tuple, list)):
            return tuple(sample)
        raise DataError(
            f"a sample must be (args, label), but got {type(sample).__name__}; "
            "override Module.preprocess."
        )

    @property
    def reads_pairs(self) -> bool:
        """Whether samples are `(args, label)`, since `preprocess` is the default."""
        return type(self).preprocess is Module.preprocess

    def forward(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Use the function on one sample, on the trusted side; what is returned is scored.

        The default is one call. Override it where a sample takes several, such as an episode::

            def forward(self, function, seed):
                observation, _ = self.env.reset(seed=seed)
                ...
                    action = yield function(observation)

        With `yield`, as here, the episodes of a batch advance together and share round trips to the
        sandbox; without it, each call is one round trip. A call that fails raises PolicyError,
        which may be caught.
        """
        return function(*args, **kwargs)

    def replica(self) -> Callable[[], Module] | None:
        """What makes an equal module in another process, so that rollouts can use all cores.

        It is pickled, so it must be made of what can be imported there: `__main__`, lambdas and
        functions within functions can't. `forward`, a generator, and `check_output` of the module
        that it makes must do what they do here. Samples are read and scored here::

            def replica(self):
                return functools.partial(MyModule, self.config)

        Returns:
            By default None: `forward` runs in this process only.
        """
        return None

    def check_output(self, output: Any) -> Any:
        """Refuse an answer by raising, or by returning False; its record is a "bad_output".

        Called with each answer of the function.
        """

    def score(self, output: Any, label: Any) -> Scored:
        """How good an answer is; higher is better.

        Of several objectives each has its value in a dict, such as
        `{"accuracy": 1.0, "speed": 0.3}`; their sum, weighted with `weights`, is the score.

        Returns:
            A number, such a dict, or a `Score` of either with feedback in words.
        """
        raise NotImplementedError(f"{type(self).__name__} must define score(self, output, label).")

    @property
    def scoring(self) -> str:
        """How answers are scored, in words for whoever writes scripts.

        The first paragraph of the docstring of `score`; "" if it has none. A subclass may give
        another text.
        """
        score = type(self).score
        return "" if score is Module.score or not score.__doc__ else described(score)

    def remarks(self, records: Sequence[Record]) -> str:
        """What is to be said of all samples of a step, in words for whoever writes scripts.

        Args:
            records: What a policy did in the step.

        Returns:
            Text; by default "", beside the counts and scores that are said anyway.
        """
        del records
        return ""

    @property
    def introduction(self) -> str:
        """What the first scripts' author is shown beside the specification and an example input."""
        return ""

    @property
    def feedback_tells_calls(self) -> bool:
        """Whether feedback tells of the calls of a sample: then a prompt shows the last only."""
        return False

    def settings(self) -> Mapping[str, Any]:
        """Numbers and words by which it judges, as plain data: by default none.

        They are compared when a run is resumed; so are the stub, the weights, and the sources of
        the methods, which don't have to be in it.
        """
        return {}

    def train_data(self) -> Any:
        """Samples that the module brings itself; used where the trainer is given none."""
        return None

    def val_data(self) -> Any:
        """As `train_data`, for validation."""
        return None

    def test_data(self) -> Any:
        """As `train_data`, for the test."""
        return None

    # What the framework calls

    def read(self, sample: Any) -> Sample:
        """`preprocess`, checked and completed.

        Raises:
            DataError: The sample can't be read.
        """
        try:
            parts = self.preprocess(sample)
        except DataError:
            raise
        except Exception as error:
            raise DataError(f"preprocess raised {type(error).__name__}: {error}") from error
        if not isinstance(parts, (tuple, list)) or len(parts) not in (2, 3):
            raise DataError(
                "preprocess must return (args, label) or (args, kwargs, label), "
                f"but got {_brief(parts)}."
            )
        args, kwargs, label = (parts[0], {}, parts[1]) if len(parts) == 2 else parts
        if not isinstance(args, (tuple, list)):
            raise DataError(
                f"the arguments must be a tuple, but got {_brief(args)}; "
                "for one argument write ((x,), label)."
            )
        if not isinstance(kwargs, Mapping) or not all(isinstance(key, str) for key in kwargs):
            raise DataError(
                "the keyword arguments must be a dict with names as keys, "
                f"but got {_brief(kwargs)}."
            )
        return tuple(args), dict(kwargs), label

    def warn_once(self, kind: str, text: str, stacklevel: int = 2) -> None:
        """Warn of something, unless it was warned of already in this run.

        Args:
            kind: Of the warning; it is kept in `warned`.
            text: What the user should know.
            stacklevel: As for `warnings.warn`, where 2 is the line that calls this.
        """
        if kind not in self.warned:
            self.warned.add(kind)
            warnings.warn(text, stacklevel=stacklevel + 1)

    @property
    def takes_one_call(self) -> bool:
        """Whether a sample is one call with its own arguments: `forward` isn't overridden."""
        return type(self).forward is Module.forward

    @property
    def best(self) -> Policy | None:
        """The best policy so far; None before training."""
        return self.population.best

    def trained(self) -> Policy:
        """The best policy.

        Raises:
            ModuleError: The module isn't trained.
        """
        best = self.best
        if best is None:
            raise ModuleError(
                f"{self.entry_point!r} isn't trained: call trainer.fit(module, data) first."
            )
        return best

    @property
    def source(self) -> str:
        """Source of the best script.

        Raises:
            ModuleError: The module isn't trained.
        """
        return self.trained().script.source

    @property
    def standalone(self) -> str:
        """Source of the best script together with those that it calls: a file of its own.

        Raises:
            ModuleError: The module isn't trained, or one that it calls isn't.
        """
        return bundle(self.linked(self.trained()))

    def export(self, path: str | Path) -> Path:
        """Write the best script as a plain Python file, with those that it calls.

        Raises:
            ModuleError: The module isn't trained, or one that it calls isn't.
            OSError: The file can't be written.
        """
        path = Path(path)
        path.write_text(self.standalone, encoding="utf-8")
        return path

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the best script, isolated in a process of its own. No LLM is called.

        Raises:
            ModuleError: The module isn't trained, or one that it calls isn't.
            PolicyError: The script failed; says how.
        """
        best = self.trained()
        script = self.linked(best)
        with self._lock:
            ids = " ".join(each.id for each in (script, *script.depends))
            if self._session is None or self._session_id != ids:
                self.close()
                self._session, self._session_id = self._open(script), ids
            outcome = self._session.call(*args, **kwargs)
        if outcome.status != "ok":
            raise PolicyError(
                outcome.status, f"{self.entry_point} failed ({outcome.status}): {outcome.exception}"
            )
        return outcome.output

    def linked(self, policy: Policy) -> Script:
        """A policy's script, together with those of other modules that it calls.

        Raises:
            ModuleError: One of them isn't trained and has no seed script.
        """
        return Links(self).attach(policy.script) if self.depends else policy.script

    def _open(self, script: Script) -> Session:
        from langprop.executors.shared import shared_executor
        from langprop.sandbox.limits import Limits

        # A function that is used for long isn't given up after some calls that broke a limit.
        limits = dataclasses.replace(self.limits or Limits(), failures=1 << 30)
        return (self.executor or shared_executor()).open(script, limits)

    @classmethod
    def from_reference(cls, folder: str | Path, *args: Any, **kwargs: Any) -> Self:
        """A module from a checkpoint of the paper's code, with its records and templates.

        It can be called and exported; a subclass that defines `score` can be trained further. No
        script is parsed or run here.

        Args:
            folder: `<run>/ckpt/<tag>/<function name>`, or the folder above it.
            *args: For the constructor of a subclass.
            **kwargs: Likewise.

        Raises:
            CheckpointError: There is none, it can't be read, or is of another function.
            ModuleError: As for the class.
        """
        from langprop.modules.reference import Reference

        reference = Reference.read(folder, cls.entry_point)
        module: Self = cls.__new__(cls, *args, **kwargs)
        if not (cls.entry_point or cls.stub or cls.seeds):  # else the name is known
            module.entry_point = reference.name
        module.__init__(*args, **kwargs)  # type: ignore[misc]
        reference.restore(module)
        return module

    @property
    def read_from_reference(self) -> bool:
        """Whether it came from `from_reference`, so that its scripts have no proper ids yet."""
        return self._reference is not None

    def to_reference(self, folder: str | Path, *, step: int | None = None) -> Path:
        """Write a checkpoint in the format of the paper's code, in one piece.

        The format knows no stub, and no templates in Jinja: in their place stand short ones.

        Args:
            folder: The function's folder; its name is free.
            step: Step of the training; by default that of the checkpoint that was read, or 0.

        Raises:
            CheckpointError: It can't be written, or other files in the folder would be lost.
        """
        from langprop.modules.reference import Reference

        return Reference.of(self, step).write(folder)

    def close(self) -> None:
        """End the process in which the trained function runs; the next call starts another."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def __getstate__(self) -> dict[str, Any]:
        """All but the process in which the function runs: a copy starts one of its own."""
        return {key: value for key, value in vars(self).items() if key not in _RUNNING}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a copy; `__new__` has made the rest."""
        vars(self).update(state)

    def state_dict(self) -> dict[str, Any]:
        """The population as JSON data, and which scripts it calls; without the sources."""
        state = {"entry_point": self.entry_point, "population": self.population.state_dict()}
        known = {} if self.objectives is None else {"objectives": list(self.objectives)}
        return {**state, **known, **Links(self).state_dict()}

    def load_state_dict(self, state: dict[str, Any], sources: Mapping[str, str]) -> None:
        """Restore a saved population, given the source of each script by id.

        What it calls is what `depends` says now; `links.restore` brings back what it was.
        """
        self.population.load_state_dict(state["population"], sources)
        known = state.get("objectives")
        self.objectives = None if known is None else tuple(map(str, known))


def _brief(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '...'}"
