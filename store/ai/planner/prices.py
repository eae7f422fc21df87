"""What tokens cost, in millionths of a US dollar: the person's own prices, else the public list."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.ai.planner.models import Model

MILLION = 1_000_000
LETTERS = 3
"""Letters to a token where a server tells no usage: fewer than any usual text has, so that a guess
is never too small."""


def micros(model: Model, read: int, written: int) -> int | None:
    """What ``read`` and ``written`` tokens cost, rounded up; None where nobody knows. A model on
    this machine costs nothing unless it is said to."""
    if model.price_in is not None or model.price_out is not None:
        # Dollars for a million tokens are millionths of a dollar for one.
        return math.ceil(read * (model.price_in or 0) + written * (model.price_out or 0))
    if model.local:
        return 0
    rates = listed_rates(model.model, model.url)
    return math.ceil(read * rates[0] + written * rates[1]) if rates else None


@lru_cache(maxsize=64)
def listed_rates(name: str, url: str) -> tuple[float, float] | None:
    """Dollars for a million tokens (in, out) by the list of genai-prices; None where it knows no
    such model. The list came with the library: nothing is fetched."""
    from genai_prices import Usage, calc_price

    def price(usage: Usage) -> float:
        try:
            found = calc_price(usage, model_ref=name, provider_api_url=url or None)
        except LookupError:  # no such provider: gateways sell the models of others
            found = calc_price(usage, model_ref=name)
        return float(found.total_price)

    try:
        return price(Usage(input_tokens=MILLION)), price(Usage(output_tokens=MILLION))
    except LookupError:
        return None


def listed_window(name: str) -> int | None:
    """Tokens of context that a model has by the same list."""
    from genai_prices import Usage, calc_price

    try:
        return calc_price(Usage(input_tokens=1), model_ref=name).model.context_window
    except LookupError:
        return None


def guess(letters: int) -> int:
    """Tokens that so many letters are at most."""
    return -(-letters // LETTERS)
