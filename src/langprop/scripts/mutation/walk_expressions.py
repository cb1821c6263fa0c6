"""ExpressionWalk: lists the expressions in an expression, with the names in scope at each."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

import libcst as cst

from langprop.scripts.mutation.infer import comprehension_env, kind_of, targets
from langprop.scripts.mutation.kinds import BOOL, CALLABLE, FLOAT, INT, UNKNOWN, Kind, join
from langprop.scripts.mutation.places import Index, Scope, Site
from langprop.scripts.mutation.tree import Path

_BUILTINS = frozenset(dir(builtins)) | {"__file__", "__class__"}


class ExpressionWalk:
    """The state of one walk: where it is, and what is in scope.

    Args:
        found: What the walk finds.
        entry_point: Name of the function that is called.
    """

    def __init__(self, found: Index, entry_point: str) -> None:
        self.found = found
        self.entry_point = entry_point
        self.env: dict[str, Kind] = {}
        # Names that exist but are no candidates: imports, names of enclosing functions.
        self.known: set[str] = set()
        self.scope = Scope()
        self.loop = False
        self.quoted = False

    def _bind(self, names: Mapping[str, Kind]) -> None:
        """Add names to the scope; a name that held something else holds either."""
        if names:
            self.found.names.update(names)
            merged = {
                name: join(kind, self.env[name]) if name in self.env else kind
                for name, kind in names.items()
            }
            self.env = {**self.env, **merged}

    def _site(self, node: cst.BaseExpression, path: Path, wanted: Kind, role: str) -> Site:
        kind = kind_of(node, self.env)
        wanted = kind if wanted == UNKNOWN else wanted
        return Site(path, node, self.env, kind, wanted, role, self.scope, self.quoted, self.loop)

    def _list(self, where: list[Site], node: cst.Name, path: Path) -> None:
        where.append(self._site(node, path, UNKNOWN, "value"))

    def _read(self, node: cst.Name) -> None:
        name = node.value
        if name in self.env or name in self.known:
            return
        if name not in _BUILTINS:
            self.found.undefined.add(name)
            self.found.names.add(name)

    def _value(
        self, node: cst.BaseExpression, path: Path, role: str = "value", wanted: Kind = UNKNOWN
    ) -> None:
        """List an expression and those in it."""
        if isinstance(node, cst.Name):
            self._read(node)
            if node.value not in self.env and node.value not in ("True", "False", "None"):
                return  # an imported or built-in name: exchanged only as the function of a call
        if not isinstance(node, (cst.Await, cst.Yield, cst.NamedExpr, cst.Ellipsis)):
            self.found.sites.append(self._site(node, path, wanted, role))
        self._inside(node, path)

    def _inside(self, node: cst.BaseExpression, path: Path) -> None:  # noqa: PLR0915 - one table
        """List the expressions in an expression."""

        def go(
            child: cst.BaseExpression,
            *steps: tuple[str, int],
            role: str = "value",
            wanted: Kind = UNKNOWN,
        ) -> None:
            self._value(child, (*path, *steps), role, wanted)

        if isinstance(node, cst.BinaryOperation):
            go(node.left, ("left", -1))
            go(node.right, ("right", -1))
        elif isinstance(node, cst.BooleanOperation):
            go(node.left, ("left", -1), role="condition", wanted=BOOL)
            go(node.right, ("right", -1), role="condition", wanted=BOOL)
        elif isinstance(node, cst.UnaryOperation):
            negated = isinstance(node.operator, cst.Not)
            go(node.expression, ("expression", -1), wanted=BOOL if negated else UNKNOWN)
        elif isinstance(node, cst.Comparison):
            kinds = [
                kind_of(side, self.env)
                for side in (node.left, *(part.comparator for part in node.comparisons))
            ]
            numbers = FLOAT if all(kind.number for kind in kinds) and FLOAT in kinds else UNKNOWN
            go(node.left, ("left", -1), wanted=numbers)
            for position, part in enumerate(node.comparisons):
                go(part.comparator, ("comparisons", position), ("comparator", -1), wanted=numbers)
        elif isinstance(node, cst.IfExp):
            go(node.test, ("test", -1), role="condition", wanted=BOOL)
            go(node.body, ("body", -1), wanted=self._passed_on(path))
            go(node.orelse, ("orelse", -1), wanted=self._passed_on(path))
        elif isinstance(node, cst.Call):
            self._call(node, path)
        elif isinstance(node, cst.Attribute):
            go(node.value, ("value", -1), role="object")
        elif isinstance(node, cst.Subscript):
            go(node.value, ("value", -1), role="object")
            for position, element in enumerate(node.slice):
                self._subscript(element.slice, (*path, ("slice", position), ("slice", -1)), node)
        elif isinstance(node, (cst.List, cst.Tuple, cst.Set)):
            for position, item in enumerate(node.elements):
                go(
                    item.value,
                    ("elements", position),
                    ("value", -1),
                    role="value" if isinstance(item, cst.Element) else "object",
                )
        elif isinstance(node, cst.Dict):
            for position, pair in enumerate(node.elements):
                if isinstance(pair, cst.DictElement):
                    go(pair.key, ("elements", position), ("key", -1))
                go(
                    pair.value,
                    ("elements", position),
                    ("value", -1),
                    role="value" if isinstance(pair, cst.DictElement) else "object",
                )
        elif isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp, cst.DictComp)):
            self._comprehension(node, path)
        elif isinstance(node, cst.Lambda):
            self._lambda(node, path)
        elif isinstance(node, cst.NamedExpr):
            go(node.value, ("value", -1))
            self._bind(targets(node.target, kind_of(node.value, self.env)))
        elif isinstance(node, cst.FormattedString):
            outer, self.quoted = self.quoted, True
            for position, piece in enumerate(node.parts):
                if isinstance(piece, cst.FormattedStringExpression):
                    go(piece.expression, ("parts", position), ("expression", -1))
            self.quoted = outer
        elif isinstance(node, cst.Await):
            self._inside(node.expression, (*path, ("expression", -1)))
        elif isinstance(node, cst.Yield) and node.value is not None:
            step = (
                (("value", -1), ("item", -1))
                if isinstance(node.value, cst.From)
                else (("value", -1),)
            )
            go(node.value.item if isinstance(node.value, cst.From) else node.value, *step)

    def _passed_on(self, path: Path) -> Kind:
        """What is wanted of the branches of a conditional expression: the same as of the whole."""
        last = self.found.sites[-1]
        for site in reversed(self.found.sites[-60:]):
            if site.path == path:
                last = site
                break
        return last.wanted if last.path == path and last.wanted.values else UNKNOWN

    def _call(self, node: cst.Call, path: Path) -> None:
        func = node.func
        if isinstance(func, cst.Name):
            self._read(func)
            self.found.callees.append(self._site(func, (*path, ("func", -1)), CALLABLE, "object"))
            self.found.self_calls += func.value == self.entry_point
        else:
            self._inside(func, (*path, ("func", -1)))
            if isinstance(func, cst.Attribute):
                self.found.callees.append(
                    self._site(func, (*path, ("func", -1)), CALLABLE, "object")
                )
        ints = isinstance(func, cst.Name) and func.value == "range"
        for position, argument in enumerate(node.args):
            role = "object" if argument.star else "value"
            self._value(
                argument.value,
                (*path, ("args", position), ("value", -1)),
                role,
                INT if ints else UNKNOWN,
            )

    def _subscript(self, node: cst.BaseSlice, path: Path, owner: cst.Subscript) -> None:
        if isinstance(node, cst.Index):
            container = kind_of(owner.value, self.env)
            wanted = (
                INT
                if container.sequence
                else container.items[0]
                if container.name == "dict" and container.items
                else UNKNOWN
            )
            self._value(node.value, (*path, ("value", -1)), "index", wanted)
        elif isinstance(node, cst.Slice):
            for name, part in (("lower", node.lower), ("upper", node.upper), ("step", node.step)):
                if part is not None:
                    self._value(part, (*path, (name, -1)), "index", INT)

    def _comprehension(self, node: cst.BaseComp, path: Path) -> None:
        outer = self.env
        loop: cst.CompFor | None = node.for_in
        step: Path = (*path, ("for_in", -1))
        while loop is not None:
            self._value(loop.iter, (*step, ("iter", -1)), "iterable")
            self.env = {**self.env, **targets(loop.target, kind_of(loop.iter, self.env).item)}
            self.found.names.update(targets(loop.target))
            for position, test in enumerate(loop.ifs):
                self._value(test.test, (*step, ("ifs", position), ("test", -1)), "condition", BOOL)
            loop, step = loop.inner_for_in, (*step, ("inner_for_in", -1))
        if isinstance(node, cst.DictComp):
            self._value(node.key, (*path, ("key", -1)))
            self._value(node.value, (*path, ("value", -1)))
        elif isinstance(node, cst.BaseSimpleComp):
            self._value(node.elt, (*path, ("elt", -1)))
        inside = comprehension_env(node.for_in, outer)
        walrus = {
            name: kind
            for name, kind in self.env.items()
            if name not in outer and name not in inside
        }
        self.env = {**outer, **walrus} if walrus else outer

    def _lambda(self, node: cst.Lambda, path: Path) -> None:
        outer = self.env
        parts = [*node.params.posonly_params, *node.params.params, *node.params.kwonly_params]
        parts += [
            part
            for part in (node.params.star_arg, node.params.star_kwarg)
            if isinstance(part, cst.Param)
        ]
        names = {part.name.value: UNKNOWN for part in parts}
        self.found.names.update(names)
        known, self.known = self.known, self.known | self.scope.local
        self.env = {**self.env, **names}
        self._value(node.body, (*path, ("body", -1)))
        self.env, self.known = outer, known
