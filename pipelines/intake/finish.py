"""The end of intake: what is left are the facts, and every row and amount is accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipelines.intake.batch import FILE, SOURCE_LINE, Batch, RowNote, key_of
from pipelines.intake.parsing.numbers import EXACT
from pipelines.intake.result import NotConservedError
from pipelines.intake.rules.amounts import money_columns
from schemas.contract import CONTRACT
from schemas.core.intake import Note, Quarantined, Received, ReceivedAmount

MAIN_AMOUNT = {
    "order_lines": "net_amount", "returns": "amount", "orders": "total_amount", "invoices": "amount", "payments": "amount",
    "opportunities": "amount", "adjustments": "amount", "quotas": "amount", "agreements": "annual_value",
    "account_plans": "revenue_target",
}  # fmt: skip
"""The amount that a refused row holds back."""

DISPOSITIONS = ("accepted", "quarantined", "superseded")


@dataclass(frozen=True)
class FileState:
    """One file and one table it feeds."""

    name: str
    table: str
    sha256: str
    size: int
    state: str = "accepted"
    reason: str | None = None


def facts_of(batch: Batch) -> pl.DataFrame:
    """The rows that remain, in the table's contract."""
    columns = CONTRACT[batch.table].columns()
    frame = batch.frame.select(columns)
    return frame.filter(batch.is_alive()) if batch.has_refusals() else frame


def dispositions(batch: Batch) -> pl.Series:
    """Per row: accepted, quarantined or superseded. What is listed as refused counts so even where it is kept."""
    state = pl.repeat("accepted", batch.height, dtype=pl.String, eager=True)
    refused = [frame["row"] for frame in batch.faults]
    if refused:
        state = state.scatter(pl.concat(refused).unique(), "quarantined")
    superseded = batch.superseded_rows()
    return state.scatter(superseded, "superseded") if superseded.len() else state


def quarantine_of(batch: Batch) -> pl.DataFrame:
    """Refused rows, each with its first fault and the money it holds back."""
    if not batch.faults:
        return Quarantined.empty_frame()
    faults = pl.concat(batch.faults)
    superseded = batch.superseded_rows()
    faults = faults.filter(~pl.col("row").is_in(superseded.implode()))
    first = (
        faults.group_by("row", maintain_order=True)
        .agg(pl.exclude("row").first(), pl.len().alias("_faults"), pl.col("reason").alias("_reasons"))
        .sort("row")
    )
    others = (
        pl.when(pl.col("_faults") > 1)
        .then(
            pl.format(
                "{} ({} more: {})",
                "detail",
                pl.col("_faults") - 1,
                pl.col("_reasons").list.slice(1).list.unique(maintain_order=True).list.join(", "),
            )
        )
        .otherwise("detail")
    )
    rows = batch.frame[first["row"]]
    key = key_of(batch.table)
    amount = MAIN_AMOUNT.get(batch.table)
    currency = (
        batch.currency.cast(pl.String)[first["row"]]
        if batch.currency is not None
        else pl.Series([None] * first.height, dtype=pl.String)
    )
    record_key = rows.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in key], separator="|")
    ).to_series()
    return first.select(
        pl.lit(batch.table).alias("table"),
        pl.lit(record_key).alias("record_key"),
        pl.lit(rows[FILE].cast(pl.String)).alias("source_file"),
        pl.lit(rows[SOURCE_LINE]).alias("source_line"),
        "column", "value", "reason", others.alias("detail"),
        (pl.lit(rows[amount].cast(ReceivedMoney)) if amount else pl.lit(None, dtype=ReceivedMoney)).alias("amount"),
        pl.lit(currency).alias("currency"),
        "caused_by",
    ).select(Quarantined.columns())  # fmt: skip


ReceivedMoney = Quarantined.dtypes()["amount"]


