"""Reconciliation, as blocking checks on what was written: where one fails, nothing is published.

The steps check the same before they write; these read the store back, so that what is published is what was checked.
"""

from collections.abc import Callable
from typing import Any

import dagster as dg
import polars as pl

from compensation.conservation import NotConserved, require_equal_totals
from pipelines.defs.shown import amount_text
from pipelines.defs.tables import ins
from schemas.core.attribution import EXCLUDED, HOUSE

RECEIVED = ["source_file", "table", "column", "currency"]
LINE = ["order_line_id", "return_id"]
CREDIT = [*LINE, "credit_number"]
EARNING = ["payee_id", *CREDIT, "plan", "component", "slice_number"]
STATEMENT = ["payee_id", "fiscal_period", "currency"]


def verdict(compare: Callable[[], dict[str, Any]], *, shows_pay: bool = False) -> dg.AssetCheckResult:
    """Passed with what was compared, or failed with the first difference.

    Args:
        compare: Compares, returns both sides for the page, raises ``NotConserved`` where they differ.
        shows_pay: Whether the message of a difference would hold somebody's pay; then it is left out.
    """
    try:
        return dg.AssetCheckResult(passed=True, metadata=compare())
    except NotConserved as difference:
        words = (
            "The two sides differ; the amounts are pay, so they are not shown here. Compare the tables in the store."
        )
        return dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.ERROR, description=words if shows_pay else str(difference)
        )


@dg.asset_check(
    asset="received", blocking=True, description="Rows of every file: received = accepted + quarantined + superseded."
)
def every_row_has_one_disposition(received: pl.DataFrame) -> dg.AssetCheckResult:
    """Each file and table."""

    def compare() -> dict[str, Any]:
        _require_disposed(
            "received = accepted + quarantined + superseded, in rows", received, pl.col("rows"), RECEIVED[:2]
        )
        return {"rows received": int(received["rows"].sum())}

    return verdict(compare)


@dg.asset_check(
    asset="received_amounts", blocking=True,
    description="Money of every file and currency: received + rounding = accepted + quarantined + superseded, to the last digit.",
)  # fmt: skip
def every_amount_has_one_disposition(received_amounts: pl.DataFrame) -> dg.AssetCheckResult:
    """Each file, column and currency."""

    def compare() -> dict[str, Any]:
        what = "received + rounding = accepted + quarantined + superseded"
        _require_disposed(what, received_amounts, pl.col("received") + pl.col("rounding"), RECEIVED)
        return {"amounts compared": received_amounts.height}

    return verdict(compare)


@dg.asset_check(
    asset="bookings", blocking=True, additional_ins=ins("not_booked", "order_lines", "returns"), required_resource_keys={"night"},
    description="Accepted lines less returns, and paid ones that no export has any more, = booked + not booked, line by line.",
)  # fmt: skip
def accepted_is_booked_or_not(
    context: dg.AssetCheckExecutionContext, bookings: pl.DataFrame, not_booked: pl.DataFrame, order_lines: pl.DataFrame, returns: pl.DataFrame
) -> dg.AssetCheckResult:  # fmt: skip
    """Each order line, in order currency."""
    held = context.resources.night.standing.held
    order_lines, returns = held.get("order_lines", order_lines), held.get("returns", returns)

    def compare() -> dict[str, Any]:
        accepted = pl.concat([
            order_lines.select("order_line_id", amount="net_amount"), returns.select("order_line_id", amount=-pl.col("amount"))
        ])  # fmt: skip
        disposed = pl.concat([part.select("order_line_id", amount="order_amount") for part in (bookings, not_booked)])
        require_equal_totals("accepted lines less returns = booked + not booked", accepted, disposed, ["order_line_id"])
        return {"lines and returns": accepted.height, "booked": bookings.height, "not booked": not_booked.height}

    return verdict(compare)


@dg.asset_check(
    asset="credits", blocking=True, additional_ins=ins("bookings"),
    description="Booked = credited to people + house + excluded, line by line, in company currency.",
)  # fmt: skip
def booked_is_credited(credits: pl.DataFrame, bookings: pl.DataFrame) -> dg.AssetCheckResult:
    """Each booked line and return."""

    def compare() -> dict[str, Any]:
        booked = bookings.select(*LINE, amount="booked_amount")
        require_equal_totals("booked = credited + house + excluded", booked, credits, LINE)
        receiver = pl.col("payee_id").replace({HOUSE: "house", EXCLUDED: "excluded"})
        parts = pl.when(receiver.is_in(["house", "excluded"])).then(receiver).otherwise(pl.lit("people"))
        sums = dict(credits.group_by(part=parts).agg(pl.col("amount").sum()).rows())
        return {"booked": amount_text(booked["amount"].sum())} | {
            name: amount_text(sums.get(name)) for name in ("people", "house", "excluded")
        }

    return verdict(compare)


