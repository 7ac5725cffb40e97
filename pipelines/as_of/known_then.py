"""What was known when a statement was issued: sealed at a close, or published by a night."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.as_of.issued_files import IssuedFile
from pipelines.as_of.ledger_then import LedgerThen, length_at_draft
from pipelines.closing.frozen import sealed_rules, sealed_table
from pipelines.closing.recorded import Recorded, read_recorded
from pipelines.company_folder import CompanyFolder, load_company
from pipelines.intake import Intake
from pipelines.ledger import Anchor, Closing, Ledger
from pipelines.store import Calculation, Store
from pipelines.store.calculations import calculations_of
from pipelines.store.contracts import INTAKE_TABLES
from pipelines.store.kept_rules import kept_rules
from schemas.contract import CONTRACT


class NotKept(RuntimeError):
    """What was known then is not kept in the store."""


@dataclass(frozen=True)
class KnownThen:
    """Facts, rules and ledger entries of one moment.

    Attributes:
        intake: What had come.
        folder: The company's rules.
        recorded: What the ledger said.
        said: Where it is from, in words.
    """

    intake: Intake
    folder: CompanyFolder
    recorded: Recorded
    said: str


def known_then(issued: IssuedFile, store: Store, ledger: Ledger | None, company: Path | None = None) -> KnownThen:
    """What was known when a statement was issued.

    Args:
        issued: The statement.
        store: Its store.
        ledger: The store's ledger; None where nobody has begun one.
        company: The company folder; its rules are taken where they are still those of then.

    Raises:
        NotKept: the facts or the rules of then are not in the store.
        SealBroken: a sealed period is not what was sealed.
    """
    if issued.closing is not None and ledger is not None:
        return _of_close(issued.closing, store, ledger)
    return _of_night(issued, store, ledger, company)


def _of_close(closing: Closing, store: Store, ledger: Ledger) -> KnownThen:
    """What a close sealed: facts by their snapshot, rules by their bytes, the ledger as it was when the draft was made."""
    root = store.root / "closed"
    facts = {name: sealed_table(root, closing, f"facts/{name}", model) for name, model in CONTRACT.items()}
    came = {name: sealed_table(root, closing, f"results/{name}", model) for name, model in INTAKE_TABLES.items()}
    then = LedgerThen(ledger, length_at_draft(ledger, closing))
    said = f"the close of {closing.period} by {closing.by}, {closing.at[:19]} UTC, seal {closing.seal[:12]}"
    return KnownThen(Intake(facts, **came), sealed_rules(root, closing), read_recorded(then, root), said)


def _of_night(issued: IssuedFile, store: Store, ledger: Ledger | None, company: Path | None) -> KnownThen:
    """What a night published: the versions of its tables, the rules that it kept, the ledger that it read."""
    origin = issued.provenance
    calculation = _calculation(store, origin.snapshot_id, origin.rules_hash)
    if calculation is None:
        raise NotKept(
            f"{issued.path}: no calculation of snapshot {origin.short_id} with rules {origin.rules_hash[:12]} is published in "
            f"{store.root}, so what was known then is not there. Closed periods can always be made again: their facts and rules are sealed."
        )
    tables = {name: calculation.read(name) for name in (*CONTRACT, *INTAKE_TABLES)}
    came = {name: tables.pop(name) for name in INTAKE_TABLES}
    then = LedgerThen(ledger, Anchor.of(calculation.ledger).length) if ledger and calculation.ledger else None
    rules = _rules(store, ledger, calculation.rules, company)
    said = f"calculation {calculation.calculation_id}, snapshot {origin.short_id}, as of {origin.data_as_of}"
    return KnownThen(Intake(tables, **came), rules, read_recorded(then, store.root / "closed"), said)


def _calculation(store: Store, snapshot_id: str, rules: str) -> Calculation | None:
    """The last published calculation of a snapshot and rules."""
    found = [one for one in calculations_of(store) if one.snapshot_id == snapshot_id and one.rules == rules]
    return found[-1] if found else None


def _rules(store: Store, ledger: Ledger | None, fingerprint: str, company: Path | None) -> CompanyFolder:
    """The rule files with a fingerprint: as the night kept them, as a close sealed them, or as they are still."""
    kept = kept_rules(store, fingerprint)
    if kept is not None:
        return kept
    for closing in ledger.closings() if ledger else ():
        if closing.plan_set_hash == fingerprint:
            return sealed_rules(store.root / "closed", closing)
    if company is not None and (now := load_company(company)).fingerprint() == fingerprint:
        return now
    raise NotKept(
        f"The rule files of then ({fingerprint[:12]}) are not kept in {store.root}, no close sealed them, and the company folder has "
        "others now. Put the files of then in a folder and name it with --company."
    )
