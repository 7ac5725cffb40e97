"""The draft of a period: all that a close would seal, put aside for review under one hash.

Preparing writes it, reviewer and approver look into it, the close seals exactly it. Exports that arrive in between change
nothing of it: what they change is proposed in the next period, or the preparer puts a new draft in its place, and then
review and approval begin anew.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from compensation.settlement.approvals import APPROVED, QUESTION
from compensation.settlement.vanished import KEPT
from pipelines.closing.prepare import Prepared
from pipelines.closing.stating import write_statements
from pipelines.closing.summary import payable
from pipelines.company_folder import load_company
from pipelines.ledger import PeriodContent
from pipelines.parquet import write_table
from pipelines.store import Store
from pipelines.workbooks.files import private_umask, require_safe_name
from schemas.core.attribution import Finding
from schemas.core.settlement import Balance, Posting, Proposal
from schemas.table import Table

DRAFT = "draft.json"
BOUND = ("facts", "results", "rules")
"""Folders of the draft whose every byte is in the content's hash."""


class NoDraft(RuntimeError):
    """No draft of the period is put aside, or it cannot be read."""


@dataclass(frozen=True)
class Draft:
    """A draft as it lies in its folder.

    Attributes:
        folder: Where it lies, ``<store>/proposed/<period>``.
        period: Fiscal period.
        end: The period's end (excluded).
        seals: Seals of the closed periods that it was computed on.
        entries: Adjustments, holds and releases of the ledger that it settles.
        paid: Payees whom it pays, or who earn on it, and so sign nothing of it.
        names: Name of each of them, and of whoever a difference concerns, by payee id.
    """

    folder: Path
    period: str
    end: date
    seals: tuple[str, ...]
    entries: tuple[str, ...]
    paid: frozenset[str]
    names: Mapping[str, str]

    @cached_property
    def content(self) -> PeriodContent:
        """What is reviewed, approved and closed; its hash covers every byte of facts, rules and results."""
        hashes = {name: _sha256(path) for name, path in self.files().items() if name.split("/")[0] in BOUND}
        facts = {name: hashed for name, hashed in hashes.items() if name.startswith("facts/")}
        return PeriodContent(
            self.period, _digest([hashes, self.seals])[:16], _digest(facts), load_company(self.folder / "rules").fingerprint(),
            self.lines,
        )  # fmt: skip

    @cached_property
    def lines(self) -> pl.DataFrame:
        """What a close would post: contract ``Posting`` without number and period."""
        return self._table("results/postings", Posting)

    @cached_property
    def proposals(self) -> pl.DataFrame:
        """Contract ``Proposal``: pay of the period and corrections of closed ones, each with its cause."""
        return self._table("results/proposals", Proposal)

    @cached_property
    def balances(self) -> pl.DataFrame:
        """Contract ``Balance``: from the opening balance to what is paid, per payee and currency."""
        return self._table("results/balances", Balance)

    @cached_property
    def findings(self) -> pl.DataFrame:
        """Contract ``Finding``: all that the calculation found."""
        return self._table("results/findings", Finding)

    @cached_property
    def differences(self) -> pl.DataFrame:
        """What somebody must approve first, as it stood when the draft was made: ``approvals.needs_approval``."""
        return pl.read_parquet(self.folder / "results" / "differences.parquet").select(QUESTION.names()).cast(QUESTION)

    @property
    def interested(self) -> frozenset[str]:
        """Payee ids and names of everybody whom it pays, or who earns on it."""
        return self.named(self.paid)

    def named(self, payees: Iterable[str]) -> frozenset[str]:
        """Payees with their names: a person is known by either."""
        known = frozenset(payees)
        return known | {self.names[payee] for payee in known if payee in self.names}

    def files(self) -> dict[str, Path]:
        """What a close seals, by its name in the sealed folder."""
        inside = (path for path in sorted(self.folder.rglob("*")) if path.is_file() and path.name != DRAFT)
        return {path.relative_to(self.folder).as_posix(): path for path in inside}

    def _table(self, name: str, contract: type[Table]) -> pl.DataFrame:
        table = pl.read_parquet(self.folder / f"{name}.parquet")
        dtypes = {column: dtype for column, dtype in contract.dtypes().items() if column in table.columns}
        return table.select(list(dtypes)).cast(pl.Schema(dtypes))


