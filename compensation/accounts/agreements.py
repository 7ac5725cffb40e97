"""Supply agreements of watched customers: what was called off in the year of agreement, and what follows."""

from datetime import date, timedelta

import polars as pl

from compensation.accounts.watched import Facts, Watched
from compensation.currency import minor_unit_digits
from compensation.money import minor_by_row, money_by_row, share_of
from schemas.core.accounts import AgreementFigure


def agreements_of(trade: pl.DataFrame, customers: Watched, facts: Facts) -> pl.DataFrame:
    """Contract ``AgreementFigure``: agreements that run on the watched day.

    Orders count in the agreement's own currency; those in another one do not, and neither do orders that name no agreement.

    Args:
        trade: As ``trade.trade_of`` gives it.
        customers: The watched ones, and the last day known.
        facts: Contract table ``agreements``.

    Source:
        ``docs/accounts.md``.
    """
    known = customers.of(facts["agreements"]).join(customers.customers, on="customer_id", how="left", validate="m:1")
    running = known.filter(pl.col("start_date") <= customers.on, pl.col("end_date") >= customers.on)
    dated = running.with_columns(_year_start(customers.on).alias("year_start"))
    called = _called_off(dated, trade)
    followed = called.join(_following(known), on="agreement_id", how="left", validate="1:1")
    stated = followed.with_columns(
        expected=_expected(followed["currency"], customers.on),
        product_family=pl.col("product_family").replace("", None),
    )
    ordered = stated.sort("end_date", "agreement_id").select(AgreementFigure.columns())
    return AgreementFigure.validate(ordered.cast(pl.Schema(AgreementFigure.dtypes())))


def _year_start(on: date) -> pl.Expr:
    """The last anniversary of the agreement's first day, on or before the day."""
    start = pl.col("start_date")
    years = pl.lit(on.year) - start.dt.year()
    this_year = start.dt.offset_by(pl.format("{}y", years))
    return pl.when(this_year <= on).then(this_year).otherwise(start.dt.offset_by(pl.format("{}y", years - 1)))


def _called_off(agreements: pl.DataFrame, trade: pl.DataFrame) -> pl.DataFrame:
    """The same agreements with ``called_off``: ordered under them since ``year_start``, less what came back."""
    ordered = trade.select("agreement_id", "currency", "event_date", "ordered")
    both = agreements.select("agreement_id", "currency", "year_start").join(
        ordered, on=["agreement_id", "currency"], how="inner"
    )
    sums = both.filter(pl.col("event_date") >= pl.col("year_start")).group_by("agreement_id").agg(
        called_off=pl.col("ordered").sum()
    )  # fmt: skip
    return agreements.join(sums, on="agreement_id", how="left", validate="1:1").with_columns(
        pl.col("called_off").fill_null(0)
    )


def _following(agreements: pl.DataFrame) -> pl.DataFrame:
    """``agreement_id`` and ``followed_by``: the next agreement of the customer and family that leaves no day between."""
    pair = ["customer_id", "product_family"]
    named = agreements.with_columns(pl.col("product_family").fill_null(""))
    later = named.select(*pair, followed_by="agreement_id", _starts="start_date")
    both = named.select("agreement_id", *pair, "start_date", "end_date").join(later, on=pair, how="inner")
    joins_on = (pl.col("_starts") > pl.col("start_date")) & (
        pl.col("_starts") <= pl.col("end_date") + timedelta(days=1)
    )
    first = both.filter(joins_on).sort("agreement_id", "_starts", "followed_by").group_by("agreement_id").first()
    return first.select("agreement_id", "followed_by")


def _expected(currencies: pl.Series, on: date) -> pl.Expr:
    """The annual value by the days of the year of agreement up to and with the day."""
    by_row = pl.lit(pl.Series([minor_unit_digits(currency) for currency in currencies], dtype=pl.Int32))
    start = pl.col("year_start")
    gone = (pl.lit(on) - start).dt.total_days() + 1
    whole = (start.dt.offset_by("1y") - start).dt.total_days()
    return money_by_row(share_of(minor_by_row(pl.col("annual_value"), by_row), gone, whole), by_row)