def unique_records(quarantine: pl.DataFrame) -> pl.DataFrame:
    """One row a record, also where a select made several rows of it."""
    key = Quarantined.key()
    return quarantine.sort(*key, "column", "reason", nulls_last=True, maintain_order=True).unique(
        key, keep="first", maintain_order=True
    )


def received_of(
    batches: Mapping[str, Batch], files: Sequence[FileState], by_select: Mapping[tuple[str, str], tuple[int, int, int]]
) -> pl.DataFrame:
    """One row a file and table, with the disposition of every row.

    Args:
        batches: Every table's rows, each of which counts under its file where no select made it.
        files: The files that came, or stand in for one that did.
        by_select: Source rows of files that a select read, by file and table.
    """
    counts: dict[tuple[str, str], tuple[int, ...]] = {}
    for table, batch in batches.items():
        names = {file.name for file in files if file.table == table} - {name for name, of in by_select if of == table}
        if not batch.has_refusals():
            lengths: dict[str, int] = dict.fromkeys(names, 0)
            for segment in batch.segments:
                lengths[batch.file_of(segment)] = lengths.get(batch.file_of(segment), 0) + segment.length
            counts.update({(name, table): (lengths[name], 0, 0) for name in names})
            continue
        states = batch.frame.select(FILE).with_columns(state=dispositions(batch)).group_by(FILE, "state").len()
        states = states.with_columns(pl.col(FILE).cast(pl.String))
        found = {(file, state): count for file, state, count in states.iter_rows()}
        counts.update({(name, table): tuple(found.get((name, state), 0) for state in DISPOSITIONS) for name in names})
    rows = []
    for file in files:
        at = (file.name, file.table)
        dispositions_here = by_select.get(at) or counts.get(at, (0, 0, 0))
        total = sum(dispositions_here)
        rows.append((file.name, file.sha256, file.size, file.table, total, *dispositions_here, file.state, file.reason))
    return pl.DataFrame(rows, schema=Received.dtypes(), orient="row").sort("source_file", "table")