def write_draft(prepared: Prepared, store: Store, as_of: date) -> Draft:
    """Put a period aside for review, in place of a former draft of it; call it while holding the store's lock.

    Args:
        prepared: What the period would post.
        store: The store.
        as_of: The day that statements print as theirs.

    Raises:
        RuleFileError: the company's rule files changed while they were copied.
    """
    period = require_safe_name(prepared.open.period)
    root = store.root / "proposed"
    with private_umask():
        root.mkdir(parents=True, exist_ok=True)
        for left in root.glob(".new-*"):
            shutil.rmtree(left)
        folder = Path(tempfile.mkdtemp(prefix=f".new-{period}-", dir=root))
        _write_tables(folder, prepared)
        _copy_rules(folder / "rules", prepared)
        write_statements(folder / "statements", prepared, store, as_of)
        _write_sums(folder / "settlement", prepared)
        (folder / DRAFT).write_text(_described(prepared))
        shutil.rmtree(root / period, ignore_errors=True)
        folder.rename(root / period)
    return read_draft(store, period)


def read_draft(store: Store, period: str) -> Draft:
    """The draft of a period.

    Raises:
        NoDraft: there is none; says how to make one.
    """
    folder = store.root / "proposed" / require_safe_name(period)
    try:
        said = json.loads((folder / DRAFT).read_text())
        return Draft(
            folder,
            said["period"],
            date.fromisoformat(said["end"]),
            tuple(said["seals"]),
            tuple(said["entries"]),
            frozenset(said["paid"]),
            said["names"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise NoDraft(
            f"{folder}: no draft of {period} is put aside. Make one: `creditdue propose {period} --submit` with company, exports "
            "and store."
        ) from None


def remove_draft(store: Store, period: str) -> None:
    """Take a draft away once its period is closed."""
    shutil.rmtree(store.root / "proposed" / require_safe_name(period), ignore_errors=True)


def _write_tables(folder: Path, prepared: Prepared) -> None:
    results = {name: _of_period(table, prepared) for name, table in prepared.tables.items()}
    facts = {
        **prepared.facts,
        **{name: prepared.spliced[name] for name in KEPT},
    }  # the next close must know what this one kept
    tables = {f"facts/{name}": table for name, table in facts.items()}
    tables |= {f"results/{name}": table for name, table in results.items()}
    own = ("proposals", "balances", "held", "disputes", "drift", "differences")
    tables |= {f"results/{name}": getattr(prepared, name) for name in own} | {"results/postings": prepared.lines}
    for name, table in tables.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        write_table(path, table)


def _of_period(table: pl.DataFrame, prepared: Prepared) -> pl.DataFrame:
    """The rows of the period, where a table says to which they belong."""
    if "fiscal_period" in table.columns:
        return table.filter(pl.col("fiscal_period").cast(pl.String) == prepared.open.period)
    return table


def _copy_rules(folder: Path, prepared: Prepared) -> None:
    """Copy the rule files, and see that they are still those that were computed with."""
    source = prepared.folder.path
    for path in (source / "company.yaml", *source.glob("sources/*.yaml"), *source.glob("plans/*.yaml")):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    if load_company(folder).fingerprint() != prepared.folder.fingerprint():
        raise NoDraft(
            f"{source}: rule files changed while they were computed with. Nothing was put aside; do it again."
        )


def _write_sums(folder: Path, prepared: Prepared) -> None:
    """The lines, what is paid, and what waits for an approval, for a spreadsheet and for payroll."""
    folder.mkdir()
    sums = {"postings": prepared.lines.drop("basis"), "payable": payable(prepared.balances)}
    unanswered = prepared.differences.filter(pl.col("state") != APPROVED).drop("content_hash", "interested")
    if not unanswered.is_empty():
        sums["waiting"] = unanswered
    for name, table in sums.items():
        texts = [column for column, dtype in table.schema.items() if not dtype.is_decimal()]
        table.with_columns(pl.col(texts).cast(pl.String)).write_csv(folder / f"{name}.csv")


def _described(prepared: Prepared) -> str:
    payees = prepared.facts["payees"].select(pl.col("payee_id", "payee_name").cast(pl.String)).drop_nulls()
    concerned = {*prepared.interested, *prepared.differences["interested"].explode().drop_nulls()}
    names = dict(payees.filter(pl.col("payee_id").is_in(list(concerned))).rows())
    said = {
        "period": prepared.open.period, "end": str(prepared.open.end), "seals": list(prepared.seals),
        "entries": list(prepared.entries),
        "paid": sorted(prepared.interested), "names": names,
    }  # fmt: skip
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
