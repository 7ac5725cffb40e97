"""How a command starts quickly: it does not load what only a development installation has."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GENERATORS = "hypothesis"
"""Pandera loads it, where it is installed, to draw example tables; a calculation draws none."""


@contextmanager
def without_generators() -> Iterator[None]:
    """Import pandera as where no example generators are installed; where they are loaded already nothing changes."""
    if GENERATORS in sys.modules:
        yield
        return
    sys.modules[GENERATORS] = None  # type: ignore[assignment]  # an import of it fails from now on
    try:
        yield
    finally:
        del sys.modules[GENERATORS]
