"""Attribution: from orders, lines and returns to bookings, motions and credits, in the order the rules apply."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from compensation.attribution import booking, carers, credit, people, relationship, tables, transfers, trees, who
from compensation.attribution.additional.credits import additional_credits
from compensation.attribution.agreement_shares import agreement_shares
from compensation.attribution.comparing.compared import Sold, compared
from compensation.attribution.comparing.shortfalls import shortfalls
from compensation.attribution.handover import shares as handed
from compensation.conservation import require_equal_totals
from compensation.currency import minor_unit_digits
from compensation.together import together
from schemas.rules.company import Company

Facts = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Attributed:
    """What attribution made, as its working frames; each result table is put together when it is first asked for.

    Attributes:
        orders: Orders in the order that decides, with customer and relationship; row number = ``order_index``.
        lines: Booked lines in their order; row number = ``line_index``.
        returns: Booked returns; row number = ``return_index``.
        left_out: Accepted lines that book nothing, with the reason.
        left_out_returns: Their returns.
        parts: Motions of lines; row number = ``part_index``.
        shares: Who receives what share of each order; row number = ``share_index``.
        sold: Credits of sales, as numbers.
        undone: Credits of returns, as numbers.
        carers: Who looks after whom on each day.
        hand_overs: Contract ``HandedOver``.
        company: Its policies.
        facts: What it was made of.
        periods: Fiscal periods.
        tree: Customers of accounts, with their codes.
        above: Who stands above whom.
        digits: Decimals of the company currency, in whose minor units amounts are counted.
    """

    orders: pl.DataFrame
    lines: pl.DataFrame
    returns: pl.DataFrame
    left_out: pl.DataFrame
    left_out_returns: pl.DataFrame
    parts: pl.DataFrame
    shares: pl.DataFrame
    sold: pl.DataFrame
    undone: pl.DataFrame
    carers: pl.DataFrame
    hand_overs: pl.DataFrame
    company: Company
    facts: Facts
    periods: pl.DataFrame
    tree: pl.DataFrame
    above: pl.DataFrame
    digits: int

    @cached_property
    def bookings(self) -> pl.DataFrame:
        """Contract ``Booking``."""
        return tables.bookings(self.orders, self.lines, self.returns, self.digits)

    @cached_property
    def not_booked(self) -> pl.DataFrame:
        """Contract ``NotBooked``."""
        return tables.not_booked(self.left_out, self.left_out_returns)

    @cached_property
    def motions(self) -> pl.DataFrame:
        """Contract ``Motion``."""
        return tables.motions(self.parts, self.undone, self.lines, self.returns, self.digits)

    @cached_property
    def credits(self) -> pl.DataFrame:
        """Contract ``Credit``."""
        return tables.credits(
            self.sold, self.undone, self.parts, self.shares, self.lines, self.orders, self.returns, self.digits
        )

    @cached_property
    def additional_credits(self) -> pl.DataFrame:
        """Contract ``AdditionalCredit``."""
        return additional_credits(self.credits, self.facts, self.company)

    @cached_property
    def agreement_shares(self) -> pl.DataFrame:
        """Contract ``AgreementShare``."""
        return agreement_shares(self.orders, self.facts, self.carers, self.tree, self.above, self.company, self.digits)

    @cached_property
    def shortfalls(self) -> pl.DataFrame:
        """Contract ``Shortfall``; compared anew, so that nobody pays for it who does not ask."""
        sold = Sold(self.orders, self.lines, self.returns, self.tree, self.periods)
        return shortfalls(compared(sold, self.facts, self.company), sold, self.carers, self.company, self.digits)


def attribute(facts: Facts, company: Company, periods: pl.DataFrame) -> Attributed:
    """Attribute every booked amount to a person, to the house, or to nobody who may be paid.

    Args:
        facts: Every contract table by name; optional ones may be empty.
        company: Currency, attribution policy.
        periods: Fiscal periods that cover every date in the facts.

    Source:
        Attribution rules 1 to 8.
    """
    people_of = people.standings(facts["payees"])
    above = trees.ancestors(trees.parents(facts["accounts"], facts["account_parents"]))
    tree = trees.customers(above).with_columns(
        customer_code=pl.col("customer_id").rank("dense").cast(pl.UInt32),
        account_code=pl.col("account_id").rank("dense").cast(pl.UInt32),
    )
    (orders, lines, left_out), care = together(
        lambda: _booked(facts, tree, company),
        lambda: carers.carers(facts["assignments"], above, people.last_days(facts["payees"])),
    )
    orders = relationship.with_relationships(orders, lines, tree, company.attribution)
    counting = orders.filter(pl.col("is_new_business").is_not_null())
    deciding = handed.with_kept_shares(counting, facts, care, above, company.attribution)
    (returns, parts), shares = together(
        lambda: _returns_and_parts(facts, orders, lines, tree, periods, company),
        lambda: who.shares(deciding, facts, care, above, people_of, company.attribution).with_row_index("share_index"),
    )
    sold, shares = transfers.transferred(credit.divide(parts, shares), shares, lines, facts)
    undone = credit.reverse(returns, sold)
    attributed = Attributed(
        orders=orders,
        lines=lines,
        returns=returns,
        left_out=left_out,
        left_out_returns=booking.returns_not_booked(facts, left_out),
        parts=parts,
        shares=shares,
        sold=sold,
        undone=undone,
        carers=care,
        hand_overs=handed.handed_over(deciding),
        company=company,
        facts=facts,
        periods=periods,
        tree=tree,
        above=above,
        digits=minor_unit_digits(company.currency),
    )
    together(lambda: require_conserved(facts, attributed), lambda: attributed.credits)
    return attributed


def require_conserved(facts: Facts, made: Attributed) -> None:
    """Check that every accepted amount is booked or not, and every booked one credited, exactly.

    Raises:
        NotConserved: the two sides of one of these differ; names the first line or currency.
    """
    accepted = facts["order_lines"].select(amount="net_amount"), facts["returns"].select(amount=-pl.col("amount"))
    disposed = (
        pl.concat([made.lines.select(amount="net_amount"), made.left_out.select(amount="net_amount")]),
        pl.concat([made.returns.select(amount=-pl.col("returned_amount")), made.left_out_returns.select(amount=-pl.col("amount"))]),
    )  # fmt: skip
    for what, all_of, parts in zip(("lines", "returns"), accepted, disposed, strict=True):
        require_equal_totals(f"accepted {what} = booked + not booked", all_of, parts, [])
    reversal = pl.col("reversed_before") - pl.col("reversed_to_date")
    require_equal_totals(
        "booked line = its credits", made.lines.select("line_index", amount="booked"), made.sold, ["line_index"]
    )
    require_equal_totals(
        "booked return = its credits",
        made.returns.select("return_index", amount=reversal),
        made.undone,
        ["return_index"],
    )


def _booked(facts: Facts, tree: pl.DataFrame, company: Company) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Orders in their order, the lines that they book and the lines that book nothing."""
    orders = booking.order_book(facts, tree, company)
    return orders, *booking.book_lines(facts, orders, company)


def _returns_and_parts(
    facts: Facts, orders: pl.DataFrame, lines: pl.DataFrame, tree: pl.DataFrame, periods: pl.DataFrame, company: Company
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Booked returns with ``return_index``, and the motions of every booked line."""
    returns = booking.book_returns(facts, lines).with_row_index("return_index")
    return returns, compared(Sold(orders, lines, returns, tree, periods), facts, company).parts()
