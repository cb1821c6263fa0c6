"""Iteration: random ranges, iterables, loop variables and comprehensions."""

from __future__ import annotations

from langprop.scripts.mutation.kinds import INT, STR, UNKNOWN, Kind
from langprop.scripts.mutation.leaves import Leaves
from langprop.scripts.mutation.words import OR, Code, Env


class Iteration(Leaves):
    """Writes what loops go over."""

    def can_iterate(self, env: Env) -> bool:
        """Whether there is anything to loop over."""
        return any(kind.sized or kind.name == "int" for kind in env.values())

    def range(self, env: Env) -> str:
        """`range(…)` over integers in scope, or the indices of something that has a length."""
        sized = [f"len({name})" for name, kind in env.items() if kind.sized]
        stops = [name for name, kind in env.items() if kind.name == "int"] + sized
        stop = self.name(stops) if stops else str(self.dice.between(2, 10))
        if self.dice.chance(0.1) and len(stops) > 1:
            return f"range({self.dice.pick(stops)}, {stop})"
        forms = (
            (3, "range({})"),
            (3, "range(1, {} + 1)"),
            (1, "range(1, {})"),
            (1, "range(2, {} + 1)"),
            (0.7, "range(2, {})"),
            (1, "range({} + 1)"),
            (0.7, "range({}, 0, -1)"),
            (0.3, "range({} - 1, -1, -1)"),
        )
        return self.dice.weighted(forms).format(stop)

    def iterable(self, env: Env) -> tuple[str, Kind]:
        """Something to loop over, and the kind of its elements."""
        dice = self.dice
        options: list[tuple[float, tuple[str, Kind]]] = []
        for name, kind in env.items():
            if kind.name == "dict" and len(kind.items) == 2:
                options += [
                    (2, (f"{name}.items()", Kind("tuple", kind.items))),
                    (1, (name, kind.items[0])),
                    (1, (f"{name}.values()", kind.items[1])),
                ]
            elif kind.sized:
                options.append((3, (name, kind.item)))
                options.append((0.4, (f"enumerate({name})", Kind("tuple", (INT, kind.item)))))
                if kind.sequence:
                    pairs = Kind("tuple", (kind.item, kind.item))
                    options.append(
                        (0.5, (name + dice.pick(("[1:]", "[::-1]", "[:-1]")), kind.item))
                    )
                    options.append((0.4, (f"zip({name}, {name}[1:])", pairs)))
                if kind.name == "str":
                    options.append((0.5, (f"{name}.split()", STR)))
        lists = [
            (name, kind)
            for name, kind in env.items()
            if kind.name in ("list", "vartuple", "str", "array")
        ]
        if len(lists) > 1:
            (first, a), (second, b) = dice.shuffled(lists)[:2]
            options.append((2, (f"zip({first}, {second})", Kind("tuple", (a.item, b.item)))))
        if any(kind.name == "int" for kind in env.values()) or options:
            weight = 3 if any(kind.name == "int" for kind in env.values()) else 1
            options.append((weight, (self.range(env), INT)))
        return dice.weighted(options) if options else ("range(2)", INT)

    def target(self, item: Kind, env: Env) -> tuple[str, dict[str, Kind]]:
        """Loop variables for elements of a kind, and the scope with them."""
        inner = dict(env)
        kinds = item.items if item.name == "tuple" and 1 < len(item.items) <= 4 else (item,)
        names = []
        for kind in kinds:
            name = self.fresh(inner, counter=kind == INT)
            inner[name] = kind
            names.append(name)
        return ", ".join(names), inner

    def comprehension(
        self,
        kind: Kind,
        env: Env,
        depth: int,
        value: Kind | None = None,
        counting: bool = False,
    ) -> str:
        """The inside of a comprehension: element, loop and sometimes a condition.

        Args:
            kind: What its elements should be; the keys, if there are values.
            env: Names in scope.
            depth: How many levels of operators it may have.
            value: What the values should be.
            counting: Whether its elements are added up, so that ones count them.
        """
        if not self.can_iterate(env):
            return f"{self.leaf(kind, env).text} for {self.fresh(env, counter=True)} in range(1)"
        iterable, item = self.iterable(env)
        target, scope = self.target(item, env)
        inner = self.focus(scope, env)
        if counting and kind == INT and self.dice.chance(0.25):
            element = "1"
        elif item == kind and self.dice.chance(0.35):
            element = target
        elif kind == UNKNOWN:
            element = self.expression(item, inner, depth - 1).text
        else:
            element = self.expression(kind, inner, depth - 1 if self.dice.chance(0.6) else 0).text
        if value is not None:
            element += f": {self.expression(value, inner, depth - 1).text}"
        test = (
            f" if {self.condition(inner, 0).inside(OR)}"
            if element == "1" or self.dice.chance(0.35)
            else ""
        )
        return f"{element} for {target} in {iterable}{test}"

    def focus(self, inner: Env, outer: Env) -> Env:
        """What an element is computed from: mostly the loop's own variables."""
        own = {name: kind for name, kind in inner.items() if name not in outer}
        if self.dice.chance(0.4):
            return own
        if self.dice.chance(0.5):
            return {name: kind for name, kind in inner.items() if name in own or not kind.sized}
        return inner

    def index(self, env: Env) -> str:
        """An index."""
        options = ((4, "0"), (3, "-1"), (1, "1"), (4, self.leaf(INT, env, 0.9).text))
        return self.dice.weighted(options)

    def slice(self, name: str, env: Env) -> Code:
        """A slice of a sequence."""
        bound = self.leaf(INT, env, 0.6).text
        return Code(
            name
            + self.dice.weighted(
                (
                    (4, "[::-1]"),
                    (3, "[1:]"),
                    (3, "[:-1]"),
                    (1, "[::2]"),
                    (2, f"[:{bound}]"),
                    (2, f"[{bound}:]"),
                )
            )
        )
