"""Factors: how much of a credit counts to quota and to pay, by its family, kind, discount, margin or term."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any

import polars as pl

from compensation.counted import counted
from compensation.money import MILLION, exact_product, running_total, share_of, thousandths
from compensation.payout.errors import MissingFigure, PayoutError, UnknownFactor
from compensation.payout.terms import Term, Terms
from schemas.rules.measure import Factor

Facts = dict[str, pl.DataFrame]

LARGEST_FACTOR = 2**62
"""No numerator or denominator of a product of factors reaches this: more could not be counted exactly."""

LACKS = {
    "discount": "no list amount (list_amount is empty or 0)",
    "margin_share": "no cost (cost_amount is empty), or a net amount of 0.00",
    "term_months": "no term (service_start or service_end is empty)",
}


def with_factors(rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms) -> pl.DataFrame:
    """The same rows with factors applied: ``units`` as quota credit, and what pay credit is of it.

    Quota credit is scaled by differences of rounded running totals over the credits of one line that share a factor, and
    returns likewise: what is scaled adds up to the scaled line, and a full return undoes its sale exactly.

    Args:
        rows: One row per credit × term, with ``credit``, ``payee``, ``sold_under`` and ``units``.
        credits: Contract ``Credit``, in payout order.
        facts: Contract table ``order_lines``.
        terms: Terms of all plans.

    Returns:
        The rows; where factors change pay and quota unlike anywhere, with ``pay_part`` and ``pay_whole`` (``Int64``): pay
        credit is quota credit × part ÷ whole, exactly (both empty where it is the same).

    Raises:
        MissingFigure: an order line lacks the figure that a factor without ``otherwise`` reads.
        UnknownFactor: a factor says nothing of a credit and has no ``otherwise``.
        PayoutError: factors that multiply to more digits than can be counted exactly.

    Source:
        ``docs/plans.md``, factors; ``docs/attribution.md`` rule 7 for the running totals.
    """
    having = [number for number, term in enumerate(terms.terms) if term.component.measure.factors]
    if not having or rows.is_empty():
        return rows
    is_factored = pl.col("sold_under").is_in(having)
    marked = _marked(rows.filter(is_factored), credits, facts, terms)
    parts = [_weighted(marked.filter(pl.col("sold_under") == number), terms.terms[number]) for number in having]
    scaled_rows = _scaled(pl.concat(parts), terms)
    plain = rows.filter(~is_factored)
    names = list(rows.columns)
    if scaled_rows["pay_part"].null_count() < scaled_rows.height:
        names += ["pay_part", "pay_whole"]
        nothing = pl.lit(None, dtype=pl.Int64)
        plain = plain.with_columns(pay_part=nothing, pay_whole=nothing)
    return pl.concat([plain.select(names), scaled_rows.select(names)])


def _marked(rows: pl.DataFrame, credits: pl.DataFrame, facts: Facts, terms: Terms) -> pl.DataFrame:
    """Rows with what factors read of their credits and lines; figures as ``…_over`` ÷ ``…_under``, empty where there is none."""
    texts = ("order_line_id", "return_id", "payee_id", "product_family", "sub_motion", "credit_type")
    named = rows.with_columns(
        **{name: pl.lit(credits[name].cast(pl.String)).gather(pl.col("credit")) for name in texts},
        credit_number=pl.lit(credits["credit_number"]).gather(pl.col("credit")),
    )
    read = {factor.by for term in terms.terms for factor in term.component.measure.factors}
    if not read & set(LACKS):
        return named
    net, listed, cost = (thousandths(pl.col(name)) for name in ("net_amount", "list_amount", "cost_amount"))
    figures = facts["order_lines"].select(
        "order_line_id",
        discount_over=pl.when(listed < 0).then(net - listed).otherwise(listed - net),
        discount_under=listed.abs(),
        margin_share_over=pl.when(net < 0).then(cost - net).otherwise(net - cost),
        margin_share_under=net.abs(),
        term_months_over=months_of_service().cast(pl.Int128),
        term_months_under=pl.lit(1, dtype=pl.Int128),
    )
    return named.join(figures, on="order_line_id", how="left", validate="m:1", maintain_order="left")


def whole_months(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Whole calendar months from a day up to another (excluded): from 15 January to 14 March it is one.

    A day that a month lacks is its last day, so twelve months from 29 February end on 27 February.
    """
    ahead = end.dt.month().cast(pl.Int32) - start.dt.month().cast(pl.Int32)
    months: pl.Expr = (end.dt.year() - start.dt.year()) * 12 + ahead
    is_whole = end.dt.day() >= pl.min_horizontal(start.dt.day(), end.dt.days_in_month())
    return months - pl.when(is_whole).then(0).otherwise(1)


