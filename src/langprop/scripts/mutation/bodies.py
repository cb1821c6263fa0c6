"""Bodies: whole first programs, in the shapes that programs usually have.

The shapes know nothing of a task: branches, bindings, loops with one or two accumulators,
searches, recursion over something that shrinks, and `while` loops that make progress. What is in
them is random.
"""

from __future__ import annotations

from collections.abc import Callable

from langprop.scripts.mutation.kinds import BOOL, INT, STR, UNKNOWN, Kind, fits
from langprop.scripts.mutation.steps import INDENT, StepWriter, indented
from langprop.scripts.mutation.words import SUM, Code, Env
from langprop.scripts.mutation.writer import Writer

_ACCUMULATED = ("int", "float", "str", "list", "dict", "set", "bool", "vartuple")


class BodyWriter(StepWriter):
    """Writes random bodies and statements, as lines without the indentation of the function.

    Args:
        writer: Writes the expressions.
        function: Name of the function, for recursion.
        parameters: Its positional parameters in order, for recursion; () if it can't be called so.
        keywords: Its keyword-only parameters, passed on by name.
    """

    def __init__(
        self,
        writer: Writer,
        function: str = "",
        parameters: tuple[str, ...] = (),
        keywords: tuple[str, ...] = (),
    ) -> None:
        super().__init__(writer)
        self.function = function
        self.parameters = parameters
        self.keywords = keywords

    def body(self, returns: Kind, env: Env) -> list[str]:
        """A whole body that returns a kind."""
        if returns == UNKNOWN:
            returns = self._guess(env)
        if returns.name == "none":
            return [*self.statement(env, UNKNOWN, False, 2), "return None"]
        loops = any(kind.sized or kind.name == "int" for kind in env.values())
        shrinks = [name for name in self.parameters if name in env and self._shrinks(env[name])]
        ints = [name for name, kind in env.items() if kind.name == "int"]
        accumulated = returns.name in _ACCUMULATED and not returns.values
        options: list[tuple[float, Callable[[], list[str]]]] = [
            (3.0, lambda: self._direct(returns, env)),
            (1.5, lambda: self._bound(returns, env)),
            (2.5, lambda: self._branches(returns, env)),
            (5.0 if loops and accumulated else 0, lambda: self._accumulator(returns, env)),
            (2.5 if loops and accumulated else 0, lambda: self._comprehended(returns, env)),
            (1.0 if loops and returns.number else 0, lambda: self._pair(returns, env)),
            (1.5 if loops else 0, lambda: self._search(returns, env)),
            (
                1.5 if shrinks and self.function else 0,
                lambda: self._recursion(returns, env, self.dice.pick(shrinks)),
            ),
            (1.5 if ints and accumulated else 0, lambda: self._while(returns, env, ints)),
        ]
        return self.dice.weighted(options)()

    def _direct(self, returns: Kind, env: Env) -> list[str]:
        depth = self.dice.weighted(((1, 1), (3, 2), (1, 3)))
        return [f"return {self.writer.expression(returns, env, depth).text}"]

    def _bound(self, returns: Kind, env: Env) -> list[str]:
        lines, inner = [], dict(env)
        for _ in range(self.dice.between(1, 2)):
            name, kind = self.writer.fresh(inner), self._guess(inner)
            lines.append(f"{name} = {self.writer.expression(kind, inner, 2).text}")
            inner[name] = kind
        return lines + self._direct(returns, inner)

    def _branches(self, returns: Kind, env: Env) -> list[str]:
        lines = []
        for _ in range(self.dice.weighted(((3, 1), (1, 2)))):
            test, value = (
                self.writer.condition(env),
                self.writer.expression(returns, env, self.dice.below(2)),
            )
            lines += [f"if {test.text}:", f"{INDENT}return {value.text}"]
        return [*lines, f"return {self.writer.expression(returns, env, self.dice.below(3)).text}"]

    def _accumulator(self, returns: Kind, env: Env) -> list[str]:
        dice, writer = self.dice, self.writer
        name = writer.fresh(env)
        kind = returns.plain()
        if kind.name == "vartuple":
            kind = Kind("list", kind.items)
        lines = [f"{name} = {self._start(kind, env)}"]
        iterable, item = writer.iterable(env)
        target, inner = writer.target(item, {**env, name: kind})
        lines.append(f"for {target} in {iterable}:")
        if dice.chance(0.12) and writer.iterable(inner)[0]:  # a loop in the loop
            iterable, item = writer.iterable({k: v for k, v in inner.items() if k != name})
            second, deeper = writer.target(item, inner)
            lines += [f"{INDENT}for {second} in {iterable}:"]
            lines += indented(indented(self._step(name, kind, deeper, env)))
        else:
            lines += indented(self._step(name, kind, inner, env))
        result = name
        if returns.name == "vartuple":
            result = f"tuple({name})"
        elif dice.chance(0.15):
            result = writer.expression(kind, {**env, name: kind}, 1).text
        return [*lines, f"return {result}"]

    def _comprehended(self, returns: Kind, env: Env) -> list[str]:
        """One comprehension, reduced to what is wanted."""
        writer, kind = self.writer, returns.plain()
        if kind.number:
            return [f"return {writer.total(kind, env, 2).text}"]
        if kind.name == "dict":
            key, value = kind.items if len(kind.items) == 2 else (UNKNOWN, UNKNOWN)
            return [f"return {{{writer.comprehension(key, env, 2, value)}}}"]
        inside = writer.comprehension(kind if kind in (STR, BOOL) else kind.item, env, 2)
        form = {
            "str": '"".join({})',
            "bool": self.dice.pick(("any({})", "all({})")),
            "list": "[{}]",
            "set": "{{{}}}",
        }.get(kind.name, "tuple({})")
        return [f"return {form.format(inside)}"]

    def _start(self, kind: Kind, env: Env) -> str:
        """Where an accumulator starts: a neutral element, an argument, a first element."""
        dice = self.dice
        first = [
            f"{name}[0]" for name, given in env.items() if given.sequence and fits(given.item, kind)
        ]
        if first and dice.chance(0.3):
            return dice.pick(first)
        if kind.number and dice.chance(0.7):
            neutral = dice.pick(("0", "1"))
            return neutral if kind == INT or dice.chance(0.5) else f"{neutral}.0"
        empty = {"str": '""', "list": "[]", "dict": "{}", "set": "set()"}
        if kind.name in empty and dice.chance(0.85):
            return empty[kind.name]
        start = self.writer.leaf(kind, env, 0.5)
        copied = kind.name in ("list", "dict", "set") and start.text in env
        return f"{start.text}.copy()" if copied else start.text

    def _step(self, name: str, kind: Kind, inner: Env, outer: Env) -> list[str]:
        """What a loop does with its accumulator: an update, sometimes under a condition."""
        dice, writer = self.dice, self.writer
        around = {**outer, name: kind}
        lines = self._update(name, kind, {name: kind, **writer.focus(inner, around)}, loop=True)
        if dice.chance(0.35):
            tested = dict(writer.focus(inner, around))
            if dice.chance(0.4):
                tested[name] = kind
            lines = [f"if {writer.condition(tested).text}:", *indented(lines)]
        if dice.chance(0.1):
            lines += self._leave(inner)
        return lines

    def _pair(self, returns: Kind, env: Env) -> list[str]:
        """Two accumulators that are updated at once."""
        dice, writer, kind = self.dice, self.writer, returns.plain()
        first = writer.fresh(env)
        second = writer.fresh({**env, first: kind})
        iterable, item = writer.iterable(env)
        both = {**env, first: kind, second: kind}
        target, inner = writer.target(item, both)
        start = f"{first}, {second} = {self._start(kind, env)}, {self._start(kind, env)}"
        updates = []
        for name in (first, second):
            swap = Code(second if name == first else first)
            value = writer.expression(kind, inner, 1)
            if dice.chance(0.4):
                value = Code(f"{first} + {second}", SUM)
            updates.append(swap.text if dice.chance(0.4) else value.text)
        return [
            start,
            f"for {target} in {iterable}:",
            f"{INDENT}{first}, {second} = {', '.join(updates)}",
            f"return {dice.pick((first, second))}",
        ]

    def _search(self, returns: Kind, env: Env) -> list[str]:
        """A loop that returns at the first element that meets a condition."""
        writer = self.writer
        iterable, item = writer.iterable(env)
        target, inner = writer.target(item, env)
        found = writer.expression(returns, inner, 0)
        default = writer.expression(returns, env, 0)
        if returns.name == "bool":
            found, default = (
                (Code("True"), Code("False"))
                if self.dice.chance(0.5)
                else (Code("False"), Code("True"))
            )
        test = writer.condition(writer.focus(inner, env))
        lines = [f"if {test.text}:", f"{INDENT}return {found.text}"]
        return [f"for {target} in {iterable}:", *indented(lines), f"return {default.text}"]

    def _shrinks(self, kind: Kind) -> bool:
        return (kind.name == "int" and not kind.values) or kind.name in ("list", "str", "vartuple")

    def _recursion(self, returns: Kind, env: Env, name: str) -> list[str]:
        """A base case, then a part combined with the answer for a smaller argument."""
        dice, writer, kind = self.dice, self.writer, env[name]
        if kind.name == "int":
            smaller = dice.weighted(
                ((4, f"{name} - 1"), (1, f"{name} - 2"), (1, f"{name} // 2"), (1, f"{name} // 10"))
            )
            test = (
                f"{name} <= {dice.pick((0, 1))}"
                if dice.chance(0.7)
                else f"{name} < {dice.between(1, 10)}"
            )
            part = writer.expression(returns, env, dice.below(2))
        else:
            smaller = dice.pick((f"{name}[1:]", f"{name}[:-1]"))
            test = f"not {name}" if dice.chance(0.6) else f"len({name}) <= 1"
            element = "[0]" if "1:" in smaller else "[-1]"
            part = writer.expression(returns, env, dice.below(2))
            if fits(kind.item, returns) and dice.chance(0.6):
                part = Code(name + element)
        arguments = [smaller if parameter == name else parameter for parameter in self.parameters]
        call = Code(
            f"{self.function}({', '.join(arguments + [f'{key}={key}' for key in self.keywords])})"
        )
        start = (
            writer.constant(returns).text
            if dice.chance(0.6)
            else writer.leaf(returns, env, 0.6).text
        )
        lines = [f"if {test}:", f"{INDENT}return {start}"]
        if returns.number:
            operator = dice.weighted(((4, "+"), (3, "*"), (1, "max"), (1, "min"), (0.5, "-")))
            if operator in ("max", "min"):
                return [*lines, f"return {operator}({part.text}, {call.text})"]
            return [
                *lines,
                f"return {part.inside(12 if operator == '*' else 11)} {operator} {call.text}",
            ]
        if returns.name in ("str", "list") and not returns.values:
            joined = (
                part.inside(SUM)
                if returns.name == "str" or fits(kind, returns) is False
                else f"[{name}{element}]"
                if kind.name == "list"
                else part.inside(SUM)
            )
            order = (joined, call.text) if dice.chance(0.5) else (call.text, joined)
            return [*lines, f"return {order[0]} + {order[1]}"]
        if returns.name == "bool" and not returns.values:
            word = dice.pick(("and", "or"))
            return [*lines, f"return {writer.condition(env, 0).inside(5)} {word} {call.text}"]
        if dice.chance(0.5):
            lines += [
                f"if {writer.condition(env).text}:",
                f"{INDENT}return {writer.leaf(returns, env).text}",
            ]
        return [*lines, f"return {call.text}"]

    def _while(self, returns: Kind, env: Env, ints: list[str]) -> list[str]:
        """A loop over an integer that gets smaller at each turn."""
        dice, writer = self.dice, self.writer
        shrinking = dice.pick(ints)
        others = [name for name in ints if name != shrinking]
        if others and dice.chance(0.5) and fits(INT, returns):  # two integers that take turns
            other = dice.pick(others)
            smaller = dice.pick((f"{other} % {shrinking}", f"{shrinking} - 1", f"{shrinking} // 2"))
            value = shrinking if dice.chance(0.5) else writer.expression(INT, env, 1).text
            return [
                f"while {shrinking} > 0:",
                f"{INDENT}{other}, {shrinking} = {value}, {smaller}",
                f"return {dice.pick((other, other, shrinking))}",
            ]
        kind = returns.plain() if returns.name != "vartuple" else Kind("list", returns.items)
        name = writer.fresh(env)
        base = dice.weighted(((3, "10"), (3, "2"), (1, "3")))
        smaller = dice.weighted(((3, f"//= {base}"), (2, "-= 1"), (0.5, "-= 2")))
        inner = {**env, name: kind}
        step = self._step(name, kind, inner, env)
        if "//" in smaller and dice.chance(0.6):  # digits in some base
            digit = f"{shrinking} % {base}"
            if kind.number:
                operator = dice.weighted(
                    (
                        (4, f"{name} += {digit}"),
                        (1, f"{name} *= {digit}"),
                        (1, f"{name} += 1"),
                        (2, f"{name} = {name} * {base} + {digit}"),
                        (1, f"{name} = max({name}, {digit})"),
                    )
                )
                step = [operator]
            elif kind == STR:
                step = [dice.pick((f"{name} = str({digit}) + {name}", f"{name} += str({digit})"))]
            elif kind.name == "list":
                step = [dice.pick((f"{name}.append({digit})", f"{name}.insert(0, {digit})"))]
        result = f"tuple({name})" if returns.name == "vartuple" else name
        return [
            f"{name} = {self._start(kind, env)}",
            f"while {shrinking} > 0:",
            *indented([*step, f"{shrinking} {smaller}"]),
            f"return {result}",
        ]
