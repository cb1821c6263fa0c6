"""Conditions: random expressions that are true or false."""

from __future__ import annotations

from collections.abc import Callable

from langprop.scripts.mutation.arithmetic import Arithmetic
from langprop.scripts.mutation.kinds import BOOL, FLOAT, INT, STR, UNKNOWN, Kind
from langprop.scripts.mutation.words import AND, COMPARE, NOT, OR, SUM, Code, Env

_STR_TESTS = ("isdigit", "isalpha", "isupper", "islower", "isspace", "isalnum")


class Conditions(Arithmetic):
    """Writes conditions."""

    def condition(self, env: Env, depth: int = 1) -> Code:
        """An expression that is true or false."""
        dice = self.dice
        flags = [name for name, kind in env.items() if kind.name == "bool"]
        numbers = [kind for kind in env.values() if kind.number]
        sized = [name for name, kind in env.items() if kind.sized]
        options: list[tuple[float, Callable[[], Code]]] = []
        if flags:
            options.append((3, lambda: Code(dice.pick(flags))))
            options.append((1, lambda: Code(f"not {dice.pick(flags)}", NOT)))
        if numbers or not (flags or sized):
            options.append((6, lambda: self._comparison(env, depth)))
        if sized:
            options.append((2 if numbers else 4, lambda: self._sized_test(env, depth)))
        if any(kind.name == "str" for kind in env.values()):
            text = self.name([name for name, kind in env.items() if kind.name == "str"])
            options.append((1.5, lambda: Code(f"{text}.{dice.pick(_STR_TESTS)}()")))
            options.append((1.5, lambda: self._equality(STR, env)))
        if depth > 0:
            for word, binds in (("and", AND), ("or", OR)):
                options.append((0.6, lambda w=word, b=binds: self._both(w, b, env, depth)))  # type: ignore[misc]
        self._offer_calls(options, BOOL, env, depth)
        return dice.weighted(options)()

    def _comparison(self, env: Env, depth: int) -> Code:
        numbers = [kind.plain() for kind in env.values() if kind.number]
        kind = self.dice.pick(numbers) if numbers else INT
        if kind == INT and self.dice.chance(0.25):  # divisibility and parity
            divisor = (
                self.leaf(INT, env, 0.6)
                if self.dice.chance(0.6)
                else Code(str(self.dice.between(2, 5)))
            )
            modulo = self._binary(self.leaf(INT, env, 0.95), "%", divisor)
            rest = self.dice.pick(("== 0", "== 0", "!= 0", "== 1"))
            return Code(f"{modulo.text} {rest}", COMPARE)
        left = self.expression(kind, env, depth if self.dice.chance(0.7) else 0)
        if kind == FLOAT and self.dice.chance(0.5):
            left = self.linear(env)
        if left.text[-1].isdigit() and not any(
            map(str.isalpha, left.text)
        ):  # a constant decides nothing
            left = self.leaf(kind, env, 1.0)
        right = Code("0") if kind == FLOAT and self.dice.chance(0.5) else self.leaf(kind, env, 0.5)
        if right.text == left.text:
            right = self.constant(kind)
        operators = ((4, "<"), (4, ">"), (1, "<="), (1, ">="), (0 if kind == FLOAT else 3, "=="))
        return Code(
            f"{left.inside(SUM)} {self.dice.weighted(operators)} {right.inside(SUM)}", COMPARE
        )

    def _equality(self, kind: Kind, env: Env) -> Code:
        left, right = self.leaf(kind, env, 0.95), self.leaf(kind, env, 0.6)
        return Code(
            f"{left.text} {self.dice.pick(('==', '!=', 'in', 'not in', '<'))} {right.text}", COMPARE
        )

    def _sized_test(self, env: Env, depth: int) -> Code:
        dice, sized = (
            self.dice,
            [name for name, kind in env.items() if kind.sized and kind.name != "array"],
        )
        if not sized:
            return self._comparison(env, depth)
        name = self.name(sized)
        kind = env[name]
        item = kind.items[0] if kind.name == "dict" and kind.items else kind.item
        options: list[tuple[float, Callable[[], Code]]] = [
            (1, lambda: Code(name)),
            (1, lambda: Code(f"not {name}", NOT)),
            (
                1,
                lambda: Code(
                    f"len({name}) {dice.pick(('>', '==', '<'))} {self._int(env, 0).text}", COMPARE
                ),
            ),
        ]
        others = (
            [other for other in self.names(item, env) if other != name] if item != UNKNOWN else []
        )
        if others:
            word = dice.pick(("in", "in", "not in"))
            options.append((4, lambda: Code(f"{self.name(others)} {word} {name}", COMPARE)))
        if kind.sequence:
            options.append((1, lambda: Code(f"{name} == {self.slice(name, env).text}", COMPARE)))
        same = [other for other, given in env.items() if given == kind and other != name]
        if same:
            options.append(
                (2, lambda: Code(f"{name} {dice.pick(('==', '!='))} {dice.pick(same)}", COMPARE))
            )
            if kind.sequence:
                shuffled = self.dice.pick(("sorted({})", "{}[::-1]", "set({})"))
                options.append(
                    (
                        1,
                        lambda: Code(
                            f"{shuffled.format(name)} == {shuffled.format(dice.pick(same))}",
                            COMPARE,
                        ),
                    )
                )
        if depth > 0:
            quantifier = dice.pick(("any", "all"))
            options.append(
                (2, lambda: Code(f"{quantifier}({self.comprehension(BOOL, env, depth)})"))
            )
        return dice.weighted(options)()

    def _both(self, word: str, binds: int, env: Env, depth: int) -> Code:
        left, right = self.condition(env, depth - 1), self.condition(env, depth - 1)
        return Code(f"{left.inside(binds)} {word} {right.inside(binds + 1)}", binds)
