"""Existing business beside what it is compared with: each line's key, the bases, and what re-parenting moves."""

from dataclasses import dataclass

import polars as pl

from compensation.attribution import motion
from compensation.attribution.comparing import agreement_years as agreed
from compensation.attribution.comparing import standing
from compensation.attribution.comparing.windows import FIRST_MONTH, base_windows, is_default, window_rows
from compensation.attribution.policies import policy_on
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]

ALL_FAMILIES = 0
"""Family code of a base by customer; families themselves are numbered from 1."""


@dataclass(frozen=True)
class Sold:
    """What attribution knows of sales before it compares them.

    Attributes:
        orders: In the order that decides, with customer and relationship.
        lines: Booked lines, with ``line_index``.
        returns: Booked returns, with ``return_index``.
        tree: As ``trees.customers`` gives it, with ``customer_code`` and ``account_code``.
        periods: Fiscal periods that cover every date.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    returns: pl.DataFrame
    tree: pl.DataFrame
    periods: pl.DataFrame

    def accounts(self) -> pl.DataFrame:
        """``account_id`` of each ``account_code``."""
        return self.tree.select("account_id", "account_code").unique()

    def movements(self, work: pl.DataFrame) -> pl.DataFrame:
        """Every booked line on its order date and every return on its own, as ``motion.bases`` takes them."""
        more = [name for name in ("is_called_off",) if name in work.columns]
        sold = work.select("family_code", "booked", "order_index", *more, event_date="order_date")
        line = self.returns["line_index"]
        back = self.returns.select(
            work["family_code"].gather(line),
            pl.col("reversed_before") - pl.col("reversed_to_date"),
            work["order_index"].gather(line),
            *(work[name].gather(line) for name in more),
            "return_date",
        )
        both = pl.concat([sold, back.rename(dict(zip(back.columns, sold.columns, strict=True)))])
        return both.with_columns(self.orders["account_code"].gather(both["order_index"]))

    def moves(self, work: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
        """What re-parented accounts take from one customer's position to another's: none where no account moves."""
        existing = work.filter(~pl.col("is_new_business"))
        if self.tree["account_id"].is_duplicated().any():
            accounts = self.orders["account_id"].gather(existing["order_index"])
            return motion.moved_positions(existing, accounts, self.tree, windows)
        return existing.select("base_key", "booked", place=pl.lit(0, dtype=pl.Int64)).clear()


@dataclass(frozen=True)
class Compared:
    """Lines with their keys, the bases of the keys, and what moves between them.

    Attributes:
        work: One row a booked line: what ``motion.motions`` takes, and ``order_index``.
        base: As ``motion.bases`` gives it.
        moves: As ``motion.moved_positions`` gives them.
        windows: ``fiscal_year`` (number of the window), ``year_start``, ``year_end``.
        agreements: Years of agreements, where they are a base; else none.
    """

    work: pl.DataFrame
    base: pl.DataFrame
    moves: pl.DataFrame
    windows: pl.DataFrame
    agreements: pl.DataFrame | None = None

    def parts(self) -> pl.DataFrame:
        """The motions of every line, with ``order_index`` and ``part_index``."""
        parts = motion.motions(self.work, self.base, self.moves)
        return parts.with_columns(self.work["order_index"].gather(parts["line_index"])).with_row_index("part_index")


def compared(sold: Sold, facts: Facts, company: Company) -> Compared:
    """Every line beside its base, by the base of the policy.

    Raises:
        BaseChangesInsideYear: see ``windows.base_windows``.

    Source:
        Attribution rule 5; ``docs/attribution/bases.md``.
    """
    if is_default(company.attribution):
        return _with_last_year(sold)
    windows = base_windows(sold.periods, company.attribution)
    agreements = _agreements(facts, windows, company)
    work = _keyed(_in_windows(sold, windows, agreements))
    base = _bases(sold, work, windows, facts, company)
    spans = windows.select(fiscal_year="window", year_start="window_start", year_end="window_end")
    moving = work.with_columns(fiscal_year="window", family_code=_family_of_base()).filter(~pl.col("is_called_off"))
    if agreements is not None:
        base = pl.concat([base, agreed.stretches(agreements)])
    return Compared(work, base, sold.moves(moving, spans), spans, agreements)


def _with_last_year(sold: Sold) -> Compared:
    """The default: last fiscal year by customer and family."""
    years = motion.fiscal_years(sold.periods)
    dated = sold.orders.with_columns(fiscal_year=motion.fiscal_year_of(pl.col("order_date"), years))
    of_order = ["order_date", "fiscal_year", "customer_code", "is_new_business", "relationship_number"]
    work = sold.lines.select("line_index", "order_index", "family_code", "booked").hstack(
        dated.select(pl.col(of_order).gather(sold.lines["order_index"]))
    )
    key = motion.base_key(pl.col("customer_code"), pl.col("family_code"), pl.col("fiscal_year"))
    work = work.with_columns(base_key=key)
    base = motion.bases(sold.movements(work), sold.accounts(), sold.tree, years)
    return Compared(work, base, sold.moves(work, years), years)


def _agreements(facts: Facts, windows: pl.DataFrame, company: Company) -> pl.DataFrame | None:
    years = windows.filter(pl.col("base") == "agreement")
    if years.is_empty():
        return None
    lapse = policy_on(company.attribution, years["window_start"][-1]).renewal_lapse_months
    return agreed.agreement_years(facts, lapse, company)


def _in_windows(sold: Sold, windows: pl.DataFrame, agreements: pl.DataFrame | None) -> pl.DataFrame:
    """Lines with the window of their order, what it is compared with, and the agreement year that they count in."""
    rows = window_rows(sold.orders["order_date"], windows)
    dated = sold.orders.hstack(windows.select(pl.col("window", "fiscal_year", "base", "base_by").gather(rows)))
    key = pl.Series("agreement_key", [None], dtype=pl.Int64).extend_constant(None, sold.orders.height - 1) if (
        agreements is None
    ) else agreed.keys_of_orders(sold.orders, agreements).rename("agreement_key")  # fmt: skip
    dated = dated.with_columns(key).with_columns(
        agreement_key=pl.when(pl.col("base") == "agreement").then("agreement_key"),
        is_called_off=pl.col("agreement_key").is_not_null(),
    )
    of_order = [
        "order_date", "window", "fiscal_year", "base_by", "customer_code", "is_new_business", "relationship_number",
        "agreement_key", "is_called_off",
    ]  # fmt: skip
    lines = sold.lines.select("line_index", "order_index", "family_code", "booked")
    return lines.hstack(dated.select(pl.col(of_order).gather(lines["order_index"])))


def _keyed(lines: pl.DataFrame) -> pl.DataFrame:
    own = motion.base_key(pl.col("customer_code"), _family_of_base(), pl.col("window"))
    return lines.with_columns(
        base_key=pl.coalesce("agreement_key", own), is_renewal=pl.col("agreement_key").is_not_null()
    )


def _bases(sold: Sold, work: pl.DataFrame, windows: pl.DataFrame, facts: Facts, company: Company) -> pl.DataFrame:
    months = sold.periods.sort("period_start")
    movements = sold.movements(work)
    month = months["period_start"].search_sorted(movements["event_date"], side="right").cast(pl.Int32) - 1
    dated = movements.with_columns(
        (month + FIRST_MONTH).alias("month"), months["fiscal_year"].gather(month).alias("fiscal_year")
    )
    bought = standing.bought_last_year(dated, windows)
    stated = standing.planned(bought, windows, facts, sold.accounts(), _families(facts), company)
    each = pl.concat([stated, standing.trailing_month(dated, windows).select(stated.columns).cast(stated.schema)])
    by = windows.select("window", "base_by")
    placed = each.join(by, on="window", how="left", validate="m:1").with_columns(family_code=_family_of_base())
    by_account = placed.group_by(standing.KEY).agg(pl.col("booked").sum()).rename({"window": "fiscal_year"})
    spans = windows.select(fiscal_year="window", year_start="window_start", year_end="window_end")
    return motion.under_roots(
        by_account.join(sold.accounts(), on="account_code", how="left", validate="m:1"), sold.tree, spans
    )


def _family_of_base() -> pl.Expr:
    """The family that a base and its position are of; one for all where ``base_by`` is the customer."""
    by_customer = pl.col("base_by") == "customer"
    return pl.when(by_customer).then(ALL_FAMILIES).otherwise("family_code").cast(pl.UInt16)


def _families(facts: Facts) -> pl.DataFrame:
    """``family_code`` of each ``product_family``, as booked lines have it."""
    names = facts["products"].select("product_family").unique().sort("product_family")
    return names.with_columns(family_code=(pl.int_range(pl.len()) + 1).cast(pl.UInt16))
