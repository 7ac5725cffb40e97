"""What customers bought in an interval, and in the same part of last year: the figures of NRR and GRR."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from compensation.attribution import trees
from compensation.attribution.handover.protection import protected
from compensation.attribution.key_accounts import key_spans
from compensation.attribution.policies import policy_on
from compensation.money import minor_units
from schemas.rules.attribution import AttributionPolicy

Facts = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Books:
    """What attribution knows of customers: contract ``Booking`` (every booked line and return) and contract ``Carer``."""

    bookings: pl.DataFrame
    carers: pl.DataFrame


@dataclass(frozen=True)
class Bases:
    """Base and actual business of the customers that somebody looks after.

    Attributes:
        books: Bookings and carers.
        facts: Contract tables ``accounts``, ``account_parents`` and ``account_tiers``.
        policies: Versions of the attribution policy: which accounts are excluded, and whose account managers count.
        periods: Fiscal periods that cover the bookings.
        digits: Decimals of the company currency.
    """

    books: Books
    facts: Facts
    policies: Sequence[AttributionPolicy]
    periods: pl.DataFrame
    digits: int

    def figures(self, people: pl.DataFrame, first: date, end: date, on: date) -> pl.DataFrame:
        """Base and actual business of an interval, by customer and product family.

        The base is what the same part of last fiscal year booked, less the returns dated in it, of all motions, and 0
        at least; the actual business is what the interval itself booked of existing business, less the returns dated
        in it. A customer who bought last year and not since has a base and nothing beside it.

        Args:
            people: ``payee_id`` (the one who asks) and ``carer_id`` (whose customers count, themselves or their team).
            first: First day of the interval.
            end: Day after its last.
            on: The day that decides who looks after whom, and who belongs to which customer.

        Returns:
            One row per ``payee_id``, ``customer_id`` and ``product_family``: ``base`` and ``actual`` in minor units of the
            company currency. Where several people look after an account, it counts whole for each of them. Of an account
            whose manager is protected on the day, the base counts for them as far as the actual business reaches.

        Source:
            ``docs/plans/bonuses.md``; attribution rule 5 for the base.
        """
        kept = self.looked_after(on).join(people, on="carer_id", how="inner")  # one account has several people
        theirs = self._with_protection(kept.select("payee_id", "account_id", "customer_id").unique(), on)
        key = ["payee_id", "customer_id", "product_family"]
        each = self._booked(first, end).join(theirs, on="account_id", how="inner")
        reached = pl.min_horizontal("base", pl.max_horizontal("actual", pl.lit(0, dtype=pl.Int64)))
        counted = each.with_columns(base=pl.when("is_protected").then(reached).otherwise("base"))
        figures = counted.group_by(key).agg(pl.col("base", "actual").sum())
        return figures.with_columns(pl.max_horizontal("base", pl.lit(0, dtype=pl.Int64)).alias("base")).sort(key)

    def looked_after(self, on: date) -> pl.DataFrame:
        """Who looks after each account on a day: its account manager, else its sales representative.

        Returns:
            ``account_id``, ``customer_id`` (the root of its tree), ``carer_id``; accounts of nobody have no row, nor have
            excluded ones.
        """
        policy = policy_on(self.policies, on)
        care = self.books.carers.filter(_holds(on)).select("account_id", "role", carer_id="payee_id")
        managers = care.filter(pl.col("role") == "account_manager")
        if policy.account_managers_on == "key_accounts":
            key = key_spans(self.facts, self._above, policy.key_account_tiers).filter(_holds(on))
            managers = managers.join(key, on="account_id", how="semi")
        rest = care.filter(pl.col("role") == "sales_rep").join(managers, on="account_id", how="anti")
        above = self._above.filter(_holds(on))
        excluded = above.filter(pl.col("above_id").is_in(policy.excluded_accounts))
        roots = above.filter("is_root").select("account_id", customer_id="above_id")
        known = pl.concat([managers, rest]).join(excluded, on="account_id", how="anti")
        return known.join(roots, on="account_id", how="inner").select("account_id", "customer_id", "carer_id").unique()

    def _with_protection(self, theirs: pl.DataFrame, on: date) -> pl.DataFrame:
        """The same rows with ``is_protected``: whether the one who asks manages the account newly enough on the day."""
        rule = policy_on(self.policies, on).hand_over
        if rule is None or not rule.protection_months:
            return theirs.with_columns(is_protected=pl.lit(value=False))
        new = protected(self.books.carers, rule.protection_months, on)
        found = theirs.join(new, on=["account_id", "payee_id"], how="left", validate="m:1")
        return found.with_columns(pl.col("is_protected").fill_null(value=False))

    def _booked(self, first: date, end: date) -> pl.DataFrame:
        """``base`` and ``actual`` of each account and product family."""
        before = same_part_of_last_year(self.periods, first, end)
        day = pl.col("event_date")
        inside = (day >= first) & (day < end)
        last_year = (day >= before[0]) & (day < before[1]) if before else pl.lit(value=False)
        counted = self._by_day.filter(inside | last_year)
        return counted.group_by("account_id", "product_family").agg(
            base=pl.col("booked").filter(last_year).sum(), actual=pl.col("existing").filter(inside).sum()
        )

    @cached_property
    def _by_day(self) -> pl.DataFrame:
        """``booked`` and ``existing`` (the part that is existing business) by account, product family and day."""
        units = self.books.bookings.lazy().select(
            "account_id",
            "product_family",
            "event_date",
            "is_new_business",
            booked=minor_units(pl.col("booked_amount"), self.digits),
        )
        days = units.group_by("account_id", "product_family", "event_date")
        return days.agg(
            pl.col("booked").sum(), existing=pl.col("booked").filter(~pl.col("is_new_business")).sum()
        ).collect()

    @cached_property
    def _above(self) -> pl.DataFrame:
        return trees.ancestors(trees.parents(self.facts["accounts"], self.facts["account_parents"]))


def same_part_of_last_year(periods: pl.DataFrame, first: date, end: date) -> tuple[date, date] | None:
    """First day, and day after the last, of the same fiscal months of the year before.

    An interval that ends inside a fiscal month ends as many days into the month a year before, or with it where that is
    shorter. One that ends with the year ends with the year before, however many fiscal months each of them has.

    Args:
        periods: Fiscal periods (``compensation.calendar.fiscal_periods``).
        first: First day of the interval, inside the calendar.
        end: Day after its last.

    Returns:
        None where the calendar has no year before: then nothing was booked in it.
    """
    start, last = _a_year_before(periods, first), _a_year_before(periods, end - timedelta(days=1))
    if start is None or last is None:
        return None
    (here, then), (last_here, last_then) = start, last
    starts = min(then["period_start"] + (first - here["period_start"]), then["period_end"])
    years = dict(periods.sort("period_start").select("fiscal_year", "period_end").rows())
    if end == years[last_here["fiscal_year"]]:
        return starts, years[last_then["fiscal_year"]]
    is_whole = end == last_here["period_end"]
    ends = last_then["period_start"] + (end - last_here["period_start"])
    return starts, last_then["period_end"] if is_whole else min(ends, last_then["period_end"])


def _a_year_before(periods: pl.DataFrame, day: date) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The fiscal period of a day, and that of the year before."""
    here = periods.filter((pl.col("period_start") <= day) & (day < pl.col("period_end"))).row(0, named=True)
    before = periods.filter(
        (pl.col("fiscal_year") == here["fiscal_year"] - 1) & (pl.col("month") <= here["month"])
    ).sort("month")
    return None if before.is_empty() else (here, before.row(-1, named=True))


def _holds(day: date) -> pl.Expr:
    return (pl.col("valid_from") <= day) & (pl.lit(day) < pl.col("valid_to"))
