"""Price: what a model costs, and what a call did."""

from __future__ import annotations

import math
from dataclasses import dataclass

from langprop.errors import ConfigError
from langprop.llms.base import Usage

EXAMPLE = "write it as  gpt-5-mini: 0.25/2.00  (input/output, in US dollars per million tokens)"


@dataclass(frozen=True)
class Price:
    """What a model costs.

    Attributes:
        input: Tokens read [US dollars per million].
        output: Tokens written [US dollars per million].
        cached: Tokens read that the server had cached [US dollars per million]; None if that is
            not known, and they are taken to cost as much as others.

    Raises:
        ConfigError: A number is negative or not finite.
    """

    input: float
    output: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached"):
            value = getattr(self, name)
            if value is None and name == "cached":
                continue
            if not _is_amount(value):
                raise ConfigError(
                    f"{name} must be a number of US dollars per million tokens, 0 or more, "
                    f"but got {value!r}."
                )

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read "INPUT/OUTPUT" or "INPUT/OUTPUT/CACHED", such as "0.25/2.00".

        Raises:
            ConfigError: The text is none of these.
        """
        parts = [part.strip().removeprefix("$") for part in text.split("/")]
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        if len(numbers) not in (2, 3):
            raise ConfigError(
                f"a price must look like 0.25/2.00, but got {text[:100]!r}; {EXAMPLE}."
            )
        return cls(*numbers)

    def __str__(self) -> str:
        return "/".join(f"{n:g}" for n in (self.input, self.output, self.cached) if n is not None)


def _is_amount(value: object) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value) and value >= 0
    except OverflowError:  # a whole number that is too large for a float
        return False


def cost(usage: Usage, price: Price | None) -> float | None:
    """What one call cost [US dollar].

    Args:
        usage: Of one call, or of several to the same model.
        price: Of the model; None if it is unknown.

    Returns:
        The cost, or None if it is unknown: there is no price, or the server didn't count tokens.
    """
    if usage.calls == 0 and usage.prompt_tokens == usage.completion_tokens == 0:
        return 0.0  # nothing was bought
    if price is None:
        return None
    if price.input == price.output == 0 and not price.cached:
        return 0.0  # whatever was used, it is free
    if usage.prompt_tokens <= 0:
        return None  # every prompt has tokens: the server said nothing
    # Some servers count cached tokens beside the prompt's, and none can be less than none.
    cached = min(max(usage.cached_tokens, 0), usage.prompt_tokens)
    rate = price.input if price.cached is None else price.cached
    total = (usage.prompt_tokens - cached) * price.input + cached * rate
    return (total + max(usage.completion_tokens, 0) * price.output) / 1e6
