"""Containers: random strings, lists, arrays, tuples, dictionaries and sets."""

from __future__ import annotations

from collections.abc import Callable

from langprop.scripts.mutation.arithmetic import UNARY_NUMPY
from langprop.scripts.mutation.conditions import Conditions
from langprop.scripts.mutation.kinds import FLOAT, INT, STR, UNKNOWN, Kind, fits
from langprop.scripts.mutation.words import PRODUCT, SUM, Code, Env, row

_STR_METHODS = ("upper", "lower", "strip", "title", "capitalize", "swapcase")


class Containers(Conditions):
    """Writes values that hold others."""

    def _str(self, env: Env, depth: int) -> Code:
        dice = self.dice
        if depth <= 0:
            return self.leaf(STR, env, 0.75)
        texts = self.names(STR, env)
        strings = [
            name
            for name, kind in env.items()
            if kind.name in ("list", "vartuple") and kind.item == STR
        ]
        options: list[tuple[float, Callable[[], Code]]] = [
            (2, lambda: self.leaf(STR, env, 0.8)),
            (
                3,
                lambda: Code(
                    f"{self._str(env, depth - 1).inside(SUM)} + {self._str(env, 0).text}", SUM
                ),
            ),
            (1, lambda: self._ternary(STR, env, depth)),
        ]
        if texts:
            name = self.name(texts)
            options += [
                (2, lambda: Code(f"{name}.{dice.pick(_STR_METHODS)}()")),
                (2, lambda: self.slice(name, env)),
                (1, lambda: Code(f"{name}[{self.index(env)}]")),
                (
                    1,
                    lambda: Code(
                        f"{name}.replace({self._str(env, 0).text}, {self._str(env, 0).text})"
                    ),
                ),
                (
                    2,
                    lambda: Code(
                        f"{self._separator()}.join({self._list(env, depth - 1, STR).text})"
                    ),
                ),
            ]
        if strings:
            options.append(
                (
                    3,
                    lambda: Code(
                        f"{self._separator()}.join({self._list(env, depth - 1, STR).text})"
                    ),
                )
            )
        if self.names(INT, env):
            options.append((1, lambda: Code(f"str({self._int(env, depth - 1).text})")))
        return dice.weighted(options)()

    def _separator(self) -> str:
        return self.dice.weighted(((3, '""'), (2, '" "'), (1, '","')))

    def _list(self, env: Env, depth: int, item: Kind = UNKNOWN) -> Code:
        dice, wanted = self.dice, Kind("list", (item,))
        names = [name for name, kind in env.items() if kind.name == "list" and fits(kind, wanted)]
        iterable = [name for name, kind in env.items() if kind.sized and fits(kind.item, item)]
        if depth <= 0:
            return (
                Code(self.name(names))
                if names
                else Code(f"list({self.name(iterable)})")
                if iterable
                else Code("[]")
            )
        options: list[tuple[float, Callable[[], Code]]] = [
            (1, lambda: Code(f"[{self.expression(item, env, depth - 1).text}]")),
        ]
        if names:
            name = self.name(names)
            options += [
                (1.5, lambda: Code(name)),
                (3, lambda: self.slice(name, env)),
                (
                    1,
                    lambda: Code(
                        f"{name} + {self._list(env, depth - 1, item).inside(PRODUCT)}", SUM
                    ),
                ),
            ]
        if iterable:
            options.append(
                (
                    2.5,
                    lambda: Code(
                        f"sorted({self.name(iterable)}{self.dice.pick(('', ', reverse=True'))})"
                    ),
                )
            )
            options.append((0.7, lambda: Code(f"list(set({self.name(iterable)}))")))
        if (
            item == STR
            and self.names(STR, env)
            and any(kind.name == "str" for kind in env.values())
        ):
            options.append((2, lambda: Code(f"{self.leaf(STR, env, 0.95).text}.split()")))
        if item.name in ("int", "unknown") and self.names(INT, env):
            options.append((1, lambda: Code(f"list({self.range(env)})")))
        if any(kind.sized for kind in env.values()) or self.names(INT, env):
            options.append((4, lambda: Code(f"[{self.comprehension(item, env, depth)}]")))
        return dice.weighted(options)()

    def _array(self, env: Env, depth: int) -> Code:
        dice, module = self.dice, self.words.modules.get("numpy")
        names = [name for name, kind in env.items() if kind.name == "array"]
        if depth <= 0 or module is None:
            return Code(self.name(names)) if names else self.constant(Kind("array"))
        options: list[tuple[float, Callable[[], Code]]] = []
        if names:
            name, function = self.name(names), dice.pick((*UNARY_NUMPY, "sort", "cumsum"))
            operator = dice.pick(("+", "-", "*", "/"))
            options += [
                (2, lambda: Code(name)),
                (2, lambda: Code(f"{module}.{function}({self._array(env, depth - 1).text})")),
                (
                    3,
                    lambda: self._binary(
                        Code(name), operator, self.dice.pick((self._array, self._float))(env, 0)
                    ),
                ),
                (
                    1,
                    lambda: Code(
                        f"{module}.where({name} > {self._float(env, 0).text}, {name}, "
                        f"{self._float(env, 0).text})"
                    ),
                ),
                (1, lambda: self.slice(name, env)),
            ]
        lists = [
            name
            for name, kind in env.items()
            if kind.name in ("list", "vartuple") and kind.item.number
        ]
        if lists:
            options.append((2, lambda: Code(f"{module}.array({self.name(lists)})")))
        numbers = self.names(FLOAT, env)
        if numbers:
            options.append((1, lambda: Code(f"{module}.array([{', '.join(numbers)}])")))
        return dice.weighted(options)() if options else self.constant(Kind("array"))

    def _other(self, kind: Kind, env: Env, depth: int) -> Code:
        """Tuples, dictionaries, sets, bytes, None, callables: by their parts."""
        names = [name for name, given in env.items() if fits(given, kind)]
        if names and self.dice.chance(0.3 if depth > 0 else 0.8):
            return Code(self.name(names))
        below = max(0, depth - 1)
        if kind.name == "tuple":
            return row([self.expression(item, env, below).text for item in kind.items])
        if depth > 0 and kind.name in ("vartuple", "set") and self.can_iterate(env):
            inner = self.comprehension(kind.item, env, depth)
            return Code(f"{{{inner}}}" if kind.name == "set" else f"tuple({inner})")
        if depth > 0 and kind.name == "dict" and self.can_iterate(env):
            key, value = kind.items if len(kind.items) == 2 else (UNKNOWN, UNKNOWN)
            return Code(f"{{{self.comprehension(key, env, depth, value)}}}")
        return self.constant(kind)