@dg.asset_check(
    asset="unpaid", blocking=True, additional_ins=ins("credits", "earnings"),
    description="Every credit either earns in some component or says why it earns nothing, and never both.",
)  # fmt: skip
def every_credit_earns_or_says_why(
    unpaid: pl.DataFrame, credits: pl.DataFrame, earnings: pl.DataFrame
) -> dg.AssetCheckResult:
    """Each credit."""

    def compare() -> dict[str, Any]:
        one = pl.lit(1, dtype=pl.Int64)
        texts = [*CREDIT, "payee_id"]  # what a manager earns on another's credit says nothing of that credit
        own = credits.select(*CREDIT, pl.col("payee_id").cast(pl.String))
        paid = earnings.select(*CREDIT, pl.col("payee_id").cast(pl.String)).unique()
        earning = paid.join(own, on=texts, how="semi", nulls_equal=True).select(CREDIT)
        disposed = pl.concat([earning.select(*CREDIT, amount=one), unpaid.select(*CREDIT, amount=one)])
        require_equal_totals("credits = earning + unpaid", credits.select(*CREDIT, amount=one), disposed, CREDIT)
        return {"credits": credits.height, "earning": earning.height, "unpaid": unpaid.height}

    return verdict(compare)


@dg.asset_check(
    asset="earnings", blocking=True, additional_ins=ins("earning_changes"),
    description="Earned = the difference of two rounded curve values + what factors, caps and budgets changed, earning by earning.",
)  # fmt: skip
def earned_is_curve_and_changes(earnings: pl.DataFrame, earning_changes: pl.DataFrame) -> dg.AssetCheckResult:
    """Each earning."""

    def compare() -> dict[str, Any]:
        beside = earnings.filter(pl.col("earned") != pl.col("rounded_after") - pl.col("rounded_before"))
        found = beside.select(
            pl.col(EARNING).cast(pl.String),
            amount=pl.col("earned") - pl.col("rounded_after") + pl.col("rounded_before"),
        )
        changes = earning_changes.select(pl.col(EARNING).cast(pl.String), amount="change")
        nothing = changes.with_columns(amount=pl.lit(0, pl.Decimal(38, 3)))  # changes may make up for each other
        require_equal_totals("earned less curve = earning changes", pl.concat([found, nothing]), changes, EARNING)
        return {"earnings": earnings.height, "of them changed": beside.height, "changes": earning_changes.height}

    return verdict(compare, shows_pay=True)


@dg.asset_check(
    asset="statement_lines", blocking=True, additional_ins=ins("statements", "earnings", "bonuses"),
    description="What statements print as earned = earnings + bonuses, by payee, fiscal period and currency.",
)  # fmt: skip
def statements_are_earnings(
    statement_lines: pl.DataFrame, statements: pl.DataFrame, earnings: pl.DataFrame, bonuses: pl.DataFrame
) -> dg.AssetCheckResult:
    """Each payee, period and currency of the periods that are stated."""

    def compare() -> dict[str, Any]:
        first = statements["fiscal_period"].min() or ""
        texts = pl.col(STATEMENT).cast(pl.String)
        made = [earnings.select(texts, amount="earned"), bonuses.select(texts, "amount")]
        earned = pl.concat(made).filter(pl.col("fiscal_period") >= first)
        printed = (
            statement_lines.with_columns(texts)
            .filter(pl.col("figure") == "component_earned")
            .select(*STATEMENT, "amount")
        )
        nothing = printed.with_columns(amount=pl.lit(0, pl.Decimal(38, 3)))  # a plan that earned nothing is printed too
        require_equal_totals("printed = earnings + bonuses", pl.concat([earned, nothing]), printed, STATEMENT)
        return {
            "statements": statements.height,
            "earnings": earnings.height,
            "bonuses": bonuses.height,
            "periods": statements["fiscal_period"].n_unique(),
        }

    return verdict(compare, shows_pay=True)


def _require_disposed(what: str, rows: pl.DataFrame, came: pl.Expr, by: list[str]) -> None:
    """Raise unless in every row what came is accepted, quarantined or superseded."""
    wrong = rows.filter(came != pl.sum_horizontal("accepted", "quarantined", "superseded")).sort(by)
    if not wrong.is_empty():
        where = ", ".join(str(value) for value in wrong.select(by).row(0))
        raise NotConserved(
            f"{what}: {wrong.height:,} of {rows.height:,} do not add up. First: {where}. Nothing was published; this is a fault of "
            "the intake, report it."
        )


CHECKS = [
    every_row_has_one_disposition,
    every_amount_has_one_disposition,
    accepted_is_booked_or_not,
    booked_is_credited,
    every_credit_earns_or_says_why,
    earned_is_curve_and_changes,
    statements_are_earnings,
]