def months_of_service() -> pl.Expr:
    """Whole calendar months from the first to the last day of service of an order line, both included."""
    return whole_months(pl.col("service_start"), pl.col("service_end").dt.offset_by("1d"))


def _weighted(rows: pl.DataFrame, term: Term) -> pl.DataFrame:
    """Rows of one term with ``quota_part`` and ``quota_whole``, ``pay_part`` and ``pay_whole``."""
    factors = term.component.measure.factors
    entries = [f"_entry_{place}" for place in range(len(factors))]
    for name, factor in zip(entries, factors, strict=True):
        rows = _require_entries(rows.with_columns(_entry(factor).alias(name)), name, factor, term)
    found = rows.select(entries).unique()
    weights = [_weights(factors, combination, term) for combination in found.rows()]
    columns = ("quota_part", "quota_whole", "pay_part", "pay_whole")
    table = found.hstack(pl.DataFrame(weights, schema=dict.fromkeys(columns, pl.Int64), orient="row"))
    return rows.join(table, on=entries, how="left", validate="m:1", maintain_order="left").drop(entries)


def _entry(factor: Factor) -> pl.Expr:
    """Which of a factor's names or bands each row has, in the order of the file; the number after them for all others.

    All others are also the lines that lack the figure.
    """
    count = len(factor.of) + len(factor.bands)
    other = None if factor.otherwise is None else count
    if factor.of:
        numbers = {name: number for number, name in enumerate(factor.of)}
        return pl.col(factor.by).replace_strict(numbers, default=other, return_dtype=pl.Int32)
    over, under = pl.col(f"{factor.by}_over"), pl.col(f"{factor.by}_under")
    entry = pl.lit(other, dtype=pl.Int32)
    for number, band in enumerate(factor.bands):
        reaches, stays_below = pl.lit(value=True), pl.lit(value=True)
        if band.floor is not None:
            reaches = exact_product(over, pl.lit(MILLION)) >= exact_product(under, _millionths_of(band.floor))
        if band.ceiling is not None:
            stays_below = exact_product(over, pl.lit(MILLION)) < exact_product(under, _millionths_of(band.ceiling))
        entry = pl.when(reaches & stays_below).then(pl.lit(number, dtype=pl.Int32)).otherwise(entry)
    return pl.when(over.is_not_null() & (under != 0)).then(entry).otherwise(pl.lit(other, dtype=pl.Int32))


def _millionths_of(bound: Decimal) -> pl.Expr:
    return pl.lit(int(bound.scaleb(6)), dtype=pl.Int128)


def _require_entries(rows: pl.DataFrame, name: str, factor: Factor, term: Term) -> pl.DataFrame:
    """Return the rows if the factor says something of each.

    Raises:
        MissingFigure: an order line lacks the figure; counts the credits and names the first.
        UnknownFactor: no entry names a credit; the same.
    """
    lost = rows.filter(pl.col(name).is_null()).sort("credit")
    if lost.is_empty():
        return rows
    first = lost.row(0, named=True)
    where = f"plan {term.plan.plan}, component {term.component.component}, factor by {factor.by}"
    line = f"order line {first['order_line_id']}, payee {first['payee_id']}"
    if factor.by in LACKS and (first[f"{factor.by}_over"] is None or not first[f"{factor.by}_under"]):
        raise MissingFigure(
            f"{where}: {counted(lost.height, 'credit', 'has', 'have')} {LACKS[factor.by]}. First: {line}. Correct the order line, say with "
            "'otherwise' what such a line counts, or narrow the component with 'only'; the figure is never taken as 0."
        )
    value = _shown(first, factor.by)
    raise UnknownFactor(
        f"{where}: nothing is said of {counted(lost.height, 'credit')}. First: {line}, {factor.by} {value}. Add an entry for it, or "
        "'otherwise' for everything not named."
    )


