"""Which statements are out: one small record for all periods, replaced in one step after the last of them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from pipelines.store.errors import StoreError
from pipelines.store.place import Store
from pipelines.workbooks.files import write_whole

MANIFEST = "MANIFEST.csv"


class Made(Protocol):
    """What publishing a period gives back."""

    @property
    def period(self) -> str:
        """Fiscal period."""

    @property
    def folder(self) -> Path:
        """Where its files lie."""

    @property
    def written(self) -> int:
        """How many of them are new or revised."""

    @property
    def is_changed(self) -> bool:
        """Whether anything of it changed."""

    @property
    def files(self) -> Sequence[object]:
        """All of them."""


@dataclass(frozen=True)
class Issued:
    """One period's set: how many files, and the SHA-256 of the manifest that lists them."""

    period: str
    files: int
    manifest: str

    @classmethod
    def of(cls, made: Made) -> "Issued":
        """What was just published."""
        return cls(made.period, len(made.files), _manifest_hash(made.folder))

    @classmethod
    def in_folder(cls, folder: Path, period: str | None = None) -> "Issued":
        """What lies in a period's folder, which is named after it unless ``period`` says otherwise."""
        return cls(period or folder.name, len(list(folder.glob("*.xlsx"))), _manifest_hash(folder))


def _manifest_hash(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


@dataclass(frozen=True)
class IssuedRecord:
    """All that is out, and the calculation that all open periods belong to (None while those of two calculations are out)."""

    calculation_id: str | None
    periods: dict[str, Issued]


def read_issued(store: Store) -> IssuedRecord:
    """What the last run that ended well had published.

    Raises:
        StoreError: the record is damaged; says what to do.
    """
    path = _path(store)
    try:
        data = json.loads(path.read_bytes())
        return IssuedRecord(data["calculation_id"], {row["period"]: Issued(**row) for row in data["periods"]})
    except FileNotFoundError:
        return IssuedRecord(None, {})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            f"{path}: cannot be read ({type(error).__name__}). Move it away and run again; it is made anew."
        ) from None


def record_issued(store: Store, calculation_id: str, made: Sequence[Issued], stated: Sequence[str]) -> bool:
    """Replace the record, in one step, once all of a run's periods are out.

    Args:
        store: The store.
        calculation_id: What the periods were made from.
        made: The periods of this run.
        stated: All open periods that the calculation states; the record names the calculation only where all were made.

    Returns:
        False where it says this already, and nothing is written.
    """
    before = read_issued(store)
    periods = {**before.periods, **{one.period: one for one in made}}
    is_whole = before.calculation_id == calculation_id or {one.period for one in made} >= set(stated)
    return _replace(store, before, IssuedRecord(calculation_id if is_whole else None, dict(sorted(periods.items()))))


def record_closed(store: Store, closed: Issued) -> bool:
    """Replace what the record says of one period by what was closed; False where it says so already."""
    before = read_issued(store)
    periods = {**before.periods, closed.period: closed}
    return _replace(store, before, IssuedRecord(before.calculation_id, dict(sorted(periods.items()))))


def _replace(store: Store, before: IssuedRecord, after: IssuedRecord) -> bool:
    if after == before:
        return False
    rows = [asdict(one) for one in after.periods.values()]
    data = {"calculation_id": after.calculation_id, "periods": rows}
    write_whole(_path(store), json.dumps(data, indent=2).encode() + b"\n")
    return True


def _path(store: Store) -> Path:
    return store.root / "issued.json"
