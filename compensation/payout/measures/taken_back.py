"""Taken back: how much of a return its component takes back, by the age of the sale or what is left of its service term."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

import polars as pl

from compensation.money import divided, exact_product, ratio_of, running_total, thousandths
from compensation.payout.measures.factors import months_of_service, whole_months
from compensation.payout.terms import Terms
from schemas.core.payout import TakenBack
from schemas.rules.clawback import AgeBand, Clawback, ShareByAge, ShareOfTerm

Facts = dict[str, pl.DataFrame]

LINE = ["payee", "slot", "order_line_id", "credit_number"]
"""One sale's credit on one position, and its returns."""


@dataclass(frozen=True)
class Back:
    """Rows with the ``units`` that are taken back, and the returns that a rule of their own says something of.

    ``returns`` has one row per return × position under a clawback with a window, a share or kept attainment: ``row``,
    ``payee``, ``slot``, ``credit``, ``sale`` (credit of the sale), ``term`` (that took the sale), ``part`` ÷ ``whole`` (the share), ``reason``, ``age_days``,
    ``keeps`` (attainment); and, exactly, how much of the sale's credit has come back, weighted by the shares: ``before`` and ``after``
    this return, out of ``of_sale``. None where no component has such a rule.
    """

    rows: pl.DataFrame
    returns: pl.DataFrame | None = None


def taken_back(rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms) -> Back:
    """What returns take back: ``units`` × share, by running totals over the returns of a credit; nothing where attainment is kept.

    The rule is that of the version which took the sale. A share of 1 takes back what came back, to the minor unit, and returns
    of one credit together never more than their shares of it.

    Args:
        rows: One row per credit × term (and day, where some count by invoice or payment), with ``credit``, ``payee``, ``term`` and
            ``units``; several rows of one credit in the order of the days that they count on.
        credits: Contract ``Credit``, in payout order.
        facts: Contract table ``order_lines``: service terms.
        terms: Terms of all plans.

    Source:
        ``docs/plans/clawback.md``.
    """
    ruled = [number for number, term in enumerate(terms.terms) if not term.component.takes_back.is_plain]
    if not ruled:
        return Back(rows)
    returns = _returns(rows, credits, terms, ruled)
    shared = [
        _with_share(some, terms.terms[number].component.takes_back, facts)
        for (number,), some in returns.group_by("term", maintain_order=True)
        if isinstance(number, int)
    ]
    if not shared:
        return Back(rows, pl.DataFrame(schema=_RETURN))
    counted = _counted(pl.concat(shared).sort(*LINE, "credit", "row"))
    units = rows["units"].scatter(counted["row"], counted["counted"])
    return Back(rows.with_columns(units=units), counted.select(_RETURN.names()).cast(_RETURN))


_RETURN = pl.Schema(
    {
        **dict.fromkeys(("row", "credit", "sale"), pl.UInt32),
        **dict.fromkeys(("payee", "slot", "term"), pl.Int32),
        **dict.fromkeys(("part", "whole", "age_days"), pl.Int64),
        "reason": pl.String,
        "keeps": pl.Boolean,
        **dict.fromkeys(("before", "after", "of_sale"), pl.Int128),
    }
)


def _returns(rows: pl.DataFrame, credits: pl.DataFrame, terms: Terms, ruled: list[int]) -> pl.DataFrame:
    """Rows of returns whose sale was taken by one of these terms, with the days and amounts of both."""
    slots = terms.table["slot"]
    names = ("order_line_id", "credit_number", "event_date", "sale_date")
    of_credit = [pl.lit(credits[name]).gather(pl.col("credit")).alias(name) for name in names]
    is_return = pl.lit(credits["return_id"].is_not_null()).gather(pl.col("credit"))
    amount = pl.lit(credits.select(thousandths(pl.col("amount"))).to_series()).gather(pl.col("credit"))
    numbered = rows.select("credit", "payee", "term", "units").with_row_index("row")
    slot = pl.lit(slots).gather(pl.col("term"))
    some = numbered.with_columns(slot=slot).filter(pl.col("slot").is_in(slots.gather(ruled).unique().implode()))
    some = some.with_columns(*of_credit, amount=amount, is_return=is_return)
    sales = some.filter(~pl.col("is_return")).unique(LINE, keep="first", maintain_order=True)
    sold = sales.filter(pl.col("term").is_in(ruled)).select(*LINE, "term", sale="credit", sold="amount")
    returns = some.filter("is_return").drop("term", "is_return")
    return returns.join(sold, on=LINE, how="inner", validate="m:1", maintain_order="left")


def _with_share(returns: pl.DataFrame, rule: Clawback, facts: Facts) -> pl.DataFrame:
    """Returns under one rule with ``part`` ÷ ``whole`` of them that is taken back, the ``reason``, and ``age_days``."""
    age = (pl.col("event_date") - pl.col("sale_date")).dt.total_days()
    aged = returns.with_columns(age_days=age, keeps=pl.lit(not rule.affects_attainment))
    shared = _by_rule(aged, rule, facts)
    if rule.window_days is None:
        return shared
    is_late = pl.col("age_days") > rule.window_days
    return shared.with_columns(
        part=pl.when(is_late).then(0).otherwise("part"),
        reason=pl.when(is_late).then(pl.lit("window_over")).otherwise("reason"),
    )


