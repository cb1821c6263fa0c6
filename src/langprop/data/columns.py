"""Columns: which column of a file is which argument, and which is the label."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langprop.errors import DataError
from langprop.scripts.parameters import parameter_names

LABELS = ("label", "output", "target", "y")
"""Names of the column that holds the label, where none is given; the first one there is."""


@dataclass(frozen=True)
class Columns:
    """Which column is which argument, and which is the label.

    Attributes:
        args: Columns of the positional arguments, in order.
        kwargs: Columns of the keyword arguments.
        label: Column of the label; None if there is none.
    """

    args: tuple[str, ...] = ()
    kwargs: tuple[str, ...] = ()
    label: str | None = None

    def sample(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """A row as `(args, label)`, or `(args, kwargs, label)` if there are keyword arguments."""
        args = tuple(row[name] for name in self.args)
        label = None if self.label is None else row[self.label]
        if self.kwargs:
            return args, {name: row[name] for name in self.kwargs}, label
        return args, label


@dataclass(frozen=True)
class Signature:
    """What columns are matched with.

    Args:
        function: The function that is trained, as it was parsed.
        label: Column of the label; None for the first one there is of "label", "output", "target"
            and "y" that is no parameter.
        labelled: Whether there must be a label.
        ignore: Columns that are left out.
    """

    function: ast.FunctionDef
    label: str | None = None
    labelled: bool = True
    ignore: Collection[str] = ()
    _known: dict[tuple[str, ...], Columns] = field(default_factory=dict, compare=False, repr=False)

    @property
    def head(self) -> str:
        """The function with its parameters, for messages."""
        return f"{self.function.name}({', '.join(self.names)})"

    @property
    def names(self) -> list[str]:
        """Names of all parameters."""
        spec = self.function.args
        return [*parameter_names(self.function), *(each.arg for each in spec.kwonlyargs)]

    def match(self, columns: Sequence[str], where: str) -> Columns:
        """Find out which column is what.

        Args:
            columns: Their names.
            where: What they are the columns of, for messages.

        Raises:
            DataError: One fits nothing, or a parameter or the label has none.
        """
        key = tuple(columns)
        if key not in self._known:
            if len(self._known) > 1000:  # records that all differ
                self._known.clear()
            self._known[key] = self._match(key, where)
        return self._known[key]

    def _match(self, columns: tuple[str, ...], where: str) -> Columns:
        if columns and all(map(_is_number, columns)):
            raise DataError(
                f"{where}: {_listed(columns)} are no names of columns: put a line with their names "
                f"first. Parameters: {self.head}."
            )
        label = self._label(columns, where)
        rest = [name for name in columns if name != label and name not in self.ignore]
        spec = self.function.args
        positional, only = parameter_names(self.function), len(spec.posonlyargs)
        args: list[str] = []
        for name in positional:
            if name not in rest:
                break
            args.append(name)
        named = [*positional[only:], *(each.arg for each in spec.kwonlyargs)]
        kwargs = [name for name in rest if name not in args and name in named]
        odd = [name for name in rest if name not in args and name not in kwargs]
        if spec.kwarg is not None:
            kwargs += [name for name in odd if name not in positional]
            odd = [name for name in odd if name in positional]
        missing = [name for name in self._required() if name not in (*args, *kwargs)]
        if odd or missing:
            raise DataError(self._misfit(odd, missing, where))
        return Columns(tuple(args), tuple(kwargs), label)

    def _label(self, columns: tuple[str, ...], where: str) -> str | None:
        if self.label is not None:
            if self.label in columns:
                return self.label
            if self.labelled:
                raise DataError(
                    f"{where}: there is no column {self.label!r} for the label"
                    f"{_near(self.label, columns)}. Columns: {_listed(columns)}."
                )
            return None
        found = [name for name in LABELS if name in columns and name not in self.names]
        if found:
            return found[0]
        if not self.labelled:
            return None
        others = [name for name in columns if name not in self.names and name not in self.ignore]
        example = others[0] if len(others) == 1 else "NAME"
        raise DataError(
            f"{where}: no column is the label. Name it {', '.join(map(repr, LABELS[:-1]))} or "
            f"{LABELS[-1]!r}, or give label_column={example!r}. Columns: {_listed(columns)}; "
            f"parameters: {self.head}."
        )

    def _required(self) -> list[str]:
        spec = self.function.args
        positional = parameter_names(self.function)
        required = positional[: len(positional) - len(spec.defaults)]
        pairs = zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
        return required + [each.arg for each, default in pairs if default is None]

    def _misfit(self, odd: list[str], missing: list[str], where: str) -> str:
        parts = []
        if odd:
            near = [f"{name!r}{_near(name, self.names)}" for name in odd[:5]]
            more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
            kind = "column" if len(odd) == 1 else "columns"
            verb = "fits" if len(odd) == 1 else "fit"
            parts.append(f"{kind} {', '.join(near)}{more} {verb} no parameter of {self.head}")
        if missing:
            kind = "parameter" if len(missing) == 1 else "parameters"
            have = "has" if len(missing) == 1 else "have"
            parts.append(f"{kind} {_listed(missing)} of {self.head} {have} no column")
        advice = "Name columns as the parameters"
        if odd:
            advice += f", or leave columns out with ignore={odd[:5]!r}"
        if "" in odd:
            advice += (
                " (a column without a name may be an index: pandas writes none with index=False)"
            )
        return f"{where}: {'; '.join(parts)}. {advice}."


def check_names(columns: Sequence[str], where: str) -> None:
    """See that every column has a name of its own.

    Raises:
        DataError: Two have the same name.
    """
    seen: dict[str, int] = {}
    for number, name in enumerate(columns, 1):
        if name in seen:
            raise DataError(
                f"{where}: columns {seen[name]} and {number} are both named {name!r}: give each a "
                "name of its own."
            )
        seen[name] = number


def _near(name: str, names: Collection[str]) -> str:
    near = difflib.get_close_matches(name.lower(), [each.lower() for each in names], n=1)
    if not near:
        return ""
    true = next(each for each in names if each.lower() == near[0])
    return f" (did you mean {true!r}?)"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:20]))
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
