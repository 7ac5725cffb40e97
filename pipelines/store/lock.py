"""One run at a time per store, by a lock that the operating system holds and frees at death."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pipelines.store.errors import StoreInUse
from pipelines.store.place import Store

POLL_SECONDS = 0.5
_held: dict[Path, int] = {}


@contextmanager
def only_run(
    store: Store, run_id: str, *, wait_seconds: float = 0, waiting: Callable[[str], None] = lambda _: None
) -> Iterator[None]:
    """Keep every other run out of the store; within one process the lock may be taken again.

    Args:
        store: The store.
        run_id: Who holds it, for the message to others.
        wait_seconds: How long to wait for another run to end.
        waiting: Told once, in words, that there is one to wait for.

    Raises:
        StoreInUse: another run still holds it; says which process, and what to do.
    """
    path = store.root / "run.lock"
    if _held.get(path):
        with _counted(path):
            yield
        return
    with path.open("a+", encoding="utf-8") as file:
        _take(file, path, wait_seconds, waiting)
        file.seek(0)
        file.truncate()
        file.write(json.dumps({"run_id": run_id, "process": os.getpid()}))
        file.flush()
        with _counted(path):
            yield


@contextmanager
def alive(store: Store, run_id: str) -> Iterator[None]:
    """Hold a lock of the run's own for as long as its process lives, so that others can tell whether it is dead."""
    folder = store.dagster_home / "alive"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{run_id}.lock"
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_alive(store: Store, run_id: str) -> bool | None:
    """Whether the run's process lives; None where it never said so."""
    path = store.dagster_home / "alive" / f"{run_id}.lock"
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return True
    return False


@contextmanager
def _counted(path: Path) -> Iterator[None]:
    _held[path] = _held.get(path, 0) + 1
    try:
        yield
    finally:
        _held[path] -= 1


def _take(file: TextIO, path: Path, wait_seconds: float, waiting: Callable[[str], None]) -> None:
    until = time.monotonic() + wait_seconds
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StoreInUse(
                    f"{path.parent}: another run is writing here ({_holder(file)}). Wait until it has ended and run again, or stop "
                    "that process; the lock goes with it, there is no file to delete."
                ) from None
        if not told:
            waiting(f"another run is writing to this store ({_holder(file)}); waiting up to {wait_seconds:.0f} s")
            told = True
        time.sleep(POLL_SECONDS)


def _holder(file: TextIO) -> str:
    """What is being done, in words (``close 2026-P03``), or the beginning of the run's id."""
    file.seek(0)
    try:
        holder = json.loads(file.read())
        name = str(holder["run_id"])
        return f"{name if ' ' in name else f'run {name[:8]}'}, process {holder['process']}"
    except (ValueError, KeyError, TypeError):
        return "just started"
