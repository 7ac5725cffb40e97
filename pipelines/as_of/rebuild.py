"""A statement made again from what was known when it was issued: facts, rules and the ledger of that moment."""

import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from compensation.calculate import periods_of
from pipelines.as_of.issued_files import IssuedFile
from pipelines.as_of.known_then import KnownThen
from pipelines.closing.prepare import Prepared, prepared_from
from pipelines.results import compute
from pipelines.store import Store
from pipelines.wanted import Wanted
from pipelines.workbooks import write_statement
from pipelines.workbooks.assemble import statements_of_period
from pipelines.workbooks.data import StatementData
from pipelines.workbooks.publish import reaching
from pipelines.workbooks.settled.moved import read_changes


class CannotRebuild(RuntimeError):
    """What was known then does not lead to a statement any more."""


def computed_then(known: KnownThen, store: Store) -> Prepared:
    """Everything computed anew from the facts, rules and ledger entries of then.

    Raises:
        SealBroken, NotConserved: what it rests on was changed, or does not add up.
    """
    prepared = prepared_from(known.intake, known.folder, known.recorded, store, None)
    if known.recorded.head is not None:
        return prepared
    # a night without a ledger states what is earned, and nothing of what is paid
    return replace(prepared, tables=compute(known.intake, known.folder, Wanted.of(())))


def rebuilt(issued: IssuedFile, prepared: Prepared) -> bytes:
    """Make a statement again from what was computed.

    Only what a statement prints of its origin (snapshot, day, program, revision, and what moved since the revision before it) is
    taken from what was issued; every figure is computed.

    Args:
        issued: The statement as it was issued.
        prepared: As ``computed_then`` gives it.

    Raises:
        CannotRebuild: what was known then states nothing for the payee.
        NotOurs: the issued file does not say where it comes from.
    """
    told, moved = read_changes(issued.path.parent).get(issued.stem, (0, None))
    with tempfile.TemporaryDirectory(prefix="creditdue-as-of-") as folder:
        made = write_statement(
            Path(folder), _data(issued, prepared), issued.provenance, revision=issued.revision, stem=issued.stem,
            moved=moved if told == issued.revision else None,
        )  # fmt: skip
        return (Path(folder) / made.name).read_bytes()


def _data(issued: IssuedFile, prepared: Prepared) -> StatementData:
    """What the statement shows, of one payee."""
    rules, facts, tables = prepared.folder.rules, prepared.spliced, dict(prepared.tables)
    is_own = pl.col("payee_id").cast(pl.String) == issued.payee_id
    tables["statements"] = tables["statements"].filter(is_own)
    calendar = reaching(periods_of(facts, rules.company), rules, [issued.period])
    final = issued.closing is not None
    for data in statements_of_period(tables, facts, rules, calendar, issued.period, final=final):
        return data
    raise CannotRebuild(
        f"{issued.path}: what was known then states nothing for {issued.payee_id} in {issued.period}. The statement is not of these "
        "facts and rules; `creditdue verify` says whether anything was changed."
    )
