"""Steps: random statements for the middle of a body."""

from __future__ import annotations

from collections.abc import Callable

from langprop.scripts.mutation.kinds import BOOL, FLOAT, INT, STR, UNKNOWN, Kind
from langprop.scripts.mutation.words import SUM, Env
from langprop.scripts.mutation.writer import Writer

INDENT = "    "


class StepWriter:
    """Writes random statements, as lines without the indentation of the function.

    Args:
        writer: Writes the expressions.
    """

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.dice = writer.dice

    def statement(
        self, env: Env, returns: Kind, loop: bool, depth: int = 1, assignable: Env | None = None
    ) -> list[str]:
        """A random statement for the middle of a body.

        Args:
            env: Names in scope.
            returns: What the function returns; `UNKNOWN` keeps it from returning.
            loop: Whether `break` and `continue` are possible.
            depth: Levels of compound statements that it may have.
            assignable: Names that may be assigned to, if not all in scope.
        """
        dice, writer = self.dice, self.writer
        targets = [
            (name, kind)
            for name, kind in (env if assignable is None else assignable).items()
            if kind.name not in ("callable", "none", "unknown")
        ]
        options: list[tuple[float, Callable[[], list[str]]]] = [
            (1 if targets else 0, lambda: self._assign(dice.pick(targets), env)),
            (2 if targets else 0, lambda: self._update(*dice.pick(targets), env)),
            (1.5 if returns != UNKNOWN else 0, lambda: self._guard(env, returns)),
            (1.5 if loop else 0, lambda: self._leave(env)),
            (1.0 if depth > 0 else 0, lambda: self._if(env, returns, loop, depth, assignable)),
            (
                1.0 if depth > 0 and targets else 0,
                lambda: self._for(env, returns, depth, assignable),
            ),
            (
                0.5,
                lambda: [f"{writer.fresh(env)} = {writer.expression(self._guess(env), env).text}"],
            ),
        ]
        return dice.weighted(options)()

    def _guess(self, env: Env) -> Kind:
        kinds = [
            kind.plain()
            for kind in env.values()
            if kind.name not in ("unknown", "callable", "none")
        ]
        return (
            self.dice.pick([*kinds, INT, FLOAT, BOOL, INT])
            if kinds
            else self.dice.pick((INT, FLOAT, BOOL, STR))
        )

    def _guard(self, env: Env, returns: Kind) -> list[str]:
        test, value = (
            self.writer.condition(env),
            self.writer.expression(returns, env, self.dice.below(2)),
        )
        return [f"if {test.text}:", f"{INDENT}return {value.text}"]

    def _leave(self, env: Env) -> list[str]:
        return [
            f"if {self.writer.condition(env).text}:",
            INDENT + self.dice.pick(("break", "continue")),
        ]

    def _if(
        self, env: Env, returns: Kind, loop: bool, depth: int, assignable: Env | None
    ) -> list[str]:
        inner = self.statement(env, returns, loop, depth - 1, assignable)
        return [f"if {self.writer.condition(env).text}:", *indented(inner)]

    def _for(self, env: Env, returns: Kind, depth: int, assignable: Env | None) -> list[str]:
        iterable, item = self.writer.iterable(env)
        target, inner = self.writer.target(item, env)
        lines = self.statement(
            inner, returns, True, depth - 1, env if assignable is None else assignable
        )
        return [f"for {target} in {iterable}:", *indented(lines)]

    def _update(self, name: str, kind: Kind, env: Env, loop: bool = False) -> list[str]:
        """Change a variable in a way that suits its kind."""
        dice, writer = self.dice, self.writer
        others = {key: value for key, value in env.items() if key != name} or env
        depth = 0 if dice.chance(0.6) else 1
        if kind.values:
            return [f"{name} = {writer.expression(kind, env, 1).text}"]
        if kind.number:
            value = writer.expression(kind, others, depth)
            operator = dice.weighted(
                (
                    (4, "+"),
                    (3, "*"),
                    (1, "-"),
                    (0.4, "//" if kind == INT else "/"),
                    (0.3, "%"),
                    (1.2, "max"),
                    (1.2, "min"),
                    (1.5, "="),
                )
            )
            if operator in ("max", "min"):
                return [f"{name} = {operator}({name}, {value.text})"]
            if operator == "=":
                free = dice.chance(0.5)
                value = writer.expression(kind, env if free else others, 1)
                return [f"{name} = {value.text}"]
            if dice.chance(0.12):  # Horner's scheme: numbers from digits, hashes, polynomials
                factor = writer.leaf(INT, others, 0.4).inside(SUM + 1)
                return [f"{name} = {name} * {factor} + {value.inside(SUM + 1)}"]
            return [f"{name} {operator}= {value.text}"]
        if kind.name == "str":
            value = writer.expression(STR, others, depth)
            front = f"{name} = {value.inside(SUM)} + {name}"
            return [dice.weighted(((4, f"{name} += {value.text}"), (3, front)))]
        if kind.name == "bool":
            test = writer.condition(others)
            form = dice.weighted(((3, "{} = {}"), (1, "{} = {} and {}"), (1, "{} = {} or {}")))
            return [
                form.format(name, name, test.inside(5))
                if "and" in form or "or" in form
                else f"{name} = {test.text}"
            ]
        if kind.name == "list":
            value = writer.expression(
                kind.item if kind.item != UNKNOWN else self._guess(others), others, depth
            )
            front = f"{name}.insert(0, {value.text})"
            more = f"{name} = {writer.expression(kind, env if not loop else others, 1).text}"
            return [dice.weighted(((6, f"{name}.append({value.text})"), (2, front), (1, more)))]
        if kind.name == "dict" and len(kind.items) == 2:
            key, value = (writer.expression(item, others, 0) for item in kind.items)
            forms: list[tuple[float, str]] = [(2, f"{name}[{key.text}] = {value.text}")]
            if kind.items[1].number or kind.items[1] == UNKNOWN:
                step = value.inside(SUM + 1) if dice.chance(0.5) else "1"
                forms.append((3, f"{name}[{key.text}] = {name}.get({key.text}, 0) + {step}"))
            return [dice.weighted(forms)]
        if kind.name == "set":
            item = writer.expression(kind.item, others, 0)
            return [f"{name}.{dice.pick(('add', 'add', 'discard'))}({item.text})"]
        return [f"{name} = {writer.expression(kind, env, 1).text}"]

    def _assign(self, target: tuple[str, Kind], env: Env) -> list[str]:
        name, kind = target
        return [f"{name} = {self.writer.expression(kind, env, self.dice.between(0, 2)).text}"]


def indented(lines: list[str]) -> list[str]:
    """The lines, one level deeper."""
    return [INDENT + line for line in lines]
