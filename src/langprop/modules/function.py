"""The decorator that makes a Module of a stub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from langprop.errors import ModuleError
from langprop.modules.module import Module
from langprop.modules.score import Scored, described, exact_match
from langprop.modules.stub import Stub

if TYPE_CHECKING:
    from langprop.prompts.prompts import Prompts


class FunctionModule(Module):
    """A module made of a stub and a few functions; see `module`."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        score: Callable[[Any, Any], Scored] = exact_match,
        weights: Mapping[str, float] | None = None,
        preprocess: Callable[[Any], tuple[Any, ...]] | None = None,
        check_output: Callable[[Any], Any] | None = None,
        exception_score: float | Mapping[str, float] = 0.0,
        seeds: Sequence[str] = (),
        prompts: Prompts | None = None,
        depends: Sequence[Module] = (),
        frozen: bool = False,
    ) -> None:
        called: list[Module] = list(depends) if isinstance(depends, Sequence) else [depends]
        stub = Stub.from_function(function, partial(_is_called, called))
        self.depends = called
        self.entry_point, self.stub = stub.entry_point, stub.source
        self.seeds = list(seeds) or ([stub.seed] if stub.seed is not None else [])
        self.weights = {} if weights is None else weights
        self.exception_score = exception_score
        self.prompts = prompts
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__wrapped__ = function
        self._score, self._preprocess, self._check_output = score, preprocess, check_output
        super().__init__(frozen=frozen)

    def preprocess(self, sample: Any) -> tuple[Any, ...]:
        """As given to the decorator, or the default."""
        return super().preprocess(sample) if self._preprocess is None else self._preprocess(sample)

    @property
    def reads_pairs(self) -> bool:
        """Whether samples are `(args, label)`, since no `preprocess` was given."""
        return self._preprocess is None

    def check_output(self, output: Any) -> Any:
        """As given to the decorator."""
        return None if self._check_output is None else self._check_output(output)

    def score(self, output: Any, label: Any) -> Scored:
        """As given to the decorator."""
        return self._score(output, label)

    @property
    def scoring(self) -> str:
        """How answers are scored, in words: the docstring of the function that was given."""
        if self._score is exact_match:
            return "An answer scores 1 if it equals the one that is expected, else 0."
        return described(self._score)


@overload
def module(function: Callable[..., Any]) -> FunctionModule: ...
@overload
def module(
    *,
    score: Callable[[Any, Any], Scored] = exact_match,
    weights: Mapping[str, float] | None = None,
    preprocess: Callable[[Any], tuple[Any, ...]] | None = None,
    check_output: Callable[[Any], Any] | None = None,
    exception_score: float | Mapping[str, float] = 0.0,
    seeds: Sequence[str] = (),
    prompts: Prompts | None = None,
    depends: Sequence[Module] = (),
    frozen: bool = False,
) -> Callable[[Callable[..., Any]], FunctionModule]: ...
def module(function: Callable[..., Any] | None = None, **settings: Any) -> Any:
    """Make a Module of a stub: its signature and docstring are the specification.

    A stub with an implementation starts training from it; modules that it calls are found, as if
    they stood in `depends`.

    Args:
        function: The stub, where the decorator is written without brackets.
        settings: `score(output, label)` (by default `exact_match`), `weights`,
            `preprocess(sample)`, `check_output(output)`, `exception_score`, `seeds`, `prompts`,
            `depends` and `frozen`, as in `Module`.

    Raises:
        ModuleError: The stub can't be read, or uses what can't come along into a script.
    """
    if function is not None:
        return FunctionModule(function)
    return lambda stub: FunctionModule(stub, **settings)


def _is_called(modules: list[Module], name: str, value: Any) -> bool:
    """Whether a value is a module that the stub calls; it is added if it wasn't known."""
    if not isinstance(value, Module):
        return False
    if name != value.entry_point:
        raise ModuleError(
            f"the stub calls {value.entry_point!r} by another name, {name!r}: scripts know it by "
            "its own."
        )
    if value not in modules:
        modules.append(value)
    return True