def _shown(row: dict[str, Any], by: str) -> str:
    """The value of a row that a factor reads, in words."""
    if by not in LACKS:
        return repr(row[by])
    value = Fraction(row[f"{by}_over"], row[f"{by}_under"])
    return str(value) if by == "term_months" else f"{Decimal(value.numerator) / Decimal(value.denominator):.2%}"


def _weights(factors: Sequence[Factor], combination: Sequence[int], term: Term) -> tuple[int | None, ...]:
    """What a combination of entries makes of a credit: quota credit ÷ credit, and pay credit ÷ quota credit where it is not 1.

    Raises:
        PayoutError: digits that cannot be counted exactly.
    """
    values = [
        (factor.counts, Fraction(_values(factor)[entry])) for factor, entry in zip(factors, combination, strict=True)
    ]
    quota = prod((value for counts, value in values if counts != "pay"), start=Fraction(1))
    pay = prod((value for counts, value in values if counts != "quota"), start=Fraction(1))
    ratio = pay / quota if quota else Fraction(1)
    figures = (quota.numerator, quota.denominator, ratio.numerator, ratio.denominator)
    if max(figures) >= LARGEST_FACTOR:
        raise PayoutError(
            f"plan {term.plan.plan}, component {term.component.component}: its factors multiply to {pay} of pay and {quota} of "
            "quota, more digits than can be counted exactly. Write them with fewer decimals."
        )
    return figures if ratio != 1 else (*figures[:2], None, None)


def _values(factor: Factor) -> list[Decimal]:
    values = [*factor.of.values(), *(band.factor for band in factor.bands)]
    return values if factor.otherwise is None else [*values, factor.otherwise]


def _scaled(rows: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """The same rows with ``units`` scaled by ``quota_part ÷ quota_whole``."""
    is_own = pl.Series([term.component.measure.whose == "own" for term in terms.terms], dtype=pl.Boolean)
    owner = pl.when(pl.lit(is_own).gather(pl.col("sold_under"))).then(-1).otherwise("payee")
    line = ["sold_under", "_owner", "order_line_id"]
    is_return = pl.col("return_id").is_not_null()
    back = pl.when(is_return).then(-pl.col("units"))
    known = rows.with_columns(_owner=owner).sort(*line, "credit_number", "credit")
    known = known.with_columns(_credit=pl.struct(*line, "credit_number").rle_id())
    known = known.with_columns(_to_date=running_total(back.fill_null(0), pl.col("_credit")))
    reached = known.with_columns(
        _after=pl.when(is_return).then("_to_date").otherwise("units"),
        _before=pl.when(is_return).then(pl.col("_to_date") - back).otherwise(0),
    )
    group = [*line, "quota_part", "quota_whole", "return_id"]
    ordered = reached.sort(*group, "credit_number", nulls_last=False).with_columns(_group=pl.struct(group).rle_id())
    change = _spread("_after") - _spread("_before")
    return ordered.with_columns(units=pl.when(is_return).then(-change).otherwise(change))


def _spread(reached: str) -> pl.Expr:
    """A credit's part of what its line has reached, scaled: the difference of two rounded running totals."""
    upto = running_total(pl.col(reached), pl.col("_group"))
    part, whole = pl.col("quota_part"), pl.col("quota_whole")
    return share_of(upto, part, whole) - share_of(upto - pl.col(reached), part, whole)
