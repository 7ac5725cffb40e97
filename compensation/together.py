"""Independent steps side by side: Polars leaves a processor idle in much of what it does, and one step can use what another leaves."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


def together(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """The results of two steps that do not need each other, computed at the same time.

    Both are pure, so the results are those of one after the other; where both fail, so is the error.
    """
    with ThreadPoolExecutor(1) as aside:
        second = aside.submit(other)
        first = one()
        return first, second.result()
