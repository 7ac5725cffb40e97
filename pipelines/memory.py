"""How a short-lived command treats memory: it keeps what it has until it ends, instead of giving it back and asking again."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ALLOCATOR = "_RJEM_MALLOC_CONF"
"""The environment variable in which Polars looks for settings of its allocator, once, when it is imported."""

KEPT = "oversize_threshold:0,dirty_decay_ms:5000,muzzy_decay_ms:-1,narenas:1"
"""Columns of many megabytes are cached too (jemalloc hands them back at once), and all threads share one cache."""


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed columns for the next ones, and leave cycles uncollected: frames are freed by their counts.

    Every fresh page costs a page fault: at millions of rows half as much time as the calculation itself. What the user
    has set in the environment stays, and where Polars is imported already nothing changes.
    """
    is_fresh = "polars" not in sys.modules
    if is_fresh:
        os.environ.setdefault(ALLOCATOR, KEPT)
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_fresh:
            gc.freeze()  # the process ends: nothing that is left need be searched for cycles
        if was_on:
            gc.enable()
