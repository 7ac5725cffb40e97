"""Reconciliation of settlement with the ledger, as blocking checks: where one fails, nothing is published."""

from typing import Any

import dagster as dg
import polars as pl

from compensation.conservation import ADVICE, NotConserved, require_equal_totals
from pipelines.closing.handed_out import faults_of_statements
from pipelines.closing.periods import known_ledger
from pipelines.defs.checks import verdict
from pipelines.defs.failures import said_in_words
from pipelines.defs.night import Night
from pipelines.defs.tables import ins
from pipelines.ledger import Anchor, Decision, Ledger, verify
from pipelines.store import NothingPublished, Store, published
from schemas.dtypes import MONEY

ACCOUNT = ["payee_id", "currency"]
OWED = ("earning", "correction", "guarantee")
LINE = [*ACCOUNT, "plan", "component", "kind", "earning_period", "order_line_id", "return_id", "credit_number"]
POSTING = ["posting_number", "posting_period", *LINE]
COLUMN_OF = {
    "earning": "earned", "correction": "corrected", "adjustment": "adjusted", "guarantee": "guaranteed", "draw": "drawn",
    "recovery": "recovered", "hold": "held", "release": "released", "payment": "paid",
}  # fmt: skip
"""The column of a balance that each kind of posting adds up to."""

TAKEN = ("recovered", "held", "paid")
"""Columns of a balance that say without sign what postings say below 0."""

RESTORED = "ledger_restored"
NONE = {"ledger": "none"}
MOST_TOLD = 3


