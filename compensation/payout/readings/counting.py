"""Counting: what credits of some kinds add up to, for a payee or for those who report to them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal

import polars as pl

from compensation.attribution import trees
from compensation.counted import counted
from compensation.currency import minor_unit_digits
from compensation.in_force import ALWAYS, FOREVER, on_day, until_next
from compensation.money import require_countable, running_total, thousandths
from compensation.payout.errors import MissingFigure
from compensation.payout.measures.additional import is_revenue
from compensation.payout.measures.line_figures import events_of, lines_of
from compensation.payout.measures.measured import measured
from compensation.payout.measures.orders_and_customers import begun_or_ended
from compensation.payout.terms import Terms, terms_of
from compensation.payout.windows import KINDS, Windows
from schemas.rules.company import Company
from schemas.rules.measure import Whose
from schemas.rules.plan import Plan

Facts = dict[str, pl.DataFrame]
Returns = Literal["as_corrected", "as_negative", "left_out"]

NAME = pl.Categorical()
UNIT_DIGITS = {"units": 3, "orders": 0, "customers": 0}
"""Decimals of what is counted in other things than money."""

THINGS = {"orders": "order_id", "customers": "account_id"}
"""What is counted once, however many credits it has, and the column that says which it is."""

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """What to count.

    Attributes:
        of: ``revenue``, ``margin``, ``units``, ``orders`` or ``customers``.
        kinds: Motions and sub-motions that count.
        whose: The payee's own credits, or those of people who reported to them on the day of the sale.
        kind: ``month``, ``quarter``, ``half_year`` or ``year``: a customer counts once in each.
        returns: ``as_corrected`` places a return on its sale's day, ``as_negative`` on its own; ``left_out`` counts none.
    """

    of: str
    kinds: tuple[str, ...]
    whose: Whose
    kind: str
    returns: Returns


@dataclass(frozen=True)
class Counting:
    """The credits to count, in payout order, with the facts that measure them and the fiscal calendar."""

    credits: pl.DataFrame
    facts: Facts
    company: Company
    windows: Windows

    def totals(self, wanted: Wanted, asked: pl.DataFrame) -> pl.Series:
        """What the credits placed in each interval asked for add up to.

        Args:
            wanted: What to count.
            asked: ``payee_id``, ``currency``, ``first`` and ``end`` (excluded).

        Returns:
            ``Int64`` in the order of ``asked``: minor units of its currency, thousandths of units, or whole numbers.
        """
        return self._by_currency(wanted, asked, _anew_in_intervals if _starts_anew(wanted) else _in_intervals)

    def running_totals(self, wanted: Wanted, at: pl.DataFrame) -> pl.Series:
        """What the credits placed in an interval add up to after each credit: those up to it in payout order.

        Args:
            wanted: What to count.
            at: ``credit`` (place in the credits), ``payee_id``, ``currency``, ``first`` and ``end`` (excluded).
        """
        return self._by_currency(wanted, at, _running)

    def _by_currency(
        self, wanted: Wanted, asked: pl.DataFrame, add_up: Callable[[pl.DataFrame, pl.DataFrame, Wanted], pl.DataFrame]
    ) -> pl.Series:
        numbered = asked.with_columns(pl.col("payee_id").cast(NAME)).with_row_index("row")
        parts = [
            add_up(self._counted(wanted, some["payee_id"], str(currency)), some, wanted)
            for (currency,), some in numbered.group_by("currency", maintain_order=True)
        ]
        return pl.concat([_NO_TOTALS, *parts]).sort("row")["total"]

    def _counted(self, wanted: Wanted, payee_ids: pl.Series, currency: str) -> pl.DataFrame:
        """One row per payee who asks and credit that counts, by credit: ``payee_id``, ``credit``, ``place``, ``units``."""
        people = reporting(self.facts["payees"], payee_ids.unique(), wanted.whose)
        rows = self._taken(wanted, people["member_id"])
        rows = rows.with_columns(units=pl.lit(0)) if wanted.of in THINGS else self._measured(rows, wanted.of, currency)
        rows = rows.rename({"member_id": "payee_id"}) if wanted.whose == "own" else _asked_by(rows, people)
        if wanted.of not in THINGS:
            return rows.select("payee_id", "credit", "place", "units")
        numbered = _with_order(rows) if wanted.of == "orders" else self._with_customer(rows, wanted.kind)
        opened = self._opening(numbered)
        return opened if _starts_anew(wanted) else _kept(opened)

    def _taken(self, wanted: Wanted, member_ids: pl.Series) -> pl.DataFrame:
        """The credits of these people that count, by credit."""
        words, things = list(wanted.kinds), THINGS.get(wanted.of)
        is_named = pl.any_horizontal(pl.col(name).cast(pl.String).is_in(words) for name in ("motion", "sub_motion"))
        taken = self.credits.lazy().with_row_index("credit").filter(
            is_named, is_revenue(), pl.col("payee_id").is_in(member_ids.unique().implode())
        )  # fmt: skip
        if wanted.returns == "left_out":
            taken = taken.filter(pl.col("return_id").is_null())
        place = pl.col("event_date" if wanted.returns == "as_negative" else "sale_date").alias("place")
        worth = thousandths(pl.col("amount")).alias("worth")
        columns: list[str | pl.Expr] = ["credit", "sale_date", pl.col("payee_id").alias("member_id"), place]
        more: list[str | pl.Expr] = [pl.col(things).alias("thing"), "return_id", worth] if things else []
        return taken.select(*columns, *more).collect()

    def _measured(self, rows: pl.DataFrame, of: str, currency: str) -> pl.DataFrame:
        """The same rows with ``units``: what each counts."""
        terms = reading_terms(of, currency)
        zero = pl.lit(0, dtype=pl.Int32)
        placed = rows.with_columns(term=zero, payee=zero, segment=zero)
        counted = measured(placed, self.credits, self.facts, terms, self.company, self.windows).rows
        return require_countable(counted.select(*rows.columns, "units"), "units").sort("credit")

    def _opening(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The same rows with ``opens``: 1 for a sale, −1 for a return after which nothing is left of its line, else 0."""
        is_return = pl.col("return_id").is_not_null()
        back = rows.filter(is_return)
        if back.is_empty():
            return rows.with_columns(opens=pl.lit(1, dtype=pl.Int64))
        events = events_of(lines_of(self.credits, back["credit"], self.company), self.facts, self.company)
        lost = back.join(events, on="return_id", how="anti")
        if not lost.is_empty():
            raise MissingFigure(
                f"{counted(lost.height, 'returned credit', 'is', 'are')} not in the facts. First: return {lost['return_id'][0]}. "
                "Give the orders, order_lines and returns that the credits were made from."
            )
        ending = pl.col("return_id").is_in(events.filter("is_complete")["return_id"].implode())
        return rows.with_columns(opens=pl.when(~is_return).then(1).when(ending).then(-1).otherwise(0).cast(pl.Int64))

    def _with_customer(self, rows: pl.DataFrame, kind: str) -> pl.DataFrame:
        """The same rows, their ``thing`` a customer in one interval: the root of the account's tree on the day of the sale."""
        days = rows.select(pl.col("thing").cast(pl.String).alias("account_id"), "sale_date").unique()
        number, windows = pl.lit(list(KINDS).index(kind)), len(self.windows.labels)
        found = on_day(days, self._customers, by="account_id", on="sale_date").select(
            "sale_date",
            pl.col("account_id").cast(NAME).alias("thing"),
            customer=pl.coalesce("customer_id", "account_id").rank("dense").cast(pl.Int64),
            interval=self.windows.window(number, self.windows.period(self.windows.day("sale_date"))),
        )
        named = rows.join(found, on=["thing", "sale_date"], how="left", validate="m:1", maintain_order="left")
        return named.with_columns(thing=pl.col("customer") * windows + pl.col("interval")).drop("customer", "interval")

    @cached_property
    def _customers(self) -> pl.DataFrame:
        above = trees.ancestors(trees.parents(self.facts["accounts"], self.facts["account_parents"]))
        return trees.customers(above)


