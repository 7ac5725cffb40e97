"""Settings of memory: only before Polars is there, only where the user has none, and undone at the end."""

import gc
import subprocess
import sys

import pytest

from pipelines.memory import KEPT, kept_memory

IN_A_FRESH_PROCESS = """
import os, sys
from pipelines.memory import ALLOCATOR, kept_memory
assert "polars" not in sys.modules
with kept_memory():
    print(os.environ[ALLOCATOR])
"""


def _settings(**environment):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def test_freed_columns_are_kept_where_polars_is_not_loaded_yet():
    assert _settings() == KEPT


def test_what_the_user_has_set_stays():
    assert _settings(_RJEM_MALLOC_CONF="dirty_decay_ms:0") == "dirty_decay_ms:0"


def _stopped():
    assert not gc.isenabled()
    raise RuntimeError("stopped")


def test_the_collector_is_on_again_afterwards_whatever_happens():
    with pytest.raises(RuntimeError, match="stopped"), kept_memory():
        _stopped()
    assert gc.isenabled()
