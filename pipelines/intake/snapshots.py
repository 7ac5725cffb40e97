"""Copies of what came, by content, and which of them were good: so that a bad file never takes a good one's place.

Layout: ``files/<two digits>/<sha256><ending>`` once per content; ``intakes/<number>.json`` per intake, what came;
``last_good.json`` per source, the files of the last intake that was accepted; ``versions.parquet``, the latest
version of each order that was accepted. Everything is written aside and moved into place.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Copy:
    """One file as it was accepted: what it was called, its content, and figures to compare the next one with."""

    name: str
    sha256: str
    size: int
    rows: int
    deciles: tuple[str, ...] = ()


class Snapshots:
    """A folder of copies. ``None`` as folder keeps and knows nothing; ``is_recording=False`` reads what is there and adds nothing."""

    def __init__(self, folder: Path | None, *, is_recording: bool = True) -> None:
        self._folder = folder
        self._is_recording = is_recording and folder is not None
        self._last_good = self._read_last_good()

    @property
    def is_kept(self) -> bool:
        """Whether there is a folder."""
        return self._folder is not None

    def last_good(self, source: str, name: str | None) -> list[tuple[Copy, Path]]:
        """Copies of the source's last good files: the one of that name, or the only one, or all (no name)."""
        copies = self._last_good.get(source, [])
        if name is not None:
            same = [copy for copy in copies if copy.name == name]
            copies = same or (copies if len(copies) == 1 else [])
        found = [(copy, self._path(copy.sha256, copy.name)) for copy in copies]
        return [(copy, path) for copy, path in found if path.is_file()]

    def previous(self, source: str, name: str) -> Copy | None:
        """Figures of the file that this one follows."""
        found = self.last_good(source, name)
        return found[0][0] if found else None

    def latest_versions(self) -> pl.DataFrame:
        """Order and version of every order accepted with one."""
        path = self._folder / "versions.parquet" if self._folder else None
        if path is None or not path.is_file():
            return pl.DataFrame(schema={"order_id": pl.String(), "version": pl.Int64()})
        return pl.read_parquet(path.read_bytes())

    def keep(self, name: str, sha256: str, data: bytes) -> None:
        """Copy a file's content, once."""
        if self._is_recording and not self._path(sha256, name).is_file():
            _write(self._path(sha256, name), data)

    def record(self, came: Sequence[Mapping[str, object]]) -> None:
        """Write down what came in this intake."""
        if self._folder is None or not self._is_recording:
            return
        folder = self._folder / "intakes"
        numbers = [int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()]
        _write(folder / f"{max(numbers, default=0) + 1:06}.json", _json(list(came)))

    def accept(self, good: Mapping[str, Sequence[Copy]], versions: pl.DataFrame) -> None:
        """Make these files the last good ones of their sources; others keep theirs."""
        if self._folder is None or not self._is_recording:
            return
        if versions.height:
            known = (
                pl.concat([self.latest_versions(), versions])
                .group_by("order_id")
                .agg(pl.col("version").max())
                .sort("order_id")
            )
            path = self._folder / "versions.parquet"
            aside = path.with_name(f".{path.name}.{os.getpid()}")
            known.write_parquet(aside)
            aside.replace(path)
        merged = {**self._last_good, **{source: list(copies) for source, copies in good.items() if copies}}
        _write(
            self._folder / "last_good.json",
            _json({source: [asdict(copy) for copy in copies] for source, copies in sorted(merged.items())}),
        )

    def _path(self, sha256: str, name: str) -> Path:
        folder = self._folder or Path()
        return folder / "files" / sha256[:2] / (sha256 + "".join(Path(name).suffixes[-2:]))

    def _read_last_good(self) -> dict[str, list[Copy]]:
        path = self._folder / "last_good.json" if self._folder else None
        if path is None or not path.is_file():
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
        return {
            source: [Copy(**{**copy, "deciles": tuple(copy["deciles"])}) for copy in copies]
            for source, copies in data.items()
        }


def deciles_of(amounts: pl.Series) -> tuple[str, ...]:
    """Nine amounts that cut the file's into ten equal parts, as text; none where there are too few to compare."""
    known = amounts.drop_nulls().sort()
    if known.len() < 20:  # noqa: PLR2004
        return ()
    return tuple(str(known[known.len() * tenth // 10]) for tenth in range(1, 10))


def largest_shift(before: Sequence[str], after: Sequence[str]) -> Decimal:
    """The largest factor, up or down, between two sets of deciles."""
    pairs = [(Decimal(one), Decimal(other)) for one, other in zip(before, after, strict=True)]
    factors = [max(one / other, other / one) for one, other in pairs if one > 0 and other > 0]
    return max(factors, default=Decimal(1))


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _write(path: Path, data: bytes) -> None:
    """Write aside, force to disk, move into place: a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