def digits_of(of: str, currency: str) -> int:
    """Decimals in which a measure is counted: the currency's for money."""
    return UNIT_DIGITS.get(of, minor_unit_digits(currency))


def reporting(payees: pl.DataFrame, payee_ids: pl.Series, whose: Whose) -> pl.DataFrame:
    """Whose credits count for each payee, by interval.

    Args:
        payees: Contract ``Payee``; their managers are dated.
        payee_ids: Who asks.
        whose: ``own``: themselves. ``direct_reports``: those whose manager they are. ``team``: those below them at all.

    Returns:
        ``payee_id``, ``member_id``, ``valid_from``, ``valid_to`` (excluded); names as ``Categorical``.
    """
    asking = payee_ids.cast(NAME).rename("payee_id").to_frame()
    if whose == "own":
        return asking.with_columns(member_id="payee_id", valid_from=pl.lit(ALWAYS), valid_to=pl.lit(FOREVER))
    lines = until_next(payees, "payee_id").select(
        pl.col("payee_id").cast(NAME).alias("member_id"), pl.col("manager_id").cast(NAME), "valid_from", "valid_to"
    )
    level = lines.filter(pl.col("manager_id").is_not_null())
    levels = [level]
    upward = lines.rename({"member_id": "manager_id", "manager_id": "_above", "valid_from": "_from", "valid_to": "_to"})
    while whose == "team" and not level.is_empty() and len(levels) <= payees.height:
        climbed = level.join(upward, on="manager_id", how="inner")  # both are dated: many to many
        level = climbed.filter(pl.col("_above").is_not_null()).select(
            "member_id",
            manager_id="_above",
            valid_from=pl.max_horizontal("valid_from", "_from"),
            valid_to=pl.min_horizontal("valid_to", "_to"),
        ).filter(pl.col("valid_from") < pl.col("valid_to"))  # fmt: skip
        levels.append(level)
    return pl.concat(levels).rename({"manager_id": "payee_id"}).join(asking, on="payee_id", how="semi")


