"""What Dagster's pages show of a table: columns, totals, refused rows. Order data and sums only, nobody's pay."""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from schemas.core.attribution import EXCLUDED, HOUSE
from schemas.table import Table

FEWEST_PAYEES = 5
"""A sum over fewer people is not shown: it would tell what one of them earns."""

PREVIEW_ROWS = 20
OPEN_TABLES = frozenset(
    {"orders", "order_lines", "returns", "products", "fx_rates", "invoices", "payments", "accounts"}
)
"""Tables whose refused values may be shown; the others hold names, quotas or pay."""


def column_schema(contract: type[Table]) -> dict[str, Any]:
    """Static metadata: the contract's columns with type, whether they may be empty, and what they hold."""
    described = {name: column.description for name, column in contract.to_schema().columns.items()}
    fields, key = contract.fields(), contract.key()
    columns = [
        dg.TableColumn(
            name,
            type=_type_text(dtype),
            description=_column_text(described[name], fields[name]),
            constraints=dg.TableColumnConstraints(nullable=not fields[name]["required"], unique=key == [name]),
        )
        for name, dtype in contract.dtypes().items()
    ]
    shown: dict[str, Any] = {"dagster/column_schema": dg.TableSchema(columns=columns), "contract": contract.__name__}
    return shown | ({"key": ", ".join(key)} if key else {})