def received_amounts_of(batches: Mapping[str, Batch], facts: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Money of each file, column and currency by disposition.

    Raises:
        NotConservedError: the facts of a column, what rounding moved and what was held back are not what came.
    """
    parts = []
    for table, batch in batches.items():
        for column in money_columns(table):
            came = batch.as_came.get(column, batch.frame[column])
            if came.null_count() < batch.height:
                parts.append(_amounts(batch, column, came))
                _require_conserved(batch, column, parts[-1], facts[table])
    if not parts:
        return ReceivedAmount.empty_frame()
    return pl.concat(parts).select(ReceivedAmount.columns()).sort("source_file", "table", "column", "currency")


def _amounts(batch: Batch, column: str, came: pl.Series) -> pl.DataFrame:
    unknown = pl.repeat(None, batch.height, dtype=pl.Categorical, eager=True)
    currency = batch.currency.cast(pl.Categorical) if batch.currency is not None else unknown
    sums = _sums(batch, column, came, currency)
    unreadable = _unreadable(batch, column, currency)
    zero = pl.lit(0).cast(EXACT)
    per_state = [
        pl.when(pl.col("state") == state).then(pl.col("came").cast(EXACT)).otherwise(zero).sum().alias(state)
        for state in DISPOSITIONS
    ]
    is_accepted = pl.col("state") == "accepted"
    rounding = pl.when(is_accepted).then(pl.col("now").cast(EXACT) - pl.col("came").cast(EXACT)).otherwise(zero).sum()
    keyed = sums.with_columns(pl.col(FILE).cast(pl.String), pl.col("currency").cast(pl.String).fill_null("?"))
    result = keyed.group_by(FILE, "currency").agg(
        pl.col("came").cast(EXACT).sum().alias("received"), *per_state, rounding.alias("rounding"),
        pl.when(is_accepted).then("changed").otherwise(0).sum().cast(pl.Int64).alias("rounding_rows"),
    )  # fmt: skip
    result = result.with_columns(accepted=pl.col("accepted") + pl.col("rounding"))
    return (
        result.join(unreadable, on=[FILE, "currency"], how="left", validate="1:1")
        .with_columns(pl.col("unreadable_rows").fill_null(0), table=pl.lit(batch.table), column=pl.lit(column))
        .rename({FILE: "source_file"})
    )


def _sums(batch: Batch, column: str, came: pl.Series, currency: pl.Series) -> pl.DataFrame:
    """What came and what it is now, by file, currency and disposition."""
    frame = pl.DataFrame({FILE: batch.frame[FILE], "currency": currency, "came": came})
    keys = [FILE, "currency"]
    if batch.has_refusals():
        frame = frame.with_columns(state=dispositions(batch))
        keys.append("state")
    if column in batch.as_came:
        now = frame.with_columns(now=batch.frame[column])
        sums = now.group_by(keys).agg(pl.col("came").sum(), pl.col("now").sum(), _changed())
    else:
        sums = (
            frame.group_by(keys).agg(pl.col("came").sum()).with_columns(pl.col("came").alias("now"), changed=pl.lit(0))
        )
    return sums if "state" in keys else sums.with_columns(state=pl.lit("accepted"))


def _changed() -> pl.Expr:
    return (pl.col("came").cast(EXACT) != pl.col("now").cast(EXACT)).sum().alias("changed")


def _unreadable(batch: Batch, column: str, currency: pl.Series) -> pl.DataFrame:
    empty = {FILE: pl.String(), "currency": pl.String(), "unreadable_rows": pl.Int64()}
    if not batch.faults:
        return pl.DataFrame(schema=empty)
    faults = pl.concat(batch.faults).filter((pl.col("column") == column) | (pl.col("reason") == "field_count"))
    rows = faults["row"].unique()
    rows = rows.filter(batch.frame[column][rows].is_null())
    frame = pl.DataFrame(
        {FILE: batch.frame[FILE][rows].cast(pl.String), "currency": currency[rows].cast(pl.String).fill_null("?")}
    )
    return frame.group_by(FILE, "currency").agg(pl.len().cast(pl.Int64).alias("unreadable_rows"))


def exact_sum(amounts: pl.Series) -> Decimal:
    """The sum with every digit, added up in the amounts' own type."""
    return Decimal(amounts.sum() or 0)


def _require_conserved(batch: Batch, column: str, amounts: pl.DataFrame, facts: pl.DataFrame) -> None:
    came = exact_sum(batch.as_came.get(column, batch.frame[column]))
    total = amounts.select(pl.col("accepted", "quarantined", "superseded", "rounding").sum()).row(0, named=True)
    kept = pl.concat(batch.kept).unique() if batch.kept else None
    kept_sum = exact_sum(batch.frame[column][kept]) if kept is not None else 0
    in_facts = exact_sum(facts[column]) if column in facts.columns else total["accepted"] + kept_sum
    if (
        came != total["accepted"] + total["quarantined"] + total["superseded"] - total["rounding"]
        or in_facts != total["accepted"] + kept_sum
    ):
        raise NotConservedError(
            f"{batch.table}.{column}: {came} came in, {total['accepted']} accepted (facts {in_facts}), {total['quarantined']} quarantined, "
            f"{total['superseded']} superseded, {total['rounding']} by rounding; they must add up. This is a fault of Creditdue: report it"
        )


def notes_of(batches: Mapping[str, Batch], further: Sequence[tuple[str, RowNote]]) -> pl.DataFrame:
    """Everything noticed, by table, file and code."""
    rows = [(table, note) for table, batch in batches.items() for note in batch.notes] + list(further)
    data = [(note.code, table, note.source_file, note.rows, note.first_line, note.detail) for table, note in rows]
    return pl.DataFrame(data, schema=Note.dtypes(), orient="row").sort(
        "table", "source_file", "code", "detail", nulls_last=True
    )