def reading_terms(of: str, currency: str) -> Terms:
    """One term that measures ``of`` in a currency, as a component that pays on it would."""
    measure: dict[str, object] = {"credits": "new_business", "of": of}
    if of == "margin":
        measure["below_cost"] = "mirrored"
    curve = {"shape": "per_unit", "amount": "1"} if of == "units" else {"shape": "flat", "rate": "1"}
    component = {
        "component": f"reading_of_{of}",
        "label": "Reading",
        "measure": measure,
        "window": "year",
        "curve": curve,
    }
    version = {
        "version": "1", "valid_from": ALWAYS, "decided_on": ALWAYS, "entered_by": "a", "approved_by": "b",
        "source": {"title": "Reading"}, "components": [component],
    }  # fmt: skip
    plan = {"plan": "readings", "label": "Reading", "currency": currency, "versions": [version]}
    return terms_of((Plan.model_validate(plan),))


def _asked_by(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """A row for everybody whom the credit's payee reported to on the day of its sale, by credit."""
    joined = rows.join(people, on="member_id", how="inner")  # a credit counts for all above its payee
    applies = (pl.col("valid_from") <= pl.col("sale_date")) & (pl.col("sale_date") < pl.col("valid_to"))
    return joined.filter(applies).drop("valid_from", "valid_to", "member_id").sort("credit", maintain_order=True)


def _starts_anew(wanted: Wanted) -> bool:
    """Whether what counts depends on the very interval: a customer of an order that came back may have another one later."""
    return wanted.of == "customers" and wanted.returns != "as_negative"


def _with_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows, their ``thing`` a number for the order."""
    return rows.with_columns(pl.col("thing").cast(pl.String).rank("dense"))


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    """``units``: how each credit changes the number of things, by the rule of measures (``begun_or_ended``)."""
    ordered = rows.with_columns(_payee=pl.col("payee_id").to_physical()).sort("_payee", "thing", "credit")
    begins = pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in ("_payee", "thing"))
    ordered = ordered.with_columns(group=begins.fill_null(value=True).cum_sum())
    return ordered.select("payee_id", "credit", "place", units=begun_or_ended()).sort("credit", maintain_order=True)


def _in_intervals(counted: pl.DataFrame, asked: pl.DataFrame, _wanted: Wanted) -> pl.DataFrame:
    """``row`` and ``total`` of each interval: the running total at its end, less that before its start."""
    days = counted.group_by("payee_id", "place").agg(pl.col("units").sum()).sort("payee_id", "place")
    known = days.with_columns(upto=running_total(pl.col("units"), pl.col("payee_id"))).sort("place")

    def before(bound: str) -> pl.Series:
        at = asked.select("row", "payee_id", _day=pl.col(bound) - ONE_DAY).sort("_day")
        found = at.join_asof(known, left_on="_day", right_on="place", by="payee_id", check_sortedness=False)
        return found.sort("row")["upto"].fill_null(0)

    return asked.sort("row").select("row", total=before("end") - before("first"))


def _anew_in_intervals(counted: pl.DataFrame, asked: pl.DataFrame, _wanted: Wanted) -> pl.DataFrame:
    """``row`` and ``total`` of each interval, where each is counted by itself."""
    parts = []
    for (first, end), here in asked.group_by("first", "end", maintain_order=True):
        inside = _kept(counted.filter(pl.col("place").is_between(first, end, closed="left")))
        sums = inside.group_by("payee_id").agg(total=pl.col("units").sum())
        found = here.join(sums, on="payee_id", how="left", validate="m:1")
        parts.append(found.select("row", pl.col("total").fill_null(0)))
    return pl.concat(parts)


def _running(counted: pl.DataFrame, at: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """``row`` and ``total``: what the payee's credits in the interval add up to, up to each credit."""
    parts = []
    for (first, end), here in at.group_by("first", "end", maintain_order=True):
        inside = counted.filter(pl.col("place").is_between(first, end, closed="left"))
        steps = (_kept(inside) if _starts_anew(wanted) else inside).sort("payee_id", "credit")
        upto = running_total(pl.col("units"), pl.col("payee_id"))
        known = steps.select("payee_id", pl.col("credit").cast(pl.UInt32), upto=upto).sort("credit")
        asked = here.select("row", "payee_id", pl.col("credit").cast(pl.UInt32)).sort("credit")
        found = asked.join_asof(known, on="credit", by="payee_id", check_sortedness=False)
        parts.append(found.select("row", total=pl.col("upto").fill_null(0)))
    return pl.concat(parts)


_NO_TOTALS = pl.DataFrame(schema={"row": pl.UInt32, "total": pl.Int64})
