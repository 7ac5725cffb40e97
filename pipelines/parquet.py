"""Write tables as Parquet: the same rows give the same bytes, and a manifest stands only beside the tables it names."""

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import polars as pl

ROWS_PER_GROUP = 250_000
STATISTICS = {"null_count": True, "min": False, "max": False, "distinct_count": False}
"""Of each column: smallest and largest values of money take a sixth of the time of writing, and few row groups could be skipped by them."""

MANIFEST = "calculation.json"
UNFINISHED = ".calculation-unfinished.json"
"""While tables are moved into place: the names of all that may lie there, of this calculation and of former ones."""

ASIDE = ".aside-"
_NAME = re.compile(r"[a-z_0-9]+(/[a-z_0-9]+)*")


class FolderInUse(RuntimeError):
    """Another process writes tables to the same folder."""


def write_tables(folder: Path, tables: Mapping[str, pl.DataFrame], manifest: Mapping[str, Any]) -> list[Path]:
    """Write each table to ``folder/<name>.parquet`` and, last, ``calculation.json``; see ``tables_aside``.

    Args:
        folder: Made where missing.
        tables: Rows in the order they are to stand in; names may hold a ``/``.
        manifest: What the tables were made from; must not depend on the clock.

    Returns:
        The files written.

    Raises:
        FolderInUse: another process writes there.
    """
    with tables_aside(folder) as aside:
        for name, table in tables.items():
            aside.write(name, table)
        return aside.publish(manifest)


@contextmanager
def tables_aside(folder: Path) -> Iterator["Aside"]:
    """Write tables beside their place, one after the other, then publish them together.

    1. What a killed process left aside is swept.
    2. Every table is written aside. Until all are, the former result stays whole and readable; an error leaves it so.
    3. ``publish`` removes ``calculation.json``. From here on its absence says that the folder is incomplete:
       ``read_results`` refuses it and says to run again.
    4. The tables are moved into place one by one, and tables of former calculations that are not among them removed.
    5. ``calculation.json`` is moved into place, last.

    So a process that is killed leaves the former result, the new one, or a folder that is refused; running again
    ends with the same bytes in each case. A reader that has opened the former tables is not kept from reading while
    they are replaced, and nothing is promised for a loss of power.

    Raises:
        FolderInUse: another process writes there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _only_writer(folder):
        for left in folder.glob(f"{ASIDE}*"):
            shutil.rmtree(left)
        place = Path(mkdtemp(prefix=ASIDE, dir=folder))
        try:
            yield Aside(folder, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)


@dataclass
class Aside:
    """Tables that wait beside their place."""

    folder: Path
    place: Path
    names: list[str] = field(default_factory=list)

    def write(self, name: str, table: pl.DataFrame) -> None:
        """Write one table aside."""
        target = self.place / f"{name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_table(target, table)
        self.names.append(name)

    def publish(self, manifest: Mapping[str, Any]) -> list[Path]:
        """Put everything in its place, the manifest last; the files, in the order they were written."""
        (self.place / MANIFEST).write_text(_text({**manifest, "tables": sorted(self.names)}))
        known = {*_named_in(self.folder / MANIFEST), *_named_in(self.folder / UNFINISHED), *self.names}
        (self.place / UNFINISHED).write_text(_text({"tables": sorted(known)}))
        self._move(UNFINISHED)
        (self.folder / MANIFEST).unlink(missing_ok=True)
        written = [self._move(f"{name}.parquet") for name in self.names]
        _remove(self.folder, known - set(self.names))
        written.append(self._move(MANIFEST))
        (self.folder / UNFINISHED).unlink()
        return written

    def _move(self, name: str) -> Path:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.place / name, target)  # noqa: PTH105  - replaces what is there in one step
        return target


@contextmanager
def written_behind(aside: Aside) -> Iterator[Callable[[str, pl.DataFrame], None]]:
    """Write tables in the order they are handed over, while the caller computes the next; at the end all are written.

    Raises:
        Exception: whatever went wrong in writing, once the caller is done.
    """
    with ThreadPoolExecutor(1) as writer:
        begun: list[Future[None]] = []
        yield lambda name, table: begun.append(writer.submit(aside.write, name, table))
        for write in begun:
            write.result()


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write one Parquet file; neither the number of threads nor the codes of categories change its bytes."""
    table.rechunk().write_parquet(
        path, compression="zstd", compression_level=1, row_group_size=ROWS_PER_GROUP, statistics=STATISTICS
    )


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _named_in(path: Path) -> set[str]:
    """The tables that a manifest names; none where there is no readable one. Only names of ours count, since they are removed."""
    try:
        names = json.loads(path.read_text())["tables"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {name for name in names if isinstance(name, str) and _NAME.fullmatch(name)}


def _remove(folder: Path, names: Iterable[str]) -> None:
    for name in sorted(names):
        path = folder / f"{name}.parquet"
        path.unlink(missing_ok=True)
        if path.parent != folder:
            with suppress(OSError):  # other tables, or files of somebody else, are still there
                path.parent.rmdir()


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the operating system frees when the process ends, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUse(
                f"{folder}: another process writes tables here. Wait until it has ended and run again, or name another folder."
            ) from None
        except OSError:  # some network drives lock no folders: there nothing keeps two writers apart
            pass
        yield
    finally:
        os.close(handle)
