"""Publish a period: every statement, the period workbook, payroll file and manifest, all at once or not at all.

The new set is made aside and then changes places with the old one in a single step of the file system. A run that is
killed leaves the old set as it was, and a folder aside that the next run sweeps away.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from compensation.calculate import periods_of
from compensation.calendar import OutsideCalendar, fiscal_periods
from compensation.rules import Rules
from pipelines.workbooks.assemble import period_infos, statements_of_period
from pipelines.workbooks.data import PeriodData, PeriodInfo, Provenance, StatementData
from pipelines.workbooks.files import (
    WrittenFile,
    file_stems,
    is_as_listed,
    private_umask,
    require_safe_name,
    sync_folder,
    write_whole,
)
from pipelines.workbooks.manifest import MANIFEST, PAYROLL, Listed, manifest_bytes, payroll_bytes, read_manifest
from pipelines.workbooks.reconcile import period_data, register_rows
from pipelines.workbooks.settled.moved import CHANGES, changes_bytes, moved_since, read_changes
from pipelines.workbooks.settled.standing import Standing
from pipelines.workbooks.write import CLOSE, content_of, nets_of, write_period, write_statement

Tables = Mapping[str, pl.DataFrame]
Progress = Callable[[str, int, int], None]
NEW, OLD = "new-", "old"
_EXCHANGE = 2


class UnknownPeriod(ValueError):
    """A fiscal period that the calculation does not reach."""


@dataclass(frozen=True)
class PublishedPeriod:
    """One period as it stands in its folder."""

    period: str
    folder: Path
    files: tuple[WrittenFile, ...]
    is_changed: bool

    @property
    def written(self) -> int:
        """How many files are new or have a new revision."""
        return sum(file.is_new for file in self.files)


@dataclass(frozen=True)
class _Inputs:
    tables: Tables
    facts: dict[str, pl.DataFrame]
    rules: Rules
    calendar: pl.DataFrame
    provenance: Provenance
    paper: str
    final: bool


def write_period_statements(
    out: Path, tables: Tables, facts: dict[str, pl.DataFrame], rules: Rules, periods: Sequence[str], provenance: Provenance,
    progress: Progress | None = None, *, paper: str = "a4", final: bool = False,
) -> list[PublishedPeriod]:  # fmt: skip
    """Write and publish the statements and the period workbook of each period, into ``out/<period>/``.

    What has not changed is not written again: a statement keeps its revision, and with it the snapshot it names, as
    long as nothing it shows has changed. A file that was damaged or removed is made again under its revision.

    Args:
        out: Folder of all periods; it is made, readable by its owner alone, where there is none.
        tables: Calculated tables by name (``compensation.calculate``), and ``quarantine``, ``received``,
            ``received_amounts`` of intake where there are any; where there is a ledger, its ``postings`` and ``balances``, and
            ``held``, ``disputes``, ``recorded_adjustments`` where there are any.
        facts: Contract tables.
        rules: The company and its plans.
        periods: Fiscal periods, e.g. ``["2026-P03"]``; each is published on its own.
        provenance: Where the figures come from.
        progress: Called with the period, how many of its statements are done, and how many there are.
        paper: ``a4`` or ``letter``.
        final: Whether the periods are put aside for their close.

    Returns:
        One row per period, in the order given.

    Raises:
        UnknownPeriod: a period that the calculation does not reach.
        UnreadableManifest: the last set's manifest is damaged.
        UnreadableWorkbook: a file could not be read back; the last set stays.
    """
    calendar = reaching(periods_of(facts, rules.company), rules, periods)
    inputs = _Inputs(tables, facts, rules, calendar, provenance, paper, final)
    known = period_infos(inputs.calendar)
    lost = [period for period in periods if period not in known]
    if lost:
        raise UnknownPeriod(
            f"period {lost[0]!r} is not reached by the orders; the last one is {max(known)}. Periods are named like 2026-P03."
        )
    with private_umask():
        out.mkdir(parents=True, exist_ok=True)
    return [_publish(out, inputs, known[period], progress) for period in periods]


def reaching(calendar: pl.DataFrame, rules: Rules, periods: Sequence[str]) -> pl.DataFrame:
    """The calendar, a fiscal year longer where a period that is asked for comes right after it: it settles what is owed."""
    first, end = calendar["period_start"][0], calendar["period_end"][-1]
    if not periods or max(periods) <= calendar["fiscal_period"][-1]:
        return calendar
    try:
        longer = fiscal_periods(rules.company.fiscal_calendar, first, end)
    except OutsideCalendar:
        return calendar
    return longer if max(periods) in longer["fiscal_period"] else calendar


def _publish(out: Path, inputs: _Inputs, period: PeriodInfo, progress: Progress | None) -> PublishedPeriod:
    key = require_safe_name(period.key)
    folder = out / key
    with _alone(out, key), private_umask():
        sweep(out, key)
        listed = read_manifest(folder)
        aside = Path(tempfile.mkdtemp(prefix=f".{key}.{NEW}", dir=out))
        try:
            files = _fill(aside, folder, listed, inputs, period, progress)
            is_changed = not _is_same_set(aside, folder)
            if is_changed:
                exchange(aside, folder)
        finally:
            _remove(aside)
    return PublishedPeriod(key, folder, tuple(files), is_changed)


def _fill(
    aside: Path, folder: Path, listed: dict[str, Listed], inputs: _Inputs, period: PeriodInfo, progress: Progress | None
) -> list[WrittenFile]:
    """Make the whole set in ``aside``, taking over from ``folder`` what has not changed."""
    due = inputs.tables["statements"].filter(pl.col("fiscal_period").cast(pl.String) == period.key)
    stems = file_stems(due["payee_id"].cast(pl.String).unique())
    files, rows, standing = [], [], Standing.NO_LEDGER
    statements = statements_of_period(
        inputs.tables, inputs.facts, inputs.rules, inputs.calendar, period.key, inputs.paper, final=inputs.final
    )
    place = _Place(aside, folder, read_changes(folder), {})
    for number, data in enumerate(statements, start=1):
        file = _one_statement(place, listed.get(stems[data.payee_id]), data, stems[data.payee_id], inputs.provenance)
        files.append(file)
        rows += register_rows(data, file)
        standing = data.standing
        if progress:
            progress(period.key, number, len(stems))
    moved = pl.concat([frame for _, frame in place.moved.values()]) if place.moved else None
    shown = period_data(
        inputs.tables, inputs.facts, inputs.rules, period, rows, files, inputs.paper, standing=standing, moved=moved,
        labels={key: info.label for key, info in period_infos(inputs.calendar).items()},
    )  # fmt: skip
    newest = inputs.tables["statements"]["fiscal_period"].cast(pl.String).max()
    content = content_of(shown if period.key == newest else of_the_period(shown))
    before = listed.get(CLOSE)
    kept = _kept(aside, folder, before, content)
    if kept:
        files.append(WrittenFile(kept.file, CLOSE, "", kept.revision, (), kept.sha256, content, is_new=False))
    else:
        revision = _revision(before, content)
        files.append(write_period(aside, shown, inputs.provenance, revision=revision, content=content))
    withdrawn = [one for stem, one in listed.items() if stem not in {CLOSE, *stems.values()}]
    if place.moved:
        write_whole(aside / CHANGES, changes_bytes(place.moved))
    write_whole(aside / PAYROLL, payroll_bytes(period.key, payable_rows(shown, inputs.tables)))
    write_whole(aside / MANIFEST, manifest_bytes(files, withdrawn))
    return files


def payable_rows(data: PeriodData, tables: Tables) -> pl.DataFrame:
    """The register's rows that payroll takes: whoever has a balance, as the close says; nobody in a period that waits."""
    if data.standing is Standing.WAITS:
        return data.register.clear()
    if data.standing is Standing.NO_LEDGER:
        return data.register
    balances = tables["balances"].with_columns(pl.col("payee_id", "currency", "fiscal_period").cast(pl.String))
    own = balances.filter(pl.col("fiscal_period") == data.period.key)
    return data.register.join(own, on=["payee_id", "currency"], how="semi", maintain_order="left")