def _type_text(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return "String"  # as it is stored
    return f"Decimal({dtype.precision}, {dtype.scale})" if isinstance(dtype, pl.Decimal) else str(dtype)


def _column_text(description: str | None, fields: Mapping[str, Any]) -> str:
    refers = f"Refers to {fields['refers_to']}." if fields.get("refers_to") else ""
    values = f"One of {', '.join(fields['values'])}." if fields.get("values") else ""
    return " ".join(part for part in (description or "", refers, values) if part)


def totals(name: str, frame: pl.DataFrame) -> dict[str, Any]:
    """Control totals of a table, by the table's name; none for tables without money to show."""
    make = {
        "received": received_totals,
        "quarantine": quarantine_totals,
        "bookings": booking_totals,
        "motions": motion_totals,
        "credits": credit_totals,
        "earnings": earning_totals,
        "unpaid": unpaid_totals,
        "proposals": proposal_totals,
        "postings": posting_totals,
        "balances": balance_totals,
        "drift": drift_totals,
        "findings": finding_totals,
        "settlement_findings": finding_totals,
        "statements": statement_totals,
    }.get(name)
    return make(frame) if make else {}


def received_totals(received: pl.DataFrame) -> dict[str, Any]:
    """Files and rows by disposition, and a table of them."""
    columns = ["source_file", "table", "rows", "accepted", "quarantined", "superseded", "state"]
    sums = {name: int(received[name].sum()) for name in ("rows", "accepted", "quarantined", "superseded")}
    return {**sums, "files": table_of(received.sort("source_file", "table").select(columns))}


def quarantine_totals(quarantine: pl.DataFrame) -> dict[str, Any]:
    """Refused rows by reason with the money they hold back, and the first of them."""
    by_reason = quarantine.group_by("table", "reason", "currency").agg(
        rows=pl.len(), amount=pl.col("amount").sum()
    ).sort("table", "reason", "currency")  # fmt: skip
    return {
        "refused by reason": table_of(
            by_reason.with_columns(amount=pl.when(pl.col("table").is_in(OPEN_TABLES)).then("amount"))
        ),
        "refused rows": table_of(refused_rows(quarantine)),
    }


def refused_rows(quarantine: pl.DataFrame) -> pl.DataFrame:
    """The first refused rows, with value and explanation only where the table holds order data."""
    is_open = pl.col("table").is_in(OPEN_TABLES)
    withheld = pl.lit("(in the store only)")
    shown = quarantine.sort("table", "source_file", "source_line").head(PREVIEW_ROWS)
    return shown.select(
        "table",
        "source_file",
        "source_line",
        "column",
        "reason",
        value=pl.when(is_open & (pl.col("column") != "account_name")).then("value").otherwise(withheld),
        detail=pl.when(is_open).then("detail").otherwise(withheld),
    )


def booking_totals(bookings: pl.DataFrame) -> dict[str, Any]:
    """Booked sales and returns, company currency."""
    is_return = pl.col("return_id").is_not_null()
    sums = bookings.select(
        sales=pl.col("booked_amount").filter(~is_return).sum(), returns=pl.col("booked_amount").filter(is_return).sum()
    ).row(0)
    return {
        "booked sales": amount_text(sums[0]),
        "booked returns": amount_text(sums[1]),
        "booked": amount_text(sums[0] + sums[1]),
    }


def motion_totals(motions: pl.DataFrame) -> dict[str, Any]:
    """Revenue of each motion, company currency."""
    return {
        motion: amount_text(amount)
        for motion, amount in motions.group_by("motion").agg(pl.col("amount").sum()).sort("motion").rows()
    }


def credit_totals(credits: pl.DataFrame) -> dict[str, Any]:
    """Revenue credited to people, to the house, and excluded, company currency; the rules that decided."""
    receiver = pl.when(pl.col("payee_id").is_in([HOUSE, EXCLUDED])).then(pl.col("payee_id")).otherwise(pl.lit("people"))
    sums = dict(credits.group_by(receiver=receiver).agg(pl.col("amount").sum()).rows())
    rules = credits.group_by("rule").agg(credits=pl.len(), amount=pl.col("amount").sum()).sort("rule")
    return {
        "credited to people": amount_text(sums.get("people")),
        "house": amount_text(sums.get(HOUSE)),
        "excluded": amount_text(sums.get(EXCLUDED)),
        "by rule": table_of(rules),
    }


def earning_totals(earnings: pl.DataFrame) -> dict[str, Any]:
    """How many people earn, in how many periods; sums only over five people or more."""
    by_currency = earnings.group_by(pl.col("currency").cast(pl.String)).agg(
        payees=pl.col("payee_id").n_unique(), earned=pl.col("earned").sum()
    ).sort("currency")  # fmt: skip
    shown = {
        f"earned, {code}": amount_text(earned) for code, payees, earned in by_currency.rows() if payees >= FEWEST_PAYEES
    }
    return {"payees": earnings["payee_id"].n_unique(), "periods": earnings["fiscal_period"].n_unique(), **shown}


def unpaid_totals(unpaid: pl.DataFrame) -> dict[str, Any]:
    """Revenue that earns nothing, by reason."""
    return {
        "by reason": table_of(
            unpaid.group_by("reason").agg(credits=pl.len(), amount=pl.col("amount").sum()).sort("reason")
        )
    }


def proposal_totals(proposals: pl.DataFrame) -> dict[str, Any]:
    """Lines of each kind and earning period; their sums only over five people or more."""
    return {"by earning period": table_of(_sums(proposals, "earning_period", "kind", "currency"))}


def posting_totals(postings: pl.DataFrame) -> dict[str, Any]:
    """Lines of each posting period, in the ledger or not yet, and of each kind; sums only over five people or more."""
    is_posted = pl.col("posting_number").is_not_null()
    told = postings.with_columns(state=pl.when(is_posted).then(pl.lit("posted")).otherwise(pl.lit("proposed")))
    return {
        "in the ledger": told.filter(pl.col("state") == "posted").height,
        "by period": table_of(_sums(told, "posting_period", "state", "kind", "currency")),
    }


def balance_totals(balances: pl.DataFrame) -> dict[str, Any]:
    """How many accounts each period has, and what is paid; sums only over five people or more."""
    paid = balances.filter(pl.col("paid") != 0).select("payee_id", "fiscal_period", "currency", amount="paid")
    return {"paid by period": table_of(_sums(paid, "fiscal_period", "currency"))}


def drift_totals(drift: pl.DataFrame) -> dict[str, Any]:
    """How much sources say otherwise now of closed days, and the first of it where it is no person's."""
    by_table = drift.group_by("fiscal_period", "subject_table").len("rows").sort("fiscal_period", "subject_table")
    first = drift.filter(pl.col("subject_table") != "payees").head(PREVIEW_ROWS)
    return {
        "by period and table": table_of(by_table),
        "first": table_of(first.with_columns(pl.col("on").cast(pl.String))),
    }


def _sums(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Lines, people and sum of ``amount`` by the columns given; the sum is empty where fewer than five people share it."""
    people = pl.col("payee_id").n_unique()
    amount = pl.when(people >= FEWEST_PAYEES).then(pl.col("amount").sum())
    return rows.group_by(by).agg(lines=pl.len(), payees=people, amount=amount).sort(by)


def finding_totals(findings: pl.DataFrame) -> dict[str, Any]:
    """Findings by severity and code."""
    return {"by code": table_of(findings.group_by("severity", "code").len("rows").sort("severity", "code"))}


def statement_totals(statements: pl.DataFrame) -> dict[str, Any]:
    """How many statements each period has."""
    return {"by period": table_of(statements.group_by("fiscal_period").len("statements").sort("fiscal_period"))}


def table_of(frame: pl.DataFrame) -> dg.TableMetadataValue:
    """A small table for a page; amounts are written out."""
    texts = frame.with_columns(
        pl.selectors.by_dtype(pl.Categorical, pl.Enum).cast(pl.String),
        pl.selectors.decimal().map_batches(_written, return_dtype=pl.String),
    )
    columns = [
        dg.TableColumn(name, type="int" if dtype.is_integer() else "string") for name, dtype in texts.schema.items()
    ]
    return dg.MetadataValue.table([dg.TableRecord(row) for row in texts.to_dicts()], dg.TableSchema(columns=columns))


def _written(amounts: pl.Series) -> pl.Series:
    return pl.Series(
        amounts.name, [None if amount is None else amount_text(amount) for amount in amounts], dtype=pl.String
    )


def amount_text(amount: Any) -> str:
    """An amount for a page: ``1,204.500`` with two decimals, or three where it has them; 0.00 for none."""
    value = f"{(amount if amount is not None else 0):,.3f}"
    return value.removesuffix("0")
