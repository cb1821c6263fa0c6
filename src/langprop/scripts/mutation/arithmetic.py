"""Arithmetic: random numbers out of numbers, containers and functions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from langprop.scripts.mutation.iteration import Iteration
from langprop.scripts.mutation.kinds import FLOAT, INT, UNKNOWN, Kind, fits
from langprop.scripts.mutation.words import (
    ATOM,
    OR,
    POWER,
    PRODUCT,
    SUM,
    TERNARY,
    UNARY,
    Code,
    Env,
    literal,
    short,
)

_UNARY_MATH = ("sin", "cos", "tanh", "sqrt", "exp", "log", "atan", "fabs")
UNARY_NUMPY = ("sin", "cos", "tanh", "abs", "sign", "sqrt", "exp", "square")
_TO_NUMBER_NUMPY = ("sum", "mean", "max", "min", "std", "prod", "median")


class Arithmetic(Iteration):
    """Writes numbers."""

    def _int(self, env: Env, depth: int) -> Code:
        dice, sized = self.dice, [name for name, kind in env.items() if kind.sized]
        if depth <= 0:
            if sized and dice.chance(0.2 if self.names(INT, env) else 0.6):
                return self._reduce(INT, env)
            return self.leaf(INT, env)
        options: list[tuple[float, Callable[[], Code]]] = [
            (3, lambda: self.leaf(INT, env)),
            (6 if self.names(INT, env) else 2, lambda: self._arithmetic(INT, env, depth)),
            (1, lambda: self._ternary(INT, env, depth)),
            (0.3, lambda: Code(f"int({self.condition(env, depth - 1).text})")),
            (0.3, lambda: Code(f"abs({self._int(env, depth - 1).text})")),
            (0.5, lambda: self._extreme(INT, env, depth)),
        ]
        if sized:
            options.append((4, lambda: self._reduce(INT, env)))
        if sized or self.names(INT, env):
            options.append((1.5, lambda: self.total(INT, env, depth)))
        if any(kind.name == "float" for kind in env.values()):
            options.append(
                (
                    0.5,
                    lambda: Code(
                        f"{dice.pick(('int', 'round'))}({self._float(env, depth - 1).text})"
                    ),
                )
            )
        if "math" in self.words.modules:
            options.append((1, lambda: self._int_math(env, depth)))
        self._offer_calls(options, INT, env, depth)
        return dice.weighted(options)()

    def _float(self, env: Env, depth: int) -> Code:
        dice = self.dice
        sized = [
            name
            for name, kind in env.items()
            if kind.sized and (kind.item.number or kind.item == UNKNOWN)
        ]
        if depth <= 0:
            return self._reduce(FLOAT, env) if sized and dice.chance(0.3) else self.leaf(FLOAT, env)
        numbers = self.names(FLOAT, env)
        options: list[tuple[float, Callable[[], Code]]] = [
            (2, lambda: self.leaf(FLOAT, env)),
            (4, lambda: self._arithmetic(FLOAT, env, depth)),
            (4 if len(numbers) > 1 else 1 if numbers else 0, lambda: self.linear(env)),
            (1, lambda: self._ternary(FLOAT, env, depth)),
            (0.5, lambda: Code(f"abs({self._float(env, depth - 1).text})")),
            (0.7, lambda: self._extreme(FLOAT, env, depth)),
        ]
        if sized:
            options.append((4, lambda: self._reduce(FLOAT, env)))
            options.append((1.5, lambda: self.total(FLOAT, env, depth)))
        for module, functions in (("math", _UNARY_MATH), ("numpy", UNARY_NUMPY)):
            if module in self.words.modules:
                call = f"{self.words.modules[module]}.{dice.pick(functions)}"
                options.append((1.2, partial(self._called, call, (FLOAT,), env, depth - 1)))
        self._offer_calls(options, FLOAT, env, depth)
        return dice.weighted(options)()

    def linear(self, env: Env) -> Code:
        """A weighted sum of some of the numbers in scope; the weights are often ±1."""
        names = self.dice.shuffled(self.names(FLOAT, env))
        count = min(len(names), self.dice.weighted(((2, 1), (4, 2), (2, 3), (1, 4))))
        text = ""
        for name in names[:count]:
            negative = self.dice.chance(0.3)
            weight = "" if self.dice.chance(0.4) else f"{short(self.dice.lognormal(1.0))} * "
            sign = (" - " if negative else " + ") if text else ("-" if negative else "")
            text += f"{sign}{weight}{name}"
        if not text:
            return self.constant(FLOAT)
        return Code(
            text,
            SUM if count > 1 else PRODUCT if " * " in text else UNARY if text[0] == "-" else ATOM,
        )

    def _ternary(self, kind: Kind, env: Env, depth: int) -> Code:
        first = self.expression(kind, env, 0 if kind.values else depth - 1)
        test = self.condition(env, depth - 1)
        nested = kind.values and len(kind.values) > 2 and depth > 1 and self.dice.chance(0.6)
        second = self.expression(kind, env, depth - 1 if nested or not kind.values else 0)
        if second.text == first.text and kind.values:
            others = [value for value in kind.values if literal(value).text != first.text]
            second = literal(self.dice.pick(others)) if others else second
        elif second.text == first.text:
            second = self.expression(kind, env, depth - 1)
        return Code(f"{first.inside(OR)} if {test.inside(OR)} else {second.text}", TERNARY)

    def _arithmetic(self, kind: Kind, env: Env, depth: int) -> Code:
        options = ((4, "+"), (4, "-"), (4, "*"), (1.5, "//"), (1.5, "%"), (0.4, "**"))
        if kind == FLOAT:
            options = ((4, "+"), (4, "-"), (4, "*"), (1.5, "/"), (0.1, "%"), (0.3, "**"))
        operator = self.dice.weighted(options)
        left = self.expression(kind, env, depth - 1 if self.dice.chance(0.5) else 0)
        if operator == "*" and self.dice.chance(0.15):  # squares
            left = self.leaf(kind, env, 1.0)
            return self._binary(left, "*", left)
        if (
            operator == "**"
        ):  # exponents stay small: chains of powers are what makes numbers explode
            base = self.leaf(kind, env, 0.9)
            if kind == INT and self.dice.chance(0.5):
                return self._binary(base, "**", self.leaf(INT, env, 1.0))
            return self._binary(base, "**", Code(self.dice.pick(("2", "2", "3"))))
        if operator in ("//", "%", "/") and self.dice.chance(0.7):  # most divisors should not be 0
            right = Code(
                str(self.dice.weighted(((4, 2), (1, 3), (2, 10), (1, self.dice.between(2, 12)))))
            )
            if self.dice.chance(0.4):
                right = self.leaf(kind, env, 1.0)
        else:
            right = self.expression(kind, env, depth - 1 if self.dice.chance(0.4) else 0)
        if right.text == left.text and operator != "*" and self.dice.chance(0.8):
            right = self.constant(kind)
        return self._binary(left, operator, right)

    def _binary(self, left: Code, operator: str, right: Code) -> Code:
        binds = SUM if operator in ("+", "-") else POWER if operator == "**" else PRODUCT
        if operator == "**":
            return Code(f"{left.inside(ATOM)}**{right.inside(ATOM)}", POWER)
        tighter = binds if operator in ("+", "*") and right.binds == binds else binds + 1
        return Code(f"{left.inside(binds)} {operator} {right.inside(tighter)}", binds)

    def _extreme(self, kind: Kind, env: Env, depth: int) -> Code:
        parts = [self.expression(kind, env, depth - 1).text, self.leaf(kind, env).text]
        return Code(f"{self.dice.pick(('max', 'min'))}({', '.join(parts)})")

    def _int_math(self, env: Env, depth: int) -> Code:
        names = ("gcd", "isqrt", "floor", "ceil", "lcm", "comb", "prod")
        call = f"{self.words.modules['math']}.{self.dice.pick(names)}"
        name = call.rsplit(".", 1)[1]
        if name in ("gcd", "comb", "lcm"):
            return Code(f"{call}({self._int(env, depth - 1).text}, {self._int(env, 0).text})")
        if name == "prod":
            return Code(f"{call}({self.iterable(env)[0]})" if self.can_iterate(env) else "1")
        return Code(
            f"{call}({(self._int if name == 'isqrt' else self._float)(env, depth - 1).text})"
        )

    def _offer_calls(
        self, options: list[tuple[float, Callable[[], Code]]], kind: Kind, env: Env, depth: int
    ) -> None:
        """Add calls of the script's own functions that give a kind."""
        for name, (parameters, returns) in self.words.calls.items():
            if fits(returns, kind):
                call = partial(self._called, name, parameters, env, min(depth - 1, 1))
                options.append((1.0, call))

    def _called(self, name: str, parameters: tuple[Kind, ...], env: Env, depth: int) -> Code:
        arguments = [self.expression(kind, env, depth).text for kind in parameters]
        return Code(f"{name}({', '.join(arguments)})")

    def _reduce(self, kind: Kind, env: Env) -> Code:
        """A number out of something that has a length."""
        names = [name for name, given in env.items() if given.sized]
        if not names:
            return self.leaf(kind, env)
        name = self.name(names)
        given = env[name]
        module = self.words.modules.get("numpy")
        if given.name == "array":
            call = (
                f"{module}.{self.dice.pick(_TO_NUMBER_NUMPY)}({name})"
                if module
                else f"{name}.sum()"
            )
            return Code(
                self.dice.weighted(
                    ((2, f"{name}[{self.index(env)}]"), (2, call), (1, f"len({name})"))
                )
            )
        item = given.item
        options = [(2.0, f"len({name})")]
        if item.number or (item == UNKNOWN and given.name != "dict"):
            options += [(2.0, f"{function}({name})") for function in ("sum", "max", "min")]
            if given.sequence or given.name == "tuple":
                options.append((3.0, f"{name}[{self.index(env)}]"))
        if given.name == "dict" and len(given.items) == 2 and given.items[1].number:
            options += [(1.5, f"{function}({name}.values())") for function in ("sum", "max", "min")]
            keys = self.names(given.items[0], env)
            if keys:
                options.append((3.0, f"{name}.get({self.name(keys)}, 0)"))
        if given.name in ("str", "list", "vartuple"):
            found = self.leaf(item, env, 0.9).text if item != UNKNOWN else "0"
            options.append((1.0, f"{name}.count({found})"))
        if given.name == "list" and item.name == "list":
            options.append((1.0, f"len({name}[0])"))
        return Code(self.dice.weighted(options))

    def total(self, kind: Kind, env: Env, depth: int) -> Code:
        """Sum, maximum or minimum of a comprehension."""
        function = self.dice.weighted(((4, "sum"), (1, "max"), (1, "min")))
        if not self.can_iterate(env):
            return self.leaf(kind, env)
        return Code(
            f"{function}({self.comprehension(kind, env, depth, counting=function == 'sum')})"
        )
