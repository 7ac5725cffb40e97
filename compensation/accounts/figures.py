"""Account plans against actuals: what watched customers bought in each span of the fiscal year, beside base and target."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from compensation.accounts.trade import between
from compensation.accounts.watched import Facts, Watched
from compensation.attribution.bases import same_part_of_last_year
from compensation.currency import minor_unit_digits
from compensation.in_force import on_day, until_next
from compensation.money import converted, minor_units, money_of, share_of
from schemas.core.accounts import AccountFigure
from schemas.rules.company import Company

KEY = ["customer_id", "product_family"]
AMOUNTS = ("booked", "existing", "base", "retained", "margin", "booked_without_cost", "revenue_target", "margin_target")
NOTHING = pl.lit(0, dtype=pl.Int64)


@dataclass(frozen=True)
class Span:
    """A fiscal year, quarter or period, up to the last day known: ``end`` is excluded, ``whole_end`` is its own end."""

    name: str
    first: date
    end: date
    whole_end: date


def spans_of(periods: pl.DataFrame, on: date) -> list[Span]:
    """The fiscal year of a day, and each of its quarters and periods that has begun by then.

    Args:
        periods: Fiscal periods that cover the day.
        on: The last day known.
    """
    here = periods.filter((pl.col("period_start") <= on) & (on < pl.col("period_end"))).row(0, named=True)
    year = periods.filter(pl.col("fiscal_year") == here["fiscal_year"])
    begun = year.filter(pl.col("period_start") <= on)
    named = [
        *begun.select(pl.col("fiscal_year").cast(pl.String).unique()).to_series(),
        *begun["quarter"].unique(maintain_order=True),
        *begun["fiscal_period"],
    ]
    return [_span(year, name, on) for name in named]


def figures_of(
    days: pl.DataFrame, customers: Watched, facts: Facts, company: Company, periods: pl.DataFrame
) -> pl.DataFrame:
    """Contract ``AccountFigure``: one row per span × watched customer × product family with anything to say.

    Args:
        days: As ``trade.by_day`` gives them.
        customers: The watched ones, and the last day known.
        facts: Contract tables ``account_plans`` and ``fx_rates``.
        company: Its currency.
        periods: Fiscal periods that cover the trade.

    Source:
        ``docs/accounts.md``; attribution rule 5 for the base.
    """
    digits = minor_unit_digits(company.currency)
    spans = spans_of(periods, customers.on)
    targets = _targets(facts, customers, company, spans[0])
    parts = list(_parts(days, targets, spans, periods))
    rows = pl.concat(parts).join(customers.customers, on="customer_id", how="left", validate="m:1")
    stated = rows.with_columns(money_of(pl.col(name), digits).alias(name) for name in AMOUNTS)
    order = {span.name: number for number, span in enumerate(spans)}
    ordered = stated.sort(pl.col("span").replace_strict(order, return_dtype=pl.Int32), *KEY)
    return AccountFigure.validate(ordered.select(AccountFigure.columns()).cast(pl.Schema(AccountFigure.dtypes())))


def _parts(
    days: pl.DataFrame, targets: pl.DataFrame, spans: list[Span], periods: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    for span in spans:
        before = same_part_of_last_year(periods, span.first, span.end)
        known = _with_base(days, span, before)
        planned = _up_to(targets, span, spans[0])
        both = known.join(planned, on=KEY, how="full", coalesce=True, validate="1:1").with_columns(
            pl.col(name).fill_null(NOTHING) for name in AMOUNTS[:6]
        )
        yield both.select(
            pl.lit(span.name).alias("span"),
            pl.lit(span.first).alias("span_start"),
            pl.lit(span.end).alias("span_end"),
            *KEY,
            *AMOUNTS,
        )


def _with_base(days: pl.DataFrame, span: Span, before: tuple[date, date] | None) -> pl.DataFrame:
    """What was bought in the span, and its base; customers who bought in neither have no row."""
    here = between(days, span.first, span.end).group_by(KEY).agg(
        pl.col("booked", "existing", "margin").sum(), booked_without_cost=pl.col("without_cost").sum()
    )  # fmt: skip
    then = days.clear() if before is None else between(days, *before)
    based = then.group_by(KEY).agg(base=pl.max_horizontal(pl.col("booked").sum(), NOTHING))
    both = here.join(based, on=KEY, how="full", coalesce=True, validate="1:1").with_columns(
        pl.col("booked", "existing", "margin", "booked_without_cost", "base").fill_null(NOTHING)
    )
    return both.with_columns(retained=pl.min_horizontal("existing", "base"))


def _targets(facts: Facts, customers: Watched, company: Company, year: Span) -> pl.DataFrame:
    """Yearly targets per customer and product family, in minor units of company currency at the rate of the year's first day.

    Where there is no rate as early as that, the last known on the watched day counts.
    """
    plans = customers.of(facts["account_plans"].filter(pl.col("fiscal_year").cast(pl.String) == year.name))
    rates = until_next(facts["fx_rates"].select("currency", "valid_from", fx_rate="rate"), "currency")
    dated = plans.with_columns(_first=pl.lit(year.first), _last=pl.lit(customers.on))
    early = on_day(dated, rates, by="currency", on="_first").rename({"fx_rate": "_early"})
    late = on_day(early, rates, by="currency", on="_last")
    is_own, digits = pl.col("currency") == company.currency, minor_unit_digits(company.currency)
    rate = pl.coalesce("_early", "fx_rate")

    def own(name: str) -> pl.Expr:
        return pl.when(is_own).then(minor_units(pl.col(name), digits)).otherwise(converted(pl.col(name), rate, digits))

    return late.group_by(KEY).agg(
        pl.when(pl.col(name).is_not_null().any()).then(own(name).sum()).alias(name)
        for name in ("revenue_target", "margin_target")
    )


def _up_to(targets: pl.DataFrame, span: Span, year: Span) -> pl.DataFrame:
    """The part of each yearly target that falls on the span's days so far, by running totals over the days of the year."""
    whole = (year.whole_end - year.first).days

    def part(name: str) -> pl.Expr:
        after, before = (
            share_of(pl.col(name), pl.lit((day - year.first).days), whole) for day in (span.end, span.first)
        )
        return (after - before).alias(name)

    return targets.select(*KEY, part("revenue_target"), part("margin_target"))


def _span(year: pl.DataFrame, name: str, on: date) -> Span:
    inside = year.filter(pl.any_horizontal(pl.col("fiscal_year").cast(pl.String) == name, pl.col("quarter", "fiscal_period") == name))  # fmt: skip
    first, whole_end = inside["period_start"][0], inside["period_end"][-1]
    return Span(name, first, min(whole_end, on + timedelta(days=1)), whole_end)