def _by_rule(returns: pl.DataFrame, rule: Clawback, facts: Facts) -> pl.DataFrame:
    share = rule.share
    if isinstance(share, ShareByAge):
        return _by_age(returns, share)
    if isinstance(share, ShareOfTerm):
        return _by_term(returns, share, facts)
    one = pl.lit(1, dtype=pl.Int64)
    return returns.with_columns(part=one, whole=one, reason=pl.lit("in_full"))


def _by_age(returns: pl.DataFrame, share: ShareByAge) -> pl.DataFrame:
    whole = lcm(*(Fraction(band.share).denominator for band in share.bands))
    months = whole_months(pl.col("sale_date"), pl.col("event_date"))
    age = pl.col("age_days") if share.by == "age_days" else months
    part = pl.lit(_part(share.bands[0], whole), dtype=pl.Int64)
    for band in share.bands[1:]:
        part = pl.when(age >= band.floor).then(pl.lit(_part(band, whole), dtype=pl.Int64)).otherwise(part)
    return returns.with_columns(part=part, whole=pl.lit(whole, dtype=pl.Int64), reason=pl.lit("share_by_age"))


def _part(band: AgeBand, whole: int) -> int:
    return int(Fraction(band.share) * whole)


def _by_term(returns: pl.DataFrame, share: ShareOfTerm, facts: Facts) -> pl.DataFrame:
    """Months that are not over by the end of the return's day ÷ months of the term; the share said where there is no term."""
    terms = facts["order_lines"].select(
        pl.col("order_line_id").cast(returns.schema["order_line_id"]), "service_start", months=months_of_service()
    )
    known = returns.join(terms, on="order_line_id", how="left", validate="m:1", maintain_order="left")
    over = whole_months(pl.col("service_start"), pl.col("event_date").dt.offset_by("1d")).clip(lower_bound=0)
    term = pl.col("months") if share.of_first is None else pl.min_horizontal("months", pl.lit(share.of_first))
    left = pl.max_horizontal(term - over, pl.lit(0))
    otherwise = Fraction(Decimal(share.without_term))
    has_term = (pl.col("months") >= 1).fill_null(value=False)
    return known.with_columns(
        part=pl.when(has_term).then(left).otherwise(otherwise.numerator).cast(pl.Int64),
        whole=pl.when(has_term).then(term).otherwise(otherwise.denominator).cast(pl.Int64),
        reason=pl.when(has_term).then(pl.lit("months_remaining")).otherwise(pl.lit("no_term")),
    ).drop("service_start", "months")


def _counted(returns: pl.DataFrame) -> pl.DataFrame:
    """Returns in the order of their lines with ``counted``, the units that move the position, and ``before``, ``after`` and ``of_sale``."""
    part, whole = pl.col("part"), pl.col("whole")
    known = returns.with_columns(
        group=pl.struct(LINE).rle_id(),
        weighted=exact_product(pl.col("units"), part),
        back=exact_product(pl.col("amount"), -part),
    )
    known = known.with_columns(
        total=running_total(pl.col("weighted"), pl.col("group")), after=running_total(pl.col("back"), pl.col("group"))
    )
    counted = divided(pl.col("total"), whole) - divided(pl.col("total") - pl.col("weighted"), whole)
    return known.with_columns(
        counted=pl.when("keeps").then(0).otherwise(counted).cast(pl.Int64),
        before=pl.col("after") - pl.col("back"),
        of_sale=exact_product(pl.col("sold"), whole),
    )


def late_returns(terms: Terms, credits: pl.DataFrame) -> pl.Expr | None:
    """Whether a row's return comes later than the clawback of the term in ``sold_under`` says; nothing where none has a window.

    Orders and customers are counted whole: such a return does not end them.
    """
    windows = [term.component.takes_back.window_days for term in terms.terms]
    if not any(days is not None for days in windows):
        return None
    age = credits.select((pl.col("event_date") - pl.col("sale_date")).dt.total_days()).to_series()
    most = pl.lit(pl.Series(windows, dtype=pl.Int64)).gather(pl.col("sold_under"))
    return (pl.lit(age).gather(pl.col("credit")) > most).fill_null(value=False)


def named_returns(
    returns: pl.DataFrame | None, credits: pl.DataFrame, payee_ids: pl.Series, terms: Terms
) -> pl.DataFrame:
    """The returns as the contract ``TakenBack`` has them, each once for every component that takes back part of it.

    Args:
        returns: As ``taken_back`` lists them.
        credits: Contract ``Credit``, in payout order.
        payee_ids: Payees in the order of their numbers.
        terms: Terms of all plans.
    """
    if returns is None or returns.is_empty():
        return TakenBack.empty_frame()
    once = returns.unique(["payee", "slot", "credit"], keep="first", maintain_order=True)
    term, credit = pl.col("term"), pl.col("credit")
    of_credit = ("order_line_id", "return_id", "credit_number", "sale_date", "event_date", "amount")
    columns = {
        "payee_id": pl.lit(payee_ids).gather(pl.col("payee")),
        **{name: pl.lit(terms.table[name]).gather(term) for name in ("plan", "plan_version", "component")},
        **{name: pl.lit(credits[name]).gather(credit) for name in of_credit},
        "age_days": pl.col("age_days"),
        "reason": pl.col("reason"),
        "share_part": pl.col("part"),
        "share_whole": pl.col("whole"),
        "share": ratio_of(pl.col("part"), pl.col("whole")),
        "keeps_attainment": pl.col("keeps"),
    }
    named = once.select(**{name: columns[name] for name in TakenBack.columns()})
    return named.cast(pl.Schema(TakenBack.dtypes())).sort(TakenBack.key())
