"""Sealed periods read back: the facts that a close froze, checked against the seal in the ledger."""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from compensation.settlement.splice import ClosedFacts
from compensation.settlement.vanished import KEPT
from pipelines.company_folder import CompanyFolder, load_company
from pipelines.ledger import Closing
from pipelines.ledger.seal import MANIFEST
from schemas.contract import CONTRACT
from schemas.dtypes import MONEY
from schemas.table import Table

FROZEN = (
    "accounts", "account_parents", "account_tiers", "assignments", "payees", "products", "fx_rates", "opportunities",
    "opportunity_splits",
)  # fmt: skip
"""Contract tables of which something is frozen at a close."""


class SealBroken(RuntimeError):
    """A sealed folder is not what was sealed; nothing may be computed from it."""


def frozen_facts(root: Path, closings: Sequence[Closing], calendar: pl.DataFrame) -> list[ClosedFacts]:
    """What each closed period froze, in the order of the closes; the last one with its orders, lines and returns.

    Args:
        root: Folder of sealed periods, ``<store>/closed``.
        closings: Records of the closes, in order.
        calendar: Fiscal periods; it has all that are closed.

    Raises:
        SealBroken: a folder or a file of it is gone or was changed.
    """
    days = {
        row["fiscal_period"]: (row["period_start"], row["period_end"])
        for row in calendar.iter_rows(named=True)
    }  # fmt: skip
    last = closings[-1:]
    return [
        ClosedFacts(
            closing.period,
            *days[closing.period],
            _facts(root / closing.period, closing, KEPT if closing in last else ()),
        )
        for closing in closings
    ]


def sealed_table(root: Path, closing: Closing, name: str, contract: type[Table]) -> pl.DataFrame:
    """A table of a sealed period, in contract types; columns that the contract did not have then are empty, or 0.

    Args:
        root: Folder of sealed periods, ``<store>/closed``.
        closing: The record of the close.
        name: Such as ``results/balances``.
        contract: Its contract.

    Raises:
        SealBroken: the folder or the file is gone or was changed.
    """
    folder = root / closing.period
    table = _table(folder, f"{name}.parquet", _listed(folder, closing), closing)
    known = pl.concat([contract.empty_frame(), table.cast(_known(table, contract))], how="diagonal")
    zero = [column for column, field in contract.fields().items() if field["kind"] == "money" and field["required"]]
    return known.select(contract.columns()).with_columns(pl.col(zero).fill_null(pl.lit(0, dtype=MONEY)))


def sealed_rules(root: Path, closing: Closing) -> CompanyFolder:
    """The rule files of a sealed period, as they were when it closed.

    Raises:
        SealBroken: the folder or one of its rule files is gone or was changed.
    """
    folder = root / closing.period
    listed = {name: hashed for name, hashed in _listed(folder, closing).items() if name.startswith("rules/")}
    for name, hashed in listed.items():
        if hashlib.sha256(_bytes(folder, name, closing)).hexdigest() != hashed:
            raise SealBroken(_broken(folder, f"{name} was changed since", closing))
    return load_company(folder / "rules")


def _known(table: pl.DataFrame, contract: type[Table]) -> pl.Schema:
    return pl.Schema({name: dtype for name, dtype in contract.dtypes().items() if name in table.columns})


def _facts(folder: Path, closing: Closing, more: Iterable[str]) -> dict[str, pl.DataFrame]:
    listed = _listed(folder, closing)
    return {
        name: _table(folder, f"facts/{name}.parquet", listed, closing).cast(pl.Schema(CONTRACT[name].dtypes()))
        for name in (*FROZEN, *more)
    }


def _table(folder: Path, name: str, listed: Mapping[str, str], closing: Closing) -> pl.DataFrame:
    raw = _bytes(folder, name, closing)
    if hashlib.sha256(raw).hexdigest() != listed.get(name):
        raise SealBroken(_broken(folder, f"{name} was changed since", closing))
    return pl.read_parquet(io.BytesIO(raw))


def _listed(folder: Path, closing: Closing) -> dict[str, str]:
    """The hash of each sealed file, from a manifest that is the one in the ledger."""
    raw = _bytes(folder, MANIFEST, closing)
    if hashlib.sha256(raw).hexdigest() != closing.seal:
        raise SealBroken(_broken(folder, f"{MANIFEST} is not the one of the close", closing))
    return {row["file"]: row["sha256"] for row in csv.DictReader(io.StringIO(raw.decode()))}


def _bytes(folder: Path, name: str, closing: Closing) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise SealBroken(_broken(folder, f"{name} cannot be read", closing)) from None


def _broken(folder: Path, what: str, closing: Closing) -> str:
    return (
        f"{folder}: {what}. {closing.period} was sealed by {closing.by} at {closing.at} (seal {closing.seal[:12]}). Nothing is "
        "computed from it: put the folder back from a backup, then `creditdue verify` says whether it is whole."
    )