def of_the_period(data: PeriodData) -> PeriodData:
    """What a period's workbook says of the period alone.

    The files that came, the records refused and the key accounts' year are of the whole snapshot. They make a new revision of the newest period
    only: an order of October must not touch the workbook of March.
    """
    return replace(
        data,
        received=data.received.clear(),
        received_amounts=data.received_amounts.clear(),
        exceptions=data.exceptions.filter(pl.col("severity") != "refused"),
        exceptions_in_all=0,
        accounts=None,
        proof={check: amount for check, amount in data.proof.items() if check != "quarantined"},
    )


@dataclass(frozen=True)
class _Place:
    """Where a set is made, where the last one lies, what moved in its statements, and what moves in the new ones."""

    aside: Path
    folder: Path
    known: dict[str, tuple[int, pl.DataFrame]]
    moved: dict[str, tuple[int, pl.DataFrame]]


def _one_statement(
    place: _Place, before: Listed | None, data: StatementData, stem: str, provenance: Provenance
) -> WrittenFile:
    content = content_of(data)
    kept = _kept(place.aside, place.folder, before, content)
    revision = _revision(before, content)
    moved = _moved(place, before, data, stem, revision)
    if moved is not None:
        place.moved[stem] = (revision, moved)
    if kept:
        return WrittenFile(
            kept.file, stem, data.payee_id, kept.revision, nets_of(data), kept.sha256, content, is_new=False
        )
    return write_statement(place.aside, data, provenance, revision=revision, stem=stem, content=content, moved=moved)


