"""Dagster's home in a store: made where there is none, opened for a run."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from pipelines.store import Store

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def prepare_home(store: Store) -> Path:
    """Make the folder and put ``dagster.yaml`` in it, unless there is one that somebody may have changed."""
    home = store.prepare().dagster_home
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(TEMPLATE, home / "dagster.yaml")
    return home


@contextmanager
def instance_of(store: Store) -> Iterator[dg.DagsterInstance]:
    """Dagster's records of the store, on SQLite files in its home."""
    with dg.DagsterInstance.from_config(str(prepare_home(store))) as instance:
        yield instance