@dg.asset_check(
    asset="postings", blocking=True, required_resource_keys={"night"},
    description=(
        "`creditdue verify`: every hash of the ledger and of the sealed periods, against the head of the chain that the last "
        "published calculation saw. A statement of a closed period that somebody changed where statements are read is a warning."
    ),
)  # fmt: skip
def ledger_is_whole(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """The ledger and the sealed periods as they are now."""
    night: Night = context.resources.night
    with said_in_words("ledger_is_whole", night):
        ledger = known_ledger(night.store)
        if ledger is None:
            return dg.AssetCheckResult(passed=True, metadata=NONE)
        anchor, restored = last_seen(night.store), restored_by(ledger, last_seen(night.store))
        report = verify(ledger, None if restored else anchor, night.store.root / "closed")
        changed = [] if report.faults else list(faults_of_statements(night.store, ledger.closings()))
    told = {f"rows of {name}": number for name, number in report.rows.items() if number}
    compared = restored or (str(anchor) if anchor else "nothing: no calculation with a ledger is published yet")
    said = _faults(report.faults, anchor) if report.faults else "; ".join(changed[:MOST_TOLD])
    return dg.AssetCheckResult(
        passed=not said, severity=dg.AssetCheckSeverity.ERROR if report.faults else dg.AssetCheckSeverity.WARN,
        metadata={"compared with": compared, "anchor": str(report.anchor), **told}, description=said or None,
    )  # fmt: skip


def last_seen(store: Store) -> Anchor | None:
    """Head of the ledger that the published calculation was made with; None where it was made without one."""
    try:
        head = published(store).ledger
    except NothingPublished:
        return None
    return Anchor.of(head) if head else None


def restored_by(ledger: Ledger, anchor: Anchor | None) -> str:
    """Who decided that a ledger which does not go on from an anchor is the right one, because it was restored; else empty."""
    if anchor is None:
        return ""
    given = ledger.entries(Decision).filter(pl.col("finding") == _decision(anchor))
    return f"nothing: restored, as {given['by'][0]} decided ({given['reason'][0]})" if given.height else ""


def _decision(anchor: Anchor) -> str:
    return f"{RESTORED}/{anchor.length}:{anchor.hash[:12]}"


def _faults(faults: list[str], anchor: Anchor | None) -> str:
    """The first faults, and the way out where a backup was restored on purpose."""
    more = f"; and {len(faults) - MOST_TOLD:,} more" if len(faults) > MOST_TOLD else ""
    said = f"The ledger or a sealed period is not as it was written: {'; '.join(faults[:MOST_TOLD])}{more}."
    is_other = any("anchor" in fault for fault in faults)
    if not (anchor and is_other):
        return said
    return (
        f"{said} If a backup was restored on purpose, record again what came after it and say so: `creditdue decide PERIOD "
        f"{_decision(anchor)} --reason …`."
    )


@dg.asset_check(
    asset="postings", blocking=True, required_resource_keys={"night"},
    description="The postings that are stored here = those of the ledger, posting by posting.",
)  # fmt: skip
def ledger_is_unchanged(context: dg.AssetCheckExecutionContext, postings: pl.DataFrame) -> dg.AssetCheckResult:
    """Each posting of a closed period."""
    night: Night = context.resources.night
    with said_in_words("ledger_is_unchanged", night):
        ledger = known_ledger(night.store)
    if ledger is None:
        return dg.AssetCheckResult(passed=True, metadata=NONE)

    def compare() -> dict[str, Any]:
        kept = postings.filter(pl.col("posting_number").is_not_null())
        last = kept["posting_number"].max() or 0
        written = ledger.postings().filter(pl.col("posting_number") <= last)
        require_equal_totals("postings of the ledger = postings of the store", written, kept, POSTING)
        return {"postings": kept.height, "not posted yet": postings.height - kept.height}

    return verdict(compare, shows_pay=True)


@dg.asset_check(
    asset="proposals", blocking=True, additional_ins=ins("postings"),
    description="Proposed = due − posted, line by line; and what the open period would post of it is proposed, no more.",
)  # fmt: skip
def proposed_is_due_less_posted(proposals: pl.DataFrame, postings: pl.DataFrame) -> dg.AssetCheckResult:
    """Each line that differs from what was posted for it."""

    def compare() -> dict[str, Any]:
        wrong = proposals.filter(pl.col("amount") != pl.col("due") - pl.col("posted"))
        if not wrong.is_empty():
            raise NotConserved(f"proposed = due − posted: {wrong.height:,} lines do not add up. {ADVICE}")
        opens = postings.filter(pl.col("posting_number").is_null() & pl.col("kind").is_in(OWED))
        asked = proposals.join(opens, on=LINE, how="semi", nulls_equal=True)
        require_equal_totals("what would be posted = what is proposed", opens, asked, LINE)
        return {"proposed": proposals.height, "would be posted": opens.height, "wait": proposals.height - asked.height}

    return verdict(compare, shows_pay=True)


@dg.asset_check(
    asset="balances", blocking=True, additional_ins=ins("postings"),
    description=(
        "Opening = all postings before; each column = the postings of its kind; opening + pay − recovered − held = paid + carried "
        "forward: by payee, currency and period."
    ),
)  # fmt: skip
def balances_are_postings(balances: pl.DataFrame, postings: pl.DataFrame) -> dg.AssetCheckResult:
    """Each account of each closed period and of the open one."""

    def compare() -> dict[str, Any]:
        own = balances.rename({"fiscal_period": "posting_period"})
        require_equal_totals("columns of balances = postings by kind", _moved(postings), _stated(own), KEY)
        before = _not_0(_before(postings, own["posting_period"].unique().sort().to_list()))
        opening = _not_0(own.select(*ACCOUNT, "posting_period", amount="opening"))
        require_equal_totals("opening = all postings before", before, opening, [*ACCOUNT, "posting_period"])
        _require_identity(own)
        return {"accounts": balances.height, "periods": balances["fiscal_period"].n_unique()}

    return verdict(compare, shows_pay=True)


KEY = [*ACCOUNT, "posting_period", "column"]


def _moved(postings: pl.DataFrame) -> pl.DataFrame:
    """What postings add up to, in the signs of a balance."""
    column = pl.col("kind").cast(pl.String).replace_strict(COLUMN_OF, return_dtype=pl.String)
    named = postings.with_columns(column=column)
    amount = pl.when(pl.col("column").is_in(TAKEN)).then(-pl.col("amount")).otherwise("amount")
    return _not_0(named.with_columns(amount=amount).group_by(KEY).agg(pl.col("amount").sum()))


def _stated(balances: pl.DataFrame) -> pl.DataFrame:
    columns = list(COLUMN_OF.values())
    return _not_0(
        balances.unpivot(columns, index=[*ACCOUNT, "posting_period"], variable_name="column", value_name="amount")
    )


def _before(postings: pl.DataFrame, periods: list[str]) -> pl.DataFrame:
    """What every account carries into each of the periods."""
    sums = [
        postings.filter(pl.col("posting_period") < period)
        .group_by(ACCOUNT)
        .agg(pl.col("amount").sum())
        .select(*ACCOUNT, pl.lit(period).alias("posting_period"), "amount")
        for period in periods
    ]
    nothing = pl.DataFrame(schema={**dict.fromkeys([*ACCOUNT, "posting_period"], pl.String), "amount": MONEY})
    return pl.concat([nothing, *sums])


def _not_0(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("amount") != 0)


def _require_identity(balances: pl.DataFrame) -> None:
    gained = pl.sum_horizontal("opening", "earned", "corrected", "adjusted", "guaranteed", "drawn", "released")
    spent = pl.sum_horizontal("recovered", "held", "paid", "carried_forward")
    wrong = balances.filter(gained != spent)
    if not wrong.is_empty():
        raise NotConserved(f"the identity of balances: {wrong.height:,} accounts do not add up. {ADVICE}")


SETTLEMENT_CHECKS = [ledger_is_whole, ledger_is_unchanged, proposed_is_due_less_posted, balances_are_postings]