def _moved(place: _Place, before: Listed | None, data: StatementData, stem: str, revision: int) -> pl.DataFrame | None:
    """What moved since the revision before: as it was told once, or found now; None for a first revision."""
    if before is None or revision == 1:
        return None
    told, rows = place.known.get(stem, (0, None))
    if rows is not None and told == revision:
        return rows
    old = place.folder / require_plain_name(before.file) if before.file else None
    return moved_since(old, data)


def _kept(aside: Path, folder: Path, before: Listed | None, content: str) -> Listed | None:
    """Take the old file over if it shows the same and is undamaged."""
    if before is None or not before.file or before.content != content:
        return None
    old = folder / require_plain_name(before.file)
    if old.is_symlink() or not is_as_listed(old, before.sha256):
        return None
    try:
        os.link(old, aside / before.file, follow_symlinks=False)
    except OSError:
        write_whole(aside / before.file, old.read_bytes())
    return before


def require_plain_name(name: str) -> str:
    """Return the name of a file in a manifest if it stays inside its folder."""
    if Path(name).name != name or name.startswith("."):
        raise ValueError(
            f"the manifest lists {name!r}, which is no plain file name; restore MANIFEST.csv or move the folder away"
        )
    return name


def _revision(before: Listed | None, content: str) -> int:
    if before is None:
        return 1
    return before.revision if before.content == content else before.revision + 1


def _is_same_set(one: Path, other: Path) -> bool:
    """Whether both folders hold the same files with the same bytes."""
    if not other.is_dir() or _names(one) != _names(other):
        return False
    return all(_same_file(path, other / path.name) for path in sorted(one.iterdir()))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _same_file(one: Path, other: Path) -> bool:
    return one.samefile(other) or one.read_bytes() == other.read_bytes()


def exchange(new: Path, published: Path) -> None:
    """Let the new set take the published one's place in one step; the old one is then at ``new``.

    Where the file system cannot exchange two folders, the old one is moved aside first; a kill between the two moves
    is mended by the next run (``sweep``).
    """
    sync_folder(new)
    if not published.exists():
        new.rename(published)
    elif not _renamed_in_exchange(new, published):
        old = published.parent / f".{published.name}.{OLD}"
        published.rename(old)
        new.rename(published)
        old.rename(new)
    sync_folder(published.parent)


def _renamed_in_exchange(one: Path, other: Path) -> bool:
    """``renameat2`` with ``RENAME_EXCHANGE``: Linux, most local file systems."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    here = -100  # AT_FDCWD
    if rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(number, f"{other}: the new set could not take its place ({os.strerror(number)}); the old set stays")


def sweep(out: Path, period: str) -> None:
    """Clear what a killed run has left; a set that was moved aside and not replaced goes back."""
    old, published = out / f".{period}.{OLD}", out / period
    if old.is_dir() and not published.exists():
        old.rename(published)
    for left in [*out.glob(f".{period}.{NEW}*"), old]:
        _remove(left)


def _remove(left: Path) -> None:
    """Remove a folder; of a link, only the link."""
    if left.is_symlink():
        left.unlink()
    else:
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _alone(out: Path, period: str) -> Iterator[None]:
    """Only one run publishes a period at a time; the lock ends with the process, however it ends."""
    handle = os.open(out / f".{period}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
