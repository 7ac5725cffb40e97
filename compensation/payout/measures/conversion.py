"""Credits in the plan's currency: a sale at its day's rate, a return at its sale's."""

import polars as pl

from compensation.counted import counted
from compensation.currency import minor_unit_digits
from compensation.money import converted_back, minor_units, money_of, running_total, share_of
from compensation.payout.errors import MissingRate
from compensation.payout.terms import Terms
from schemas.rules.company import Company


def with_units(
    rows: pl.DataFrame,
    credits: pl.DataFrame,
    terms: Terms,
    fx_rates: pl.DataFrame,
    company: Company,
    figures: pl.Series | None = None,
) -> pl.DataFrame:
    """The same rows with ``units``: the credit in minor units of the term's currency (``Int64``).

    Args:
        rows: One row per credit × term, with ``credit`` and ``term``.
        credits: Contract ``Credit``, in payout order.
        terms: Terms of all plans.
        fx_rates: Contract ``FxRateRow``: units of company currency for one unit.
        company: Its currency, and how old a rate may be.
        figures: What of each credit counts (minor units of company currency, in the order of ``credits``), where that is
            not its whole amount.

    Raises:
        MissingRate: a plan currency has no rate, or only one that is too old, on a sale's day.

    Source:
        ``docs/plans.md``; ``docs/attribution.md`` rule 1 for returns.
    """
    digits = minor_unit_digits(company.currency)
    units = credits.select(minor_units(pl.col("amount"), digits)).to_series() if figures is None else figures
    currencies = terms.table["currency"]
    foreign = sorted(set(currencies.unique()) - {company.currency})
    own = rows.with_columns(units=pl.lit(units).gather(pl.col("credit")))
    if not foreign:
        return own
    parts = [own.filter(pl.lit(currencies).gather(pl.col("term")) == company.currency)]
    for currency in foreign:
        some = rows.filter(pl.lit(currencies).gather(pl.col("term")) == currency)
        numbered = _lines_of(credits, some["credit"].unique(), figures)
        amounts = _converted(numbered, currency, fx_rates, company, whole_amounts=figures is None)
        parts.append(some.join(amounts, on="credit", how="left", validate="m:1", maintain_order="left"))
    return pl.concat(parts)


def _lines_of(credits: pl.DataFrame, wanted: pl.Series, figures: pl.Series | None) -> pl.DataFrame:
    """The credits wanted and those of the same lines, in the order line, credit number, sale, returns."""
    line = ["order_line_id", "credit_number"]
    counted = credits if figures is None else credits.with_columns(figure=figures)
    numbered = counted.select(
        *line,
        "payee_id",
        "sale_date",
        "amount" if figures is None else "figure",
        credit=pl.int_range(pl.len(), dtype=pl.UInt32),
        is_return=pl.col("return_id").is_not_null(),
    )
    lines = numbered.filter(pl.col("credit").is_in(wanted.implode())).select(line).unique()
    return numbered.join(lines, on=line, how="semi").sort(*line, "is_return", "credit")


def _converted(
    lines: pl.DataFrame, currency: str, fx_rates: pl.DataFrame, company: Company, *, whole_amounts: bool
) -> pl.DataFrame:
    """``credit`` and ``units`` in another currency."""
    own, other = minor_unit_digits(company.currency), minor_unit_digits(currency)
    whole = _with_rate(lines, currency, fx_rates, company).with_columns(
        group=pl.struct("order_line_id", "credit_number").rle_id()
    )
    if not whole_amounts:
        return whole.select("credit", units=_figure_in_currency(own, other))
    priced = whole.with_columns(
        minor=minor_units(pl.col("amount"), own), own=converted_back(pl.col("amount"), pl.col("rate"), other)
    )
    return priced.select("credit", units=_units_in_currency())


def _figure_in_currency(own: int, other: int) -> pl.Expr:
    """A sale's own conversion; a return's part of it, as the difference of two converted running totals.

    A return may take back more than its sale counted (goods that came back worthless), so it is no share of the sale.
    """
    is_return = pl.col("is_return")
    back = pl.when(is_return).then(-pl.col("figure")).otherwise(0)
    to_date = running_total(back, pl.col("group"))
    sale, after, before = (
        converted_back(money_of(units, own), pl.col("rate"), other)
        for units in (pl.col("figure"), to_date, to_date - back)
    )
    return pl.when(is_return).then(before - after).otherwise(sale)


def _units_in_currency() -> pl.Expr:
    """A sale's own conversion; a return's share of it, as a difference of rounded running totals."""
    is_return = pl.col("is_return")
    sale, sale_units = (pl.col(name).first().over("group") for name in ("minor", "own"))
    back = -pl.when(is_return).then("minor").otherwise(0)
    back_to_date = running_total(back, pl.col("group"))
    to_date = share_of(sale_units, back_to_date, sale)
    before = share_of(sale_units, back_to_date - back, sale)
    return pl.when(is_return).then(before - to_date).otherwise("own")


def _with_rate(rows: pl.DataFrame, currency: str, fx_rates: pl.DataFrame, company: Company) -> pl.DataFrame:
    rates = fx_rates.filter(pl.col("currency") == currency).select("valid_from", "rate").sort("valid_from")
    dated = rows.sort("sale_date", maintain_order=True).join_asof(
        rates, left_on="sale_date", right_on="valid_from", strategy="backward", coalesce=False
    )
    age = (pl.col("sale_date") - pl.col("valid_from")).dt.total_days()
    too_old = (age > company.fx_max_age_days) if company.fx_max_age_days is not None else pl.lit(value=False)
    lost = dated.filter(pl.col("rate").is_null() | too_old).sort("credit")
    if not lost.is_empty():
        first = lost.row(0, named=True)
        limit = f", at most {company.fx_max_age_days} days old" if company.fx_max_age_days is not None else ""
        raise MissingRate(
            f"{counted(lost.height, 'credit', 'has', 'have')} no rate to enter a plan in {currency}. First: payee {first['payee_id']}, sale of "
            f"{first['sale_date']}. Add a row for {currency} to fx_rates that starts on or before that day{limit}."
        )
    return dated.sort("order_line_id", "credit_number", "is_return", "credit")
