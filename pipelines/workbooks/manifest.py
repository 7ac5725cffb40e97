"""``MANIFEST.csv``: what a period's folder holds, its revisions and hashes; and ``payroll.csv`` for machines."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from compensation.currency import minor_unit_digits
from pipelines.workbooks.cells import csv_text
from pipelines.workbooks.files import WrittenFile

MANIFEST, PAYROLL = "MANIFEST.csv", "payroll.csv"
HEADS = ("file", "statement", "payee_id", "revision", "currency", "net", "sha256", "content_sha256")


class UnreadableManifest(ValueError):
    """A manifest that does not say which revision each statement has."""


@dataclass(frozen=True)
class Listed:
    """What a manifest says of one statement, or of the period workbook; ``file`` is empty once it was withdrawn."""

    file: str
    stem: str
    payee_id: str
    revision: int
    sha256: str
    content: str


def manifest_bytes(files: Iterable[WrittenFile], withdrawn: Iterable[Listed]) -> bytes:
    """One row per file and currency, in the order of statements; withdrawn ones keep their revision, so that it never falls."""
    rows: list[tuple[str, ...]] = []
    for file in files:
        for currency, net in file.nets or (("", Decimal(0)),):
            shown = amount_text(net, currency) if currency else ""
            rows.append(
                (
                    file.name,
                    file.stem,
                    csv_text(file.payee_id),
                    str(file.revision),
                    currency,
                    shown,
                    file.sha256,
                    file.content,
                )
            )
    rows += [("", one.stem, one.payee_id, str(one.revision), "", "", "", "") for one in withdrawn]
    return _csv(HEADS, sorted(rows, key=lambda row: (row[1], row[0], row[4])))


def read_manifest(folder: Path) -> dict[str, Listed]:
    """What the folder held when it was published, by the statement's name in paths; nothing where it was never published.

    Raises:
        UnreadableManifest: the file is damaged.
    """
    path = folder / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    found: dict[str, Listed] = {}
    try:
        for row in csv.DictReader(io.StringIO(text), strict=True):
            stem = row["statement"]
            found[stem] = Listed(
                row["file"], stem, row["payee_id"], int(row["revision"]), row["sha256"], row["content_sha256"]
            )
    except (csv.Error, KeyError, ValueError, TypeError) as error:
        raise UnreadableManifest(
            f"{path} cannot be read ({error}); without it revisions would start again. Restore it, or move the folder away to start at revision 1."
        ) from error
    return found


def payroll_bytes(period: str, register: pl.DataFrame) -> bytes:
    """The register for payroll's import: one row a payee and currency; text that a spreadsheet would run is disarmed."""
    heads = ("period", "payee_id", "payee_name", "currency", "net_payable", "carried_forward", "revision", "statement")
    rows = [
        (
            period, csv_text(row["payee_id"]), csv_text(row["payee_name"]), row["currency"], amount_text(row["net"], row["currency"]),
            amount_text(row["carried"], row["currency"]), str(row["revision"]), row["file"],
        )
        for row in register.rows(named=True)
    ]  # fmt: skip
    return _csv(heads, rows)


def amount_text(amount: Decimal, currency: str) -> str:
    """The amount with exactly as many decimals as the currency has."""
    return f"{amount:.{minor_unit_digits(currency)}f}"


def _csv(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8", "replace")
