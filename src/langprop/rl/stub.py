"""The stub of a policy, from an environment's spaces and documentation."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from langprop.rl.documentation import Documentation, Row, names_of, shorten
from langprop.rl.words import bounds, in_words, scalar, type_of

if TYPE_CHECKING:
    import gymnasium

ENTRY_POINT = "policy"
"""Name of the function in a stub that was made."""

_MAX_PARAMETERS = 12
_MAX_LITERALS = 16


def make_stub(env: gymnasium.Env[Any, Any], name: str, function: str = ENTRY_POINT) -> str:
    """Source of a stub: signature and docstring.

    The components of a flat Box are parameters if the environment's documentation names them, the
    keys of a Dict if they can be names; else there is one parameter, `observation`.

    Args:
        env: The environment.
        name: How it is called.
        function: Name of the policy.
    """
    documentation = Documentation(env)
    parameters = _parameters(env.observation_space, documentation)
    returns, meaning = _action(env.action_space, documentation)
    kinds = " ".join([*(kind for _, kind, _ in parameters), returns])
    imports = ["from typing import Literal\n"] if "Literal" in kinds else []
    imports += ["import numpy as np\n"] if "np." in kinds else []
    head = "\n".join(imports) + "\n\n" if imports else ""
    signature = ", ".join(f"{each}: {kind}" for each, kind, _ in parameters)
    if len(signature) > 70:
        signature = "\n    " + signature.replace(", ", ",\n    ") + ",\n"
    parts = [f"Choose the action in {name}."]
    parts += [shorten(documentation.summary), documentation.prose("description")]
    for title, words in (("Rewards", ("reward",)), ("End", ("episode", "termination"))):
        text = documentation.prose(*words)
        parts += [f"{title}:{chr(10) if text.startswith('-') else ' '}{text}"] if text else []
    parts.append("Args:\n" + "\n".join(f"    {each}: {text}" for each, _, text in parameters))
    parts.append(f"Returns:\n    {meaning}")
    text = "\n\n".join(part for part in parts if part).replace("\\", "\\\\").replace('"""', "'''")
    text = re.sub(r"[^\n -~\xa0-\ud7ff\ue000-\U0010ffff]", " ", text)  # nothing that Python refuses
    lines = [f"    {line}".rstrip() for line in text.splitlines()]
    body = "\n".join(lines).strip()
    return f'{head}def {function}({signature}) -> {returns}:\n    """{body}\n    """\n'


def _parameters(space: Any, documentation: Documentation) -> list[tuple[str, str, str]]:
    """Name, type and description of each."""
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        keys = list(space.spaces)
        if all(_is_name(key) for key in keys) and 0 < len(keys) <= _MAX_PARAMETERS:
            return [(key, type_of(part), in_words(part)) for key, part in space.spaces.items()]
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        size = space.shape[0]
        rows = documentation.observations(size) if size <= _MAX_PARAMETERS else []
        names = names_of(rows)
        kind = "float" if space.dtype.kind == "f" else "int"
        if names:
            sides = zip(space.low.tolist(), space.high.tolist(), strict=True)
            return [
                (name, kind, _sentence(row, low, high))
                for name, row, (low, high) in zip(names, rows, sides, strict=True)
            ]
    text = documentation.prose("observation").replace("\n", "\n        ")
    words = in_words(space)
    return [("observation", type_of(space), f"{words} {text}".strip())]


def _action(space: Any, documentation: Documentation) -> tuple[str, str]:
    """Type of the answer, and what it means."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        size, start = int(space.n), int(space.start)
        numbers = list(range(start, start + min(size, _MAX_LITERALS + 1)))
        rows = documentation.actions(size) if size <= 100 else []
        meaning = "; ".join(
            f"{number}: {row.text}"
            for number, row in zip(range(start, start + size), rows, strict=False)
        )
        returns = f"Literal[{', '.join(map(str, numbers))}]" if size <= _MAX_LITERALS else "int"
        return returns, meaning or f"A whole number from {start} to {start + size - 1}."
    if isinstance(space, spaces.Box) and space.shape is not None:
        size = int(np.prod(space.shape))
        rows = documentation.actions(size) if len(space.shape) == 1 else []
        names = "; ".join(f"{n}: {row.text}" for n, row in enumerate(rows))
        if size == 1:
            return scalar(space), f"{rows[0].text if rows else 'A number'}, {bounds(space)}."
        kind = f"list[{scalar(space)}]" if len(space.shape) == 1 else "np.ndarray"
        return kind, f"{in_words(space)} {names}".strip()
    if isinstance(space, spaces.MultiDiscrete) and len(space.shape) == 1:
        rows = documentation.actions(len(space.nvec))
        names = "; ".join(f"{n}: {row.text}" for n, row in enumerate(rows))
        return type_of(space), f"{in_words(space)} {names}".strip()
    return type_of(space), in_words(space)


def _sentence(row: Row, low: float, high: float) -> str:
    """A component in words."""
    unit = f" [{row.unit}]" if row.unit else ""
    if np.isfinite(low) or np.isfinite(high):
        return f"{row.text}{unit}, from {low:.6g} to {high:.6g}."
    return f"{row.text}{unit}."


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and key.isidentifier() and not keyword.iskeyword(key)
