"""The store: what came, what was calculated from it, and what was published, on a folder or on object storage.

Here belong Delta tables with atomic commits, the record that publishes a calculation, the lock of a run, and notes on
runs that failed. Not here: Dagster, workbooks, or any rule.
"""

from pipelines.store.calculations import Calculation, publish, published
from pipelines.store.contracts import TABLES
from pipelines.store.errors import (
    EmptiedTable,
    NothingPublished,
    NotReproduced,
    StoreError,
    StoreInUse,
    WrongSchema,
    ordinary_errors,
)
from pipelines.store.lock import alive, is_alive, only_run
from pipelines.store.place import Store
from pipelines.store.preflight import UnsafeEnvironment, require_checks_on
from pipelines.store.tables import TableVersion, latest_version, read_table, write_table

__all__ = [
    "TABLES",
    "Calculation",
    "EmptiedTable",
    "NotReproduced",
    "NothingPublished",
    "Store",
    "StoreError",
    "StoreInUse",
    "TableVersion",
    "UnsafeEnvironment",
    "WrongSchema",
    "alive",
    "is_alive",
    "latest_version",
    "only_run",
    "ordinary_errors",
    "publish",
    "published",
    "read_table",
    "require_checks_on",
    "write_table",
]
